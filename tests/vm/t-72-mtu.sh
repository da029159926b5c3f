#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# What the fast path cannot take: packets that are too large for their way on once
# they have their tag, or their other IP header; IP fragments; IP options.
#
# Those too large: by both doors, with native and generic XDP, over IPv4, IPv6 and from
# one to the other, and sent by a local socket. Who may be cut into fragments arrives,
# each byte equal; who may not is dropped and counted, and its sender told what would
# have fitted, by an error that quotes its headers and not a byte of media.
#
# Fragments and options: a plain packet in every way to hide its port, sent to a media
# endpoint that a socket stands behind. Without the program they arrive (the control),
# with it none does, and each frame is counted.
#
# time: 900
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
suite=AES_CM_128_HMAC_SHA1_80
mtu=1400		# of the host's routes to both phones
n=10
seq=1

# Both phones are a tunnel away.
tunnels() {
	ip -n "$host" route replace 192.0.2.0/24 dev plain0 mtu $mtu
	ip -n "$host" route replace 198.51.100.0/24 dev srtp0 mtu $mtu
	ip -n "$host" -6 route replace 2001:db8:1::/64 dev plain0 proto kernel metric 256 mtu $mtu
	ip -n "$host" -6 route replace 2001:db8:2::/64 dev srtp0 proto kernel metric 256 mtu $mtu
}

in_family() { use_family "$1"; at "$2" "$3"; }

# One flow each; numbers are the family in and out.
to_srtp() { # IN OUT
	make_key "$suite" "$work/key"
	flow=$(xs flow add local "$(in_family "$1" hostplain 30000)" \
		remote "$(in_family "$1" plain 4000)" \
		forward from "$(in_family "$2" hostsrtp 30010)" to "$(in_family "$2" srtp 5000)" \
		tx "$suite" key "$work/key")
	from_ns=$plain to_ns=$srtp
	from=$(in_family "$1" plain 4000) via=$(in_family "$1" hostplain 30000)
	to=$(in_family "$2" srtp 5000) out=(--suite "$suite" --key "$work/key") in=()
}

to_plain() { # IN OUT
	flow=$(xs flow add local "$(in_family "$1" hostsrtp 30020)" \
		remote "$(in_family "$1" srtp 5010)" \
		forward from "$(in_family "$2" hostplain 30030)" to "$(in_family "$2" plain 4010)" \
		rx "$suite" key "$work/key")
	from_ns=$srtp to_ns=$plain
	from=$(in_family "$1" srtp 5010) via=$(in_family "$1" hostsrtp 30020)
	to=$(in_family "$2" plain 4010) in=(--suite "$suite" --key "$work/key") out=()
}

# What the host's own socket sends.
to_peer() { # FAMILY
	use_family "$1"
	make_key "$suite" "$work/key"
	flow=$(xs flow add local "$(at hostsrtp 4000)" remote "$(at srtp 5000)" send \
		tx "$suite" key "$work/key" streams 2)
	from_ns=$host to_ns=$srtp
	from=$(at hostsrtp 4000) via=$(at srtp 5000) to=$via
	out=(--suite "$suite" --key "$work/key") in=()
}

watch() {
	mkdir "$work/seen"
	start "$host" python3 tests/vm/mtu.py watch "$work/seen" "$plain:phone0" "$srtp:phone0" \
		"$host:srtp0"
	watcher=$!
	ready mtu.py [ -e "$work/seen/ready" ]
}

# What was seen in these namespaces since the last time, into $told and $seen.
look() { # NAMESPACE NAMESPACE
	rm -f "$work/seen/$1" "$work/seen/$2" "$work/seen/$host"
	kill -USR1 "$watcher"
	ready mtu.py [ -e "$work/seen/$host" ]	# the last that it writes
	told=$(cat "$work/seen/$1") seen=$(cat "$work/seen/$2")
}

# What its kernel has learned of paths: it would cut packets itself.
forget() {
	ip -n "$1" route flush cache
	ip -n "$1" -6 route flush cache
}

