#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Network namespaces. Two hosts with the same addresses, ports and flows see nothing
# of each other: not by netlink, not in the counters, not on the wire. The xsrtp
# device is renamed, moved to another namespace and deleted under traffic: what it
# does not take is dropped and counted, never sent plain nor given to a local socket.
# And a host's namespace is deleted, 20 times (the test's argument; "deletions" behind
# it leaves out all else), with media on its way, in several states: nothing is left
# behind. One object lost for each is seen with 60.
#
# vm:
# time: 1800
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/vm/leaks.sh
. "$(dirname "$0")/leaks.sh"

rounds=${1:-20}
suite=AES_CM_128_HMAC_SHA1_80
first=(xsa-plain xsa-host xsa-srtp)
second=(xsb-plain xsb-host xsb-srtp)
n=100		# packets of a stream

on() { nsenter --net="/run/netns/$1" "${@:2}"; }
xsh() { on "$host" xsrtp "$@"; }
use() { plain=$1 host=$2 srtp=$3; }	# namespaces

# --- flows and streams ------------------------------------------------------------

flow_add() { # KEY
	xsh flow add local "$(at hostplain 30000)" forward from "$(at hostsrtp 30000)" \
		to "$(at srtp 5000)" tx "$suite" key "$work/$1.key" streams 64 learn never
}

# Of the namespaces in use, $n packets, into a key: what the phone got is $got.
receiver_start() { # KEY
	start "$srtp" rtp-recv --on "$(at srtp 5000)" --idle 60000 --time 120 --suite "$suite" \
		--key "$work/$1.key" --count "$n" --ssrc "$ssrc" >"$work/got.$host"
	recv=$!
	ready rtp-recv listens "$recv" 5000
}

sender_start() {
	start "$plain" rtp-send --from "$(at plain 4000)" --to "$(at hostplain 30000)" \
		--count "$n" --rate 100 --ssrc "$ssrc" >/dev/null
	send=$!
}

stream() { # KEY
	ssrc=$((ssrc + 1))
	receiver_start "$1"
	sender_start
	wait "$send" || true
	sleep 0.3
	stop "$recv"
	got=$(cat "$work/got.$host")
}

ssrc=1000

# --- two hosts --------------------------------------------------------------------------

counts() {
	xsh -j stats | jq -c '[.module.flows, .module.rx_packets, .module.tx_packets, ([.module.drops[]] | add), .xdp.redirected, .xdp["passed-no-flow"]]'
}

refused() { # WORDS COMMAND…
	local said
	if said=$("${@:2}" 2>&1); then echo "taken: $said"; return 1; fi
	grep -q "$1" <<<"$said" || { echo "$said"; return 1; }
}

invisible() { # of the first's flow, in the second namespace
	local before
	use "${second[@]}"
	is "$(xsh -j flow show | jq length)" 0 "a dump shows no flow of the other namespace"
	check "nor does its id name one" refused "no such flow" xsh flow show "$id"
	check "nor its local endpoint" refused "no such flow" xsh flow show local "$(at hostplain 30000)"
	check "it cannot be deleted" refused "no such flow" xsh flow del "$id"
	check "nor its key" refused "no such flow" xsh key del "$id" tx
	before=$(counts)
	use "${first[@]}"
	stream a
	is "$(get "$got" good)" $n "packets of the namespace with the flow arrive"
	use "${second[@]}"
	is "$(counts)" "$before" "the other's counters do not see them"
	use "${first[@]}"
	before=$(counts)
	use "${second[@]}"
	stream a
	is "$(get "$got" received)" 0 "to the same address and port in the other: none is sent on"
	is "$(counts)" "[0,0,0,0,0,$n]" "each goes to that namespace's stack"
	use "${first[@]}"
	is "$(counts)" "$before" "the first's counters do not see them"
}

