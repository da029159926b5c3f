#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# vm:
# time: 1500
#
# Every verb of the command line against the real module and the real XDP program,
# the errors as a user meets them, and that no key is ever printed.
set -uo pipefail
. "$(dirname "$0")/lib.sh"

xsrtp=$PWD/build/xsrtp
tmp=$(mktemp -d)
all=$tmp/all		# everything that xsrtp ever printed
secret=00112233445566778899aabbccddeeff0f1e2d3c4b5a69788796a5b4c3d2
gcm_secret=$secret$secret
CM=AES_CM_128_HMAC_SHA1_80

# x ARGUMENT… - xsrtp in namespace h; $out, $err, $status
x() {
	status=0
	"$xsrtp" -n h "$@" >"$tmp/out" 2>"$tmp/err" || status=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
	cat "$tmp/out" "$tmp/err" >>"$all"
}

works() { # NAME ARGUMENT…
	local name=$1
	shift
	x "$@"
	is "$status:$err" "0:" "$name"
}

# refused STATUS TEXT NAME ARGUMENT… - one sentence, which holds TEXT; no output
refused() {
	local want=$1 text=$2 name=$3
	shift 3
	x "$@"
	if [ "$status" = "$want" ] && [ -z "$out" ] && [ "$(wc -l <"$tmp/err")" = 1 ] &&
		[[ $err == "xsrtp: "*"$text"* ]]; then
		ok "$name"
	else
		not_ok "$name"
		note "  status $status, wanted $want; output: $out"
		note "  error:  $err"
		note "  wanted: $text"
	fi
}

shows() { # TEXT NAME - the last output holds it
	case $out in
	*"$1"*) ok "$2" ;;
	*) not_ok "$2" && note "  no \"$1\" in: ${out//$'\n'/$'\n#   '}" ;;
	esac
}

# json EXPRESSION NAME - the last output is JSON; of it, as j, this holds. Done all
# at once by json_verdicts: to start Python takes a second in the guest.
json() {
	json_count=$((json_count + 1))
	cp "$tmp/out" "$tmp/json.$json_count"
	printf '%s\n' "$1" >"$tmp/json.$json_count.expr"
	json_names+=("$2")
}
json_count=0
json_names=()

json_verdicts() {
	local i
	python3 -c 'import json, sys
for i in range(1, int(sys.argv[2]) + 1):
    path = f"{sys.argv[1]}/json.{i}"
    text = open(path).read()
    try:
        j = json.loads(text)
        good = eval(open(path + ".expr").read())
    except (ValueError, KeyError, IndexError, TypeError):
        good = False
    open(path + ".verdict", "w").write("" if good else text)' "$tmp" "$json_count"
	for ((i = 1; i <= json_count; i++)); do
		is "$(cat "$tmp/json.$i.verdict" 2>&1)" "" "JSON $i: ${json_names[i - 1]}"
	done
}

send() { # COUNT - RTP from the neighbour to 10.9.0.1:4000
	in_ns p python3 -c 'import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.9.0.2", 5000))
for i in range(int(sys.argv[1])):
    s.sendto(struct.pack("!BBHII", 0x80, 0, i, 160 * i, 0x1234abcd) + bytes(160), ("10.9.0.1", 4000))' "$1"
}

ns_add h p
modprobe veth
veth_pair h h0 10.9.0.1/24 p p0 10.9.0.2/24

# --- before there is a module ---------------------------------------------------------
refused 1 "the xsrtp module is not loaded (modprobe xsrtp)" "without the module: says so"
refused 1 "the xsrtp module is not loaded (modprobe xsrtp)" "for flow add too" flow add \
	local 10.9.0.1:4000 deliver
check "the module loads" load_module

