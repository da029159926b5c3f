#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Several media on one port (BUNDLE, RFC 9143): three SSRCs, their MIDs in header
# extensions of one and of two bytes (RFC 8285), also encrypted (RFC 6904), and the RTCP
# of all of them multiplexed with it: compound, of several SSRCs, of reduced size. Each
# packet is, byte by byte, what libsrtp2 makes of it.
#
# RTP and RTCP come in turn, and a block of them at once: the kernel's own tracepoint
# says how many frames XDP handed over in one call.
#
# time: 900
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
trace=/sys/kernel/tracing
packets=256		# of bundle.c
ssrcs=(0x11111111 0x22222222 0x33333333)

plugs() {
	local ns
	modprobe -q sch_plug || true
	for ns in "$plain" "$srtp"; do
		in_ns "$ns" tc qdisc add dev phone0 root plug limit 1000000
		in_ns "$ns" tc qdisc change dev phone0 root plug release_indefinite
	done
}

trace_on() {
	[ -e $trace/events ] || mount -t tracefs none $trace
	echo 1 >$trace/events/xdp/xdp_devmap_xmit/enable
}

# Frames in the largest burst to the xsrtp device since the last call.
largest_burst() {
	local ifindex
	ifindex=$(in_ns "$host" cat /sys/class/net/xsrtp0/ifindex)
	sed -n "s/.*to_ifindex=$ifindex .* sent=\([0-9]*\).*/\1/p" $trace/trace | sort -n | tail -n 1
	echo >$trace/trace
}

# libsrtp2 begins with SRTCP index 1, not 0.
words() { # IDS
	local s
	echo -n "streams 8"
	for s in "${ssrcs[@]}"; do echo -n " ssrc $s rtcp-index 0"; done
	[ "$1" = - ] || echo -n " ext-ids $1"
}

# shellcheck disable=SC2046 # words
judge() { # protect|unprotect IDS
	local j from=$plain to=$srtp ends
	ends=("$(at plain 4000)" "$(at hostplain 30000)" "$(at srtp 5000)")
	if [ "$1" = protect ]; then
		flow=$(xs flow add local "${ends[1]}" remote "${ends[0]}" \
			forward from "$(at hostsrtp 30010)" to "${ends[2]}" \
			tx "$suite" key "$work/key" $(words "$2"))
	else
		from=$srtp to=$plain
		ends=("$(at srtp 5010)" "$(at hostsrtp 30020)" "$(at plain 4010)")
		flow=$(xs flow add local "${ends[1]}" remote "${ends[0]}" \
			forward from "$(at hostplain 30030)" to "${ends[2]}" \
			rx "$suite" key "$work/key" streams 8 $([ "$2" = - ] || echo "ext-ids $2"))
	fi
	j=$("$top/build/tests/vm/bundle" "$1" "$suite" "$work/key" "$2" "$from" "$to" "${ends[@]}" |
		tee "$work/bundle" | tail -n 1) || note "$(cat "$work/bundle")"
	counters "$flow"
	check "$mode, IPv$family, $suite, ids $2: $1: all $(get "$j" good), each byte equal" equal \
		"$j ${now[drops]}" "$(get "$j" good)/$(get "$j" others)/${now[rx_packets]}/${now[tx_packets]}/${now[drops]}" \
		"$packets/0/$packets/$packets/0"
	xs flow del "$flow"
}

each() { # SUITE IDS
	suite=$1
	make_key "$suite" "$work/key"
	judge protect "$2"
	judge unprotect "$2"
}

module_up
net_up
plugs
trace_on
for mode in native ${LONG:+generic}; do
	attach "$mode"
	largest_burst >/dev/null
	for family in 4 6; do
		use_family $family
		each AES_CM_128_HMAC_SHA1_32 3,200
		each AEAD_AES_128_GCM -
		[ "$mode" = native ] || continue
		each AES_CM_128_HMAC_SHA1_80 -
		each AEAD_AES_256_GCM 1,5
	done
	if [ "$mode" = native ]; then
		burst=$(largest_burst)
		check "RTP and RTCP, in turn, came up to ${burst:-0} in one burst" [ "${burst:-0}" -ge 8 ]
	fi
	detach
done
unload_module
done_testing
