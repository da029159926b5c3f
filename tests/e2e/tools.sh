#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The tools that judge the module, judged: each must see what is wrong when
# something is. Two phones on one wire, nothing of ours between them.
#
# time: 120
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

voices=$top/build/voices
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# send_recv WHERE RECEIVER-OPTIONS -- SENDER-OPTIONS: what the receiver reports is $got.
send_recv() {
	local from=192.0.2.2:4000 to=192.0.2.1:5000 ropt=() recv
	if [ "$1" = 6 ]; then from='[2001:db8:1::2]:4000' to='[2001:db8:1::1]:5000'; fi
	shift
	while [ "$1" != -- ]; do ropt+=("$1"); shift; done
	shift
	start "$host" rtp-recv --on "$to" --idle 300 --time 5 "${ropt[@]}" >"$work/got"
	recv=$!
	ready rtp-recv listens "$recv" 5000
	in_ns "$plain" rtp-send --from "$from" --to "$to" --rate 2000 "$@" >/dev/null
	wait "$recv" || true
	got=$(cat "$work/got")
}

report() {
	local name list=''
	for name in received good duplicates refused wrong lost; do list+=,$(get "$got" $name); done
	echo "[${list#,}]"
}

streams() {
	local s all=(--count 200 --seq 65450 --csrcs 2 --extension 3) key family=4
	send_recv 4 "${all[@]}" -- "${all[@]}"
	is "$(report)" "[200,200,0,0,0,0]" "RTP arrives, byte for byte, over the wrap of the sequence number"
	send_recv 4 "${all[@]}" -- "${all[@]}" --shuffle --duplicate 10
	is "$(report)" "[220,200,20,0,0,0]" "shuffled and doubled packets are seen as that"
	send_recv 4 "${all[@]}" --pt 8 -- "${all[@]}"
	is "$(report)" "[200,0,0,0,200,200]" "another header is seen as wrong"
	send_recv 4 "${all[@]}" -- --count 190 --seq 65460 --csrcs 2 --extension 3
	is "$(get "$got" good)" 0 "a stream that is shifted by some packets is seen as wrong"
	for s in AES_CM_128_HMAC_SHA1_80 AES_CM_128_HMAC_SHA1_32 AEAD_AES_128_GCM AEAD_AES_256_GCM; do
		key=(--suite "$s" --key "$work/$s.key")
		make_key "$s" "$work/$s.key"
		send_recv $family "${all[@]}" "${key[@]}" -- "${all[@]}" "${key[@]}"
		is "$(report)" "[200,200,0,0,0,0]" "$s over IPv$family"
		send_recv $family "${all[@]}" -- "${all[@]}" "${key[@]}"
		is "$(get "$got" wrong)" 200 "$s is not taken for RTP"
		family=$((10 - family))
	done
	for s in flip key plain random replay mix; do
		send_recv 4 "${all[@]}" "${key[@]}" -- "${all[@]}" "${key[@]}" --attack $s
		is "$(report)" "[400,200,0,200,0,0]" "libsrtp2 refuses each of 200 in the attack \"$s\""
	done
	sed 's/^inline://' "$work/AEAD_AES_256_GCM.key" | base64 -d | od -An -v -tx1 | tr -d ' \n' |
		sed 's/^/hex:/' >"$work/hex.key"
	send_recv 4 "${all[@]}" --suite AEAD_AES_256_GCM --key "$work/hex.key" -- "${all[@]}" "${key[@]}"
	is "$(report)" "[200,200,0,0,0,0]" "a key is the same in hex and in base64"
}

capture() { # FILE SENDER-OPTIONS…
	local dump
	start "$host" tcpdump -Z root --immediate-mode -i plain0 -U -s 2048 -B 16384 -w "$1" udp port 5000 2>"$work/dump"
	dump=$!
	ready tcpdump grep -q listening "$work/dump"
	send_recv 4 --count 1 -- --payload "$voices/plain.ul" "${@:2}"
	stop "$dump" INT
}

verify() { srtp-verify --to 192.0.2.1:5000 "$@" | tee "$work/verdict"; }
fails() { ! "$@"; }

captures() {
	local key=(--suite AES_CM_128_HMAC_SHA1_80 --key "$work/AES_CM_128_HMAC_SHA1_80.key")
	local audio=(--audio "$voices/plain.ul")
	capture "$work/srtp.pcap" "${key[@]}"
	check "a capture of SRTP is good" verify --capture "$work/srtp.pcap" "${key[@]}" "${audio[@]}"
	check "it holds no plain audio" fails verify --capture "$work/srtp.pcap" "${audio[@]}" --expect-plain
	check "it is not good under another key" fails verify --capture "$work/srtp.pcap" \
		--suite AES_CM_128_HMAC_SHA1_32 --key "$work/AES_CM_128_HMAC_SHA1_32.key" "${audio[@]}"
	capture "$work/plain.pcap"
	check "a capture of RTP holds the audio" verify --capture "$work/plain.pcap" "${audio[@]}" --expect-plain
	check "it is not good SRTP" fails verify --capture "$work/plain.pcap" "${key[@]}" "${audio[@]}"
	in_ns "$plain" ethtool -K phone0 tx on >/dev/null
	capture "$work/offload.pcap" "${key[@]}"
	check "wrong UDP checksums are seen" fails verify --capture "$work/offload.pcap" "${key[@]}"
	is "$(get "$(cat "$work/verdict")" bad_udp_checksum)" "$(get "$(cat "$work/verdict")" packets)" "on every packet"
	in_ns "$plain" ethtool -K phone0 tx off >/dev/null
	capture "$work/attacked.pcap" "${key[@]}" --attack plain
	check "plain packets among SRTP are seen" fails verify --capture "$work/attacked.pcap" "${key[@]}" "${audio[@]}"
	is "$(get "$(cat "$work/verdict")" plaintext)" "$(($(get "$(cat "$work/verdict")" packets) / 2))" "every second one"
}

heard() { audio-compare --sent "$voices/plain.wav" --received "$1"; }
cut() { ffmpeg -nostdin -v error -y -i "$voices/plain.wav" -af "$1" -c:a pcm_s16le "$2"; }

audio() {
	local w=$work/a.wav
	check "audio equals itself" heard "$voices/plain.wav"
	cut atrim=start_sample=160 "$w"
	check "the first packet may be missing" heard "$w"
	is "$(get "$(heard "$w")" missing_start)+$(get "$(heard "$w")" missing_end)" 160+0 "and it says so"
	cut atrim=start_sample=8000 "$w"
	check "a second may not" fails heard "$w"
	cut "aselect=not(eq(n\,5))" "$w"
	check "nor a piece in the middle" fails heard "$w"
	cp "$voices/plain.wav" "$w"
	printf '\x01\x02' | dd of="$w" bs=1 seek=40000 conv=notrunc status=none
	check "nor may one sample differ" fails heard "$w"
	check "another voice is not the same" fails heard "$voices/srtp.wav"
}

[ -e "$voices/srtp.wav" ] || "$top/tests/e2e/voices" "$voices"
ns_add "$plain" "$host"
wire "$plain" plain0
for n in 4 6; do
	use_family $n
	dev_up "$plain" phone0 "$plain_ip/$prefix"
	dev_up "$host" plain0 "$hostplain_ip/$prefix"
done
streams
captures
audio
done_testing