# --- usage ------------------------------------------------------------------------------
x nonsense
is "$status" 2 "an unknown verb is exit status 2"
refused 2 "ADDRESS:PORT" "flow add without port" flow add local 10.9.0.1 deliver
refused 2 "brackets" "IPv6 without brackets" flow add local fd00::1:4000 deliver
refused 2 "forward from ADDRESS:PORT" "flow add without action" flow add local 10.9.0.1:4000
refused 2 "AEAD_AES_256_GCM" "an unknown suite: names those there are" flow add \
	local 10.9.0.1:4000 deliver rx FOO
refused 2 "Nothing may follow" "a word too many" stats now
refused 1 "there is none" "a namespace that is not there" -n nowhere show

# --- devices ----------------------------------------------------------------------------
works "show, without anything"
shows "ip link add dev xsrtp0 type xsrtp" "says how to make an xsrtp device"
shows "xsrtp attach DEV" "says how to attach"
refused 1 "ip link add dev xsrtp0 type xsrtp" "attach without an xsrtp device: says how" \
	attach h0
ip -n h link add dev xsrtp0 type xsrtp && ip -n h link set xsrtp0 up
refused 1 "nodev" "attach to no device" attach nodev
works "attach" attach h0 generic
is "$out" "h0: XDP generic, egress" "attach says the mode that was asked for"
refused 1 "h0" "attach twice" attach h0
works "detach" detach h0
refused 1 "h0" "detach twice" detach h0
works "attach, automatic mode" attach h0 to xsrtp0
is "$out" "h0: XDP native, egress" "veth is native"
works "show" show
shows "device xsrtp0 up" "shows the xsrtp device"
shows "attached to h0: XDP native" "shows the attached device"
works "show as JSON" -j
json 'j["devices"] == [{"device": "xsrtp0", "up": True}]' "has the device"
json 'j["attached"][0]["mode"] == "native" and j["attached"][0]["egress"]' "has the mode"
json 'j["flow_count"] == 0 and j["flows"] == []' "has no flows"
ip -n h link add dev xsrtp1 type xsrtp
works "detach again" detach h0
refused 1 'to xsrtp' "attach with two xsrtp devices: asks which" attach h0
ip -n h link del xsrtp1
works "attach with one again" attach h0

# --- keys ---------------------------------------------------------------------------------
umask 077
echo "hex:$secret" >"$tmp/cm.key"
python3 -c 'import base64, sys
print("inline:" + base64.b64encode(bytes.fromhex(sys.argv[1])).decode() + "\nmki:0102")' \
	$secret >"$tmp/mki.key"
echo "hex:${gcm_secret:0:56}" >"$tmp/gcm.key"
cp "$tmp/cm.key" "$tmp/open.key" && chmod 644 "$tmp/open.key"

# --- flows ----------------------------------------------------------------------------------
"$xsrtp" -n h -j monitor >"$tmp/monitor" 2>&1 &
monitor=$!
sleep 1

works "flow add" flow add local 10.9.0.1:4000 remote 10.9.0.2:5000 \
	forward from 10.9.0.1:6000 to 10.9.0.2:7000 tx $CM key "$tmp/cm.key" window 128 streams 4
id=$out
check "prints the flow's number" test "$id" -gt 0
works "flow show" flow show "$id"
shows "flow $id local 10.9.0.1:4000 remote 10.9.0.2:5000 forward from 10.9.0.1:6000 to 10.9.0.2:7000" \
	"shows the flow as it was added"
shows "tx $CM window 128 streams 4 key set" "shows its session"
works "flow show by local endpoint" flow show local 10.9.0.1:4000
works "as JSON" -j flow show "$id"
json 'j["local"] == "10.9.0.1:4000" and j["action"] == "forward" and "rx" not in j' "the flow"
json 'j["tx"] == {"suite": "'$CM'", "window": 128, "max_streams": 4, "has_key": True, "keys": [{"slot": "first", "packets_left": 2**48}], "streams": []}' \
	"the session"
