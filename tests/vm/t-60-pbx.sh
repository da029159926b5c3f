#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# A PBX on the host with xsrtp, which is told nothing of SRTP (ffmpeg, rtp-send,
# rtp-recv), and a peer that speaks nothing else: both directions over IPv4 and
# IPv6, every shape of skb that a socket can make, and that nothing leaves in the
# clear whatever is missing.
#
# vm:
# time: 1500
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/ffmpeg.sh
. "$(dirname "$0")/../e2e/ffmpeg.sh"

suite=AES_CM_128_HMAC_SHA1_80
voices=$top/build/voices
out=$work/out
n=40			# packets of a stream
ssrc=0x100

# --- the host, the peer and their flows -----------------------------------------

#     [ host: PBX :4000 ] > xsrtp > :5000 [ peer ]   flow $out_flow
#     [ host: PBX :4010 ] < xsrtp < :5010 [ peer ]   flow $in_flow
#     [ host: PBX :4000 ] < xsrtp < :5000 [ peer ]   flow $same_flow: same port, unused
flows_add() {
	make_key "$suite" "$work/out.key"
	make_key "$suite" "$work/in.key"
	out_flow=$(xs flow add local "$(at hostsrtp 4000)" remote "$(at srtp 5000)" send \
		tx "$suite" key "$work/out.key" streams 64)
	in_flow=$(xs flow add local "$(at hostsrtp 4010)" remote "$(at srtp 5010)" deliver \
		rx "$suite" key "$work/in.key")
	same_flow=$(xs flow add local "$(at hostsrtp 4000)" remote "$(at srtp 5000)" deliver \
		rx "$suite" key "$work/in.key")
}

flows_del() {
	local f
	for f in "$out_flow" "$in_flow" "$same_flow"; do xs flow del "$f"; done
}

host_up() {
	local v
	modprobe -q veth || true
	ns_add "$host" "$srtp"
	wire "$srtp" srtp0
	for v in 4 6; do
		use_family $v
		dev_up "$host" srtp0 "$hostsrtp_ip/$prefix"
		dev_up "$srtp" phone0 "$srtp_ip/$prefix"
	done
	device_add
}

device_add() {
	ip -n "$host" link add dev xsrtp0 type xsrtp
	ip -n "$host" link set xsrtp0 up
}

program() { get "$(xs -j stats | sed 's/.*"egress"//')" "$1"; }

# --- captures ---------------------------------------------------------------------

# On the peer's wire, and on the xsrtp device: there plain, and the skbs are clones.
captures_start() {
	dump "$srtp" phone0 wire
	dump_wire=$!
	dump "$host" xsrtp0 inside
	dump_inside=$!
	ready tcpdump grep -q listening "$work/dump.wire"
	ready tcpdump grep -q listening "$work/dump.inside"
}

dump() { # NAMESPACE DEVICE NAME
	start "$1" tcpdump -Z root --immediate-mode -i "$2" -U -s 2048 -B 16384 -w "$out/$3.pcap" \
		udp or ip6 2>"$work/dump.$3"
}

captures_stop() {
	stop "$dump_wire" INT
	stop "$dump_inside" INT
}

verify() { # FILE OPTION…
	srtp-verify --capture "$out/$1.pcap" --to "$(at srtp 5000)" --audio "$work/audio.ul" "${@:2}" || true
}

# Every packet that the flow counted is on the wire, is SRTP, and right in its sums.
wire_is_srtp() {
	local j name
	j=$(verify wire --suite "$suite" --key "$work/out.key")
	equal "$j: packets" "$(get "$j" packets)" "$1" &&
		equal "$j: unprotected" "$(get "$j" unprotected)" "$1" || return 1
	for name in plaintext bad_ip_checksum bad_udp_checksum no_udp_checksum cut; do
		equal "$j: $name" "$(get "$j" "$name")" 0 || return 1
	done
}

