#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Next hop and source address follow the kernel's routing and neighbour tables within a
# second: under one call each over IPv4 and IPv6, whose flows nobody touches, routes,
# rules, neighbours, devices, MTUs and addresses change, by native and by generic XDP.
# Of each packet is known what became of it: in = out + dropped, by reason; and what went
# out arrived, each byte as libsrtp2 has it, unless it was lost on the wire.
#
#	plain phone ---- plain0 host srtp0 ---- phone0 srtp phone
#	                             alt0 ----- phone1
#
# The host sends from an address that is on none of the wires (lo), the phone listens on
# one behind its two wires' addresses, both of which are gateways to it. Where a change
# leads from one gateway to the other, what still went to the former is lost on the
# wire: its MAC address is made a wrong one with the change.
#
# vm:
# time: 900
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

suite=AES_CM_128_HMAC_SHA1_80
rate=50			# packets a second of each stream
some=10			# of them before a change; and after, beyond those of a second
size=1240
macs=0
declare -A id recv first from=([4]=203.0.113.1 [6]=2001:db8:f::1) to=([4]=203.0.114.9 [6]=2001:db8:e::9)
declare -A gw0=([4]=198.51.100.2 [6]=2001:db8:2::2) gw1=([4]=198.51.101.2 [6]=2001:db8:3::2)

on() { nsenter --net="/run/netns/$1" "${@:2}"; }
xsh() { on "$host" xsrtp "$@"; }
hip() { ip -n "$host" -"$family" "$@"; }
ep() { if [ "$family" = 4 ]; then echo "$1:$2"; else echo "[$1]:$2"; fi; }

second_wire() {
	local a
	ip link add phone1 netns "$srtp" type veth peer name alt0 netns "$host"
	in_ns "$srtp" ethtool -K phone1 tx off gro on >/dev/null
	in_ns "$host" ethtool -K alt0 tx off >/dev/null
	for a in 198.51.101. 2001:db8:3::; do
		dev_up "$host" alt0 "${a}1/$(len $a)"
		dev_up "$srtp" phone1 "${a}2/$(len $a)"
	done
}
len() { case $1 in *:*) echo 64 ;; *) echo 24 ;; esac; }

addresses() {
	for family in 4 6; do
		source_on
		ip -n "$srtp" addr add "${to[$family]}" dev lo
		hip route add "${to[$family]}" via "${gw0[$family]}"
	done
	# Who moves to another MAC address tells his neighbours.
	in_ns "$srtp" sysctl -qw net.ipv4.conf.all.arp_notify=1 net.ipv6.conf.all.ndisc_notify=1 \
		net.ipv4.conf.phone0.arp_notify=1 net.ipv6.conf.phone0.ndisc_notify=1
	# IPv6 addresses outlast their device's being down, as IPv4's do.
	in_ns "$host" sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1
}
source_on() { hip addr add "${from[$family]}/$(all)" dev lo; }
source_off() { hip addr del "${from[$family]}/$(all)" dev lo; }
all() { if [ "$family" = 4 ]; then echo 32; else echo 128; fi; }	# bits

# --- streams ------------------------------------------------------------------------

call_start() {
	for family in 4 6; do
		use_family $family
		make_key "$suite" "$work/$family.key"
		id[$family]=$(xsh flow add local "$(at hostplain 30000)" forward \
			from "$(ep "${from[$family]}" 30000)" to "$(ep "${to[$family]}" 5000)" \
			learn never tx "$suite" key "$work/$family.key")
		start "$srtp" rtp-recv --on "$(ep "${to[$family]}" 5000)" --idle 60000 --time 800 \
			--suite "$suite" --key "$work/$family.key" --count 1000000 --size $size \
			>"$work/got.$family"
		recv[$family]=$!
	done
	for family in 4 6; do ready rtp-recv listens "${recv[$family]}" 5000; done
}

call_end() {
	local f heard
	for f in 6 4; do
		heard=$(($(heard $f) - ${first[$f]}))
		stop "${recv[$f]}"
		got=$(cat "$work/got.$f")
		is "$(get "$got" good) good, $(($(get "$got" received) - $(get "$got" good))) others" \
			"$heard good, 0 others" \
			"$mode, IPv$f: all that arrived is right, each byte"
		xsh flow del "${id[$f]}"
	done
}

# Each stream goes on where the last one of its family ended.
senders_start() {
	for family in 4 6; do
		use_family $family
		start "$plain" rtp-send --df 1 --from "$(at plain 4000)" --to "$(at hostplain 30000)" \
			--rate $rate --count 1000000 --skip "$(said $family)" --size $size \
			>/dev/null 2>&1
		send[$family]=$!
	done
}

# Datagrams that the plain phone has sent.
said() { # FAMILY
	datagrams "$1" Out "$plain_pid"
}
heard() { datagrams "$1" In "${recv[4]}"; }

