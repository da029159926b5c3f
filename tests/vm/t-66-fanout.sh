#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Fan-out: one flow and five copies of it, each to a receiver of its own: other suites,
# plain, IPv4 and IPv6. Every receiver gets every packet, each byte equal, and nobody
# notices what becomes of another: no route, no key, too large, changed, deleted.
#
# time: 900
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
suite=AES_CM_128_HMAC_SHA1_80
n=60
seq=1

# The sender is the SRTP phone, the receivers are all on the other. Of receiver N the
# family, and the suite that it gets, or none; 0 is that of the flow itself.
to_family=(4 4 6 6 4 6)
to_suite=(AES_CM_128_HMAC_SHA1_80 AEAD_AES_128_GCM - AES_CM_128_HMAC_SHA1_32
	AES_256_CM_HMAC_SHA1_80 AEAD_AES_256_GCM)

in_family() { use_family "$1"; at "$2" "$3"; }
receiver() { in_family "${to_family[$1]}" plain "500$1"; }
source_of() { in_family "${to_family[$1]}" hostplain "3001$1"; }

flows_add() { # FAMILY
	local i
	from=$(in_family "$1" srtp 4000) via=$(in_family "$1" hostsrtp 30000)
	[ "${to_suite[0]}" = - ] || make_key "${to_suite[0]}" "$work/key.0"
	flow[0]=$(xs flow add local "$via" remote "$from" rx "$suite" key "$work/rx.key" \
		forward from "$(source_of 0)" to "$(receiver 0)" \
		tx "${to_suite[0]}" key "$work/key.0")
	for i in 1 2 3 4 5; do copy_add "$i"; done
}

copy_add() { # N
	local tx
	if [ "${to_suite[$1]}" = - ]; then tx=(); else
		make_key "${to_suite[$1]}" "$work/key.$1"
		tx=(tx "${to_suite[$1]}" key "$work/key.$1")
	fi
	flow[$1]=$(xs flow add of "${flow[0]}" forward from "$(source_of "$1")" \
		to "$(receiver "$1")" "${tx[@]}")
}

listen() { # N
	local srtp_opt=()
	[ "${to_suite[$1]}" = - ] || srtp_opt=(--suite "${to_suite[$1]}" --key "$work/key.$1")
	start "$plain" rtp-recv --on "$(receiver "$1")" --idle 3000 --time "$((${time:-60} * ${SLOW:-1}))" --count $n \
		--seq $seq --size "${size:-160}" "${srtp_opt[@]}" >"$work/got.$1"
	recv[$1]=$!
	ready rtp-recv listens "${recv[$1]}" "500$1"
}

moving() {
	counters "${flow[0]}"
	[ "${now[rx_packets]}" -gt "${had[0]%% *}" ]
}

# What each of these receivers got, of a stream of n packets; what happens in the middle
# of it is $meanwhile.
stream() { # RECEIVER…
	local i sender opt
	read -ra opt <<<"${send:-}"
	recv=()
	for i in "$@"; do
		listen "$i"
		counters "${flow[i]}"
		had[i]="${now[rx_packets]} ${now[tx_packets]} ${now[drops]}"
	done
	start "$srtp" rtp-send --from "$from" --to "$via" --count $n --seq $seq --rate "${rate:-100}" \
		--size "${size:-160}" --suite "$suite" --key "$work/rx.key" "${opt[@]}" >/dev/null
	sender=$!
	if [ -n "${meanwhile:-}" ]; then
		ready "the stream" moving
		$meanwhile
	fi
	wait "$sender" || true
	for i in "$@"; do wait "${recv[i]}" || true; done
	seq=$((seq + n))
}

# Each received all of it, and its flow counted exactly that.
all_got() { # WHAT RECEIVER…
	local what=$1 i was j
	shift
	for i in "$@"; do
		counters "${flow[i]}"
		read -ra was <<<"${had[i]}"
		j=$(cat "$work/got.$i")
		check "$where: $what: receiver $i (IPv${to_family[i]}, ${to_suite[i]/#-/RTP}) got $(get "$j" good) of $n, each byte equal" \
			equal "$j, in/out/dropped" \
			"$(get "$j" good)/$(get "$j" received)/$((now[rx_packets] - was[0]))/$((now[tx_packets] - was[1]))/$((now[drops] - was[2]))" \
			"$n/$n/$n/$n/0"
	done
}

every_receiver() { # FAMILY
	flows_add "$1"
	stream 0 1 2 3 4 5
	all_got "all" 0 1 2 3 4 5
	xs flow del "${flow[0]}"
	is "$(xs -j flow show)" "[]" "$where: deleted with its copies"
}

# --- what becomes of one does not disturb the others ---------------------------------

dropped() { # N REASON
	counters "${flow[$1]}"
	is "${now[rx_packets]}/${now[tx_packets]}/${now[$2]:-0}" "$n/0/$n" "$where: the copy: $2"
}

test_drops() {
	local i
	flow[6]=$(xs flow add of "${flow[0]}" forward from "$(source_of 1)" to 203.0.113.9:7000)
	flow[7]=$(xs flow add of "${flow[0]}" forward from "$(source_of 2)" to "$(receiver 2)" \
		tx AEAD_AES_128_GCM)
	flow[8]=$(xs flow add of "${flow[0]}" forward from "$(source_of 1)" to "$(receiver 1)" only rtcp)
	where="with copies that fail"
	stream 0 1 2 3 4 5
	all_got "the others" 0 1 2 3 4 5
	dropped 6 no-route
	dropped 7 no-key
	dropped 8 not-wanted
	for i in 6 7 8; do xs flow del "${flow[i]}"; done
}

