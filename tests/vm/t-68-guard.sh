#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The guard inside the program of the fast path, and the module behind it: 20 calls of 50
# packets/s cross two hosts, as SRTP between them, while one flood after the other comes on
# one wire, then on the other.
#
#     phones               plain0 [ host ] srtp0        phone0 [ srtp ]
#     [ plain ] phone0 ----+  RTP -> SRTP  +---- wire ---+ SRTP -> RTP, 20 sockets
#        the flood comes here: RTP        and here: SRTP
#
# Asserted: each call has got each of its packets, during and after (but those that wires and
# sockets say they have dropped, where the machine is too busy), and no socket anything of the
# attack but handshakes within their budgets; every packet of a flood is accounted for,
# dropped for the right reason by the guard or, within a flow's budget and with the remote's
# address forged, by the module; the offenders name its source.
#
# The attack that kills a call elsewhere (issue 5): 10,000 packets of plain RTP with SSRCs at
# random to the port of one call, from the attacker's address and with the phone's. (KILL=N:
# fewer.)
#
# vm:
# time: 600
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

readonly CALLS=20 PORT=30000 PHONE=40000
readonly LAST=$((PORT + 2 * CALLS - 2))
readonly SSRC=0x5ca11000	# of the first call (tools/calls-load.c)
readonly COUNT=65536		# packets of each call, at most
readonly KILL=$((${KILL:-10000})) RATE=${1:-1000} FLOOD=1000
readonly ATTACKER=10.66.66.66

trap cleanup EXIT
trap 'exit 130' INT TERM HUP

xat() { in_ns "$1" xsrtp "${@:2}"; }

# --- the hosts ------------------------------------------------------------------------

# One SSRC talks, and there is room for another, which is what forged ones would want.
# shellcheck disable=SC2154 # of lib.sh
flows_add() {
	local i p key
	for ((i = 0; i < CALLS; i++)); do
		p=$((PORT + 2 * i))
		key=$work/key$i
		make_key AES_CM_128_HMAC_SHA1_80 "$key"
		xat "$host" flow add local "$(at hostplain $p)" remote "$(at plain $((PHONE + 2 * i)))" \
			forward from "$(at hostsrtp $p)" to "$(at srtp $p)" \
			tx AES_CM_128_HMAC_SHA1_80 key "$key" >>"$work/ids"
		xat "$srtp" flow add local "$(at srtp $p)" remote "$(at hostsrtp $p)" deliver \
			rx AES_CM_128_HMAC_SHA1_80 key "$key" streams 2 >>"$work/ids"
	done
}

hosts_up() {
	net_up
	use_family 4
	ip -n "$srtp" link add dev xsrtp0 up type xsrtp
	# veth's ring has 256 places and refuses the rest.
	tc -n "$plain" qdisc add dev phone0 root pfifo limit 20000
	tc -n "$host" qdisc add dev srtp0 root pfifo limit 20000
	# Forged sources have a way back, so that the kernel has no reason to drop them.
	ip -n "$host" route add default via "$plain_ip"
	ip -n "$srtp" route add default via "$hostsrtp_ip"
	is "$(xat "$host" attach plain0 native guard ports $PORT-$LAST)" \
		"plain0: XDP native, guard, egress" "attach with the guard"
	xat "$host" attach srtp0 native >/dev/null
	xat "$srtp" attach phone0 native >/dev/null
	flows_add
	# Exchanged on a device that has its flows.
	check "the guard into a program that is there" xat "$srtp" attach phone0 guard ports $PORT-$LAST
	# As low as an emulator's floods: where it is busy, 10,000 packets take half a minute.
	check "limits while flows are there" xat "$srtp" guard set flow-rate 150/300 stun-rate 100/100 \
		dtls-rate 20/40
	is "$(wc -l <"$work/ids")" $((2 * CALLS)) "$CALLS calls are two flows each"
	# A neighbour that answers late would lose what waits for it.
	ip -n "$plain" neigh replace "$hostplain_ip" dev phone0 \
		lladdr "$(in_ns "$host" cat /sys/class/net/plain0/address)"
	ip -n "$host" neigh replace "$srtp_ip" dev srtp0 \
		lladdr "$(in_ns "$srtp" cat /sys/class/net/phone0/address)"
	mac_plain=$(in_ns "$host" cat /sys/class/net/plain0/address)
	mac_srtp=$(in_ns "$srtp" cat /sys/class/net/phone0/address)
}

# --- a flood ----------------------------------------------------------------------------

