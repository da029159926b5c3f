#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# A call between a WebRTC peer that is not ours (aiortc: ICE, DTLS-SRTP, rtcp-mux) and a
# phone that speaks RTP, through xsrtpd and the module: the peer calls, and is called. Both
# speak PCMU, a sentence each, and what each hears is what the other said, sample by
# sample. Before ICE has nominated the peer nothing crosses; after a delete nothing is left.
#
# vm:
# time: 900
#
# shellcheck disable=SC2317,SC2016 # functions that check() calls; another shell's words
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

trap 'last_words; cleanup' EXIT
trap 'exit 130' INT TERM HUP

voices=$top/build/voices

# What the two had to say, of a run that did not come to its end.
last_words() {
	local f
	for f in "$work"/*.said; do
		if [ -e "$f" ]; then tail -n 20 "$f" | sed 's/^/#   /'; fi
	done
}

ask() { in_ns "$host" python3 "$top/tests/daemon/ask" "$@"; }

daemon_start() {
	start "$host" xsrtpd --interface "plain/$hostplain_ip" --interface "srtp/$hostsrtp_ip" 2>"$work/xsrtpd"
	daemon=$!
	ready xsrtpd listens "$daemon" 2223
}

# Two processes that are told what to do by descriptors 7 and 8. What runs in the background
# has no standard input but what it opens itself.
told() { # NAMESPACE NAME COMMAND…
	start "$1" bash -c 'exec "${@:2}" <"$1"' told "$work/$2.say" "${@:3}" >"$work/$2.said" 2>&1
}

pipe_to() { # NAME DESCRIPTOR
	rm -f "$work/$1.say"
	mkfifo "$work/$1.say"
	eval "exec $2<>\"$work/$1.say\""
}

browser_start() { # offer or answer
	rm -rf "$work/browser"
	mkdir "$work/browser"
	pipe_to browser 7
	told "$srtp" browser /usr/bin/python3 "$top/tests/daemon/browser.py" "$1" "$work/browser" "$voices/srtp.wav"
	browser=$!
}

phone_start() {
	pipe_to phone 8
	told "$plain" phone /usr/bin/python3 "$top/tests/daemon/rtp_phone.py" "$(at plain 4000)" \
		"$(at hostplain "$to_plain_port")" "$voices/plain.ul" "$work/phone.heard"
	phone=$!
}

phone_sdp() {
	printf '%s\n' v=0 "o=- 1 1 IN IP4 $plain_ip" s=- "c=IN IP4 $plain_ip" 't=0 0' 'm=audio 4000 RTP/AVP 0' \
		'a=rtpmap:0 PCMU/8000' a=mid:0 a=sendrecv
}

port_of() { sed -n 's/^m=audio \([0-9]*\) .*/\1/p' "$1"; }

# aiortc reads no a=rtcp without an address.
peer_calls() {
	ready "aiortc's offer" test -e "$work/browser/offer"
	tr -d '\r' <"$work/browser/offer" | ask offer call-id=one from-tag=a transport-protocol=RTP/AVP ICE=remove \
		rtcp-mux=demux, direction=srtp,plain replace=origin,session-connection >"$work/offered"
	phone_sdp | ask answer call-id=one from-tag=a to-tag=b ICE=force flags=full-rtcp-attribute, \
		replace=origin,session-connection >"$work/answered"
	to_plain_port=$(port_of "$work/offered")
	is "$(xs flow show | grep -c '^flow' || true)" 0 "before ICE there is no flow"
	put "$work/answered" "$work/browser/answer"
}

peer_is_called() {
	phone_sdp | ask offer call-id=two from-tag=a transport-protocol=UDP/TLS/RTP/SAVPF ICE=force \
		rtcp-mux=offer,require direction=plain,srtp replace=origin,session-connection >"$work/offered"
	put "$work/offered" "$work/browser/offer"
	ready "aiortc's answer" test -e "$work/browser/answer"
	tr -d '\r' <"$work/browser/answer" | ask answer call-id=two from-tag=a to-tag=b ICE=remove \
		replace=origin,session-connection >"$work/answered"
	to_plain_port=$(port_of "$work/answered")
}

put() { # FROM TO - at once
	sed 's/$/\r/' "$1" >"$2.new"
	mv "$2.new" "$2"
}

said() { grep -q "^$2" "$work/$1.said"; }

talk() { # WHAT
	ready "aiortc's ICE" said browser "ice completed"
	ready "aiortc's DTLS" said browser "connection connected"
	ok "$1: aiortc has completed ICE and DTLS"
	ready "audio at the peer" test -s "$work/browser/heard"
	echo speak >&7
	echo speak >&8
	ready "the peer has spoken" said browser spoken
	ready "the phone has spoken" said phone spoken
	sleep 3
	xs flow show >"$work/flows"
	echo end >&8
	ready "the phone's count" said phone counted
	echo end >&7
	ready "the peer's count" said browser counted
	sed 's/^/#   /' "$work/flows"
	grep -h '^counted' "$work/phone.said" "$work/browser.said" | sed 's/^/#   /'
	heard_by_phone "$1"
	heard_by_peer "$1"
	is "$(get "$(grep '^counted' "$work/phone.said")" odd)" 0 "$1: nothing else than PCMU reaches the phone"
	exec 7>&- 8>&-
	stop "$browser"
	stop "$phone"
}

heard_by_phone() {
	local got
	got=$(/usr/bin/python3 -W ignore "$top/tests/daemon/heard.py" "$voices/srtp.wav" "$work/phone.heard" mulaw)
	check "$1: the phone hears what the peer says, each sample equal ($got frames)" all "$got" 100
}

# Its jitter buffer may leave some out when the machine is slow.
heard_by_peer() {
	local got
	got=$(/usr/bin/python3 -W ignore "$top/tests/daemon/heard.py" "$voices/plain.wav" "$work/browser/heard")
	check "$1: the peer hears what the phone says, each sample equal ($got frames)" all "$got" 90
}

all() { # "N of M" PERCENT
	local n m
	read -r n _ m <<<"$1"
	[ "$m" -gt 50 ] && [ $((n * 100)) -ge $((m * $2)) ]
}

nothing_left() { ! xs flow show | grep -q '^flow'; }
quiet() { ! grep -v 'passed over' "$work/xsrtpd"; }

module_up
net_up
use_family 4
attach native
daemon_start
browser_start offer
peer_calls
phone_start
talk "aiortc calls"
ask delete call-id=one >/dev/null
check "deleted: not one flow is left" nothing_left
browser_start answer
peer_is_called
phone_start
talk "aiortc is called"
ask delete call-id=two >/dev/null
check "deleted: not one flow is left" nothing_left
check "xsrtpd has nothing to say" quiet
stop "$daemon"
detach
cleanup
check "the module unloads" unload_module
done_testing
