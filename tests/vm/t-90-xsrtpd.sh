#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# A call by the ng protocol, through the module: xsrtpd takes the offer of a phone that
# speaks RTP and the answer of one that speaks SRTP, negotiates keys by SDES, and makes
# the flows; media crosses both ways, each byte as libsrtp2 has it; a re-INVITE with a new
# key of the phone is followed; xsrtpd is killed, and media flows on; after a delete
# nothing is left.
#
# vm:
# time: 600
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP

suite=AES_CM_128_HMAC_SHA1_80
n=60

ask() { in_ns "$host" python3 "$top/tests/daemon/ask" "$@"; }

daemon_start() {
	start "$host" xsrtpd --interface "plain/$hostplain_ip" --interface "srtp/$hostsrtp_ip" \
		--port-min "$1" --port-max $(($1 + 99)) --metrics 127.0.0.1:9723 2>"$work/xsrtpd"
	daemon=$!
	ready xsrtpd listens "$daemon" 2223
}

sdp() { # ADDRESS PORT TRANSPORT [KEY-FILE TAG]
	local v=IP4
	case $1 in *:*) v=IP6 ;; esac
	printf 'v=0\no=- 1 1 IN %s %s\ns=-\nc=IN %s %s\nt=0 0\nm=audio %s %s 0\n' \
		$v "$1" $v "$1" "$2" "$3"
	[ $# -lt 4 ] || echo "a=crypto:$5 $suite $(cat "$4")"
}

# media_of SDP - where it wants its media: port, and the key that its sender will use.
media_of() {
	port=$(sed -n 's/^m=audio \([0-9]*\) .*/\1/p' "$1")
	sed -n "s/^a=crypto:[0-9]* $suite \(inline:[^| ]*\).*/\1/p" "$1" | head -n 1 >"$work/key.offered"
}

offer_answer() { # CALL
	local tag
	sdp "$plain_ip" 4000 RTP/AVP | ask offer "call-id=$1" from-tag=a transport-protocol=RTP/SAVP \
		ICE=remove direction=plain,srtp replace=origin,session-connection >"$work/offered"
	tag=$(sed -n "s/^a=crypto:\([0-9]*\) $suite .*/\1/p" "$work/offered")
	sdp "$srtp_ip" 5000 RTP/SAVP "$work/phone.key" "$tag" | ask answer "call-id=$1" from-tag=a to-tag=b \
		ICE=remove replace=origin,session-connection >"$work/answered"
	media_of "$work/answered"
	to_plain_port=$port
	media_of "$work/offered"
	to_srtp_port=$port
	mv "$work/key.offered" "$work/host.key"
}

# A phone sends from the port that it receives on: one direction after the other.
crosses() { # WHAT SEQ
	local recv
	start "$srtp" rtp-recv --on "$(at srtp 5000)" --idle 8000 --time 120 --count $n --seq "$2" \
		--suite "$suite" --key "$work/host.key" >"$work/got.srtp"
	recv=$!
	ready rtp-recv listens "$recv" 5000
	in_ns "$plain" rtp-send --from "$(at plain 4000)" --to "$(at hostplain "$to_plain_port")" \
		--count $n --seq "$2" >/dev/null
	wait "$recv" || true
	is "$(get "$(cat "$work/got.srtp")" good)" $n "$1: SRTP reaches the phone, under the key it was offered"
	start "$plain" rtp-recv --on "$(at plain 4000)" --idle 8000 --time 120 --count $n --seq "$2" \
		>"$work/got.plain"
	recv=$!
	ready rtp-recv listens "$recv" 4000
	in_ns "$srtp" rtp-send --from "$(at srtp 5000)" --to "$(at hostsrtp "$to_srtp_port")" \
		--count $n --seq "$2" --suite "$suite" --key "$work/phone.key" >/dev/null
	wait "$recv" || true
	is "$(get "$(cat "$work/got.plain")" good)" $n "$1: RTP reaches the plain phone"
}

# Nothing moves by now; a page of metrics may be a second old.
metrics_agree() {
	sleep 1.1
	xs -j stats >"$work/stats" && in_ns "$host" python3 "$top/tests/daemon/agree" 127.0.0.1:9723 <"$work/stats"
}

call() {
	title "IPv$family"
	make_key "$suite" "$work/phone.key"
	daemon_start 30000
	offer_answer one
	check "the phone is asked for SRTP, and offered a key" test -s "$work/host.key"
	is "$(grep -c '^a=crypto' "$work/answered" || true)" 0 "the plain phone is offered none"
	crosses "the call" 100
	check "its metrics are what netlink says, to the packet" metrics_agree
	make_key "$suite" "$work/phone.key"
	offer_answer one
	crosses "re-INVITE, the phone has a new key" 1000
	stop "$daemon" KILL
	crosses "xsrtpd is killed" 2000
	check "not one flow went with it: $(xs flow show | grep -c '^flow')" test "$(xs flow show | grep -c '^flow')" = 4
	daemon_start 30000
	check "its next start leaves their ports alone" fresh_ports
	ask delete call-id=two >/dev/null
	xs flow del all
	stop "$daemon"
}

fresh_ports() {
	local before="$to_plain_port $to_srtp_port"
	offer_answer two
	for p in $before; do
		case $p in "$to_plain_port" | "$to_srtp_port") echo "$p again"; return 1 ;; esac
	done
}

module_up
net_up
attach native
for family in 4 6; do
	use_family $family
	call
done
detach
cleanup
check "the module unloads" unload_module
done_testing
