#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The kfunc door: one-armed relays, in which packets leave by the device they came by,
# each byte judged by libsrtp2; what needs an skb goes by the device; the module stays
# as long as a program calls it, and loads where it has no type information.
# (Two-armed, every verdict: t-50-verdicts.sh.)
#
# time: 1800
set -uo pipefail
. "$(dirname "$0")/lib.sh"
export PATH=$PWD/build:$PWD/build/tools:$PATH

work=$(mktemp -d)
count=100

setup() {
	ns_add phone host
	veth_pair phone p0 10.72.1.2/24 host a0 10.72.1.1/24
	dev_up phone p0 fd72:1::2/64
	dev_up host a0 fd72:1::1/64
	# NAPI at the phone: then a0 takes frames, also those that XDP sends back.
	in_ns phone ethtool -K p0 gro on
	device_add
}

device_add() {
	ip -n host link add xsrtp0 type xsrtp
	ip -n host link set xsrtp0 up
}

# Next hops are known: what waits for one goes by the device.
neighbours() {
	local mac ip
	mac=$(ip -n phone -j link show p0 | jq -r '.[0].address')
	for ip in 10.72.1.2 fd72:1::2; do
		ip -n host neigh replace "$ip" dev a0 lladdr "$mac" || return 1
	done
}

xs() { xsrtp -n host "$@"; }
at() { if [ "$2" = 4 ]; then echo "10.72.1.$1:$3"; else echo "[fd72:1::$1]:$3"; fi; }
by_device() { ip -n host -j -s link show xsrtp0 | jq '.[0].stats64.tx.packets'; }
drops() { xs -j stats | jq "[.module.drops[]] | add"; }

# The stream that the phone sends to port 30000 must come back to port 5000.
# shellcheck disable=SC2086 # words
relay() { # NAME FAMILY; its options of rtp-recv and rtp-send in $recv and $send
	local pid was got want
	was=$(drops)
	in_ns phone rtp-recv --on "$(at 2 "$2" 5000)" --count $count --idle 2000 --time 60 \
		$recv >"$work/recv" &
	pid=$!
	wait_for 30 grep -q ":1388 " /proc/"$pid"/net/udp /proc/"$pid"/net/udp6
	in_ns phone rtp-send --from "$(at 2 "$2" 4000)" --to "$(at 1 "$2" 30000)" --count $count \
		--rate 400 $send >/dev/null
	wait "$pid"
	got=$(jq -r '"\(.good) good, \(.refused + .wrong + .duplicates) others"' "$work/recv")
	want="$count good, 0 others"
	is "$got; $(($(drops) - was)) dropped" "$want; 0 dropped" "$1"
	[ "$got" = "$want" ] || xs -j stats | jq -c . | sed 's/^/# /'
}

# shellcheck disable=SC2086 # words
one_armed() { # MODE FAMILY SUITE
	local flow oracle="--suite $3 --key $work/key" recv='' send='' salt=14
	flow="flow add local $(at 1 "$2" 30000) forward from $(at 1 "$2" 30010) to $(at 2 "$2" 5000) learn never"
	[[ $3 != *GCM* ]] || salt=12
	echo "inline:$(head -c $((16 + salt)) /dev/urandom | base64 -w 0)" >"$work/key"

	xs $flow tx "$3" key "$work/key" >/dev/null
	recv=$oracle relay "$1, IPv$2, RTP to $3" "$2"
	xs flow del all >/dev/null
	xs $flow rx "$3" key "$work/key" >/dev/null
	send=$oracle relay "$1, IPv$2, $3 to RTP" "$2"
	xs flow del all >/dev/null
}

every_one_armed() { # MODE
	local family suite was
	was=$(by_device)
	for family in 4 6; do
		for suite in AES_CM_128_HMAC_SHA1_80 AEAD_AES_128_GCM; do
			one_armed "$1" "$family" "$suite"
		done
	done
	is "$(($(by_device) - was))" 0 "$1: none of these went by the device"
}

# a0 does not take frames without NAPI at the phone: neither lost nor plain.
without_frames() {
	local was
	was=$(by_device)
	in_ns phone ethtool -K p0 gro off
	one_armed "no frames" 4 AES_CM_128_HMAC_SHA1_80
	is "$(($(by_device) - was))" $((2 * count)) "all of these went by the device"
}

# Without .BTF the kernel knows no function of the module.
without_btf() {
	objcopy --remove-section .BTF "$XSRTP_KO" "$work/xsrtp.ko"
	check "the module loads without BTF" load_module "$work/xsrtp.ko"
	device_add
	xs attach a0 native door kfunc >"$work/out" 2>"$work/err"
	is "$?" 0 "attach falls back"
	check "and says that it did" grep -q "by the device, not the kfunc" "$work/err"
	is "$(cat "$work/out")" "a0: XDP native, egress" "it got the device"
	one_armed "no BTF" 4 AES_CM_128_HMAC_SHA1_80
	check "detach" xs detach a0
	check "the module unloads" unload_module
}

umask 077
check "the module loads" load_module
setup
check "the neighbours are known" neighbours
is "$(xs attach a0 door window 2>&1)" "xsrtp: door: device or kfunc" "no such door: says which"
for mode in native ${LONG:+generic}; do
	is "$(xs attach a0 "$mode" door kfunc)" "a0: XDP $mode, door kfunc, egress" "attach $mode"
	is "$(xs -j | jq -r '.attached[0].door')" kfunc "show has the door"
	every_one_armed "$mode"
	check "the module is held while a program calls it" eval '! rmmod xsrtp 2>/dev/null'
	check "detach" xs detach a0
done
check "attach" xs attach a0 native door kfunc
without_frames
check "detach" xs detach a0
check "the module unloads" unload_module
without_btf
ns_del phone host
rm -rf "$work"
done_testing
