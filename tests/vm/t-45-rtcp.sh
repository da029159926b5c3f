#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# RTCP of real programs, through the kernel: an ffmpeg that speaks RTP and one that
# speaks SRTP, with its own SRTCP, send their reports, on a port of their own and
# multiplexed on RTP's (RFC 5761). On the SRTP wire libsrtp2 unprotects each packet;
# on either side each report arrives byte for byte as it was sent.
#
# time: 600
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# RTP and RTCP are a flow each, under one key: plain phone :4000, :4001 to the SRTP
# phone's :5000, :5001, and its :5010, :5011 to the plain phone's :4010, :4011.
flows_apart() {
	local i only=(rtp rtcp)
	for i in 0 1; do
		xs flow add local "$(at hostplain 3000$i)" remote "$(at plain 400$i)" \
			only "${only[i]}" \
			forward from "$(at hostsrtp 3001$i)" to "$(at srtp 500$i)" \
			tx "$suite" key "$work/out.key"
		xs flow add local "$(at hostsrtp 3002$i)" remote "$(at srtp 501$i)" \
			forward from "$(at hostplain 3003$i)" to "$(at plain 401$i)" \
			rx "$suite" key "$work/in.key"
	done
}

# One flow takes both. (ffmpeg sends from two ports: from anywhere.)
flows_muxed() {
	xs flow add local "$(at hostplain 30000)" learn never \
		forward from "$(at hostsrtp 30010)" to "$(at srtp 5000)" tx "$suite" key "$work/out.key"
	xs flow add local "$(at hostsrtp 30020)" \
		forward from "$(at hostplain 30030)" to "$(at plain 4010)" rx "$suite" key "$work/in.key"
}

dump() { # NAMESPACE FILE
	start "$1" tcpdump -Z root --immediate-mode -i phone0 -U -s 2048 -B 16384 -w "$2" udp 2>"$2.log"
	dumps+=($!)
	ready tcpdump grep -q listening "$2.log"
}

# A tone of six seconds: a report at its start and one after five; then a BYE.
speak() { # NAMESPACE URL OPTION…
	start "$1" ffmpeg -nostdin -v error -re -f lavfi -i sine=sample_rate=8000:duration=6 \
		-c:a pcm_mulaw -f rtp -rtpflags send_bye "${@:3}" "$2" >"$work/say.$1" 2>&1
}

# It remarks on being root.
shark() { tshark "$@" 2>"$work/tshark" || { cat "$work/tshark"; return 1; }; }

# The RTCP in a capture that went to these ports, a line of hexadecimal each.
reports() { # FILE PORT…
	local file=$1 IFS=,
	shift
	shark -r "$file" -Y "udp.dstport in {$*} && udp.payload[1] >= c0 && udp.payload[1] <= df" \
		-T fields -e udp.payload
}

some() { [ "$(wc -l <"$1")" -ge 3 ] || { echo "$(wc -l <"$1") reports"; return 1; }; }
same() { some "$1" && diff "$1" "$2"; }

# tshark reads them: reports that end where they say, of the sender of the media.
understood() { # FILE PORT RTCP-PORT
	local read media
	read=$(shark -r "$1" -d "udp.port==$3,rtcp" -Y "udp.dstport==$3 && rtcp.pt==200" \
		-T fields -e rtcp.length_check -e rtcp.senderssrc -E occurrence=l | sort -u)
	media=$(shark -r "$1" -d "udp.port==$2,rtp" -Y "udp.dstport==$2 && rtp.p_type==0" \
		-T fields -e rtp.ssrc | sort -u)
	[ -n "$media" ] || { echo "no media"; return 1; }
	[ "$read" = "True"$'\t'"$media" ] || [ "$read" = "1"$'\t'"$media" ] ||
		{ echo "reports: $read; media: $media"; return 1; }
}

# What the plain phone sent is what libsrtp2 makes of the SRTP wire.
judge_out() { # PORT…
	local port j n=0
	reports "$work/plain.pcap" 30000 30001 >"$work/sent"
	: >"$work/got"
	for port in "$@"; do
		j=$(srtp-verify --capture "$work/srtp.pcap" --to "$(at srtp "$port")" --suite "$suite" \
			--key "$work/out.key" --rtcp "$work/part") || { note "$port: $j"; n=1; }
		note "to $port on the SRTP wire: $j"
		cat "$work/part" >>"$work/got"
	done
	is "$n" 0 "$1: each packet from the kernel unprotects under libsrtp2, checksums are right"
	check "$1: $(wc -l <"$work/got") reports of the plain phone, each byte equal" \
		same "$work/sent" "$work/got"
}

# What the SRTP phone sent, as libsrtp2 reads it, is what arrives at the plain phone.
judge_in() { # PORT…
	local port
	: >"$work/sent"
	for port in "$@"; do
		srtp-verify --capture "$work/srtp.pcap" --to "$(at hostsrtp "$port")" --suite "$suite" \
			--key "$work/in.key" --rtcp "$work/part" >/dev/null || true
		cat "$work/part" >>"$work/sent"
	done
	reports "$work/plain.pcap" 4010 4011 >"$work/got"
	check "$1: $(wc -l <"$work/got") reports of the SRTP phone, each byte equal" \
		same "$work/sent" "$work/got"
}

call() { # RTCP-PORT-OUT RTCP-PORT-IN
	local say_plain say_srtp key ff_suite=$suite
	dumps=()
	# Under this name ffmpeg gives SRTCP a tag of 32 bits, under DTLS-SRTP's 80.
	if [ "$suite" = AES_CM_128_HMAC_SHA1_32 ]; then ff_suite=SRTP_AES128_CM_HMAC_SHA1_32; fi
	key=$(sed 's/^inline://' "$work/in.key")
	dump "$plain" "$work/plain.pcap"
	dump "$srtp" "$work/srtp.pcap"
	speak "$plain" "rtp://$(at hostplain 30000)?rtcpport=$1&localrtpport=4000&localrtcpport=4001"
	say_plain=$!
	speak "$srtp" "srtp://$(at hostsrtp 30020)?rtcpport=$2&localrtpport=5010&localrtcpport=5011" \
		-srtp_out_suite "$ff_suite" -srtp_out_params "$key"
	say_srtp=$!
	wait "$say_plain" || note "the plain phone's ffmpeg: $(cat "$work/say.$plain")"
	wait "$say_srtp" || note "the SRTP phone's ffmpeg: $(cat "$work/say.$srtp")"
	sleep 0.5
	for dump in "${dumps[@]}"; do stop "$dump" INT; done
}

apart() { # SUITE
	suite=$1
	title "$suite, IPv$family: RTCP on its own port"
	make_key "$suite" "$work/out.key"
	make_key "$suite" "$work/in.key"
	flows_apart >/dev/null
	call 30001 30021
	judge_out 5000 5001
	judge_in 30020 30021
	check "tshark reads the SRTP phone's reports" understood "$work/plain.pcap" 4010 4011
	xs flow del all
}

muxed() { # SUITE
	suite=$1
	title "$suite, IPv$family: RTCP on the port of RTP"
	make_key "$suite" "$work/out.key"
	make_key "$suite" "$work/in.key"
	flows_muxed >/dev/null
	call 30000 30020
	judge_out 5000
	judge_in 30020
	xs flow del all
}

module_up
net_up
attach native
use_family 4
family=4
apart AES_CM_128_HMAC_SHA1_80
muxed AES_CM_128_HMAC_SHA1_32
detach
attach generic
use_family 6
family=6
apart AES_CM_128_HMAC_SHA1_32
muxed AES_CM_128_HMAC_SHA1_80
detach
done_testing