# The control: inside, before the module, the same search finds the audio.
inside_is_plain() {
	local j
	j=$(verify inside --expect-plain)
	[ "$(get "$j" plaintext)" -gt 100 ] || { echo "$j"; return 1; }
}

# --- the call ---------------------------------------------------------------------

call() {
	local hear_peer hear_pbx say_pbx say_peer
	sdp "$hostsrtp_ip" 5000 RTP/SAVP "$work/out.key" >"$work/srtp.sdp"
	sdp "$srtp_ip" 4010 RTP/AVP >"$work/plain.sdp"
	ff_hear "$srtp" "$work/srtp.sdp" "$out/heard-by-srtp.wav"; hear_peer=$!
	ff_hear "$host" "$work/plain.sdp" "$out/heard-by-plain.wav"; hear_pbx=$!
	ready "the peer's ffmpeg" listens "$hear_peer" 5000
	ready "the PBX's ffmpeg" listens "$hear_pbx" 4010
	ff_say "$host" "$work/plain.pipe" "rtp://$(at srtp 5000)?localrtpport=4000&pkt_size=172"; say_pbx=$!
	ff_say "$srtp" "$work/srtp.pipe" "srtp://$(at hostsrtp 4010)?localrtpport=5010&pkt_size=186" \
		-srtp_out_suite "$suite" -srtp_out_params "$(sed 's/^inline://' "$work/in.key")"; say_peer=$!
	speak "$say_pbx" "$say_peer"
	wait "$say_pbx" || note "the PBX's ffmpeg: $(cat "$work/say.$host")"
	wait "$say_peer" || note "the peer's ffmpeg: $(cat "$work/say.$srtp")"
	wait_for 30 silent || note "packets still come"
	stop "$hear_peer" INT
	stop "$hear_pbx" INT
	check "IPv$family: the peer heard what the PBX said, $(heard plain srtp)" \
		audio-compare --sent "$voices/plain.wav" --received "$out/heard-by-srtp.wav"
	check "IPv$family: the PBX heard what the peer said, $(heard srtp plain)" \
		audio-compare --sent "$voices/srtp.wav" --received "$out/heard-by-plain.wav"
}

silent() {
	counters "$in_flow"
	[ "${now[tx_packets]}" != "${last:-}" ] || return 0
	last=${now[tx_packets]}
	sleep 0.5
	return 1
}

test_call() {
	local before
	before=$(program redirected)
	captures_start
	call
	captures_stop
	counters "$out_flow"
	check "IPv$family: what the PBX sent: each of ${now[rx_packets]} packets encrypted and sent" \
		equal "in/out/dropped" "${now[rx_packets]}/${now[tx_packets]}/${now[drops]}" \
		"$(($(program redirected) - before))/${now[rx_packets]}/0"
	check "IPv$family: on the wire: all of them, SRTP under libsrtp2, no plain audio, right sums" \
		wire_is_srtp "${now[tx_packets]}"
	check "IPv$family: the same search finds the audio inside (control)" inside_is_plain
	counters "$in_flow"
	check "IPv$family: what the peer sent: each of ${now[rx_packets]} packets decrypted and delivered" \
		equal "out/dropped" "${now[tx_packets]}/${now[drops]}" "${now[rx_packets]}/0"
}

# --- single streams from the PBX ------------------------------------------------------

# stream OPTION… - from the PBX's port; what the peer got is $got, what the flow
# counted $gain. $from: another endpoint than the flow's; $clear: it shall be RTP.
stream() {
	local recv opt=(--count "$n" --ssrc "$((ssrc += 1))" --size "${size:-160}") srtp_opt=()
	[ "${clear:-0}" = 1 ] || srtp_opt=(--suite "$suite" --key "$work/out.key")
	before "$out_flow"
	start "$srtp" rtp-recv --on "$(at srtp 5000)" --idle 1500 --time 60 \
		"${srtp_opt[@]}" "${opt[@]}" >"$work/got"
	recv=$!
	ready rtp-recv listens "$recv" 5000
	in_ns "$host" rtp-send --from "${from:-$(at hostsrtp 4000)}" --to "$(at srtp 5000)" \
		--rate 400 "${opt[@]}" "$@" >/dev/null || true
	if [ "${nothing:-0}" = 1 ]; then
		sleep 1
		kill -TERM "$recv" || true
	fi
	wait "$recv" || true
	got=$(cat "$work/got")
	gained "$out_flow"
}