# n packets of this payload; what came of them is in $got, $gain, $told and $seen.
stream() { # SIZE DF
	local opt=(--count "$n" --size "$1" --seq "$seq") recv
	seq=$((seq + n))
	forget "$from_ns"
	look "$from_ns" "$to_ns"
	before "$flow"
	start "$to_ns" rtp-recv --on "$to" --idle 1500 --time 60 "${opt[@]}" "${out[@]}" >"$work/got"
	recv=$!
	ready rtp-recv listens "$recv" "${to##*:}"
	in_ns "$from_ns" rtp-send --from "$from" --to "$via" --rate 100 --df "$2" \
		"${opt[@]}" "${in[@]}" >/dev/null || true
	gained "$flow"
	if [ "$(get "$gain" tx_packets)" = 0 ]; then
		sleep 0.5
		kill -TERM "$recv" || true
	fi
	wait "$recv" || true
	got=$(cat "$work/got")
	look "$from_ns" "$to_ns"
}

arrives() { # SIZE DF FRAGMENTS WHAT
	stream "$1" "$2"
	check "$where: $4: all arrive, each byte equal, $3 fragments, no error" \
		equal "$got $gain $told $seen" \
		"$(get "$got" received)/$(get "$got" good)/$(get "$gain" tx_packets)/$(get "$gain" drops)/$(get "$seen" fragments)/$(get "$told" errors)" \
		"$n/$n/$n/0/$3/0"
}

too_big() { # SIZE DF MTU WHAT
	stream "$1" "$2"
	check "$where: $4: none arrives, $(get "$gain" too-big) too-big, $(get "$told" errors) errors that say $(get "$told" lowest) and quote headers alone" \
		equal "$got $gain $told" \
		"$(get "$got" received)/$(get "$gain" too-big)/$(get "$gain" tx_packets)/$(get "$told" errors)/$(get "$told" whole)/$(get "$told" lowest)/$(get "$told" highest)" \
		"0/$n/0/$n/$n/$3/$3"
}

flow_gone() { xs flow del "$flow"; }

# A packet: IP header, UDP 8, RTP 12, payload; tag 10.
head_of() { [ "$1" = 4 ] && echo 40 || echo 60; }

out_of() { # IN OUT
	local in_head out_head size
	in_head=$(head_of "$1") out_head=$(head_of "$2")
	to_srtp "$1" "$2"
	size=$((mtu - out_head - 10))
	arrives $size 1 0 "RTP to SRTP that just fits"
	too_big $((size + 1)) 1 $((in_head + size)) "one byte more"
	if [ "$1" = 4 ]; then
		arrives $((size + 1)) 0 $((2 * n)) "one byte more, that may be cut"
	fi
	flow_gone
}

into() { # IN OUT
	local in_head out_head size
	in_head=$(head_of "$1") out_head=$(head_of "$2")
	to_plain "$1" "$2"
	size=$((mtu - out_head))
	arrives $size 1 0 "SRTP to RTP that just fits"
	too_big $((size + 1)) 1 $((in_head + size + 10)) "one byte more"
	flow_gone
}

learned() { in_ns "$plain" ip route get "$hostplain_ip" | grep -q "mtu $1"; }

# An application that lets its kernel care (IP_PMTUDISC_WANT).
sender_learns() {
	where="IPv$1"
	to_srtp "$1" "$1"
	# Told of a larger one before, it would cut what it sends now itself.
	ip -n "$plain" "-$1" route flush cache
	in_ns "$plain" rtp-send --from "$from" --to "$via" --count 5 --rate 10 --size 1380 --seq $seq >/dev/null
	seq=$((seq + 5))
	use_family "$1"
	check "$where: the sender's kernel has learned the path's MTU" \
		wait_for 10 learned $((mtu - 10))
	flow_gone
}

relays() { # MODE DOOR WAY…
	local mode=$1 door=$2 way dev
	shift 2
	for dev in plain0 srtp0; do say "$(xs attach $dev "$mode" door "$door")"; done
	for way in "$@"; do
		where="$mode, $door, IPv${way%:*} to IPv${way#*:}"
		out_of "${way%:*}" "${way#*:}"
		[ "$mode, $door" != "native, device" ] || into "${way%:*}" "${way#*:}"
	done
	detach
}

