#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# vm:
# vm linux-6-1: --kernel linux-image-amd64
# time: 900
#
# Every row of Documentation/verdicts.md: by the wire with native and with generic
# XDP, by both doors, and handed to the xsrtp device itself.
set -uo pipefail
. "$(dirname "$0")/lib.sh"

xsrtp=$PWD/build/xsrtp
out=$(mktemp)

setup() {
	ns_add phone host peer
	veth_pair phone p0 10.71.1.2/24 host a0 10.71.1.1/24
	veth_pair host b0 10.71.2.1/24 peer q0 10.71.2.2/24
	dev_up phone p0 fd71:1::2/64
	dev_up host a0 fd71:1::1/64
	dev_up host b0 fd71:2::1/64
	dev_up peer q0 fd71:2::2/64
	ip -n host link add xsrtp0 type xsrtp
	ip -n host link set xsrtp0 up
}

# TAP of the program, numbered on by ours.
rows() { # HOW DOOR
	local line
	build/tests/vm/verdicts "$2" >"$out" 2>&1 || note "verdicts: status $?"
	while read -r line; do
		case $line in
		"not ok "*) not_ok "$1: ${line#not ok * - }" ;;
		"ok "*) ok "$1: ${line#ok * - }" ;;
		*) note "$line" ;;
		esac
	done <"$out"
	check "$1: every row was run" grep -q '^1\.\.' "$out"
}

# Packets that the xsrtp device got, so far.
through_device() { ip -n host -j -s link show xsrtp0 | jq '.[0].stats64.tx.packets'; }

# The table in the documentation and the one in the program name the same rows.
same_rows() {
	[ "$(sed -n 's/^| \([A-Z][0-9]*\) |.*/\1/p' Documentation/verdicts.md | sort)" = \
		"$(sed -n 's/^\t{ "\([A-Z][0-9]*\)".*/\1/p' tests/vm/verdicts.c | sort)" ]
}

# With NAPI at the peer b0 takes frames, which is what the kfunc needs.
by_kfunc() {
	local by_device mode
	by_device=$(through_device)
	in_ns peer ethtool -K q0 gro on
	for mode in native generic; do
		check "attach $mode, by the kfunc" "$xsrtp" -n host attach a0 "$mode" door kfunc
		check "it is by the kfunc" grep -q kfunc < <("$xsrtp" -n host)
		rows "$mode XDP, kfunc" xdp
		check "detach" "$xsrtp" -n host detach a0
	done
	# What it does not do inline is only what cannot leave as a frame.
	note "packets by the device: $by_device, then $(through_device)"
	check "most of it was done inline" [ $((($(through_device) - by_device) * 2)) -lt "$by_device" ]
}

check "the documentation's table has exactly these rows" same_rows
check "the module loads" load_module
setup
rows device device
for mode in native generic; do
	check "attach $mode" "$xsrtp" -n host attach a0 "$mode" door device
	rows "$mode XDP" xdp
	check "detach" "$xsrtp" -n host detach a0
done
if [ "$(printf '6.9\n%s\n' "$(uname -r)" | sort -V | head -n 1)" = 6.9 ]; then
	by_kfunc
else
	skip "by the kfunc" "there is none before 6.9"
fi
ns_del phone host peer
check "the module unloads" unload_module
done_testing