# Both streams have sent so many more than they had at @from4, @from6.
sent_since() { # COUNT
	[ $(($(said 4) - from4)) -ge "$1" ] && [ $(($(said 6) - from6)) -ge "$1" ]
}

mark() {
	from4=$(said 4) from6=$(said 6)
}

# Per family: in, out, dropped, by which reasons; and what has arrived.
flow_now() { # JSON FAMILY
	jq -r --argjson id "${id[$2]}" '.[] | select(.id == $id) | "\(.rx_packets) \(.tx_packets) \([.drops[]] | add // 0) \([.drops | to_entries[] | select(.value > 0) | "\(.key)=\(.value)"] | join(","))"' <<<"$1"
}

snapshot() { # NAME: of an associative array
	local -n into=$1
	local json f
	json=$(xsh -j flow show)
	for f in 4 6; do
		read -r "into[in$f]" "into[out$f]" "into[drop$f]" "into[why$f]" <<<"$(flow_now "$json" $f)"
		# shellcheck disable=SC2034 # by name
		into[arrived$f]=$(heard $f)
		# shellcheck disable=SC2034,SC2154
		into[sent$f]=$(said $f)
	done
}

# The reasons that have moved.
moved() { # BEFORE AFTER
	comm -13 <(tr , '\n' <<<"$1" | sort) <(tr , '\n' <<<"$2" | sort) | sed 's/=.*//' | xargs
}

# Something happens while the streams run; each family's sums after. From a second after
# the change on some packets come.
declare -A before after send
change() { # COMMAND…
	local f
	snapshot before
	mark
	senders_start
	wait_for 60 sent_since $some || note "no traffic"
	for family in 4 6; do "$@"; done
	mark
	wait_for 60 sent_since $((rate + some)) || note "no traffic any more"
	for f in 4 6; do stop "${send[$f]}"; done
	sleep 0.3
	snapshot after
	for f in 4 6; do sums $f; done
}

sums() { # FAMILY
	local f=$1 n=$((${after[sent$1]} - ${before[sent$1]})) since=from$1
	local in=$((${after[in$f]} - ${before[in$f]})) out=$((${after[out$f]} - ${before[out$f]}))
	dropped[$f]=$((${after[drop$f]} - ${before[drop$f]}))
	arrived[$f]=$((${after[arrived$f]} - ${before[arrived$f]}))
	why[$f]=$(moved "${before[why$f]}" "${after[why$f]}")
	wire[$f]=$((out - ${arrived[$f]}))
	# Those sent more than a second after the change.
	later[$f]=$((${after[sent$f]} - ${!since} - rate))
	is "$in in, $((out + ${dropped[$f]})) out or dropped" "$n in, $n out or dropped" \
		"$name, IPv$f: of $n packets $out went out, ${dropped[$f]} dropped${why[$f]:+ (${why[$f]})}, ${arrived[$f]} arrived"
}
declare -A later
declare -A dropped arrived why wire

# Followed: nothing was dropped, and on the former way at most so many were lost.
follows() { # MOST NAME COMMAND…
	local f
	name="$mode: $2"
	change "${@:3}"
	for f in 4 6; do
		check "$name, IPv$f: followed, ${wire[$f]} lost on the wire (at most $1)" \
			eval "[ ${dropped[$f]} = 0 ] && [ ${wire[$f]} -ge 0 ] && [ ${wire[$f]} -le $1 ]"
	done
}

# No way any more: within a second all are dropped, under this reason; none is lost else,
# but one that was on its way to the device when that went down: the kernel does not tell.
breaks() { # REASON NAME COMMAND…
	local f most=0
	name="$mode: $2"
	[ "$3" != device_down ] || most=1
	change "${@:3}"
	for f in 4 6; do
		is "${why[$f]}" "$1" "$name, IPv$f: all under one reason"
		check "$name, IPv$f: each is counted (${wire[$f]} lost on the wire, at most $most)" \
			[ "${wire[$f]}" -le $most ]
		check "$name, IPv$f: within a second" [ "${dropped[$f]}" -ge "${later[$f]}" ]
	done
}

# A way again: what is sent a second later arrives.
mends() { # REASON NAME COMMAND…
	local f
	name="$mode: $2"
	change "${@:3}"
	for f in 4 6; do
		is "${why[$f]}, ${wire[$f]} lost on the wire" "$1, 0 lost on the wire" "$name, IPv$f: each is counted"
		check "$name, IPv$f: within a second" [ "${arrived[$f]}" -ge "${later[$f]}" ]
	done
}

# --- what changes ---------------------------------------------------------------------

