#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# tools/flood, judged by tshark: each kind is what it says it is, over IPv4 and
# IPv6, and what it must refuse it refuses. Nothing is sent but to a veth pair in
# a namespace of the test's own, and that is counted at its other end. And
# tools/calls-load, which must see what is missing and what is not of its calls.
#
# time: 120
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP

readonly COUNT=200
family=4 from=10.0.0.0/8 to=192.0.2.1:30000-30398

# forge KIND OPTION… - COUNT frames into a file.
forge() {
	flood --write "$work/frames" --kind "$1" --from "$from" --to "$to" \
		--count $COUNT --rate 1000 "${@:2}" >"$work/report"
}

# All of tshark's checks are on; what two fragments hold it shows with the second.
# (A fixed source port where tshark shall guess: it knows many ports.)
matching() { # FILTER - how many of the frames
	tshark -r "$work/frames" -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		-d udp.port==30000-30398,rtp -Y "$1" -T fields -e frame.number 2>"$work/tshark" |
		wc -l
}

different() { # FIELD FILTER - how many values it has
	tshark -r "$work/frames" -d udp.port==30000-30398,rtp -Y "$2" -T fields -e "$1" \
		2>"$work/tshark" | sort -u | wc -l
}

# The checksums that tshark says are right: each packet's, IPv6 has no other.
right='udp.checksum.status == 1'

kind() { # KIND FILTER HOW-MANY WHAT [OPTION…]
	forge "$1" "${@:5}"
	is "$(matching "$right && $2")" "$3" "$1, IPv$family: $4"
}

kinds() {
	local ip=ip
	if [ $family = 6 ]; then ip=ipv6; fi
	kind rtp 'rtp.version == 2 && rtp.p_type == 0 && rtp.ssrc == 0x12345678 && !_ws.malformed' $COUNT \
		"G.711 of one SSRC" --ssrc 0x12345678
	is "$(different rtp.seq "$ip")" $COUNT "rtp, IPv$family: each has its number"
	is "$(($(different $ip.src "$ip") > COUNT * 9 / 10))" 1 "rtp, IPv$family: sources at random"
	kind rtp "udp.srcport == 4000 && $ip.src == ${from%/*}" $COUNT "one source, if that is what is given" \
		--from "${from%/*}" --from-port 4000
	kind ssrcs 'rtp.version == 2' $COUNT "RTP"
	is "$(($(different udp.dstport "$ip") > 100))" 1 "ssrcs, IPv$family: to all of the ports"
	is "$(($(matching 'udp.dstport & 1') > COUNT / 4))" 1 "ssrcs, IPv$family: even and odd ones"
	forge rtp --even
	is "$(matching 'udp.dstport & 1')" 0 "rtp --even, IPv$family: to none but even ports"
	kind bad-tag 'rtp.version == 2 && rtp.ssrc == 0x12345678 && udp.length == 190' $COUNT \
		"160 bytes and a tag of 10" --ssrc 0x12345678
	is "$(($(different rtp.seq "$ip") > COUNT * 9 / 10))" 1 "bad-tag, IPv$family: numbers at random"
	kind stun 'stun.type == 0x0001 && stun.cookie == 21:12:a4:42 && stun.att.priority && !_ws.malformed' \
		$COUNT "binding requests" --from-port 4000
	kind dtls 'dtls.handshake.type == 1 && dtls.use_srtp.protection_profile == 1 && !_ws.malformed' \
		$COUNT "ClientHellos with use_srtp" --from-port 4000
	kind fragment "$ip.fragment.count == 2 && rtp.version == 2" $((COUNT / 2)) \
		"each two is one packet of RTP"
	forge malformed
	is "$(matching 'rtp.version == 3')" $((COUNT / 4)) "malformed, IPv$family: one in four is of no protocol"
	is "$(matching 'udp.length == 8')" $((COUNT / 4)) "malformed, IPv$family: one in four has no payload"
	is "$(matching 'udp.length.bad || udp.length.bad_zero')" $((COUNT / 4)) \
		"malformed, IPv$family: one in four has a UDP length past the end"
	is "$(matching '_ws.expert.message matches "length exceeds"')" $((COUNT / 4)) \
		"malformed, IPv$family: one in four has an IP length past the end"
}

refuses() { # NAME WORDS OPTION…
	if flood --kind rtp --from "$from" --to "$to" "${@:3}" >"$work/report" 2>&1; then
		not_ok "$1: it was not refused"
	elif grep -q "$2" "$work/report"; then
		ok "$1"
	else
		not_ok "$1: $(head -n 1 "$work/report")"
	fi
}

