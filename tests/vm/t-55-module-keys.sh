#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Keys change while media flows: nothing is dropped, the stream goes on, a key
# that changes nothing is refused, a deleted key fails closed; between two hosts,
# where the receiver has the new key before the sender uses it, no packet is lost;
# and namespaces go with flows in them and keys still to be wiped.
#
# time: 1200
set -euo pipefail
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
export PATH=$top/build:$top/build/tools:$PATH
suite=AEAD_AES_256_GCM

xs() { in_ns h xsrtp "$@"; }
new_key() { echo "inline:$(head -c 44 /dev/urandom | base64 -w 0)" >"$key"; }
field() { xs -j flow show 1 | jq -r "$1"; }
sent_over() { test "$(field .tx_packets)" -gt "$1"; }
no_key_over() { test "$(drop no-key)" -gt "$1"; }
drop() { field ".drops[\"$1\"] // 0"; }

load_module
modprobe veth
ns_add a h b
veth_pair h p0 10.0.1.1/24 a phone0 10.0.1.2/24
veth_pair h s0 10.0.2.1/24 b phone0 10.0.2.2/24
ip -n h link add xsrtp0 type xsrtp
ip -n h link set xsrtp0 up
key=$(mktemp)
chmod 600 "$key"
new_key
xs flow add local 10.0.1.1:30000 forward from 10.0.2.1:30010 to 10.0.2.2:5000 \
	tx $suite key "$key" learn never >/dev/null
xs attach p0 >/dev/null
ip netns exec a rtp-send --from 10.0.1.2:4000 --to 10.0.1.1:30000 --rate 300 --count 10000000 --time 3000 >/dev/null &
sender=$!
wait_for 20 sent_over 20

for _ in $(seq 12); do
	new_key
	xs key set 1 tx key "$key" || not_ok "a new key"
done
one=$(field .tx_packets)
check "media goes on over 12 changes of key" \
	wait_for 20 sent_over $((one + 50))
is "$(field '[.drops[]] | add // 0')" 0 "no packet was dropped"
is "$(field '.tx.streams | length')" 1 "still the one stream"
if xs key set 1 tx key "$key" 2>"$key.err"; then
	not_ok "the same key again is refused"
else
	check "the same key again is refused, and it says why" grep -q 'already in use' "$key.err"
fi

xs key del 1 tx
one=$(field .tx_packets)
check "without a key packets drop" wait_for 20 no_key_over 20
is "$(field .tx_packets)" "$one" "and none is sent on"
new_key
xs key set 1 tx key "$key"
check "with a new key media goes on" \
	wait_for 20 sent_over $((one + 20))
new_key
xs key set 1 tx key "$key"
kill $sender
wait

# b is a second host, which decrypts for c. A key in h and in b, h the last to know.
xs2() { in_ns b xsrtp "$@"; }
change_key() {
	new_key
	xs2 key set 1 rx key "$key" second && xs key set "$out" tx key "$key"
}
switched() { # TIMES - the second host has told so often that its peer has changed over
	[ "$(grep -c '"key-switch"' "$key.events")" -ge "$1" ]
}
ns_add c
veth_pair b c0 10.0.3.1/24 c phone0 10.0.3.2/24
ip -n b link add xsrtp0 type xsrtp
ip -n b link set xsrtp0 up
new_key
out=$(xs flow add local 10.0.1.1:30002 forward from 10.0.2.1:30012 to 10.0.2.2:5000 \
	tx $suite key "$key" learn never)
xs2 flow add local 10.0.2.2:5000 forward from 10.0.3.1:6000 to 10.0.3.2:7000 \
	rx $suite key "$key" >/dev/null
xs2 attach phone0 >/dev/null
ip netns exec b xsrtp -j monitor >"$key.events" &
monitor=$!
ip netns exec c rtp-recv --on 10.0.3.2:7000 --count 2500 --idle 8000 --time 200 >"$key.recv" &
receiver=$!
sleep 2
ip netns exec a rtp-send --from 10.0.1.2:4000 --to 10.0.1.1:30002 --rate 100 --count 2500 >/dev/null &
sender=$!
changes=0
while kill -0 $sender 2>/dev/null && [ $changes -lt 8 ] && change_key; do
	changes=$((changes + 1))
	wait_for 20 switched $changes || not_ok "the second host tells of change $changes"
done
wait $sender $receiver || true
kill $monitor
is "$changes" 8 "8 changes of key under traffic, each told as key-switch"
is "$(jq -c '[.good, .lost, .wrong]' "$key.recv")" '[2500,0,0]' \
	"make before break: of 2500 packets none is lost"
is "$(xs2 -j flow show 1 | jq -c .drops)" '{}' "and none was dropped"
ns_del h
ns_del a b c
check "a namespace went with its flow; the module unloads" unload_module
is "$(dmesg | grep -ciE 'inline:|master')" 0 "no key in the log"
done_testing
