#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The attack that kills a call on rtpengine with its kernel module: 10,000 plain RTP
# packets with random SSRCs at 1,000/s to one port of a live call. Here against Debian's
# rtpengine, forwarding in userspace (its module does not load here), without the guard
# and with the guard alone in front of it. There the call lives, but every packet of the
# attacker is encrypted and sent on, and the phone takes it for the other's.
#
#     phones, attacker                                     phones that speak SRTP
#     [ plain ] phone0 --- plain0 [ host ] srtp0 --- phone0 [ srtp ]
#                               guard, rtpengine
#
# Two calls at once, RTP to SRTP. One is attacked from an address of the attacker's own,
# the other from its phone's, forged. With the guard both lose nothing, during or after
# the attack, and nothing of it reaches rtpengine.
#
# What a guard that has no keys cannot do: tell from the call what one sends who knows its
# address, port, SSRC and sequence number (guard-flood.sh, "swept").
#
# time: 120
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly COUNT=700 ATTACK=10000		# 14 s of call, 10 of them under attack
readonly SUITE=AES_CM_128_HMAC_SHA1_80 TAG=7	# the number that rtpengine offers it under
readonly NG=127.0.0.1:2223
readonly EVIL=192.0.2.66

# Before all that else runs on this machine, whose load shall not look like the guard's loss.
soon=(chrt -f 1)
"${soon[@]}" true 2>/dev/null || soon=()

trap cleanup EXIT
trap 'exit 130' INT TERM HUP

media_net_up() {
	modprobe -q veth || true
	ns_add "$plain" "$host" "$srtp"
	wire "$plain" plain0
	wire "$srtp" srtp0
	use_family 4
	dev_up "$plain" phone0 "$plain_ip/24"
	dev_up "$host" plain0 "$hostplain_ip/24"
	dev_up "$host" srtp0 "$hostsrtp_ip/24"
	dev_up "$srtp" phone0 "$srtp_ip/24"
	ip -n "$plain" addr add $EVIL/24 dev phone0
	mac=$(in_ns "$host" cat /sys/class/net/plain0/address)
}

# --- rtpengine --------------------------------------------------------------------------

ng() { in_ns "$host" "$top/tests/e2e/ng.py" $NG "$@"; }
answers() { [[ $(ng ping) == *pong* ]]; }

rtpengine_up() { # PROGRAM
	start "$host" "${soon[@]}" "$1" --config-file=none --foreground --log-stderr --log-level=4 --table=-1 \
		--interface=plain/"$hostplain_ip" --interface=srtp/"$hostsrtp_ip" --listen-ng=$NG \
		--port-min=30000 --port-max=30098 --num-threads=2 --pidfile="$work/pid" 2>"$work/rtpengine"
	server=$!
	ready rtpengine answers
}

sdp() { # ADDRESS PORT PROFILE [CRYPTO]
	printf '%s\n' v=0 "o=- 1 1 IN IP4 $1" s=- "c=IN IP4 $1" "t=0 0" "m=audio $2 $3 0" \
		a=rtpmap:0\ PCMU/8000 a=ptime:20 ${4:+"a=crypto:$4"}
}

media_port() { sed -n 's/^m=audio \([0-9]*\).*/\1/p' "$1"; }

# call NAME PORT - from the plain phone's port to the SRTP phone's, the same. The port
# that RTP goes to is in $to, the key that comes out is in a file of the call's name.
call() {
	local both=("call-id=$1" from-tag=a "replace=origin,session-connection" ICE=remove DTLS=off)
	make_key $SUITE "$work/$1.back"
	sdp "$plain_ip" "$2" RTP/AVP | ng offer "${both[@]}" direction=plain,srtp \
		transport-protocol=RTP/SAVP >"$work/$1.offer"
	sdp "$srtp_ip" "$2" RTP/SAVP "$TAG $SUITE $(cat "$work/$1.back")" | ng answer "${both[@]}" \
		to-tag=b direction=srtp,plain transport-protocol=RTP/AVP >"$work/$1.answer"
	(umask 077 && sed -n "s/^a=crypto:$TAG $SUITE \(inline:[^|]*\).*/\1/p" "$work/$1.offer" >"$work/$1.key")
	to=$(media_port "$work/$1.answer")
}