json 'j["rx_packets"] == 0 and j["drops"] == {}' "counters"
works "flow add, IPv6" flow add local '[fd00::1]:4000' deliver rx AEAD_AES_128_GCM
id6=$out
works "flow show, all" -j flow show
json 'len(j) == 2 and [f["id"] for f in j] == ['"$id, $id6"']' "both"
json 'j[1]["rx"]["has_key"] == False' "no key yet"
refused 1 "attribute local" "the same local endpoint twice: names the attribute" flow add \
	local 10.9.0.1:4000 deliver
refused 1 "attribute rx.window" "a bad window: names the attribute" flow add \
	local 10.9.0.1:4002 deliver rx $CM window 100
refused 1 "attribute tx.max-streams" "too many streams: names the attribute" flow add \
	local 10.9.0.1:4002 forward from 10.9.0.1:1 to 10.9.0.2:2 tx $CM streams 100000
works "nothing was added by those" -j flow show
json 'len(j) == 2' "there are still two"
refused 1 "no" "a flow that is not there" flow show 4000000000
refused 1 "no" "and its deletion" flow del 4000000000

works "flow add with a cookie" flow add local 10.9.0.1:4012 deliver cookie 18446744073709551615
cookie=$out
works "flow set leaves it" flow set "$cookie" remote 10.9.0.2:5012
works "is seen" flow show "$cookie"
shows "deliver cookie 18446744073709551615" "the largest there is"
works "as JSON" -j flow show "$cookie"
json 'j["cookie"] == 2**64 - 1' "its cookie"
refused 2 "a number from 1 on" "cookie 0" flow add local 10.9.0.1:4014 deliver cookie 0
refused 2 "is not a number" "a cookie that is none" flow add local 10.9.0.1:4014 deliver cookie mine
refused 2 "anything else by deleting and adding" "a cookie for a flow that is there" flow set "$cookie" cookie 7
works "flow del, of a flow with a cookie" flow del "$cookie"

# --- rules ------------------------------------------------------------------------------------
works "flow add with rules" flow add local 10.9.0.1:4010 deliver rx $CM key "$tmp/mki.key" \
	window 1024 streams 8 evict ext-ids 1,14 roc-rate 100 lifetime 2^20 rate 4096 \
	ssrc 0x1234abcd roc 7 seq 100 ssrc 99 roc 1
rules=$out
works "is seen" flow show "$rules"
shows "rx $CM window 1024 streams 8 key-rate evict roc-rate 100 ext-ids 1,14 key set" \
	"its rules, in the words of flow add"
shows "first key mki 0102 1048576 packets left rate 4096" "its key"
shows "ssrc 0x1234abcd roc 7 seq 100" "the stream that was told"
works "as JSON" -j flow show "$rules"
json 'j["rx"]["flags"] == ["key-rate", "evict"] and j["rx"]["ext_ids"] == [1, 14]' "rules"
json 'j["rx"]["keys"] == [{"slot": "first", "mki": "0102", "packets_left": 1 << 20, "rate": 4096}]' "key"
works "key set, second" key set "$rules" rx key - second lifetime 500 <<<"hex:${gcm_secret:2:60}
mki:03"
works "is seen" flow show "$rules"
shows "second key mki 03 500 packets left" "the second key"
works "key swap" key swap "$rules" rx
works "is seen" -j flow show "$rules"
json '[(k["slot"], k["mki"]) for k in j["rx"]["keys"]] == [("first", "03"), ("second", "0102")]' "the other way round"
works "key del, second" key del "$rules" rx second
works "is seen" -j flow show "$rules"
json '[(k["slot"], k["mki"]) for k in j["rx"]["keys"]] == [("first", "03")]' "one key is left"
refused 1 "there is no second key (attribute rx)" "key swap without a second key" key swap "$rules" rx
works "flow del" flow del "$rules"
works "roc, cryptex and unencrypted-srtcp" flow add local 10.9.0.1:4010 forward \
	from 10.9.0.1:6002 to 10.9.0.2:7002 tx $CM roc zero cryptex unencrypted-srtcp