# The smallest IP header and tag are the flow's: its own packets go through.
test_too_big() {
	local watcher
	where="too large for some"
	mkdir "$work/seen"
	start "$host" python3 tests/vm/mtu.py watch "$work/seen" "$srtp:phone0"
	watcher=$!
	ready mtu.py [ -e "$work/seen/ready" ]
	send='--df 1' size=1435 stream 0 1 2 4
	all_got "those that it fits" 0 2 4
	counters "${flow[5]}"
	is "${now[too-big]:-0}" $n "$where: the copy to IPv6: too-big"
	kill -USR1 "$watcher"
	ready mtu.py [ -e "$work/seen/$srtp" ]
	stop "$watcher"
	is "$(get "$(cat "$work/seen/$srtp")" errors)" 0 "$where: the sender is not told"
}

test_forged() {
	where="forged"
	time=8 send='--attack flip --only-attack' stream 0
	counters "${flow[0]}"
	is "${now[bad-tag]:-0}" $n "$where: the flow: bad-tag"
	counters "${flow[1]}"
	is "${now[rx_packets]}" "$1" "$where: there is no copy of them"
}

# --- changes under traffic -----------------------------------------------------------

delete_one() { xs flow del "${flow[1]}"; }
delete_all() { xs flow del "${flow[0]}"; }
set_parent() { xs flow set "${flow[0]}" forward from "$(source_of 0)" to "$(receiver 0)"; }
set_copy() { xs flow set "${flow[2]}" forward from "$(source_of 2)" to "$(receiver 2)"; }
set_both() { set_parent && set_copy; }

some_and_good() { # N
	local j
	j=$(cat "$work/got.$1")
	[ "$(get "$j" good)" -gt 0 ] && [ "$(get "$j" good)" -lt "$n" ] &&
		equal "$j" "$(get "$j" received)" "$(get "$j" good)"
}

test_changes() {
	where="flow and copy changed meanwhile"
	rate=15 meanwhile=set_both stream 0 1 2 3 4 5
	all_got "none lost" 0 1 2 3 4 5
	where="copy deleted meanwhile"
	rate=15 meanwhile=delete_one stream 0 1 2 3 4 5
	all_got "the others" 0 2 3 4 5
	check "$where: its receiver got some, and nothing wrong" some_and_good 1
	where="flow deleted meanwhile"
	rate=15 meanwhile=delete_all stream 0 2 3 4 5
	is "$(xs -j flow show)" "[]" "$where: the copies too"
	for i in 0 2 3 4 5; do check "$where: receiver $i got some, and nothing wrong" some_and_good $i; done
}

# --- of what a socket gets, of what one sends -----------------------------------------

test_deliver() {
	local pid
	where="delivered"
	from=$(in_family 4 srtp 4000) via=$(in_family 4 hostsrtp 30000)
	flow[0]=$(xs flow add local "$via" remote "$from" rx "$suite" key "$work/rx.key" deliver)
	copy_add 1
	use_family 4
	start "$host" rtp-recv --on "$via" --idle 3000 --time 60 --count $n --seq $seq >"$work/got.local"
	pid=$!
	ready rtp-recv listens $pid 30000
	stream 1
	wait $pid || true
	all_got "and copied" 1
	is "$(get "$(cat "$work/got.local")" good)" $n "$where: the socket got all of it"
	in_ns "$srtp" sysctl -qw net.ipv4.ip_default_ttl=1
	time=8 stream 1
	counters "${flow[1]}"
	is "${now[ttl]:-0}" $n "$where: TTL 1: the copy: ttl"
	in_ns "$srtp" sysctl -qw net.ipv4.ip_default_ttl=64
	xs flow del all
}

# --- refusals ---------------------------------------------------------------------------

says() { # WHAT TEXT WORD…
	local said
	said=$(xs flow add "${@:3}" 2>&1) || true
	check "refused: $1: $said" grep -qF "$2" <<<"$said"
}

test_refusals() {
	local where=refused i a b id=${flow[0]}
	a=$(source_of 1) b=$(receiver 1)
	says "no such flow" "no flow has this id" of 4000000 forward from "$a" to "$b"
	says "a copy of a copy" "is a copy itself" of "${flow[1]}" forward from "$a" to "$b"
	says "remote" "remote is said of its flow" of "$id" remote "$a" forward from "$a" to "$b"
	says "rx" "rx is said of its flow" of "$id" forward from "$a" to "$b" rx "$suite"
	says "deliver" "its action is forward" of "$id" deliver
	says "two families" "different address families" of "$id" forward from "$a" to "$(receiver 2)"
	says "the key of another" "another flow sends under this key" of "$id" forward from "$a" \
		to "$b" tx "${to_suite[1]}" key "$work/key.1"
	for ((i = 6; i <= 64; i++)); do
		xs flow add of "$id" forward from "$a" to "$b" >/dev/null
	done
	says "the 65th" "at most 64 copies" of "$id" forward from "$a" to "$b"
	check "refused: to make a flow's copy a copy of another: the flow is as it was" \
		grep -q " of $id forward from $a to $b" < <(xs flow show "${flow[1]}")
}

declare -a flow had recv
make_key "$suite" "$work/rx.key"
module_up
net_up
in_ns "$host" xsrtp attach srtp0 native >/dev/null
for family in 4 6; do
	where="native, from IPv$family"
	every_receiver $family
done
flows_add 4
test_drops
test_too_big
counters "${flow[1]}"
test_forged "${now[rx_packets]}"
test_changes
test_deliver
xs detach srtp0
in_ns "$host" xsrtp attach srtp0 generic >/dev/null
where="generic, from IPv4"
every_receiver 4
xs detach srtp0
in_ns "$host" xsrtp attach srtp0 native door kfunc >/dev/null
where="kfunc, from IPv6"
every_receiver 6
flows_add 4
test_refusals
xs detach srtp0
unload_module
done_testing
