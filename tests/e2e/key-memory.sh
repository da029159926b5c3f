#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Keys in the memory of the whole machine, looked for from outside, by QEMU: while their
# flows are there only what the packets need, after that nothing. tests/vm/keys.c makes the
# keys in the guest and wipes each copy of its own.
#
# time: 400
set -euo pipefail

here=$(dirname "$0")
work=$(mktemp -d "${TMPDIR:-/tmp}/xsrtp-memory.XXXXXX")
vm=''
trap '[ -z "$vm" ] || kill "$vm" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
mkdir "$work/out"
"$here/../vm/run" --no-build --time 340 --memory 640M --out "$work/out" \
	--net "-qmp unix:$work/qmp,server=on,wait=off" "$here/../vm/key-memory.sh" >"$work/log" 2>&1 &
vm=$!
status=0
"$here/key_memory.py" "$work" 640 "$vm" || status=1
wait "$vm" || status=1
vm=''
[ "$status" = 0 ] || sed 's/^/# /' "$work/log"
exit "$status"
