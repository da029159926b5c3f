#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Learning the far end: calls whose phone is behind NAT, with an attacker beside them
# who sprays, forges and replays (tests/vm/learn.c), over IPv4 and IPv6, with native and
# with generic XDP; what is told of it; and what is refused, in which words.
#
# time: 600
set -uo pipefail
. "$(dirname "$0")/lib.sh"

xsrtp=$PWD/build/xsrtp
out=$(mktemp)
x() { "$xsrtp" -n host "$@"; }

setup() {
	ns_add phone host peer
	veth_pair phone p0 10.71.1.2/24 host a0 10.71.1.1/24
	veth_pair host b0 10.71.2.1/24 peer q0 10.71.2.2/24
	dev_up phone p0 fd71:1::2/64
	dev_up host a0 fd71:1::1/64
	dev_up host b0 fd71:2::1/64
	dev_up peer q0 fd71:2::2/64
	ip -n host link add xsrtp0 type xsrtp
	ip -n host link set xsrtp0 up
}

# TAP of the program, numbered on by ours.
scenarios() { # HOW
	local line
	build/tests/vm/learn >"$out" 2>&1 || note "learn: status $?"
	while read -r line; do
		case $line in
		"not ok "*) not_ok "$1: ${line#not ok * - }" ;;
		"ok "*) ok "$1: ${line#ok * - }" ;;
		*) note "$line" ;;
		esac
	done <"$out"
	check "$1: every scenario was run" grep -q '^1\.\.' "$out"
}

refused() { # NAME TEXT WORD…
	is "$(x flow "${@:3}" 2>&1)" "xsrtp: $2" "$1"
}

