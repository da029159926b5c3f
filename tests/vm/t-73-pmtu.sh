#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# A router further on, whose next link is too small for what a flow sends: it drops, and
# says so by ICMP. No socket is there to hear it. The path's MTU is lowered all the same:
# from then on what is too large is counted, its sender is told, and what may be cut
# arrives in fragments; nothing more is lost on the way. Over IPv4 and IPv6, relayed and
# copied to a further receiver, with native and generic XDP, by either door; and where a
# local socket sends, the stack itself learns it.
#
# Then the router is an attacker: an error that quotes no packet of a flow, or is cut,
# mangled, or wrong in its checksum, lowers nothing. (The stacks of newer kernels believe
# any about UDP without xsrtp, of whatever endpoints: so all errors are kept from it, by a
# rule behind xsrtp's own look at them.)
#
#	plain phone ---- plain0 host srtp0 ---- phone0 router far0 --(1300)-- wan0 far phone
#
# vm:
# vm linux-6-1: --kernel linux-image-amd64
# time: 600
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

far=xs$$-far
clean_all() { cleanup; ns_del "$far"; }
trap clean_all EXIT
trap 'exit 130' INT TERM HUP
suite=AES_CM_128_HMAC_SHA1_80
tag=10
narrow=1300
n=20
seq=1

far_link() {
	local a
	ns_add "$far"
	ip link add far0 netns "$srtp" mtu $narrow type veth peer name wan0 netns "$far"
	in_ns "$srtp" ethtool -K far0 tx off >/dev/null
	in_ns "$far" ethtool -K wan0 tx off >/dev/null
	in_ns "$srtp" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	in_ns "$plain" sysctl -qw net.ipv4.icmp_ratelimit=0
	in_ns "$host" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	for a in 203.0.113. 2001:db8:f::; do
		dev_up "$srtp" far0 "${a}1/$(bits $a)"
		dev_up "$far" wan0 "${a}2/$(bits $a)"
		ip -n "$far" route add default via "${a}1"
	done
	far_net=([4]="203.0.113.0/24 via 198.51.100.2" [6]="2001:db8:f::/64 via 2001:db8:2::2")
	plain_net=([4]="192.0.2.0/24 dev phone0" [6]="2001:db8:1::/64 dev phone0")
	# shellcheck disable=SC2086 # words
	for a in 4 6; do ip -n "$host" "-$a" route add ${far_net[$a]}; done
}
bits() { case $1 in *:*) echo 64 ;; *) echo 24 ;; esac; }

use() {
	use_family "$1"
	family=$1 far_ip=203.0.113.2 head=28
	if [ "$1" = 6 ]; then far_ip=2001:db8:f::2 head=48; fi
	where="${2:-}IPv$1"
}

declare -A far_net plain_net

# What the host's kernel knows of the path: its MTU, or nothing.
path() {
	in_ns "$host" ip -j route get "$far_ip" | jq -r '.[0].metrics // [] | .[].mtu // empty'
}

# What was learned of a path goes with its route; flushing the cache leaves it, in IPv4.
forget() {
	route_again "$host" "${far_net[$family]}"
	forget_sender
}
forget_sender() { route_again "$plain" "${plain_net[$family]}"; }
# shellcheck disable=SC2086 # words
route_again() { # NAMESPACE ROUTE
	ip -n "$1" "-$family" route del $2
	ip -n "$1" "-$family" route add $2
}

flow_to_far() {
	make_key "$suite" "$work/key"
	flow=$(xs flow add local "$(at hostplain 30000)" remote "$(at plain 4000)" \
		forward from "$(at hostsrtp 30010)" to "$(at far 5000)" tx "$suite" key "$work/key")
}