arrives() { # WHAT OPTION…
	local what=$1
	shift
	stream "$@"
	check "IPv$family: $what: $(get "$got" good) of $n packets arrive as SRTP, each byte equal" equal \
		"$got, $gain" "$(get "$got" received)/$(get "$got" good)/$(get "$gain" tx_packets)/$(get "$gain" drops)" "$n/$n/$n/0"
}

# Nothing comes to the peer's socket, be it plain or not; REASON: the module's.
stays() { # WHAT REASON OPTION…
	local what=$1 reason=$2
	shift 2
	nothing=1 stream "$@"
	check "IPv$family: $what: none of $n leaves, ${reason:+$(get "$gain" "${reason:-none}") dropped as }${reason:-the module sees none}" \
		equal "$got, $gain" "$(get "$got" received)/$(get "$gain" "${reason:-none}")/$(get "$gain" tx_packets)" \
		"0/$([ -z "$reason" ] && echo 0 || echo "$n")/0"
}

test_shapes() {
	local on
	for on in off on; do
		in_ns "$host" ethtool -K srtp0 tx $on sg $on >/dev/null 2>&1 || true
		captures_start
		arrives "checksum offload $on"
		arrives "checksum offload $on, GSO of 8" --gso --block 8
		arrives "checksum offload $on, pages of a pipe" --splice
		size=1 arrives "checksum offload $on, GSO of 40, one byte of payload" --gso --block 40
		captures_stop
		counters "$out_flow"
		check "IPv$family: checksum offload $on: all on the wire, every sum right" wire_is_srtp $((4 * n))
	done
	in_ns "$host" ethtool -K srtp0 tx off >/dev/null
}

# Another port, another peer's port: not this flow's, and left alone.
test_others() {
	local had
	had=$(program redirected)
	from=$(at hostsrtp 4002) clear=1 stream
	check "IPv$family: from another port: untouched" equal "$got" "$(get "$got" good)/$(get "$gain" rx_packets)" "$n/0"
	from=$(at hostsrtp 4002) clear=1 size=1600 stream
	check "IPv$family: from another port, in fragments: untouched" equal "$got" "$(get "$got" good)" "$n"
	is "$(program redirected)" "$had" "IPv$family: the program has redirected none of them"
}

test_closed() {
	local had
	had=$(program dropped-fragment)
	size=1600 stays "larger than the MTU" ""
	is "$(($(program dropped-fragment) - had))" $n "IPv$family: the first fragment of each is dropped, then the kernel makes no more"
	# What waits for a neighbour has been cut already.
	ip -n "$host" neigh flush dev srtp0
	had=$(program dropped-fragment)
	size=1600 stays "larger than the MTU, to a neighbour not known yet" ""
	check "IPv$family: the fragments that follow a first one are dropped too" \
		[ "$(program dropped-fragment)" -gt $((had + n)) ]
	size=$((family == 4 ? 1460 : 1440)) stays "larger than the MTU with the tag" too-big
	xs key del "$out_flow" tx
	stays "key deleted" no-key
	make_key "$suite" "$work/out.key"
	xs key set "$out_flow" tx key "$work/out.key"
	arrives "new key set"
	ip -n "$host" link set xsrtp0 down
	stays "xsrtp device down" ""
	ip -n "$host" link set xsrtp0 up
	arrives "xsrtp device up"
	ip -n "$host" link del xsrtp0
	stays "xsrtp device gone" ""
	device_add
	xs attach srtp0 >/dev/null 2>&1 || true
	arrives "another xsrtp device, attached again"
}

# --- VLAN: the tag is beside the skb's data --------------------------------------------