refusals() {
	local mac=02:00:00:00:00:01
	local way=(--dev phone0 --mac "$mac")
	refuses "no namespace named: refused" usage "${way[@]}" --count 10 --rate 10
	refuses "no count: refused" usage --netns "$plain" "${way[@]}" --rate 10
	refuses "no rate: refused" usage --netns "$plain" "${way[@]}" --count 10
	refuses "a namespace that is not there: refused" 'No such file' --netns "$plain-x" "${way[@]}" \
		--count 10 --rate 10
	touch "/run/netns/$plain-1"
	mount --bind /proc/self/ns/net "/run/netns/$plain-1"
	refuses "the host's own namespace under another name: refused" 'of the host' --netns "$plain-1" \
		"${way[@]}" --count 10 --rate 10
	umount "/run/netns/$plain-1"
	rm "/run/netns/$plain-1"
	ip -n "$plain" link add bridge0 type bridge
	refuses "a device other than veth: refused" 'not veth' --netns "$plain" --dev bridge0 --mac "$mac" \
		--count 10 --rate 10
}

arrived() { in_ns "$host" cat /sys/class/net/plain0/statistics/rx_packets; }

sends() {
	local was
	ns_add "$plain" "$host"
	# Neighbours and routers would be counted with the flood.
	in_ns "$plain" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	in_ns "$host" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
	wire "$plain" plain0
	ip -n "$plain" link set phone0 up
	ip -n "$host" link set plain0 up
	was=$(arrived)
	flood --netns "$plain" --dev phone0 --mac "$(in_ns "$host" cat /sys/class/net/plain0/address)" \
		--kind ssrcs --from "$from" --to "$to" --count 20000 --rate 20000 >"$work/report"
	is "$(get "$(cat "$work/report")" sent)" 20000 "what it says it sent is what it was told to send"
	is "$(($(arrived) - was))" 20000 "as many come out of the other end"
	is "$(get "$(cat "$work/report")" bytes)" $((20000 * 214)) "and its bytes"
	[[ $(cat "$work/report") =~ \"seconds\":([0-9]+)\.([0-9]) ]]
	is "$((BASH_REMATCH[1] * 10 + BASH_REMATCH[2] >= 9))" 1 \
		"no faster than it was told (20,000 at 20,000/s: ${BASH_REMATCH[1]}.${BASH_REMATCH[2]} s)"
}

# calls_of COUNT [OPTION…] - 10 calls, each of COUNT packets, to a receiver that waits
# for 50 of each; then a flood, if options of one are given.
calls_of() {
	local receiver
	start "$host" calls-load recv --on 192.0.2.1:30000 --calls 10 --count 50 --flows "$work/got" \
		>"$work/recv" 2>"$work/lost"
	receiver=$!
	ready calls-load listens $receiver 30018
	in_ns "$plain" calls-load send --from 192.0.2.2:40000 --to 192.0.2.1:30000 --calls 10 \
		--count "$1" --rate 500 --flows "$work/sent" >"$work/send"
	[ $# = 1 ] || flood --netns "$plain" --dev phone0 --mac "$mac" --count 300 --rate 10000 \
		--to 192.0.2.1:30000-30018 --even "${@:2}" >"$work/report"
	stop $receiver
}

# What the receiver reports; it waits for nothing, so all has come when it is stopped.
received() {
	local name list=''
	for name in received good lost hurt worst duplicates foreign; do
		list+=,$(get "$(cat "$work/recv")" $name)
	done
	echo "${list#,}"
}

judges() {
	dev_up "$plain" phone0 192.0.2.2/24
	dev_up "$host" plain0 192.0.2.1/24
	mac=$(in_ns "$host" cat /sys/class/net/plain0/address)
	calls_of 50
	is "$(received)" 500,500,0,0,0,0,0 "calls-load: 10 calls of 50 packets arrive"
	check "calls-load: as many of each call as were sent" cmp "$work/sent" "$work/got"
	calls_of 45
	is "$(received)" 450,450,50,10,5,0,0 "calls-load: five packets that each call lacks are seen as lost"
	is "$(head -n 1 "$work/lost")" "calls-load: port 30000: lost packet 45" "and are named"
	calls_of 50 --kind rtp --ssrc 0x5ca11000 --from 192.0.2.2 --from-port 40000
	is "$(received)" 800,500,0,0,0,0,300 \
		"calls-load: packets of a call's address and SSRC are seen as none of its own"
}

kinds
family=6 from=2001:db8:f::/48 to='[2001:db8:1::1]:30000-30398'
kinds
family=4 from=10.0.0.0/8 to=192.0.2.1:30000-30398
sends
judges
refusals
done_testing