# n packets of this payload to the far phone by what it is told; the results in $got and
# $gain of the flow $of.
stream() { # SIZE DF
	local recv
	before "${of:-$flow}"
	start "$far" rtp-recv --on "$(at far 5000)" --idle 2500 --time 60 --count "$n" --size "$1" \
		--seq "$seq" --suite "$suite" --key "$work/key" >"$work/got"
	recv=$!
	ready rtp-recv listens "$recv" 5000
	in_ns "$plain" rtp-send --from "$(at plain 4000)" --to "$(at hostplain 30000)" --rate 50 \
		--df "$2" --count "$n" --size "$1" --seq "$seq" >/dev/null || true
	seq=$((seq + n))
	gained "${of:-$flow}"
	if [ "$(get "$gain" tx_packets)" -lt "$n" ]; then
		sleep 0.5
		kill -TERM "$recv" 2>/dev/null || true
	fi
	wait "$recv" || true
	got=$(cat "$work/got")
}

sums() { echo "$(get "$gain" rx_packets)/$(get "$gain" tx_packets)/$(get "$gain" too-big)/$(get "$got" good)"; }

# Those that the router lost before its error had come back: no more than a few.
few_lost() {
	local tx
	tx=$(get "$gain" tx_packets)
	[ "$tx" -ge 1 ] && [ "$tx" -le 5 ] && [ "$(get "$gain" too-big)" = $((n - tx)) ] &&
		[ "$(get "$got" good)" = 0 ]
}

told() { in_ns "$plain" ip route get "$hostplain_ip" | grep -q "mtu $1"; }

relay() { # FAMILY WHAT
	local fits
	use "$1" "$2: "
	forget
	flow_to_far
	fits=$((narrow - head - 12 - tag))
	is "$(path)" "" "$where: at first nothing is known of the path"
	stream $((fits + 1)) 1
	check "$where: one byte too many for the router: $(get "$gain" tx_packets) lost there, $(get "$gain" too-big) of $n counted too-big" \
		few_lost
	is "$(path)" $narrow "$where: the path has the router's MTU"
	check "$where: the sender's kernel has been told of what fits" wait_for 10 told $((narrow - tag))
	stream $((fits + 1)) 1
	is "$(sums)" "$n/0/$n/0" "$where: then all are too-big, none is lost"
	stream $fits 1
	is "$(sums)" "$n/$n/0/$n" "$where: and what fits arrives, each byte equal"
	if [ "$1" = 4 ]; then
		forget_sender	# it would cut them itself
		stream $((fits + 1)) 0
		is "$(sums)" "$n/$n/0/$n" "$where: what may be cut arrives in fragments"
	fi
	xs flow del "$flow"
}

# The flow itself leads to the router, which has its port open; a copy goes further.
copy() { # FAMILY
	local fits of
	use "$1" "a copy, "
	forget
	make_key "$suite" "$work/key"
	make_key "$suite" "$work/key0"
	flow=$(xs flow add local "$(at hostplain 30000)" remote "$(at plain 4000)" \
		forward from "$(at hostsrtp 30010)" to "$(at srtp 5000)" tx "$suite" key "$work/key0")
	of=$(xs flow add of "$flow" forward from "$(at hostsrtp 30012)" to "$(at far 5000)" \
		tx "$suite" key "$work/key")
	fits=$((narrow - head - 12 - tag))
	stream $((fits + 1)) 1
	check "$where: $(get "$gain" tx_packets) lost on the way, $(get "$gain" too-big) counted" \
		few_lost
	is "$(path)" $narrow "$where: the path has the router's MTU"
	stream $fits 1
	is "$(get "$gain" tx_packets)/$(get "$got" good)" "$n/$n" "$where: what fits arrives"
	xs flow del "$flow"
}

# A flow that follows another's far end, made again with another destination.
moved() { # FAMILY
	use "$1" "made again, "
	forget
	flow_to_far
	xs flow set "$flow" forward from "$(at hostsrtp 30014)" to "$(at far 5002)"
	no_effect "an error about where it sent before" $narrow "$(at hostsrtp 30010)" "$(at far 5000)"
	forge $narrow "$(at hostsrtp 30014)" "$(at far 5002)"
	is "$(path)" $narrow "$where: one about where it sends now does"
	xs flow del "$flow"
	forget
	no_effect "once it is deleted, that one" $narrow "$(at hostsrtp 30014)" "$(at far 5002)"
}