pbx() { # FAMILY
	local size=$((mtu - $(head_of "$1") - 10)) j
	where="from a local socket, IPv$1"
	to_peer "$1"
	arrives $size 1 0 "just fits"
	stream $((size + 1)) 1
	check "$where: one byte more: $n too-big, nothing on the wire" equal "$got $gain $seen" \
		"$(get "$got" received)/$(get "$gain" too-big)/$(get "$gain" tx_packets)/$(get "$told" errors)" "0/$n/0/0"
	j=$(in_ns "$host" python3 tests/vm/mtu.py ask "$from" "$to" $((size + 1)))
	# 90: EMSGSIZE, 1: SO_EE_ORIGIN_LOCAL
	is "$j" "{\"errno\":90,\"origin\":1,\"mtu\":$((mtu - 10))}" \
		"$where: its error queue says EMSGSIZE, and what is left for it"
	j=$(in_ns "$host" python3 tests/vm/mtu.py ask "$from" "$to" $((size + 1)))
	is "$j" "{\"errno\":90,\"origin\":1,\"mtu\":$((mtu - 10))}" "$where: and no less the second time"
	if [ "$1" = 4 ]; then
		arrives $((size + 1)) 0 $((2 * n)) "one byte more, that may be cut"
	fi
	flow_gone
}

# --- fragments and options --------------------------------------------------------

program() { get "$(xs -j stats | sed 's/"egress".*//')" "$1"; }

counted() {
	local sum=0 name
	for name in passed-fragment dropped-fragment dropped-ip-options; do
		sum=$((sum + $(program $name)))
	done
	echo $sum
}

attack() { # FAMILY PORT
	python3 tests/vm/fragments.py "$1" "$host" "$srtp" phone0 "$mac" "$hostsrtp_ip" "$srtp_ip" "$2"
}

# Each way reaches the socket where no program is.
all_arrive() {
	local name frames came
	while IFS=: read -r name frames came; do
		case $name in
		# The kernel itself refuses these: overlaps (RFC 5722), no UDP header in the first.
		overlapping | "cut before UDP" | "fragment in a fragment") ;;
		*) is "$came" 1 "$1: without the program the socket gets it: $name" ;;
		esac
	done
}

none_arrives() {
	local name frames came all=0 had
	had=$(counted)
	while IFS=: read -r name frames came; do
		is "$came" 0 "$1: the socket does not get it: $name"
		all=$((all + frames))
	done < <(attack "$2" 4010)
	is "$(($(counted) - had))" $all "$1: each of the $all frames is counted"
}

no_fragments() { ! grep -h '^FRAG' /proc/"$1"/net/sockstat /proc/"$1"/net/sockstat6 | grep -qv 'inuse 0'; }

fragments() { # FAMILY MODE:DOOR…
	local family=$1 mode
	shift
	use_family "$family"
	mac=$(ip -n "$host" -j link show srtp0 | jq -r '.[0].address')
	all_arrive "IPv$family" < <(attack "$family" 4010)
	flow=$(xs flow add local "$(at hostsrtp 4010)" remote "$(at srtp 5010)" deliver \
		rx "$suite" key "$work/key")
	for mode in "$@"; do
		xs attach srtp0 "${mode%:*}" door "${mode#*:}" >/dev/null
		none_arrives "${mode/:/, }, IPv$family" "$family"
		xs detach srtp0
	done
	flow_gone
}

drained() {
	start "$host" sleep 60
	wait_for 30 no_fragments $!
}

make_key "$suite" "$work/key"
module_up
net_up
tunnels
in_ns "$host" sysctl -qw net.ipv4.ipfrag_time=2 net.ipv6.ip6frag_time=2
for family in 4 6; do
	fragments $family native:device generic:device ${LONG:+native:kfunc generic:kfunc}
done
check "what was left of the fragments is discarded" drained
watch
relays native device 4:4 6:6 4:6 6:4
if [ -n "${LONG:-}" ]; then
	relays generic device 4:4 6:6
	relays native kfunc 4:4 6:6
fi
attach native
sender_learns 4
sender_learns 6
detach
xs attach srtp0 >/dev/null
pbx 4
pbx 6
xs detach srtp0
unload_module
done_testing