rules=$out
works "are seen" flow show "$rules"
shows "tx $CM window 64 streams 1 unencrypted-srtcp cryptex roc zero no key" "all three"
works "flow del" flow del "$rules"
refused 1 "attribute tx.roc-rate" "roc-rate with GCM: names the attribute" flow add \
	local 10.9.0.1:4010 forward from 10.9.0.1:6002 to 10.9.0.2:7002 tx AEAD_AES_128_GCM roc-rate 4
refused 2 "say rx SUITE too" "evict of a sender" flow add local 10.9.0.1:4010 forward \
	from 10.9.0.1:6002 to 10.9.0.2:7002 tx $CM evict
refused 2 "keep, zero or try" "an unknown ROC policy" flow add local 10.9.0.1:4010 deliver rx $CM roc on
refused 2 "list of ids" "a bad list of ids" flow add local 10.9.0.1:4010 deliver rx $CM ext-ids 1,256
refused 2 "a key's" "a lifetime without a key" flow add local 10.9.0.1:4010 deliver rx $CM lifetime 9
refused 2 "2^48" "too long a lifetime" key set "$id" tx key "$tmp/mki.key" lifetime 2^49

# --- packets, and the XDP program's table ----------------------------------------------------
send 5
sleep 0.5
works "stats" -j stats
json 'j["xdp"]["redirected"] == 5' "the XDP program redirects the flow's packets"
works "flow show with traffic" -j flow show "$id"
json 'j["rx_packets"] == 5 and j["rx_bytes"] == 5 * 172' "the flow counts them"
json 'j["tx_packets"] == 5 and j["tx_bytes"] == 5 * 182' "protected they are 10 bytes longer"
json '[(s["ssrc"], s["roc"], s["seq"]) for s in j["tx"]["streams"]] == [("0x1234abcd", 0, 4)]' \
	"and have a stream"
works "flow show, text" flow show "$id"
shows "received 5 packets 860 bytes, sent 5 packets 910 bytes" "says the same"
shows "ssrc 0x1234abcd roc 0 seq 4" "and the stream"
works "top" -j top 1 1
json 'j["flows"][0]["rx_packets"] == 5 and j["flows"][0]["to"] == "10.9.0.2:7000"' "top: the flow"
works "top, text" top 1 2
is "$(grep -c "10.9.0.1:4000" <<<"$out")" 2 "top: two blocks"

# --- keys of a flow -----------------------------------------------------------------------------
works "key del" key del "$id" tx
works "is seen" -j flow show "$id"
json 'j["tx"]["has_key"] == False' "no key"
send 3
sleep 0.5
works "traffic without a key" -j flow show "$id"
json 'j["drops"] == {"no-key": 3}' "is dropped, and says why"
works "in text too" flow show "$id"
shows "dropped 3 no-key" "text: drops"
works "in the totals too" show
shows "dropped 3 no-key" "show: drops"
works "key set, with MKI" key set local 10.9.0.1:4000 tx key "$tmp/mki.key"
works "is seen" -j flow show "$id"
json 'j["tx"]["has_key"] == True and j["tx"]["keys"][0]["mki"] == "0102"' "key set"
works "key set for IPv6" key set "$id6" rx key "$tmp/gcm.key"
"$xsrtp" -n h key set "$id6" rx key - <"$tmp/gcm.key" >"$tmp/out" 2>&1
is "$?" 1 "the same key again is refused"
note "$(cat "$tmp/out")"
sed "s/00/01/" "$tmp/gcm.key" | "$xsrtp" -n h key set "$id6" rx key - >"$tmp/out" 2>&1
is "$?:$(cat "$tmp/out")" "0:" "a key from standard input"
refused 1 "takes 30 bytes (master key 16, master salt 14), got 28" "a key of the wrong length" \
	key set "$id" tx key "$tmp/gcm.key"
refused 1 "plain RTP" "a key for a plain direction" key set "$id" rx key "$tmp/cm.key"
refused 1 "No such file" "a key file that is not there" key set "$id" tx key "$tmp/none"
refused 2 "standard input" "both keys from standard input" flow add local 10.9.0.1:4004 deliver \
	rx $CM key - tx $CM key -