words() {
	local cm="AES_CM_128_HMAC_SHA1_80" to="forward from 10.71.2.1:9 to 10.71.2.2:9" id other
	# shellcheck disable=SC2086 # words
	{
	refused "authenticated RTP" "nothing authenticates what arrives: learn once, or give rx a suite with a tag (attribute learn)" \
		add local 10.71.1.1:20000 $to learn authenticated
	refused "authenticated without a tag" "nothing authenticates what arrives: learn once, or give rx a suite with a tag (attribute learn)" \
		add local 10.71.1.1:20000 $to rx AES_CM_128_NULL_AUTH learn authenticated
	refused "authenticated with evict" "with evict an old packet may pass for a new one: learn once (attribute learn)" \
		add local 10.71.1.1:20000 deliver rx $cm evict learn authenticated
	refused "a window for SRTP" "the window is for RTP that is learned: leave it out (attribute learn-window)" \
		add local 10.71.1.1:20000 deliver rx $cm learn once for 9
	refused "a window for a flow that does not learn" "the window is for RTP that is learned: leave it out (attribute learn-window)" \
		add local 10.71.1.1:20000 deliver learn never for 9
	refused "a window of a day" "integer out of range (attribute learn-window)" \
		add local 10.71.1.1:20000 deliver learn once for 86400
	is "$(x flow add local 10.71.1.1:20000 deliver learn once for 0 2>&1 | head -n 1)" \
		"xsrtp: learn once for 1 to 3600 seconds" "a window of nothing"
	refused "send learns" "send is of one remote: learn never (attribute learn)" \
		add local 10.71.1.1:20000 remote 10.71.1.2:9 send tx $cm learn once
	refused "learned and never" "the flow does not learn: say learn, or give remote instead (attribute learned)" \
		add local 10.71.1.1:20000 remote 10.71.1.2:9 deliver learned 10.71.1.2:9
	refused "learned elsewhere" "learned is not at the remote's address (attribute learned)" \
		add local 10.71.1.1:20000 remote 10.71.1.2:9 deliver learn once learned 10.71.1.3:9
	refused "learned of another family" "learned and local are of different address families (attribute learned)" \
		add local 10.71.1.1:20000 deliver learned '[fd71:1::2]:9'
	id=$(x flow add local 10.71.1.1:20000 $to)
	is "$(x flow show "$id" | head -n 1)" \
		"flow $id local 10.71.1.1:20000 forward from 10.71.2.1:9 to 10.71.2.2:9 learn once for 30" \
		"without a word RTP learns once"
	refused "learned of a flow that is" "this is said of a new flow: give remote (attribute learned)" \
		set "$id" learned 10.71.1.2:9
	x flow set "$id" remote 10.71.1.2:9
	is "$(x -j flow show "$id" | jq -c '[.remote, .learn]')" '["10.71.1.2:9",null]' "a remote is the far end"
	x flow set "$id" remote 10.71.1.2:9 learn once for 7
	is "$(x -j flow show "$id" | jq -c '[.remote, .learn, .learn_window]')" '["10.71.1.2:9","once",7]' \
		"or its address is, if it is to learn"
	x flow set "$id" remote any
	is "$(x -j flow show "$id" | jq -c '[.remote, .learn, .learned]')" '[null,"once",null]' "it learns anew"
	x flow del "$id"
	id=$(x flow add local 10.71.1.1:20000 deliver rx $cm learned 10.71.1.2:9)
	is "$(x -j flow show "$id" | jq -c '[.learn, .learn_window, .learned]')" \
		'["authenticated",null,"10.71.1.2:9"]' "without a word SRTP learns by its tag"
	x flow set "$id" deliver
	is "$(x -j flow show "$id" | jq -c .learned)" '"10.71.1.2:9"' "another change leaves what was learned"
	x flow del "$id"
	id=$(x flow add local 10.71.1.1:20000 deliver rx $cm)
	refused "to follow nobody" "follow: no such flow (attribute follow)" \
		add local 10.71.1.1:20002 forward from 10.71.1.1:20000 follow $((id + 1))
	refused "to follow from elsewhere" "the local of the flow to follow must be this one's source (attribute follow)" \
		add local 10.71.1.1:20002 forward from 10.71.1.1:20004 follow "$id"
	refused "deliver follows" "only forward follows: deliver has no destination, send one remote (attribute follow)" \
		add local 10.71.1.1:20002 deliver follow "$id"
	refused "send follows" "only forward follows: deliver has no destination, send one remote (attribute follow)" \
		add local 10.71.1.1:20002 remote 10.71.1.2:9 send tx $cm follow "$id"
	other=$(x flow add local 10.71.2.1:20000 forward from 10.71.1.1:20000 follow "$id")
	is "$(x flow show "$other" | head -n 1)" \
		"flow $other local 10.71.2.1:20000 forward from 10.71.1.1:20000 follow $id learn once for 30" \
		"one that follows"
	refused "it follows itself" "a flow cannot follow itself (attribute follow)" set "$other" follow "$other"
	refused "it follows nobody and has no destination" \
		"forward needs a destination, or a flow to follow (attribute destination is missing)" \
		set "$other" follow none
	x flow set "$other" forward from 10.71.1.1:20000 to 10.71.1.2:9 follow none
	is "$(x -j flow show "$other" | jq -c '[.destination, .follow]')" '["10.71.1.2:9",null]' "it follows no more"
	x flow set "$other" follow "$id"
	x flow del "$id"
	is "$(x -j flow show "$other" | jq -c '[.destination, .follow]')" '["10.71.1.2:9",null]' \
		"nor when the flow is deleted"
	x flow del "$other"
	id=$(x flow add local 10.71.1.1:20000 deliver learn never)
	refused "to follow one that has no far end" \
		"the flow to follow has no far end: have it learn, or give it a remote (attribute follow)" \
		add local 10.71.1.1:20002 forward from 10.71.1.1:20000 follow "$id"
	x flow del "$id"
	id=$(x flow add local 10.71.1.1:20000 deliver rx $cm evict)
	is "$(x -j flow show "$id" | jq -c .learn)" '"once"' "where streams are forgotten once"
	x flow del "$id"
	}
}

# Of each flow of the scenarios that was learned, or not in time.
told() { # EVENT
	jq -s "[.[] | select(.event == \"event\" and (.events // [] | index(\"$1\")))] | map(.local) | unique | length" <"$out.monitor"
}

check "the module loads" load_module
modprobe veth
setup
check "attach" x attach a0
words
check "detach" x detach a0
x -j monitor >"$out.monitor" 2>&1 &
monitor=$!
for mode in native generic; do
	for dev in a0 b0; do check "attach $mode" x attach $dev "$mode"; done
	scenarios "$mode XDP"
	for dev in a0 b0; do check "detach" x detach $dev; done
done
sleep 1
kill $monitor
wait $monitor 2>/dev/null
is "$(told far-end)" 24 "each that learned was told of"
is "$(told not-learned)" 2 "each that did not, in time, too"
ns_del phone host peer
check "the module unloads" unload_module
rm -f "$out" "$out.monitor"
done_testing
