#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# A keystream is never used twice: by two flows of a namespace, or by a flow that is
# made again. What is refused, in which words; and that what goes on goes on.
#
# time: 900
set -uo pipefail
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
export PATH=$top/build:$PATH
CM=AES_CM_128_HMAC_SHA1_80
work=$(mktemp -d)
n_keys=0

LIVE='another flow sends under this key: give this one a key of its own, or have the two send only RTP and only RTCP (only)'
SPENT='packets were sent under this key: give another key, or tell how far each SSRC has come (stream with ROC and sequence number, and SRTCP index)'
LOW='an SSRC has come further under this key than the stream tells: tell the highest index that was sent, or give another key'
CLOSED='packets were sent under this key and nothing can go on from there: give another key'

xs() { in_ns h xsrtp "$@"; }
field() { xs -j flow show "$1" | jq -c "$2"; }
packets() { python3 "$top/tests/vm/ledger.py" "$@"; }	# PORT KIND:SSRC:SEQ:LETTER…
same() { python3 "$top/tests/vm/ledger.py" same "$@"; }
new_key() {
	n_keys=$((n_keys + 1))
	key=$work/key$n_keys
	(umask 077; echo "inline:$(head -c 30 /dev/urandom | base64 -w 0)" >"$key")
}

# A flow that sends from the port under $key to the phone in b; sets id, or said.
add() { # PORT WORD…
	said=$(xs flow add local "10.0.1.1:$1" forward from "10.0.2.1:$1" to 10.0.2.2:5000 \
		tx "${suite:-$CM}" key "$key" learn never "${@:2}" 2>&1) && id=$said
}
added() { # NAME PORT WORD…
	if add "${@:2}"; then ok "$1"; else not_ok "$1"; note "$said"; fi
}
refused() { # NAME TEXT PORT WORD…
	if add "${@:3}"; then xs flow del "$id"; said="flow $id was added"; fi
	is "$said" "xsrtp: $2 (attribute tx)" "$1"
}
set_refused() { # NAME TEXT FLOW WORD…
	said=$(xs key set "$3" tx key "$key" "${@:4}" 2>&1) && said="the key was set"
	is "$said" "xsrtp: $2 (attribute tx)" "$1"
}
passes() { # NAME PORT PACKET…
	local got
	got=$(packets "${@:2}")
	is "$(grep -vc nothing <<<"$got")" $(($# - 2)) "$1"
}
net_up() {
	ns_add a h b
	veth_pair h p0 10.0.1.1/24 a phone0 10.0.1.2/24
	veth_pair h s0 10.0.2.1/24 b phone0 10.0.2.2/24
	host_up
	xs attach p0 >/dev/null
}
host_up() {
	ip -n h link add xsrtp0 type xsrtp
	ip -n h link set xsrtp0 up
}
reload() { # PARAMETER…
	xs detach p0 && rmmod xsrtp && insmod "$XSRTP_KO" "$@" && host_up && xs attach p0
}

modprobe veth
load_module
net_up

# --- what it is about ---------------------------------------------------------------
new_key
added "a flow" 30000
one=$(packets 30000 rtp:7:1:A)
check "the module is loaded again: it knows nothing" reload
added "control: a flow under the old key" 30000
two=$(packets 30000 rtp:7:1:B)
check "control: and its keystream comes twice, the difference of the payloads shows" \
	same "$one" "$two" A B

# --- two flows ------------------------------------------------------------------------
refused "two flows under one key" "$LIVE" 30002
is "$(xs -j flow show | jq length)" 1 "it was not added"
suite=AES_CM_128_HMAC_SHA1_32 refused "under another suite with the same cipher too" "$LIVE" 30002
suite=NULL_HMAC_SHA1_80 refused "under any suite" "$LIVE" 30002
refused "only RTP, beside one that sends both" "$LIVE" 30002 only rtp
check "the key of a receiver may be any" xs flow add local 10.0.1.1:30004 deliver rx $CM key "$key"
ns_add other
in_ns other ip link set lo up
check "what other namespaces have is not known" in_ns other xsrtp flow add local 127.0.0.1:30000 \
	forward from 127.0.0.1:30010 to 127.0.0.1:5000 tx $CM key "$key"
old=$key
new_key
added "another flow, with a key of its own" 30002
key=$old
set_refused "the other flow's key is set" "$LIVE" "$id"
set_refused "as its second key" "$LIVE" "$id" second
is "$(field "$id" '[.tx.has_key, (.tx.keys | length)]')" '[true,1]' "it has the one key it had"
passes "and sends under it" 30002 rtp:7:1:A rtp:7:2:B
for _ in 1 2 3 4 5 6; do xs key set "$id" tx key "$key" 2>/dev/null; done
passes "also after more tries than there are slots" 30002 rtp:7:3:A
xs flow del all
new_key
added "only RTP" 30000 only rtp
rtp_id=$id
added "and only RTCP under the same key" 30001 only rtcp
refused "only RTP a second time" "$LIVE" 30002 only rtp
refused "only RTCP a second time" "$LIVE" 30002 only rtcp
refused "both" "$LIVE" 30002
passes "RTP" 30000 rtp:7:1:A
passes "RTCP" 30001 rtcp:7:0:A
is "$(packets 30000 rtcp:7:0:a)$(packets 30001 rtp:7:2:a)" nothingnothing "not the other's"
is "$(field "$rtp_id" '[.only, .drops]')$(field "$id" '[.only, .drops]')" \
	'["rtp",{"not-wanted":1}]["rtcp",{"not-wanted":1}]' "which is dropped and counted"
is "$(field "$rtp_id" .tx.streams)$(field "$id" .tx.streams)" \
	'[{"ssrc":"0x00000007","roc":0,"seq":1}][{"ssrc":"0x00000007","rtcp_index":0}]' "streams of each"
check "in words too" grep -q ' only rtcp$' <(xs flow show "$id")
check "and as rtcp-index" grep -q 'ssrc 0x00000007 rtcp-index 0$' <(xs flow show "$id")
is "$(xs flow add local 10.0.1.1:30002 deliver only stun 2>&1 | head -n 1)" \
	'xsrtp: a flow is only rtp or only rtcp, not "stun"' "only something else"
is "$(xs flow set "$id" only rtp 2>&1 | grep -c 'anything else by deleting and adding the flow')" 1 \
	"what a flow is for stays"
is "$(xs flow add local 10.0.1.1:30002 deliver rx $CM ssrc 7 rtcp-index 2147483648 2>&1)" \
	"xsrtp: integer out of range (attribute rx.stream.rtcp-index)" "an SRTCP index of 32 bits"
xs flow del all

# --- a flow made again -------------------------------------------------------------------
new_key
added "a flow that sends nothing" 30000
xs flow del all
added "is deleted and at once made again, under its key" 30000
passes "sends" 30000 rtp:7:65535:A rtp:7:0:B rtcp:7:0:A rtcp:7:0:B
is "$(field "$id" .tx.streams)" '[{"ssrc":"0x00000007","roc":1,"seq":0,"rtcp_index":1}]' \
	"says how far it has come"
xs flow del all
refused "is made again under its key" "$SPENT" 30000
refused "told without a sequence number" "$SPENT" 30000 ssrc 7 roc 1 rtcp-index 1
refused "told without SRTCP" "$SPENT" 30000 ssrc 7 roc 1 seq 0
refused "told another SSRC" "$SPENT" 30000 ssrc 8 roc 1 seq 0 rtcp-index 1
refused "told less of SRTP" "$LOW" 30000 ssrc 7 roc 0 seq 65535 rtcp-index 1
refused "told less of SRTCP" "$LOW" 30000 ssrc 7 roc 1 seq 0 rtcp-index 0
refused "told all, but with ROC to start again" "$CLOSED" 30000 ssrc 7 roc 1 seq 0 rtcp-index 1 roc zero
added "told all" 30000 ssrc 7 roc 1 seq 0 rtcp-index 1 streams 2
refused "meanwhile it serves no other flow" "$LIVE" 30002 ssrc 7 roc 1 seq 0 rtcp-index 1
is "$(packets 30000 rtp:7:0:c rtp:7:65535:c)" $'nothing\nnothing' "what was sent is not sent again"
is "$(field "$id" .drops)" '{"index-reuse":2}' "but counted as index-reuse"
passes "what follows is, and another SSRC too" 30000 rtp:7:1:A rtp:8:1:A
is "$(packets 30000 rtcp:7:0:C | tail -c 29 | head -c 8)" 80000002 "SRTCP's index goes on"
xs flow del all
added "only RTP needs no SRTCP index" 30000 only rtp ssrc 7 roc 1 seq 1 ssrc 8 roc 0 seq 1 streams 2
xs flow del all

# --- a key replaced -------------------------------------------------------------------------
new_key
added "a flow" 30000
passes "sends" 30000 rtp:7:1:A
old=$key
new_key
check "has another key" xs key set "$id" tx key "$key"
passes "sends" 30000 rtp:7:2:A
key=$old
refused "the former one for another flow" "$SPENT" 30002
check "itself it may go back to it: its streams go on" xs key set "$id" tx key "$key"
passes "and sends" 30000 rtp:7:3:A
new_key
check "a second key, ready" xs key set "$id" tx key "$key" second
refused "is nobody else's" "$LIVE" 30002
check "unused it is taken away" xs key del "$id" tx second
added "and free" 30002
xs flow del all

# --- what cannot go on ------------------------------------------------------------------------
new_key
added "a flow whose ROC starts again with each key" 30000 roc zero
passes "sends" 30000 rtp:7:1:A
xs flow del all
refused "nothing goes on from there" "$CLOSED" 30000 ssrc 7 roc 0 seq 1
new_key
added "a flow with 17 SSRCs" 30000 streams 32
# shellcheck disable=SC2046
passes "sends" 30000 $(printf 'rtp:%s:1:A ' $(seq 17))
xs flow del all
# shellcheck disable=SC2046
refused "too many to go on from" "$CLOSED" 30000 streams 32 $(printf 'ssrc %s roc 0 seq 1 ' $(seq 17))

# --- at the same time ---------------------------------------------------------------------------
# Three want to send under one key, and give it up again: never do two have it.
contend() { # PORT
	for _ in $(seq 25); do
		add "$1" || { grep -q "$LIVE" <<<"$said" || echo "$said"; continue; }
		echo added
		[ "$(xs -j flow show | jq length)" = 1 ] || echo "two flows have it"
		xs flow del "$id"
	done
}
new_key
for port in 30000 30002 30004; do contend $port >"$work/contend$port" & done
wait
is "$(cat "$work"/contend* | grep -vx added)" "" "three at once: one has it, the others are refused"
check "each had it" test "$(grep -lx added "$work"/contend* | wc -l)" = 3
is "$(xs -j flow show)" "[]" "all have given it up"
added "and it is free" 30000
passes "unused" 30000 rtp:7:1:A
xs flow del all

# --- how many it knows ---------------------------------------------------------------------------
check "a module that knows two former keys" reload former_keys=2
for i in 1 2 3; do
	new_key
	keep[i]=$key
	add 30000 ssrc 7 roc 0 seq 9
	xs flow del all
done
for i in 3 2; do
	key=${keep[i]}
	refused "one of the last two" "$SPENT" 30000
done
key=${keep[1]}
added "the one before is forgotten" 30000
is "$(dmesg | grep -ciE 'inline:|master')" 0 "no key in the log"
ns_del a h b other
check "a namespace went with its keys; the module unloads" unload_module
rm -rf "$work"
done_testing
