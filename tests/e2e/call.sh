#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# tests/e2e/call.sh [OPTION…]: a call between a phone that speaks RTP and one that
# speaks SRTP, through the kernel, and the proof that it was one.
#
#   --suite NAME    (AES_CM_128_HMAC_SHA1_80)
#   --family 4|6    (4)
#   --mode native|generic  XDP (native)
#   --peer ffmpeg|tools  who plays the phones: ffmpeg, in real time, with its own
#                   SRTP (only AES_CM suites), or rtp-send and rtp-recv with
#                   libsrtp2, several times as fast (default: by the suite)
#   --live          show the flows each second while the call lasts
#   --no-attacks    only the call
#   --out FOLDER    keep captures and what was heard there
#   --all           every suite, family and mode, one after the other, by the
#                   tools; for the AES_CM suites one call each by ffmpeg too
#
# Needs root and the module; network namespaces of its own are all it touches.
# Prints TAP, or a list for people with E2E_STYLE=list.
#
# shellcheck disable=SC2317 # functions that check() and call_$peer call
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

suite=AES_CM_128_HMAC_SHA1_80 family=4 mode=native peer='' live=0 attacks=1 out='' all=0
voices=$top/build/voices
good=40			# packets of a good stream in each attack

parse_args() {
	while [ $# -gt 0 ]; do
		case $1 in
		--suite) suite=$2; shift ;;
		--family) family=$2; shift ;;
		--mode) mode=$2; shift ;;
		--peer) peer=$2; shift ;;
		--out) out=$2; shift ;;
		--live) live=1 ;;
		--no-attacks) attacks=0 ;;
		--all) all=1 ;;
		*) sed -n '4,22s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
		esac
		shift
	done
}

# --- the call's two flows -----------------------------------------------------

# plain phone :4000 > :30000 host :30010 > :5000 SRTP phone   flow $out_flow
# plain phone :4010 < :30030 host :30020 < :5010 SRTP phone   flow $in_flow
flows_add() {
	make_key "$suite" "$work/out.key"
	make_key "$suite" "$work/in.key"
	out_flow=$(xs flow add local "$(at hostplain 30000)" remote "$(at plain 4000)" \
		forward from "$(at hostsrtp 30010)" to "$(at srtp 5000)" \
		tx "$suite" key "$work/out.key" streams 32)
	in_flow=$(xs flow add local "$(at hostsrtp 30020)" remote "$(at srtp 5010)" \
		forward from "$(at hostplain 30030)" to "$(at plain 4010)" \
		rx "$suite" key "$work/in.key" streams 32)
}

flows_del() {
	xs flow del "$out_flow"
	xs flow del "$in_flow"
}

# --- ffmpeg as both phones ----------------------------------------------------

ff() { start "$1" ffmpeg -nostdin -v error -y "${@:2}"; }

# 20 ms of audio in each packet, as phones do.
ff_say() { # NAMESPACE WAV URL OPTION…
	ff "$1" -re -max_size 1024 -i "$2" -af asetnsamples=n=160:p=0 -c:a pcm_mulaw \
		-f rtp -rtpflags skip_rtcp "${@:4}" "$3" >"$work/say.$1" 2>&1
}

ff_hear() { # NAMESPACE SDP WAV
	ff "$1" -protocol_whitelist file,rtp,udp,srtp,crypto -listen_timeout 60 \
		-analyzeduration 0 -i "$2" -c:a pcm_s16le "$3" >"$work/hear.$1" 2>&1
}