x flow add local 10.9.0.1:4006 deliver rx $CM key "$tmp/open.key"
is "$status:${err%% key file*}" "0:xsrtp: warning:" "a key file that others can read: a warning"
works "flow del" flow del local 10.9.0.1:4006

# --- flow set ---------------------------------------------------------------------------------
works "flow set" flow set "$id" forward from 10.9.0.1:6000 to 10.9.0.2:7002
works "is seen" -j flow show "$id"
json 'j["destination"] == "10.9.0.2:7002"' "the new destination"
works "from anyone" flow set "$id" remote any
works "is seen" -j flow show "$id"
json '"remote" not in j and j["tx"]["has_key"] == True' "no remote, and the key stayed"
works "from one again" flow set local 10.9.0.1:4000 remote 10.9.0.2:5000
refused 2 "nothing to change" "flow set of nothing" flow set "$id"
refused 2 "xsrtp key set" "flow set of a suite" flow set "$id" rx $CM
refused 1 "attribute " "deliver of a flow that has tx: the kernel says no" flow set "$id" deliver

# --- rights ---------------------------------------------------------------------------------------
nobody() { ip netns exec h setpriv --reuid 65534 --clear-groups "$xsrtp" "$@"; }
nobody flow del all >"$tmp/out" 2>&1
is "$?" 1 "nobody may not delete"
check "and is told why" grep -q CAP_NET_ADMIN "$tmp/out"
check "nobody may look" nobody flow show

# --- delete -----------------------------------------------------------------------------------------
works "stats before" -j stats
before=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["xdp"]["redirected"])' "$tmp/out")
works "flow del by local endpoint" flow del local 10.9.0.1:4000
send 4
sleep 0.5
works "stats after" -j stats
json 'j["xdp"]["redirected"] == '"$before" "the XDP program no longer redirects its packets"
for port in {5000..5026..2}; do "$xsrtp" -n h flow add local "10.9.0.1:$port" deliver; done >"$tmp/ids"
is "$(sort -n "$tmp/ids" | uniq | wc -l)" 14 "14 more flows, each with its own number"
works "show of many" show
shows "... and 3 more" "shows the first ones"
works "flow del all" flow del all
works "nothing is left" -j flow show
json 'j == []' "no flows"

# --- stats, monitor -----------------------------------------------------------------------------------
works "stats, text" stats
shows "bad-tag" "names every reason"
x -p stats
json 'j["module"]["drops"]["no-key"] == 3 and j["module"]["flows"] == 0' "pretty JSON"
kill "$monitor"
wait "$monitor" 2>/dev/null
cat "$tmp/monitor" >>"$all"
check "monitor: each line is JSON" python3 -c 'import json, sys
ev = [json.loads(l) for l in open(sys.argv[1])]
n = [e["event"] for e in ev]
assert n[:2] == ["flow-new", "flow-new"], n
assert n.count("flow-new") == 20 and n.count("flow-del") == 20, n
assert n.count("key-del") == 2 and n.count("key-set") == 4 and n.count("flow-set") == 4, n
assert n.count("key-swap") == 1, n
event = [e["tx"]["events"] for e in ev if e["event"] == "event"]
assert ["new-stream"] in event, event
assert ev[0]["local"] == "10.9.0.1:4000", ev[0]' "$tmp/monitor"

# --- no key anywhere, and a clean end -------------------------------------------------------------------
never_printed() { ! grep -qi "$1" "$all"; }
for piece in 00112233445566 aabbccddeeff ABEiM0RVZneImaq7zN3u; do
	check "no key was ever printed ($piece)" never_printed "$piece"
done
json_verdicts
works "detach" detach h0
works "show at the end" show
shows "not attached" "nothing is attached"
ns_del h p
check "the module unloads" unload_module
done_testing
