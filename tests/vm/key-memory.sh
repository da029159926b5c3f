#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The guest's part of tests/e2e/key-memory.sh, which says when somebody has looked.
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
module_up
net_up
use_family 4
start "$host" "$top/build/tests/vm/keys" /run/out
keys=$!
ready "the flows" test -e /run/out/live
# Only now: the program is told of flows that the command line did not add.
xs attach plain0 native >/dev/null
# Each key is used: what a session leaves on stacks and in registers is looked for too.
while read -r suite _; do
	port=$((${port:-29998} + 2))
	in_ns "$plain" rtp-send --from "$(at plain 4000)" --to "$(at hostplain $port)" --count 20 \
		--rate 0 >/dev/null
	counters $(((port - 29998) / 2))	# the namespace's ids begin at 1
	echo "$suite ${now[tx_packets]}"
done </run/out/keys >/run/out/sent.new
mv /run/out/sent.new /run/out/sent
wait "$keys"