test_vlan() {
	local ns dev ip
	for ns in "$host srtp0 203.0.113.1" "$srtp phone0 203.0.113.2"; do
		read -r ns dev ip <<<"$ns"
		ip -n "$ns" link add link "$dev" name v5 type vlan id 5 || { skip "VLAN" "no VLAN devices"; return; }
		dev_up "$ns" v5 "$ip/24"
	done
	hostsrtp_ip=203.0.113.1 srtp_ip=203.0.113.2 open='' close='' family=4
	flows_add
	arrives "through a VLAN device above the one with the program"
	flows_del
}

# --- all of it ---------------------------------------------------------------------------

says() { grep -q "$1" <<<"$said"; }

test_attach() {
	use_family 4
	said=$(xs flow add local "$(at hostsrtp 4000)" remote "$(at srtp 5000)" send tx "$suite" 2>&1) || true
	check "no flow sends before the program is there" says "no device has the egress program"
	said=$(xs attach srtp0)
	check "attach attaches both programs: $said" says "XDP native, egress"
	said=$(xs)
	check "and show shows them" says "attached to srtp0: XDP native, egress"
	said=$(xs flow add local "$(at hostsrtp 4000)" send tx "$suite" 2>&1) || true
	check "send needs a remote" says "send needs a remote"
	said=$(xs flow add local "$(at hostsrtp 4000)" remote "$(at srtp 5000)" send 2>&1) || true
	check "send needs tx" says "must have tx"
	flows_add
	said=$(xs flow add local "$(at hostsrtp 4000)" remote "$(at srtp 5000)" send tx "$suite" 2>&1) || true
	check "one flow for each local and remote" says "another flow sends"
	said=$(xs flow set "$out_flow" remote "$(at srtp 5002)" 2>&1) || true
	check "a flow that sends is not changed" says "cannot be changed"
	said=$(xs flow show "$out_flow")
	check "a flow that sends is shown as it was added" says \
		"local $(at hostsrtp 4000) remote $(at srtp 5000) send$"
	flows_del
}

qdiscs() { in_ns "$host" tc qdisc show dev srtp0; }
no_clsact() { said=$(qdiscs); ! says clsact; }

test_detach() {
	in_ns "$host" tc filter add dev srtp0 egress prio 9 protocol all matchall action ok
	xs detach srtp0
	said=$(in_ns "$host" tc filter show dev srtp0 egress)
	check "detach leaves another's filter" says matchall
	check "and takes ours" eval '! says bpf'
	in_ns "$host" tc filter del dev srtp0 egress
	in_ns "$host" tc qdisc del dev srtp0 clsact
	xs attach srtp0 >/dev/null
	xs detach srtp0
	check "detach leaves nothing" no_clsact
}

test_unload() {
	use_family 4
	flows_add
	unload_module
	start "$srtp" rtp-recv --on "$(at srtp 5000)" --idle 3000 --time 10 --count "$n" >"$work/got"
	recv=$!
	ready rtp-recv listens "$recv" 5000
	in_ns "$host" rtp-send --from "$(at hostsrtp 4000)" --to "$(at srtp 5000)" --count "$n" >/dev/null || true
	wait "$recv" || true
	is "$(get "$(cat "$work/got")" received)" 0 "module unloaded under a flow that sends: nothing leaves"
	load_module
	device_add
	said=$(xs attach srtp0 2>&1) || true
	flows_add
	arrives "module loaded again, attached, flows added"
	flows_del
}

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
mkdir -p "$out"
[ -e "$voices/srtp.wav" ] || "$top/tests/e2e/voices" "${voices:=$work}"
cat "$voices/plain.ul" "$voices/srtp.ul" >"$work/audio.ul"
module_up
host_up
test_attach
for family in 4 6; do
	use_family $family
	flows_add
	if [ "$family" = 4 ] || [ -n "${LONG:-}" ]; then test_call; fi
	test_shapes
	test_others
	test_closed
	flows_del
done
test_vlan
test_unload
test_detach
unload_module
done_testing
