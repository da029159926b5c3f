#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# One-armed relays: in and out by the same device, untagged, on one VLAN, and from one
# VLAN to another; RTP and SRTP in, RTP and SRTP out, from each IP version to each, by
# both doors, by native and by generic XDP. 48 flows at once; each byte is judged by
# libsrtp2, every counter exact.
#
#	phone p0, p0.5, p0.6 ------ a0, a0.5, a0.6 host
#
# time: 600
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

host=xs86-host phone=xs86-phone
n=8			# packets of a stream
modes=(native ${LONG:+generic})
rounds=$((2 * ${#modes[@]}))	# by each door
cm=AES_CM_128_HMAC_SHA1_80 gcm=AEAD_AES_128_GCM
cases=()		# number, kind, family and VLAN in, family and VLAN out
declare -A recv

xsh() { nsenter --net="/run/netns/$host" xsrtp "$@"; }
at() { # FAMILY VLAN HOST PORT
	if [ "$1" = 4 ]; then echo "10.86.$2.$3:$4"; else echo "[fd86:$2::$3]:$4"; fi
}

net_make() {
	local v d e
	modprobe -q veth || true
	modprobe 8021q
	ns_add "$host" "$phone"
	in_ns "$host" sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	in_ns "$phone" sysctl -qw net.ipv6.bindv6only=1
	ip link add p0 netns "$phone" type veth peer name a0 netns "$host"
	in_ns "$phone" ethtool -K p0 tx off gro on >/dev/null
	in_ns "$host" ethtool -K a0 tx off >/dev/null
	ip -n "$phone" link set p0 up
	ip -n "$host" link set a0 up
	for v in 0 5 6; do
		d=a0 e=p0
		if [ $v != 0 ]; then
			d=a0.$v e=p0.$v
			ip -n "$host" link add link a0 name $d type vlan id $v
			ip -n "$phone" link add link p0 name $e type vlan id $v
		fi
		places $v $d $e
	done
	ip -n "$host" link add dev xsrtp0 up type xsrtp
}

# What waits for a neighbour goes by the device: they are known.
places() { # VLAN HOST-DEVICE PHONE-DEVICE
	local mac
	mac=$(ip -n "$phone" -j link show p0 | jq -r '.[0].address')
	dev_up "$host" "$2" "10.86.$1.1/24"
	dev_up "$host" "$2" "fd86:$1::1/64"
	dev_up "$phone" "$3" "10.86.$1.2/24"
	dev_up "$phone" "$3" "fd86:$1::2/64"
	ip -n "$host" neigh replace "10.86.$1.2" dev "$2" lladdr "$mac"
	ip -n "$host" neigh replace "fd86:$1::2" dev "$2" lladdr "$mac"
}

all_cases() {
	local kind in out vlans i=0
	for vlans in "0 0" "5 5" "5 6"; do
		for kind in rtp-rtp rtp-srtp srtp-rtp srtp-srtp; do
			for in in 4 6; do
				for out in 4 6; do
					cases+=("$i $kind $in $out $vlans")
					i=$((i + 1))
				done
			done
		done
	done
}

each_case() { # COMMAND…
	local c
	for c in "${cases[@]}"; do
		read -r i kind in out vin vout <<<"$c"
		"$@"
	done
}

flow_add() {
	local rx=() tx=()
	if [[ $kind = srtp-* ]]; then
		make_key "$cm" "$work/rx$i"
		rx=(rx "$cm" key "$work/rx$i")
	fi
	if [[ $kind = *-srtp ]]; then
		make_key "$gcm" "$work/tx$i"
		tx=(tx "$gcm" key "$work/tx$i")
	fi
	xsh flow add local "$(at "$in" "$vin" 1 $((30000 + i)))" \
		forward from "$(at "$out" "$vout" 1 $((31000 + i)))" \
		to "$(at "$out" "$vout" 2 $((5000 + i)))" learn never "${rx[@]}" "${tx[@]}" >/dev/null
}

recv_start() {
	local as=()
	[[ $kind = *-rtp ]] || as=(--suite "$gcm" --key "$work/tx$i")
	start "$phone" rtp-recv --on "$(at "$out" "$vout" 2 $((5000 + i)))" --count $((rounds * n)) \
		--idle 60000 --time 500 "${as[@]}" >"$work/got$i"
	recv[$i]=$!
}

recv_ready() { ready rtp-recv listens "${recv[$i]}" $((5000 + i)); }

send() {
	local as=()
	[[ $kind = rtp-* ]] || as=(--suite "$cm" --key "$work/rx$i")
	start "$phone" rtp-send --from "$(at "$in" "$vin" 2 $((4000 + i)))" --rate 400 --count "$n" \
		--to "$(at "$in" "$vin" 1 $((30000 + i)))" --skip $((round * n)) "${as[@]}" >/dev/null
	senders+=($!)
	# Not all at once: two CPUs are emulated.
	[ ${#senders[@]} -lt 8 ] || senders_wait
}

senders_wait() {
	local p
	for p in "${senders[@]}"; do wait "$p" || true; done
	senders=()
}

judge() {
	local got
	stop "${recv[$i]}"
	got=$(cat "$work/got$i")
	is "$(get "$got" good) good, $(($(get "$got" received) - $(get "$got" good))) others" \
		"$((rounds * n)) good, 0 others" "$kind, IPv$in to IPv$out, VLAN $vin to $vout: each byte of each packet"
}

by_device() { ip -n "$host" -j -s link show xsrtp0 | jq '.[0].stats64.tx.packets'; }
counted() { xsh -j flow show | jq -c '[.[] | [.rx_packets, .tx_packets, ([.drops[]] | add // 0)]] | unique'; }
all_counted() { [ "$(counted)" = "[[$((round * n)),$((round * n)),0]]" ]; }

# Through VLAN devices frames cannot go: those 32 flows are the device's, by either door.
relays() { # MODE DOOR
	local was by=$((${#cases[@]} * n))
	[ "$2" = device ] || by=$((32 * n))
	is "$(xsh attach a0 "$1" door "$2")" "a0: XDP $1,$([ "$2" = device ] || echo " door kfunc,") egress" "attached: $1, $2"
	was=$(by_device)
	each_case send
	senders_wait
	round=$((round + 1))
	wait_for 20 all_counted || true
	is "$(counted)" "[[$((round * n)),$((round * n)),0]]" "$1, door $2: each flow has counted $n more in and out, none dropped"
	is "$(($(by_device) - was))" $by "$1, door $2: $by of $((${#cases[@]} * n)) went by the device"
	xsh detach a0
}

trap 'cleanup; ns_del "$phone"' EXIT
trap 'exit 130' INT TERM HUP
module_up
net_make
all_cases
each_case flow_add
each_case recv_start
each_case recv_ready
round=0 senders=()
for mode in "${modes[@]}"; do
	for door in device kfunc; do relays "$mode" $door; done
done
each_case judge
ns_del "$phone" "$host"
check "the module unloads" unload_module
note "$SECONDS s"
done_testing