packets_seen() { # CALL - how many of RTP rtpengine has had of it
	local all
	all=$(ng query call-id="$1")
	[[ $all =~ \'totals\':\ \{\'RTP\':\ \{\'packets\':\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# --- the attack ---------------------------------------------------------------------------

talk() { # NAME PORT
	start "$srtp" "${soon[@]}" rtp-recv --on "$(at srtp "$2")" --count $COUNT --suite $SUITE --key "$work/$1.key" \
		--idle 3000 --time 40 >"$work/$1.got"
	listeners+=($!)
	ready rtp-recv listens $! "$2"
	start "$plain" "${soon[@]}" rtp-send --from "$(at plain "$2")" --to "$(at hostplain "$to")" --count $COUNT \
		--rate 50 --block 1 >"$work/$1.sent"
	talkers+=($!)
}

attack() { # NAME TO ADDRESS PORT
	"${soon[@]}" flood --netns "$plain" --dev phone0 --mac "$mac" --kind ssrcs --from "$3" --from-port "$4" \
		--to "$(at hostplain "$2")" --count $ATTACK --rate 1000 --seed "$4" >"$work/$1.flood" &
	pids+=($!)
	attackers+=($!)
}

# two_calls HOW - own and forged attacked, each alone; $HOW-own and $HOW-forged are their names.
two_calls() {
	local own forged p
	listeners=() talkers=() attackers=()
	call "$1-own" 4000
	own=$to
	talk "$1-own" 4000
	call "$1-forged" 4010
	forged=$to
	talk "$1-forged" 4010
	sleep 2
	attack "$1-own" "$own" $EVIL 6666
	attack "$1-forged" "$forged" "$plain_ip" 4010
	for p in "${attackers[@]}" "${talkers[@]}" "${listeners[@]}"; do wait "$p" || true; done
}

# What came of one: numbers, and a line of the table.
result() { # NAME
	got=$(cat "$work/$1.got")
	seen=$(packets_seen "$1")
	is "$(get "$(cat "$work/$1.sent")" good),$(get "$(cat "$work/$1.flood")" sent)" "$COUNT,$ATTACK" \
		"$1: the call and the attack were sent whole"
	table+=("$(printf '%-18s%9d%11d%11d%14d' "$1" $ATTACK $((seen - COUNT)) \
		"$(get "$got" wrong)" "$(get "$got" lost)")")
}

unguarded() {
	local how
	two_calls unguarded
	for how in own forged; do
		result unguarded-$how
		is "$((seen > COUNT))" 1 "unguarded-$how: the attack reaches rtpengine"
	done
}

# Reasons are a matter of the second: the guard learns that it is attacked.
guarded() {
	local how guard
	xs guard attach plain0 ports 30000-30098 >"$work/attach"
	xs guard attach srtp0 >>"$work/attach"
	two_calls guarded
	guard=$(xs -j guard show)
	xs -j offenders >"$work/offenders"
	for how in own forged; do
		result guarded-$how
		is "$(get "$got" good),$(get "$got" received)" "$COUNT,$COUNT" \
			"guarded-$how: the phone gets each packet of the call, and nothing else"
		is "$seen" "$COUNT" "guarded-$how: nothing of the attack reaches rtpengine"
	done
	is "$(($(get "$guard" dropped-wrong-source) + $(get "$guard" dropped-rate-source) +
		$(get "$guard" dropped-rate-port) + $(get "$guard" dropped-rate-unknown)))" \
		$ATTACK "guarded-own: dropped as a stranger's, or over the budgets of strangers"
	is "$(get "$guard" dropped-wrong-ssrc)" $ATTACK "guarded-forged: dropped as wrong-ssrc"
	is "$(grep -c "\"source\":\"$EVIL/32\"" "$work/offenders")" 1 "the offenders name the attacker"
}

show_table() {
	local line
	printf '# %-18s%9s%11s%11s%14s\n' "" attacker "to server" "to phone" "call has lost"
	for line in "${table[@]}"; do echo "# $line"; done
}

if ! program=$("$top/tests/e2e/rtpengine" --print); then
	skip "rtpengine behind the guard" "rtpengine-daemon cannot be had"
	done_testing
fi
table=()
media_net_up
rtpengine_up "$program"
unguarded
guarded
show_table
stop "$server"
done_testing