sdp() { # HOST PORT PROFILE [KEY FILE]
	printf 'v=0\no=- 0 0 IN IP%s %s\ns=xsrtp\nc=IN IP%s %s\nt=0 0\nm=audio %s %s 0\n' \
		"$family" "$1" "$family" "$1" "$2" "$3"
	if [ $# = 4 ]; then echo "a=crypto:1 $suite $(cat "$4")"; fi
}

call_ffmpeg() {
	local hear_srtp hear_plain say_plain say_srtp key
	sdp "$hostsrtp_ip" 5000 RTP/SAVP "$work/out.key" >"$work/srtp.sdp"
	sdp "$hostplain_ip" 4010 RTP/AVP >"$work/plain.sdp"
	ff_hear "$srtp" "$work/srtp.sdp" "$out/heard-by-srtp.wav"; hear_srtp=$!
	ff_hear "$plain" "$work/plain.sdp" "$out/heard-by-plain.wav"; hear_plain=$!
	wait_for 60 listens "$srtp" 5000 || { note "the SRTP phone does not listen"; cat "$work/hear.$srtp"; }
	wait_for 60 listens "$plain" 4010 || { note "the plain phone does not listen"; cat "$work/hear.$plain"; }

	ff_say "$plain" "$voices/plain.wav" \
		"rtp://$(at hostplain 30000)?localrtpport=4000&pkt_size=172"; say_plain=$!
	key=$(sed 's/^inline://' "$work/in.key")
	ff_say "$srtp" "$voices/srtp.wav" \
		"srtp://$(at hostsrtp 30020)?localrtpport=5010&pkt_size=186" \
		-srtp_out_suite "$suite" -srtp_out_params "$key"; say_srtp=$!
	watch_start
	wait "$say_plain" || note "the plain phone's ffmpeg: $(cat "$work/say.$plain")"
	wait "$say_srtp" || note "the SRTP phone's ffmpeg: $(cat "$work/say.$srtp")"
	wait_for 10 quiet
	watch_stop
	stop "$hear_srtp" INT
	stop "$hear_plain" INT
	check "the SRTP phone heard what the plain phone said, $(heard plain srtp)" \
		"$top/build/tools/audio-compare" --sent "$voices/plain.wav" --received "$out/heard-by-srtp.wav"
	check "the plain phone heard what the SRTP phone said, $(heard srtp plain)" \
		"$top/build/tools/audio-compare" --sent "$voices/srtp.wav" --received "$out/heard-by-plain.wav"
}

heard() { # SPEAKER LISTENER
	local j
	j=$("$top/build/tools/audio-compare" --sent "$voices/$1.wav" --received "$out/heard-by-$2.wav" 2>/dev/null) || true
	echo "$(get "$j" equal) of $(get "$j" sent) samples, each equal"
}

# Nothing has come out of either flow for a while.
quiet() {
	local a b
	a=$(xs -j flow show "$out_flow" | jq .tx_packets; xs -j flow show "$in_flow" | jq .tx_packets)
	sleep 0.3
	b=$(xs -j flow show "$out_flow" | jq .tx_packets; xs -j flow show "$in_flow" | jq .tx_packets)
	[ "$a" = "$b" ]
}

# A row each second, as long as the call lasts.
watch_start() {
	watch=''
	[ "$live" = 1 ] || return 0
	printf '\n  %6s   %-31s   %-31s\n' '' "flow $out_flow: RTP to SRTP" "flow $in_flow: SRTP to RTP"
	printf '  %6s   %7s %7s %7s %7s   %7s %7s %7s %7s\n' second in out dropped out/s in out dropped out/s
	start "$host" xsrtp -j top 1 120 > >(jq --unbuffered -nr '
		def pad($n): tostring | (" " * ($n - length)) + .;
		def row: "   \([.rx_packets, .tx_packets, .dropped, (.tx_pps | round)] | map(pad(7)) | join(" "))";
		foreach inputs as $t (0; . + 1; "  \(pad(6))" + ([$t.flows[] | row] | join("")))')
	watch=$!
}

watch_stop() {
	[ -z "$watch" ] || { stop "$watch"; echo; }
}

# --- the tools as both phones -------------------------------------------------

# stream FROM_NS FROM TO TO_NS ON: one stream from phone to phone. Options for the
# sender in the array sopt, for the receiver in ropt, for both in bopt. What they
# report is in $sent and $got.
stream() {
	local recv
	start "$4" "$top/build/tools/rtp-recv" --on "$5" "${ropt[@]}" "${bopt[@]}" >"$work/got"
	recv=$!
	wait_for 20 listens "$4" "${5##*:}"
	sent=$(in_ns "$1" "$top/build/tools/rtp-send" --from "$2" --to "$3" "${sopt[@]}" "${bopt[@]}") || true
	wait "$recv" || true
	got=$(cat "$work/got")
}

say_out() { stream "$plain" "$(at plain 4000)" "$(at hostplain 30000)" "$srtp" "$(at srtp 5000)"; }
say_in() { stream "$srtp" "$(at srtp "${from_port:-5010}")" "$(at hostsrtp 30020)" "$plain" "$(at plain 4010)"; }

srtp_out=() srtp_in=()
with_keys() {
	srtp_out=(--suite "$suite" --key "$work/out.key")
	srtp_in=(--suite "$suite" --key "$work/in.key")
}

call_tools() {
	local n
	with_keys
	n=$((($(stat -c %s "$voices/plain.ul") + 159) / 160))
	sopt=(--rate 400) ropt=("${srtp_out[@]}" --idle 800 --time 20 --write "$out/heard-by-srtp.ul")
	bopt=(--payload "$voices/plain.ul" --ssrc 0x100)
	say_out
	check "the SRTP phone heard what the plain phone said: $(get "$got" good) of $n packets, each byte equal" \
		equal "$got" "$(get "$got" received)/$(get "$got" good)" "$n/$n"
	n=$((($(stat -c %s "$voices/srtp.ul") + 159) / 160))
	sopt=(--rate 400 "${srtp_in[@]}") ropt=(--idle 800 --time 20 --write "$out/heard-by-plain.ul")
	bopt=(--payload "$voices/srtp.ul" --ssrc 0x200 --seq 65500 --csrcs 2 --extension 2)
	say_in
	check "the plain phone heard what the SRTP phone said: $(get "$got" good) of $n packets, each byte equal" \
		equal "$got" "$(get "$got" received)/$(get "$got" good)" "$n/$n"
}

# --- what was on the wires ----------------------------------------------------

captures_start() {
	start "$srtp" tcpdump -Z root -i phone0 -U -s 0 -w "$out/srtp-side.pcap" udp 2>"$work/dump.srtp"
	dump_srtp=$!
	start "$plain" tcpdump -Z root -i phone0 -U -s 0 -w "$out/plain-side.pcap" udp 2>"$work/dump.plain"
	dump_plain=$!
	wait_for 30 grep -q listening "$work/dump.srtp"
	wait_for 30 grep -q listening "$work/dump.plain"
}

captures_stop() {
	stop "$dump_srtp" INT
	stop "$dump_plain" INT
}

captures_judge() {
	local j
	cat "$voices/plain.ul" "$voices/srtp.ul" >"$work/all.ul"
	j=$("$top/build/tools/srtp-verify" --capture "$out/srtp-side.pcap" --to "$(at srtp 5000)" --suite "$suite" \
		--key "$work/out.key" --audio "$work/all.ul") || true
	check "on the SRTP wire: $(get "$j" unprotected) of $(get "$j" packets) packets from the kernel unprotect under libsrtp2" \
		same "$j" unprotected
	check "on the SRTP wire: $(get "$j" plaintext) packets hold plain audio" none "$j" plaintext
	check "on the SRTP wire: IP and UDP checksums of $(get "$j" packets) packets are right, none left out" \
		none "$j" bad_ip_checksum bad_udp_checksum no_udp_checksum cut
	j=$("$top/build/tools/srtp-verify" --capture "$out/plain-side.pcap" --to "$(at plain 4010)" --audio "$work/all.ul" \
		--expect-plain) || true
	check "on the plain wire: the same search finds the audio in $(get "$j" plaintext) of $(get "$j" packets) packets (control)" \
		most "$j" plaintext
	check "on the plain wire: IP and UDP checksums of $(get "$j" packets) packets are right, none left out" \
		none "$j" bad_ip_checksum bad_udp_checksum no_udp_checksum cut
}

same() {
	[ "$(get "$1" packets)" -gt 100 ] || { echo "$1"; return 1; }
	equal "$1" "$(get "$1" "$2")" "$(get "$1" packets)"
}
# The last packet of a sentence may be shorter than the 16 bytes searched for.
most() {
	[ "$(get "$1" packets)" -gt 100 ] || { echo "$1"; return 1; }
	[ "$(get "$1" "$2")" -ge $(($(get "$1" packets) - 1)) ] || { echo "$1"; return 1; }
}
none() {
	local j=$1 name
	shift
	[ "$(get "$j" packets)" -gt 100 ] || { echo "$j"; return 1; }
	for name in "$@"; do equal "$j: $name" "$(get "$j" "$name")" 0 || return 1; done
}

# --- attacks ------------------------------------------------------------------

# What the kernel counted ($gain) and the receiver got ($got) against: the good
# packets arrive, all of them and nothing else; the others went under one reason.
held() { # GOOD BAD REASON
	equal "receiver, $got: received/good" "$(get "$got" received)/$(get "$got" good)" "$1/$1" &&
		equal "kernel, $gain: dropped as $3" "$(get "$gain" "$3")" "$2" &&
		equal "kernel, $gain: dropped" "$(get "$gain" drops)" "$2" &&
		equal "kernel, $gain: sent on" "$(get "$gain" tx_packets)" "$1"
}

ssrc=0x1000
# attack WHAT REASON SENDER-OPTION…: at the SRTP side, beside a good stream.
attack() {
	local what=$1 reason=$2
	shift 2
	ssrc=$((ssrc + 1))
	sopt=(--rate 200 "${srtp_in[@]}" "$@") ropt=(--idle 800 --time 20) bopt=(--count "$good" --ssrc "$ssrc" --size 160)
	before "$in_flow"
	say_in
	gain=$(gained "$in_flow")
	check "$what: $(get "$gain" "$reason") of $(get "$sent" attack) dropped as $reason; $(get "$got" good) of $good good ones arrived, $(($(get "$got" received) - $(get "$got" good))) others" \
		held "$good" "$(get "$sent" attack)" "$reason"
}

# None of these reaches the receiver; it listens a while for nothing.
refused() { # WHAT FLOW REASON say_in|say_out SENDER-OPTION…
	local what=$1 flow=$2 reason=$3 say=$4
	shift 4
	ssrc=$((ssrc + 1))
	sopt=(--rate 400 "$@") ropt=(--idle 800 --time 2) bopt=(--count "$good" --ssrc "$ssrc")
	before "$flow"
	"$say"
	gain=$(gained "$flow")
	check "$what: $(get "$gain" "$reason") of $good dropped as $reason, $(get "$got" received) arrived" \
		held 0 "$good" "$reason"
}

header_bits() {
	ssrc=$((ssrc + 1))
	sopt=(--rate 200 "${srtp_in[@]}" --attack flip --flip header) ropt=(--idle 800 --time 20)
	bopt=(--count "$good" --ssrc "$ssrc")
	say_in
	check "one bit flipped in the RTP header: $(get "$got" good) of $good good ones arrived, $(($(get "$got" received) - $(get "$got" good))) others" \
		equal "$got" "$(get "$got" received)/$(get "$got" good)" "$good/$good"
}

# The plain phone repeats itself: the keystream must not.
repeats() {
	ssrc=$((ssrc + 1))
	sopt=(--rate 200 --attack replay) ropt=(--idle 800 --time 20 "${srtp_out[@]}")
	bopt=(--count "$good" --ssrc "$ssrc")
	before "$out_flow"
	say_out
	gain=$(gained "$out_flow")
	check "plain packets sent twice: $(get "$gain" index-reuse) of $good dropped as index-reuse, never encrypted twice" \
		held "$good" "$good" index-reuse
}

fails_closed() {
	xs key del "$out_flow" tx
	refused "key deleted: plain packets" "$out_flow" no-key say_out
	make_key "$suite" "$work/out.key"
	xs key set "$out_flow" tx key "$work/out.key"
	ssrc=$((ssrc + 1))
	sopt=(--rate 400) ropt=(--idle 800 --time 20 "${srtp_out[@]}") bopt=(--count "$good" --ssrc "$ssrc")
	say_out
	check "new key set: $(get "$got" good) of $good packets arrive under it" \
		equal "$got" "$(get "$got" received)/$(get "$got" good)" "$good/$good"
}

attack_all() {
	with_keys
	attack "one bit flipped" bad-tag --attack flip
	attack "one bit of the tag flipped" bad-tag --attack flip --flip tag
	attack "under a wrong key" bad-tag --attack key
	attack "plain RTP to the SRTP port" bad-tag --attack plain
	attack "replayed" replay --attack replay
	header_bits
	from_port=5998 refused "good SRTP, not from the phone's port" "$in_flow" wrong-source say_in "${srtp_in[@]}"
	repeats
	fails_closed
}

# --- all of it ----------------------------------------------------------------

default_peer() {
	if [ -z "$peer" ]; then
		case $suite in AES_CM_*) peer=ffmpeg ;; *) peer=tools ;; esac
	fi
}

