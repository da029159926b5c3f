#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Kamailio, Debian's, asks xsrtpd for media by its rtpengine module, and two phones
# (baresip) call each other through both: Alice speaks RTP, Bob SRTP with SDES and nothing
# else. Each says a tone, and the other hears that tone and no other: whoever calls, and
# through a second xsrtpd when the first is full. A hold, and media goes on. After a call
# that was hung up, given up or declined nothing is left: no flow, no port, no call.
#
# The proxy's configuration is tests/e2e/kamailio.cfg, which Documentation/ng.md shows.
#
# vm:
# time: 900
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/sip.sh
. "$top/tests/e2e/sip.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP

sip=$("$top/tests/e2e/sip-programs" --print 2>/dev/null) || {
	echo "1..0 # SKIP no Kamailio or baresip: tests/e2e/sip-programs has to fetch them before"
	exit 0
}

readonly FIRST=2223 SECOND=2224 SESSIONS=2

# ask NG-PORT COMMAND... - of one of the two xsrtpd.
ask() { in_ns "$host" env NG_PORT="$1" python3 "$top/tests/daemon/ask" "${@:2}"; }

daemon_up() { # NG-PORT PORT-MIN
	start "$host" xsrtpd --interface "priv/$hostplain_ip" --interface "pub/$hostsrtp_ip" --log-level info \
		--max-sessions $SESSIONS --listen-ng "127.0.0.1:$1" --port-min "$2" --port-max $(($2 + 99)) \
		2>"$work/xsrtpd.$1"
	ready xsrtpd listens $! "$1"
}

# --- what is there, and what is left ---------------------------------------------------

flows() { xs flow show | grep -c '^flow' || true; }
no_flow() { [ "$(flows)" = 0 ]; }

is_empty() { # NG-PORT
	[ "$(ask "$1" list)" = "{'calls': [], 'result': 'ok'}" ] &&
		! ask "$1" statistics | grep "'portsused': [1-9]"
}

nothing_left() {
	wait_for 20 no_flow || { xs flow show; return 1; }
	is_empty "$FIRST" && is_empty "$SECOND"
}

statistic() { # NG-PORT NAME
	ask "$1" statistics | sed "s/.*'$2': \([0-9]*\).*/\1/"
}

# --- calls -----------------------------------------------------------------------------

use_family 4
declare -A at=([alice]=$hostplain_ip [bob]=$hostsrtp_ip) ns=([alice]=$plain [bob]=$srtp)
declare -A rung=([alice]=0 [bob]=0) talked=([alice]=0 [bob]=0)

# dial WHO WHOM - until it rings there.
dial() {
	rm -f "$work"/*/dump-*
	rung[$2]=$((rung[$2] + 1))
	phone "${ns[$1]}" dial "sip:$2@${at[$1]}" >/dev/null
	check "$1 calls, and it rings at $2's" wait_for 30 said "$2" "${rung[$2]}" 'Incoming call from'
}

answer() { # WHO CALLED-BY-WHOM
	talked[$2]=$((talked[$2] + 1))
	phone "${ns[$1]}" accept >/dev/null
	check "$1 answers" wait_for 30 said "$2" "${talked[$2]}" 'Call established'
	is "$(flows)" 4 "there are flows for RTP and RTCP"
}

hang_up() { # WHO WHAT
	phone "${ns[$1]}" hangup >/dev/null
	check "$2: nothing is left" nothing_left
}

# hears WHO HZ NOT-HZ - three seconds of it since the call began.
hears() {
	report=$("$top/tests/e2e/tone.py" heard "$2" "$(echo "$work/$1"/dump-*-dec.wav)" "$3")
	[ "$(get "$report" heard)" -ge 150 ]
}

hear_each_other() {
	hear alice Bob $bob_hz $alice_hz
	hear bob Alice $alice_hz $bob_hz
}

hear() { # WHO WHOM HZ NOT-HZ
	wait_for 60 hears "$1" "$3" "$4" || true
	note "$1: $report"
	check "$1 hears $2" hears "$1" "$3" "$4"
	is "$(get "$report" other)" 0 "$1 does not hear himself or herself"
}

# Both directions of RTP go on, and nothing that crosses is dropped.
received() { counters "$1" && echo "${now[rx_packets]}"; }
goes_on() {
	local id before
	for id in $(xs flow show | sed -n 's/^flow \([0-9]*\) .*only rtp$/\1/p'); do
		before=$(received "$id")
		wait_for 30 more_than "$id" $((before + 100)) || { xs flow show "$id"; return 1; }
		is_clean "$id" || return 1
	done
}
more_than() { [ "$(received "$1")" -gt "$2" ]; }
is_clean() {
	counters "$1"
	equal "drops of flow $1" "${now[drops]}" 0 && equal "packets sent on" "${now[tx_packets]}" "${now[rx_packets]}"
}

# What it says of the node that is full, and of nothing else.
no_complaint() { ! grep -E 'ERROR|CRITICAL' "$work/proxy" | grep -v 'Parallel session limit\|limit reached'; }

module_up
net_up
attach native
use_family 4
daemon_up $FIRST 30000
daemon_up $SECOND 30100
# Kamailio's hash of a call-id is below 256: the first one is asked first, always.
proxy_up -A "XSRTPD=\"udp:127.0.0.1:$FIRST=300 udp:127.0.0.1:$SECOND=1\""
phone_up alice "$plain" "$plain_ip" "$hostplain_ip" $alice_hz
phone_up bob "$srtp" "$srtp_ip" "$hostsrtp_ip" $bob_hz mediaenc=srtp-mand

title "Alice, who speaks RTP, calls Bob, who speaks SRTP"
dial alice bob
answer bob alice
hear_each_other
phone "$plain" hold >/dev/null
check "Bob sees a hold" wait_for 20 said bob 1 'a=recvonly'
phone "$plain" resume >/dev/null
check "and its end" wait_for 20 said bob 2 're-INVITE'
check "media goes on both ways, and none was dropped" goes_on
hang_up alice "Alice hangs up"

title "Bob calls Alice"
dial bob alice
answer alice bob
hear_each_other
hang_up alice "Alice, who was called, hangs up"

title "calls that come to nothing"
dial alice bob
hang_up alice "given up (CANCEL)"
dial alice bob
hang_up bob "declined (486)"
is "$(statistic $SECOND managedsessions)" 0 "the second xsrtpd was never asked for a call"

title "the first xsrtpd is full"
for n in $(seq $SESSIONS); do
	printf '%s\n' v=0 'o=- 1 1 IN IP4 192.0.2.9' s=- 'c=IN IP4 192.0.2.9' 't=0 0' 'm=audio 4000 RTP/AVP 0' |
		ask $FIRST offer "call-id=other$n" from-tag=a ICE=remove >/dev/null
done
dial alice bob
is "$(statistic $FIRST rejectedsessions)" 1 "it says so"
is "$(statistic $SECOND managedsessions)" 1 "Kamailio asks the second"
answer bob alice
hear_each_other
for n in $(seq $SESSIONS); do ask $FIRST delete "call-id=other$n" >/dev/null; done
hang_up bob "Bob hangs up"
check "Kamailio has no complaint" no_complaint
detach
done_testing