# The same flow there, under another key.
apart() {
	use "${second[@]}"
	start "$host" xsrtp monitor >"$work/heard" 2>&1
	monitor=$!
	sleep 1
	use "${first[@]}"
	xsh flow del "$(xsh flow add local "$(at hostplain 30050)" deliver)"
	use "${second[@]}"
	flow_add b >/dev/null
	wait_for 20 test -s "$work/heard" || true
	stop "$monitor"
	is "$(grep -o ':300[05]0 ' "$work/heard" | sort -u | xargs)" ":30000" \
		"a monitor hears of its own namespace's flows only"
	stream b
	is "$(get "$got" good)" $n "the same flow under another key there: its packets are under that"
	use "${first[@]}"
	stream a
	is "$(get "$got" good)" $n "and those here under this"
	is "$(counts | jq -c '.[0:4]')" "[1,$((2 * n)),$((2 * n)),0]" "each has counted its own"
}

# --- the device under traffic ------------------------------------------------------------

# Whoever has a socket on the media port.
socket_start() {
	start "$host" rtp-recv --on "$(at hostplain 30000)" --idle 60000 --time 120 --count 1 \
		>"$work/socket"
	socket=$!
	ready "local socket" listens "$socket" 30000
}

module_has() { [ "$(xsh -j stats | jq .module.rx_packets)" -ge "$1" ]; }

# What the program had no device for, what the module was given while its device went
# down, and what the kernel's device map refuses a device that is down, which the
# driver that the packet came by counts. (With generic XDP nobody does.)
refusals() {
	local map
	map=$(on "$host" ethtool -S plain0 | awk '/rx_queue_[0-9]+_drops:/ { n += $2 } END { print n + 0 }')
	jq --argjson map "$map" '.xdp["dropped-xmit"] + .module.drops.xmit + $map' <<<"$1"
}

# Six times $n packets, something is done on the way: what was sent on has arrived, the
# rest was dropped by the program, and the local socket has heard nothing.
under_traffic() { # NAME COMMAND…
	local before after sent lost n=$((6 * n))
	ssrc=$((ssrc + 1))
	receiver_start a
	before=$(xsh -j stats)
	lost=$(refusals "$before")
	socket_start
	sender_start
	wait_for 60 module_has $(($(jq .module.rx_packets <<<"$before") + 20)) || note "no traffic"
	check "$1" "${@:2}"
	wait "$send" || true
	sleep 0.3
	stop "$recv"
	stop "$socket"
	after=$(xsh -j stats)
	sent=$(($(jq .module.tx_packets <<<"$after") - $(jq .module.tx_packets <<<"$before")))
	lost=$(($(refusals "$after") - lost))
	got=$(cat "$work/got.$host")
	[ "$mode" = native ] || lost=$((n - sent))
	is "$(get "$got" good) arrived, $((sent + lost)) sent on or dropped, $(get "$(cat "$work/socket")" received) at the socket" \
		"$sent arrived, $n sent on or dropped, 0 at the socket" \
		"$1 under traffic: $sent of $n sent on, $lost dropped"
	dropped=$lost
}

back() { # the device: in place, and the program told
	xsh attach plain0 "$mode" >/dev/null 2>&1 || true
	stream a
	is "$(get "$got" good)" $n "$mode: and packets go through again"
}

device() { # MODE
	mode=$1
	use "${first[@]}"
	xsh detach plain0 >/dev/null
	xsh attach plain0 "$mode" >/dev/null
	under_traffic "$mode: device renamed" ip -n "$host" link set xsrtp0 name media0
	is "$dropped" 0 "$mode: a name loses no packet"
	under_traffic "$mode: device moved to another namespace" ip -n "$host" link set media0 netns "${second[1]}"
	check "$mode: its packets were dropped from then on" [ "$dropped" -gt 20 ]
	use "${second[@]}"
	stream b
	is "$(get "$got" good)" $n "$mode: there another xsrtp device more changes nothing"
	ip -n "$host" link set media0 netns "${first[1]}" name xsrtp0
	use "${first[@]}"
	ip -n "$host" link set xsrtp0 up
	back
	under_traffic "$mode: device set down" ip -n "$host" link set xsrtp0 down
	ip -n "$host" link set xsrtp0 up
	back
	under_traffic "$mode: device deleted" ip -n "$host" link del xsrtp0
	check "$mode: its packets were dropped from then on" [ "$dropped" -gt 20 ]
	ip -n "$host" link add dev xsrtp0 up type xsrtp
	back
}

# --- namespaces that go away ---------------------------------------------------------------