# What the guard and the module of a host have counted: "NAME NUMBER" lines.
snap() { # NAMESPACE
	{
		xat "$1" -j guard show
		xat "$1" -j stats
	} | jq -rs '(.[0].counters | to_entries[] | "\(.key) \(.value)"),
		(.[1].module.drops | to_entries[] | "module-\(.key) \(.value)")'
}

# gained NAME… - by so much they have grown, together; names are patterns of grep.
gained() {
	local pattern
	pattern="^($(tr ' ' '|' <<<"$*")) "
	awk -v p="$pattern" '$0 ~ p { n += (FNR == NR ? -1 : 1) * $2 } END { print n + 0 }' \
		"$work/was" "$work/now.$on"
}

all_gained() {
	awk 'FNR == NR { was[$1] = $2; next }
		$2 != was[$1] { printf "%s%s %d", sep, $1, $2 - was[$1]; sep = ", " }' \
		"$work/was" "$work/now.$on"
}

# flood_on LEG NAME COUNT OPTION… - and what came of it
flood_on() {
	local leg=$1 name=$2 count=$3 from=$plain mac=$mac_plain dev=phone0 pause=0
	shift 3
	on=$host
	if [ "$leg" = SRTP ]; then on=$srtp from=$host mac=$mac_srtp dev=srtp0; fi
	mv "$work/now.$on" "$work/was"
	flood --netns "$from" --dev "$dev" --mac "$mac" --count "$count" --rate "$RATE" "$@" >"$work/flood" || true
	until snap "$on" >"$work/now.$on"; [ "$(accounted)" -ge "$count" ] || [ $((++pause)) -gt 20 ]; do
		sleep 0.2
	done
	what="$leg, $name"
	is "$(get "$(cat "$work/flood")" sent)" "$count" "$what: $count sent"
}

# All that became of what was no packet of a call.
accounted() { gained 'dropped-.*' 'module-.*' passed-fragment passed-stun passed-dtls; }

# are COUNT REASON… - so many were counted, and each for one of these
are() {
	is "$(accounted) $(gained "${@:2}")" "$1 $1" "$what: $(all_gained)"
}

named() { # NAMESPACE SOURCE REASON
	is "$(xat "$1" -j offenders | jq -r --arg s "$2" '.[] | select(.source == $s) | .reason')" "$3" \
		"$what: the offenders name $2"
}

# The wire's own flood: to all ports, from many sources.
common() { # LEG TO
	shaken=0
	local many=10.0.0.0/8 all=(--even --to "$2:$PORT-$LAST")
	flood_on "$1" "unknown sources" $FLOOD --kind rtp --from $many "${all[@]}"
	are $FLOOD dropped-wrong-source
	flood_on "$1" STUN $FLOOD --kind stun --from $ATTACKER "${all[@]}"
	are $FLOOD passed-stun dropped-rate-stun
	shaken=$((shaken + $(gained passed-stun)))
	flood_on "$1" ClientHellos $FLOOD --kind dtls --from $many "${all[@]}"
	are $FLOOD passed-dtls dropped-rate-dtls
	shaken=$((shaken + $(gained passed-dtls)))
	flood_on "$1" fragments $FLOOD --kind fragment --from $many "${all[@]}"
	are $FLOOD dropped-fragment passed-fragment
	flood_on "$1" malformed $FLOOD --kind malformed --from $many "${all[@]}"
	are $FLOOD dropped-malformed
	flood_on "$1" "a port without a flow" $FLOOD --kind rtp --from $many --to "$2:$((PORT + 1))"
	are $FLOOD dropped-no-flow
}

plain_leg() {
	local one=(--kind ssrcs --to "$hostplain_ip:$PORT")
	flood_on RTP "unknown sources" $FLOOD --kind rtp --from 10.0.0.0/8 --even --to "$hostplain_ip:$PORT-$LAST"
	are $FLOOD dropped-wrong-source
	flood_on RTP "SSRCs at random" $KILL "${one[@]}" --from $ATTACKER
	are $KILL dropped-wrong-source
	named "$host" $ATTACKER/32 wrong-source
	flood_on RTP "SSRCs at random, the phone's address" $KILL "${one[@]}" --from "$plain_ip" --from-port $PHONE
	are $KILL dropped-wrong-ssrc
	named "$host" "$plain_ip/32" wrong-ssrc
}