# What a socket sends is the stack's to learn, and the protected packet's way.
local_socket() { # FAMILY
	local fits
	use "$1" "from a local socket, "
	forget
	make_key "$suite" "$work/key"
	flow=$(xs flow add local "$(at hostsrtp 4000)" remote "$(at far 5000)" send \
		tx "$suite" key "$work/key" streams 2)
	fits=$((narrow - head - 12 - tag))
	in_ns "$host" rtp-send --from "$(at hostsrtp 4000)" --to "$(at far 5000)" --rate 50 --count 5 \
		--size $((fits + 1)) >/dev/null || true
	check "$where: the path has the router's MTU" path_is $narrow
	xs flow del "$flow"
}
path_is() { [ "$(path)" = "$1" ]; }

# The rule comes after xsrtp's hook, which has been there since the first flow.
stack_deaf() {
	use 4
	flow_to_far
	xs flow del "$flow"
	in_ns "$host" timeout 30 nft "add table inet deaf;
		add chain inet deaf in { type filter hook input priority 2147483647; };
		add rule inet deaf in icmp type destination-unreachable drop;
		add rule inet deaf in icmpv6 type packet-too-big drop"
}
stack_hears() { in_ns "$host" nft delete table inet deaf; }

forge() { in_ns "$srtp" python3 tests/vm/pmtu.py "$hostsrtp_ip" "$@"; }

no_effect() { # WHAT ARGUMENT…
	local what=$1
	shift
	forge "$@"
	is "$(path)" "" "$where: $what lowers nothing"
}

attacker() { # FAMILY
	local from to
	use "$1" "forged errors, "
	forget
	flow_to_far
	from=$(at hostsrtp 30010) to=$(at far 5000)
	no_effect "another source port" 1000 "$(at hostsrtp 30011)" "$to"
	no_effect "another destination port" 1290 "$from" "$(at far 5001)"
	no_effect "another destination" 1290 "$from" "$(at srtp 5000)"
	no_effect "another protocol" 1290 "$from" "$to" protocol=6
	no_effect "a quote of an IP header alone" 1290 "$from" "$to" keep=$((head - 8))
	no_effect "a quote without the destination port" 1290 "$from" "$to" keep=$((head - 6))
	no_effect "a quote of nothing" 1290 "$from" "$to" keep=0
	if [ "$1" = 4 ]; then
		no_effect "a wrong checksum" 1290 "$from" "$to" sum=bad
		in_ns "$host" sysctl -qw net.ipv4.ip_no_pmtu_disc=2
		no_effect "ip_no_pmtu_disc 2: a right one" 1290 "$from" "$to"
		in_ns "$host" sysctl -qw net.ipv4.ip_no_pmtu_disc=3
		no_effect "ip_no_pmtu_disc 3: a right one" 1290 "$from" "$to"
		in_ns "$host" sysctl -qw net.ipv4.ip_no_pmtu_disc=0
	fi
	# One that is mangled in TOS, length or TTL is still right.
	forge $narrow "$from" "$to" mangle=500
	forget
	# net.ipv4.route.min_pmtu; and RFC 8201 4: less than 1,280 is not believed.
	if [ "$1" = 4 ]; then
		forge 68 "$from" "$to"
		is "$(path)" 552 "$where: a right one that says 68: no less than min_pmtu"
	else
		no_effect "a right one that says 1,279" 1279 "$from" "$to"
		forge 1280 "$from" "$to"
		is "$(path)" 1280 "$where: a right one that says 1,280 does"
	fi
	xs flow del "$flow"
}

make_key "$suite" "$work/key"
module_up
net_up
far_link
stack_deaf
for mode in native ${LONG:+generic}; do
	attach "$mode"
	relay 4 "$mode"
	relay 6 "$mode"
	detach
done
if [ "$(printf '6.9\n%s\n' "$(uname -r)" | sort -V | head -n 1)" = 6.9 ]; then
	for dev in plain0 srtp0; do xs attach $dev native door kfunc >/dev/null; done
	relay 4 kfunc
	detach
else
	skip "by the kfunc" "there is none before 6.9"
fi
attach native
for family in 4 6; do
	copy "$family"
	moved "$family"
	attacker "$family"
done
stack_hears
for family in 4 6; do local_socket "$family"; done
detach
unload_module
done_testing