# A host that sends back what its phone sends: 20 flows of each family.
host_make() { # MODE
	ns_add "$host"
	wire "$plain" plain0
	for family in 4 6; do
		use_family $family
		dev_up "$host" plain0 "$hostplain_ip/$prefix"
		dev_up "$plain" phone0 "$plain_ip/$prefix"
	done
	ip -n "$host" link add dev xsrtp0 up type xsrtp
	xsh attach plain0 "$1" >/dev/null
	for family in 4 6; do
		use_family $family
		on "$host" "$top/build/tests/vm/calls" "$hostplain_ip" "$plain_ip" 5
	done
}

flowing() { [ "$(xsh -j stats | jq .module.tx_packets)" -ge 10 ]; }
wire_gone() { ! ip -n "$plain" link show phone0; }

# What is done to a host before its namespace goes: nothing; its device goes, to
# another namespace or for good; a socket in it still sends, and keeps it alive.
before_del() { # STATE
	case $1 in
	moved) ip -n "$host" link set xsrtp0 netns 1 ;;
	deleted) ip -n "$host" link del xsrtp0 ;;
	sending)
		use_family 4
		xsh flow add local "$(at hostplain 20000)" remote "$(at plain 20000)" send \
			tx "$suite" key "$work/a.key" >/dev/null
		start "$host" rtp-send --from "$(at hostplain 20000)" --to "$(at plain 20000)" \
			--rate 100 --count 100000 --time 60 >/dev/null
		ready "a socket in the namespace" listens $! 20000
		;;
	esac
}

after_del() { # STATE
	case $1 in
	moved) ip link del xsrtp0 ;;
	sending)
		sleep 0.2
		stop "${pids[-1]}" KILL
		;;
	esac
}

namespaces() { # COUNT
	local i state modes=(native generic) states=(as-it-is moved deleted sending)
	for ((i = 0; i < $1; i++)); do
		state=${states[i / 2 % 4]}
		host_make "${modes[i % 2]}"
		if wait_for 30 flowing; then busy=$((busy + 1)); fi
		before_del "$state"
		ip netns del "$host"
		after_del "$state"
		wait_for 60 wire_gone || { note "$state: the namespace stays"; return 1; }
		[ $((i % 10)) != 9 ] || note "$((i + 1)) of $1"
	done
}

deletions() {
	local before after
	use xsc-plain xsc-host xsc-srtp
	ns_add "$plain"
	for family in 4 6; do
		use_family $family
		host_senders
	done
	busy=0
	namespaces 8
	before=$(measure)
	busy=0
	if namespaces "$rounds"; then ok "$rounds namespaces deleted"; else not_ok "$rounds namespaces deleted"; fi
	after=$(measure_after "$before" "$rounds")
	is $busy "$rounds" "in each of them packets were on their way"
	paste <(echo "$before") <(echo "$after" | cut -d' ' -f2) | sed 's/^/# /'
	is "$(compare "$before" "$after" "$rounds")" "" "nothing is left of them"
}

# They go on from namespace to namespace: an address that is gone is an error to
# them, and one more packet that nobody gets.
host_senders() {
	start "$plain" rtp-send --from "$open${any[$family]}$close:400$family" --to "$(at hostplain 10000)" \
		--rate 100 --count 10000000 --time 3600 >/dev/null
	start "$plain" rtp-send --from "$open${any[$family]}$close:401$family" --to "$(at hostplain 10002)" \
		--rate 50 --count 10000000 --time 3600 >/dev/null
}
any=([4]=0.0.0.0 [6]=::)

hosts() {
	local mode
	for who in first second; do
		declare -n names=$who
		use "${names[@]}"
		net_up
		use_family 4
		xsh attach plain0 >/dev/null
	done
	use "${first[@]}"
	id=$(flow_add a)
	invisible
	apart
	for mode in native generic; do device $mode; done
	ns_del "${first[@]}" "${second[@]}"
}

finish() {
	cleanup
	ns_del "${first[@]}" "${second[@]}" xsc-plain xsc-host
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
modprobe gf128mul
module_up
for k in a b; do make_key "$suite" "$work/$k.key"; done
[ "${2:-}" = deletions ] || hosts
deletions
ns_del xsc-plain
is "$(cat /sys/module/xsrtp/refcnt)" 0 "nothing uses the module"
check "the module unloads" unload_module
done_testing