# Within the flow's budget, what the phone's address is forged for comes to the module.
srtp_leg() {
	local forged=(--from "$hostsrtp_ip" --from-port "$PORT" --to "$srtp_ip:$PORT")
	common SRTP "$srtp_ip"
	flood_on SRTP "SSRCs at random" $KILL --kind ssrcs --from $ATTACKER --to "$srtp_ip:$PORT"
	are $KILL dropped-wrong-source
	named "$srtp" $ATTACKER/32 wrong-source
	flood_on SRTP "SSRCs at random, the peer's address" $KILL --kind ssrcs "${forged[@]}"
	are $KILL dropped-wrong-ssrc module-bad-tag module-rate-bad-tag
	is $(($(gained module-rate-bad-tag) > 0)) 1 "$what: the flow's budget of bad tags is used up"
	named "$srtp" "$hostsrtp_ip/32" wrong-ssrc
	flood_on SRTP "the call's SSRC, bad tags, numbers at random" $KILL --kind bad-tag --ssrc $SSRC "${forged[@]}"
	are $KILL dropped-implausible module-bad-tag module-rate-bad-tag module-too-old module-replay
	is $(($(gained module-rate-bad-tag) > 0)) 1 "$what: numbers far off get no MAC then"
	named "$srtp" "$hostsrtp_ip/32" implausible
	flood_on SRTP "the call's SSRC, counting" $KILL --kind rtp --ssrc $SSRC "${forged[@]}"
	are $KILL dropped-implausible dropped-rate-flow module-bad-tag module-rate-bad-tag module-too-old \
		module-replay
}

# --- the calls --------------------------------------------------------------------------

calls_start() {
	start "$srtp" calls-load recv --on "$(at srtp $PORT)" --calls $CALLS --count "$COUNT" --time 600 \
		--flows "$work/got" >"$work/recv" 2>"$work/unsent"
	receiver=$!
	ready calls-load listens $receiver $LAST
	start "$plain" calls-load send --from "$(at plain $PHONE)" --to "$(at hostplain $PORT)" --calls $CALLS \
		--count "$COUNT" --flows "$work/sent" >"$work/send"
	sender=$!
	sleep 2
}

# As tools/calls-load writes them.
each_flow() { xat "$1" -j flow show | jq -r '.[] | "\(.local | split(":")[1]) \(.tx_packets)"' | sort; }

# Where a machine too busy for its own calls loses them: rings of veth, the backlog, sockets.
lost_elsewhere() {
	local n _ dropped
	n=$(($(in_ns "$plain" cat /sys/class/net/phone0/statistics/tx_dropped) +
		$(in_ns "$host" cat /sys/class/net/srtp0/statistics/tx_dropped)))
	while read -r _ dropped _; do n=$((n + 16#$dropped)); done </proc/net/softnet_stat
	echo $((n + $(in_ns "$srtp" cat /proc/net/snmp | awk '/^Udp: [0-9]/ { print $6 }')))
}

# Since the last flood: of the calls nothing was dropped, before the first neither.
quiet() { # NAMESPACE NAME
	on=$1
	mv "$work/now.$on" "$work/was"
	snap "$on" >"$work/now.$on"
	is "$(accounted)" 0 "$2: nothing else was dropped: $(all_gained)"
}

total() { awk '{ n += $2 } END { print n }' "$1"; }

calls_end() { # SHAKEN
	local report wires
	check "the calls go on after the last flood" kill -0 $sender
	stop $sender
	sleep 2
	stop $receiver
	report=$(cat "$work/recv")
	quiet "$host" "after the floods, RTP"
	quiet "$srtp" "after the floods, SRTP"
	wires=$(lost_elsewhere)
	if [ "$wires" = 0 ]; then
		check "each of $CALLS calls has got each of its packets ($(total "$work/sent") in all)" \
			diff "$work/sent" "$work/got"
	fi
	is $(($(total "$work/sent") - $(total "$work/got"))) "$wires" \
		"of $(total "$work/sent") packets of $CALLS calls none is lost to guard or module ($wires to the machine)"
	is "$(get "$report" duplicates)" 0 "none is doubled"
	is "$(get "$report" foreign)" "$1" "nothing else reached a socket, but $1 handshakes within budgets"
	each_flow "$host" >"$work/host"
	each_flow "$srtp" >"$work/srtp"
	check "what each flow has sent on as SRTP the other has received and sent on" \
		diff "$work/host" "$work/srtp"
	is "$(($(total "$work/got") <= $(total "$work/srtp")))" 1 "and no socket more than that"
}

module_up
hosts_up
for on in "$host" "$srtp"; do snap "$on" >"$work/now.$on"; done
started=$SECONDS
calls_start
plain_leg
srtp_leg
note "floods: $((SECONDS - started)) s"
sleep 3
calls_end $shaken
check "detach" xat "$host" detach plain0
is "$(xat "$host" guard show 2>&1 || true)" \
	"xsrtp: no device of this network namespace has the guard: xsrtp guard attach DEV" "and its state is gone"
note "$SECONDS s"
done_testing
