#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# A call with DTLS-SRTP through the module: a phone that speaks RTP, and one whose TLS
# stack is OpenSSL's own (tests/daemon/peer.c), in every profile, as either role. Before
# the handshake nothing leaves; after it media crosses both ways, each byte as libsrtp2
# has it under the keys that the phone exported. A re-INVITE with another certificate makes
# new keys; media crosses at once, and still when the old ones are gone. A certificate that
# is not the SDP's gives none. After a delete nothing is left.
#
# vm:
# time: 600
#
# shellcheck disable=SC2317,SC2016 # functions that check() calls; another shell's words
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP

n=40
calls=0

ask() { in_ns "$host" python3 "$top/tests/daemon/ask" "$@"; }

daemon_start() {
	start "$host" xsrtpd --interface "plain/$hostplain_ip" --interface "srtp/$hostsrtp_ip" \
		2>"$work/xsrtpd"
	daemon=$!
	ready xsrtpd listens "$daemon" 2223
}

# The phone's TLS, a process that is told what to do by descriptor 7.
phone_start() { # PROFILES
	rm -f "$work/say" "$work/said"
	mkfifo "$work/say"
	exec 7<>"$work/say"
	# What runs in the background has no standard input but what it opens itself.
	start "$srtp" bash -c 'exec "$0" "$1" "$2" <"$3"' "$top/build/tests/daemon/peer" "$srtp_ip" "$1" \
		"$work/say" >"$work/said"
	phone=$!
	ready peer grep -q '^ready' "$work/said"
	read -r _ phone_port fingerprint <"$work/said"
	rm -rf "$work/keys"
	mkdir "$work/keys"
	echo "keys $work/keys" >&7
}

# Its socket is free then, for media, and the other end hears nothing of it.
phone_end() {
	stop "$phone"
	exec 7>&-
}

sdp() { # ADDRESS PORT TRANSPORT [LINE…]
	printf 'v=0\no=- 1 1 IN IP4 %s\ns=-\nc=IN IP4 %s\nt=0 0\nm=audio %s %s 0\n' "$1" "$1" "$2" "$3"
	shift 3
	[ $# = 0 ] || printf '%s\n' "$@"
}

port_of() { sed -n 's/^m=audio \([0-9]*\) .*/\1/p' "$1"; }

offer_answer() { # CALL ROLE [FINGERPRINT]
	sdp "$plain_ip" 4000 RTP/AVP | ask offer "call-id=$1" from-tag=a transport-protocol=UDP/TLS/RTP/SAVPF \
		ICE=remove direction=plain,srtp replace=origin,session-connection >"$work/offered"
	sdp "$srtp_ip" "$phone_port" UDP/TLS/RTP/SAVPF a=rtcp-mux "a=fingerprint:${3:-$fingerprint}" "a=setup:$2" |
		ask answer "call-id=$1" from-tag=a to-tag=b ICE=remove \
			replace=origin,session-connection >"$work/answered"
	to_plain_port=$(port_of "$work/answered")
	to_srtp_port=$(port_of "$work/offered")
}

handshake() { # ROLE - what came of it
	echo "connect $hostsrtp_ip $to_srtp_port $1" >&7
	ready "the handshake" grep -qE '^(done|failed)' "$work/said"
	grep -E '^(done|failed)' "$work/said" | tail -n 1
}

total_tx() { get "$(xs -j stats | sed 's/"egress".*//')" tx_packets; }

crosses() { # WHAT SEQ
	local recv
	start "$srtp" rtp-recv --on "$(at srtp "$phone_port")" --idle 8000 --time 120 --count $n --seq "$2" \
		--suite "$suite" --key "$work/keys/theirs" >"$work/got.srtp"
	recv=$!
	ready rtp-recv listens "$recv" "$phone_port"
	in_ns "$plain" rtp-send --from "$(at plain 4000)" --to "$(at hostplain "$to_plain_port")" \
		--count $n --seq "$2" >/dev/null
	wait "$recv" || true
	is "$(get "$(cat "$work/got.srtp")" good)" $n "$1: SRTP reaches the phone, under the key that it exported"
	start "$plain" rtp-recv --on "$(at plain 4000)" --idle 8000 --time 120 --count $n --seq "$2" \
		>"$work/got.plain"
	recv=$!
	ready rtp-recv listens "$recv" 4000
	in_ns "$srtp" rtp-send --from "$(at srtp "$phone_port")" --to "$(at hostsrtp "$to_srtp_port")" \
		--count $n --seq "$2" --suite "$suite" --key "$work/keys/ours" >/dev/null
	wait "$recv" || true
	is "$(get "$(cat "$work/got.plain")" good)" $n "$1: RTP reaches the plain phone"
}

nothing_leaves() {
	local had
	had=$(total_tx)
	in_ns "$plain" rtp-send --from "$(at plain 4000)" --to "$(at hostplain "$to_plain_port")" \
		--count 5 --seq 60000 >/dev/null || true
	sleep 0.5
	is "$(($(total_tx) - had))" 0 "$1: before the handshake nothing leaves"
}

call() { # PROFILE SUITE ROLE
	calls=$((calls + 1))
	suite=$2
	phone_start "$1"
	offer_answer "call$calls" "$3"
	nothing_leaves "$2, the phone is $3"
	check "$2, the phone is $3: the handshake agrees on it" grep -q "^done $1 " <(handshake "$3")
	phone_end
	crosses "$2" 100
}

no_second() { xs -j flow show; ! xs -j flow show | grep -q second; }

other_certificate() {
	suite=AES_CM_128_HMAC_SHA1_80
	phone_start SRTP_AES128_CM_SHA1_80
	offer_answer "call$calls" active
	check "re-INVITE, another certificate and port: a handshake" grep -q '^done' <(handshake active)
	phone_end
	crosses "the new keys" 1000
	sleep 12
	crosses "12 s later" 2000
	check "the former keys are gone" no_second
}

wrong_certificate() {
	local had
	calls=$((calls + 1))
	had=$(total_tx)
	phone_start SRTP_AES128_CM_SHA1_80
	offer_answer "call$calls" active "${fingerprint%:*}:$(other "${fingerprint##*:}")"
	check "a certificate that is not the SDP's: no handshake" grep -q '^failed' <(handshake active)
	phone_end
	nothing_leaves "a certificate that is not the SDP's"
}
other() { [ "$1" = 00 ] && echo 01 || echo 00; }

all_gone() {
	local i
	for ((i = 1; i <= calls; i++)); do ask delete "call-id=call$i" >/dev/null; done
	! xs flow show | grep -q '^flow'
}

# But for calls that time out meanwhile: their media was some packets only.
one_line() {
	grep -v 'media-timeout' "$work/xsrtpd" >"$work/log"
	cat "$work/log"
	[ "$(wc -l <"$work/log")" = 1 ] && grep -q "^DTLS with $(at srtp "$phone_port"): .*fingerprint" "$work/log"
}

module_up
net_up
use_family 4
attach native
daemon_start
call SRTP_AEAD_AES_128_GCM AEAD_AES_128_GCM active
call SRTP_AEAD_AES_256_GCM AEAD_AES_256_GCM passive
call SRTP_AES128_CM_SHA1_32 AES_CM_128_HMAC_SHA1_32 passive
call SRTP_AES128_CM_SHA1_80 AES_CM_128_HMAC_SHA1_80 active
other_certificate
wrong_certificate
check "deleted: not one flow is left" all_gone
check "xsrtpd has logged that certificate, and nothing else" one_line
stop "$daemon"
detach
cleanup
check "the module unloads" unload_module
done_testing
