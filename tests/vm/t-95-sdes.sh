#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Calls with SDES between a phone that speaks RTP and real programs with an SRTP of their
# own, through xsrtpd and the module: GStreamer (srtpenc, srtpdec) with AES-CM, LONG=1: with
# GCM too, and ffmpeg. What each says the other hears, sample by sample.
#
# vm:
# time: 900
#
# shellcheck disable=SC2317,SC2016 # functions that check() calls; another shell's words
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP

voices=$top/build/voices
ssrc=305419896	# of the phone: GStreamer wants to know it before
calls=0

ask() { in_ns "$host" python3 "$top/tests/daemon/ask" "$@"; }

sdp() { # ADDRESS PORT TRANSPORT [CRYPTO]
	printf '%s\n' v=0 "o=- 1 1 IN IP4 $1" s=- "c=IN IP4 $1" 't=0 0' "m=audio $2 $3 0"
	[ $# -lt 4 ] || echo "a=crypto:$4"
}

port_of() { sed -n 's/^m=audio \([0-9]*\) .*/\1/p' "$1"; }

offer_answer() { # SUITE
	local tag
	calls=$((calls + 1))
	make_key "$1" "$work/peer.key"
	sdp "$plain_ip" 4000 RTP/AVP | ask offer "call-id=$calls" from-tag=a transport-protocol=RTP/SAVP ICE=remove \
		direction=plain,srtp replace=origin,session-connection >"$work/offered"
	tag=$(sed -n "s/^a=crypto:\([0-9]*\) $1 .*/\1/p" "$work/offered")
	sed -n "s/^a=crypto:[0-9]* $1 \(inline:[^| ]*\).*/\1/p" "$work/offered" >"$work/host.key"
	sdp "$srtp_ip" 5000 RTP/SAVP "$tag $1 $(cat "$work/peer.key")" | ask answer "call-id=$calls" from-tag=a \
		to-tag=b ICE=remove replace=origin,session-connection >"$work/answered"
	to_plain_port=$(port_of "$work/answered")
	to_srtp_port=$(port_of "$work/offered")
}

# What runs in the background has no standard input but what it opens itself.
phone_start() {
	rm -f "$work/say"
	mkfifo "$work/say"
	exec 8<>"$work/say"
	start "$plain" bash -c 'exec "${@:2}" <"$1"' phone "$work/say" /usr/bin/python3 \
		"$top/tests/daemon/rtp_phone.py" "$(at plain 4000)" "$(at hostplain "$to_plain_port")" \
		"$voices/plain.ul" "$work/phone.heard" $ssrc >"$work/phone.said"
	phone=$!
	ready "the phone" listens "$phone" 4000
}

# --- GStreamer: $cipher and $auth as it names them ---------------------------------------

# The plugins that are needed, and no others: at its first start it loads all that there are.
gst_plugins() {
	local f
	mkdir "$work/plugins"
	for f in coreelements udp rtp srtp mulaw wavparse audioconvert; do
		ln -s "$(ls /usr/lib/*/gstreamer-1.0/libgst$f.so)" "$work/plugins/"
	done
	export GST_PLUGIN_SYSTEM_PATH_1_0=$work/plugins GST_REGISTRY_1_0=$work/registry GST_REGISTRY_FORK=no
}

hex() { sed 's/^inline://' "$1" | base64 -d | od -An -v -tx1 | tr -d ' \n'; }

gst() { start "$srtp" gst-launch-1.0 -q "$@" >"$work/gst.log" 2>&1; }

hear_gst() {
	local caps="application/x-srtp,media=audio,payload=0,clock-rate=8000,encoding-name=PCMU,ssrc=(uint)$ssrc"
	caps+=",srtp-key=(buffer)$(hex "$work/host.key"),srtp-cipher=(string)$cipher,srtp-auth=(string)$auth"
	caps+=",srtcp-cipher=(string)$cipher,srtcp-auth=(string)$auth,roc=(uint)0"
	gst udpsrc port=5000 caps="$caps" ! srtpdec ! rtppcmudepay ! mulawdec ! \
		filesink location="$work/heard" buffer-mode=2
}

say_gst() {
	gst filesrc location="$voices/srtp.wav" ! wavparse ! audioconvert ! mulawenc ! \
		rtppcmupay min-ptime=20000000 max-ptime=20000000 ! \
		srtpenc key="$(hex "$work/peer.key")" rtp-cipher="$cipher" rtp-auth="$auth" rtcp-cipher="$cipher" \
		rtcp-auth="$auth" ! udpsink host="$hostsrtp_ip" port="$to_srtp_port" bind-port=5000
}

# --- ffmpeg --------------------------------------------------------------------------------

hear_ffmpeg() {
	sdp "$srtp_ip" 5000 RTP/SAVP "1 $suite $(cat "$work/host.key")" >"$work/hear.sdp"
	start "$srtp" ffmpeg -nostdin -v error -y -protocol_whitelist file,rtp,udp,srtp,crypto -listen_timeout 60 \
		-analyzeduration 0 -i "$work/hear.sdp" -c:a pcm_s16le -f s16le -flush_packets 1 "$work/heard" \
		>"$work/gst.log" 2>&1
}

say_ffmpeg() {
	start "$srtp" ffmpeg -nostdin -v error -re -i "$voices/srtp.wav" -af asetnsamples=n=160:p=0 -c:a pcm_mulaw \
		-f rtp -rtpflags skip_rtcp -srtp_out_suite "$suite" \
		-srtp_out_params "$(sed 's/^inline://' "$work/peer.key")" \
		"srtp://$(at hostsrtp "$to_srtp_port")?localrtpport=5000&pkt_size=186" >"$work/gst.log" 2>&1
}

# --- a call -----------------------------------------------------------------------------------

compare() { # WHO SPOKEN HEARD [mulaw]
	local n m
	read -r n _ m < <(/usr/bin/python3 -W ignore "$top/tests/daemon/heard.py" "${@:2}")
	check "$1 ($n of $m frames, each sample equal)" test "$n" = "$m" -a "$m" -gt 50
}

call() { # PROGRAM SUITE
	local peer
	suite=$2
	rm -f "$work/heard" "$work/phone.heard"
	offer_answer "$2"
	phone_start
	"hear_$1"
	peer=$!
	ready "$1, to hear" test -s "$work/heard"
	echo speak >&8
	ready "the phone has spoken" grep -q '^spoken' "$work/phone.said"
	sleep 3
	stop "$peer" INT
	compare "$1, $2: it hears the phone" "$voices/plain.wav" "$work/heard"
	"say_$1"
	wait $! || true
	sleep 1
	echo end >&8
	ready "the phone's count" grep -q '^counted' "$work/phone.said"
	compare "$1, $2: the phone hears it" "$voices/srtp.wav" "$work/phone.heard" mulaw
	sed "s/^/#   /" "$work/phone.said"
	stop "$phone"
	exec 8>&-
	ask delete "call-id=$calls" >/dev/null
}

nothing_left() { ! xs flow show | grep -q '^flow'; }

module_up
net_up
use_family 4
attach native
start "$host" xsrtpd --interface "plain/$hostplain_ip" --interface "srtp/$hostsrtp_ip" 2>"$work/xsrtpd"
daemon=$!
ready xsrtpd listens "$daemon" 2223
gst_plugins
cipher=aes-128-icm auth=hmac-sha1-80
call gst AES_CM_128_HMAC_SHA1_80
cipher=aes-128-gcm auth=null
[ -z "${LONG:-}" ] || call gst AEAD_AES_128_GCM
call ffmpeg AES_CM_128_HMAC_SHA1_80
check "deleted: not one flow is left" nothing_left
stop "$daemon"
detach
cleanup
check "the module unloads" unload_module
done_testing