# The former gateway has a MAC address that nobody has, from now on; and its own again.
poison() { hip neigh replace "$1" dev "$2" lladdr 02:00:00:00:00:99 nud permanent; }
heal() { hip neigh del "$1" dev "$2"; }

to_alt() {
	hip route replace "${to[$family]}" via "${gw1[$family]}" dev alt0
	poison "${gw0[$family]}" srtp0
}
to_first() {
	heal "${gw0[$family]}" srtp0
	hip route replace "${to[$family]}" via "${gw0[$family]}" dev srtp0
	poison "${gw1[$family]}" alt0
}
new_mac() { [ "$family" = 6 ] || ip -n "$srtp" link set phone0 address 02:00:00:00:01:0$((++macs)); }

# Rules: by the address it sends from, to a table that leads to the other gateway.
rule_add() {
	hip rule add from "${from[$family]}" lookup 100 priority 100
	poison "${gw0[$family]}" srtp0
}
table_empty() {
	heal "${gw0[$family]}" srtp0
	hip route del "${to[$family]}" table 100
	poison "${gw1[$family]}" alt0
}
table_fill() {
	heal "${gw1[$family]}" alt0
	hip route add "${to[$family]}" via "${gw1[$family]}" dev alt0 table 100
	poison "${gw0[$family]}" srtp0
}
rule_del() {
	heal "${gw0[$family]}" srtp0
	hip rule del from "${from[$family]}" lookup 100 priority 100
	poison "${gw1[$family]}" alt0
}
default_alt() {
	hip route replace default via "${gw1[$family]}" dev alt0
	poison "${gw0[$family]}" srtp0
}
device_up() {
	[ "$family" = 6 ] || hip link set srtp0 up
	hip route add "${to[$family]}" via "${gw0[$family]}" dev srtp0
}
device_down() { [ "$family" = 6 ] || hip link set srtp0 down; }
mtu() { [ "$family" = 6 ] || hip link set srtp0 mtu "$1"; }

each() { for family in 4 6; do "$@"; done; }
cure() { heal "${gw0[$family]}" srtp0; }
cure_alt() { heal "${gw1[$family]}" alt0; }
table_first() { hip route add "${to[$family]}" via "${gw1[$family]}" dev alt0 table 100; }
to_default() {
	hip route add default via "${gw0[$family]}" dev srtp0
	hip route del "${to[$family]}"
}
from_default() {
	hip route add "${to[$family]}" via "${gw0[$family]}" dev srtp0
	hip route del default
}

gateway_gone() { # The gateway leaves: what waits for an answer is lost; then it comes back.
	local f
	ip -n "$srtp" addr del "${gw0[4]}/24" dev phone0
	ip -n "$srtp" addr del "${gw0[6]}/64" dev phone0
	each flush
	name="$mode: gateway gone"
	change true
	for f in 4 6; do
		is "${arrived[$f]} arrived, ${dropped[$f]} dropped" "0 arrived, 0 dropped" \
			"$name, IPv$f: the packets wait in the neighbour table, and are lost there"
	done
	name="$mode: gateway back"
	change gateway_back
	for f in 4 6; do
		check "$name, IPv$f: followed within a second" \
			eval "[ ${dropped[$f]} = 0 ] && [ ${arrived[$f]} -ge ${later[$f]} ]"
	done
}
flush() { hip neigh flush dev srtp0; }
gateway_back() { ip -n "$srtp" addr add "${gw0[$family]}/$(len "${gw0[$family]}")" dev phone0; }

# What the lookup answers does not depend on XDP.
rules() {
	each table_first
	follows $rate "a rule is added" rule_add
	follows $rate "the route is gone from its table" table_empty
	follows $rate "there is one again in its table" table_fill
	follows $rate "the rule is gone" rule_del
	each cure_alt
	each hip route flush table 100
	each to_default
	follows 0 "another default route" default_alt
	each cure
	each from_default
}

all_changes() {
	follows 0 "route to another gateway and device" to_alt
	follows 0 "and back" to_first
	each cure_alt
	follows $rate "gateway's MAC address" new_mac
	gateway_gone
	[ "$mode" = generic ] || rules
	breaks no-route "device down" device_down
	mends no-route "device up, and a route" device_up
	breaks too-big "MTU below the packets" mtu 1280
	mends too-big "MTU back" mtu 1500
	breaks no-route "the address it sends from is gone" source_off
	mends no-route "and back" source_on
}

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
module_up
net_up
second_wire
addresses
start "$plain" sleep 10000
plain_pid=$!
for mode in native ${LONG:+generic}; do
	xsh attach plain0 "$mode" >/dev/null
	call_start
	first=([4]=$(heard 4) [6]=$(heard 6))
	all_changes
	call_end
	xsh detach plain0
done
ns_del "$plain" "$srtp" "$host"
check "the module unloads" unload_module
note "$SECONDS s"
done_testing