one_call() {
	local who="the phones are rtp-send and rtp-recv with libsrtp2"
	if [ "$peer" = ffmpeg ]; then who="the phones are ffmpeg with its own SRTP"; fi
	title "$suite, IPv$family, $mode XDP; $who"
	use_family "$family"
	flows_add
	captures_start
	"call_$peer"
	captures_stop
	captures_judge
	if [ "$attacks" = 1 ]; then attack_all; fi
	flows_del
}

every_call() {
	for mode in native generic; do
		attach "$mode"
		for family in 4 6; do
			for suite in AES_CM_128_HMAC_SHA1_80 AES_CM_128_HMAC_SHA1_32 AEAD_AES_128_GCM AEAD_AES_256_GCM; do
				peer=tools attacks=1
				one_call
			done
			peer=ffmpeg attacks=0
			case $mode$family in
			native4 | generic6) suite=AES_CM_128_HMAC_SHA1_80 ;;
			*) suite=AES_CM_128_HMAC_SHA1_32 ;;
			esac
			one_call
		done
		detach
	done
}

parse_args "$@"
default_peer
trap cleanup EXIT
trap 'exit 130' INT TERM HUP
out=${out:-$work/out}
mkdir -p "$out"
[ -e "$voices/srtp.wav" ] || "$top/tests/e2e/voices" "${voices:=$work}"
module_up
net_up
if [ "$all" = 1 ]; then
	every_call
else
	attach "$mode"
	one_call
	detach
fi
done_testing
