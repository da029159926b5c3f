#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The virtual machine tells a failure from a success: each way for a run to fail
# is tried, on the host. Takes about a minute. With the argument debug it tries what
# the debug kernel finds and no other does, which takes some ten minutes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
run=$(dirname "$0")/run
scripts=$(mktemp -d)
trap 'rm -rf "$scripts"' EXIT

script() { # NAME TEXT
	echo "$2" >"$scripts/$1.sh"
}

# run_status NAME OPTION… - the status; the output in $scripts/NAME.out
run_status() {
	local name=$1 status=0
	shift
	"$run" --no-module "$@" "$scripts/$name.sh" >"$scripts/$name.out" 2>&1 || status=$?
	echo "$status"
}

says() { # NAME TEXT
	grep -qF -- "$2" "$scripts/$1.out" || { cat "$scripts/$1.out"; return 1; }
}

# --- what the debug kernel finds ----------------------------------------------------

build_splat() {
	local kdir
	kdir=$("$(dirname "$0")/debug-kernel" --print | sed -n 's/^KDIR=//p')
	cp -r "$(dirname "$0")/splat" "$scripts/"
	make -s -C "$kdir" M="$scripts/splat" modules >"$scripts/make.log" 2>&1 ||
		{ tail -n 20 "$scripts/make.log"; return 1; }
}

finds() { # BUG TEXT
	local name=selftest-$1 status
	script "$name" "insmod $scripts/splat/xsrtp_splat.ko bug=$1; exit 0"
	status=$(run_status "$name" --kernel debug --time 400)
	check "$1: the run fails ($status)" test "$status" = 99 -o "$status" = 125
	check "$1: and the report is shown" says "$name" "$2"
}

debug_selftest() {
	build_splat
	script selftest-quiet "insmod $scripts/splat/xsrtp_splat.ko bug=none; exit 0"
	is "$(run_status selftest-quiet --kernel debug --time 400)" 0 "a script that does nothing wrong passes"
	finds use-after-free "KASAN: slab-use-after-free"
	finds shift "UBSAN: shift-out-of-bounds"
	finds lock-order "possible circular locking dependency detected"
	finds sleep "BUG: scheduling while atomic"
	finds rcu "suspicious rcu_dereference_check() usage"
	finds leak "[xsrtp_splat]"
	done_testing
}

[ "${1:-}" != debug ] || debug_selftest

# --- what each kernel finds ---------------------------------------------------------

script selftest-status 'echo to-stdout; echo to-stderr >&2; echo result >/run/out/file; exit 3'
script selftest-warn 'echo "<4>WARNING: CPU: 0 PID: 1 at nowhere.c:1" >/dev/kmsg; exit 0'
script selftest-panic 'echo c >/proc/sysrq-trigger; sleep 60'
script selftest-hang 'sleep 1000'
# shellcheck disable=SC2016 # for the guest
script selftest-off '"$VM_KERNEL/bin/busybox" poweroff -f'

mkdir "$scripts/out"
# Two at once, which must not meet.
run_status selftest-hang --time 30 >"$scripts/hang.status" &
hanging=$!
is "$(run_status selftest-status --out "$scripts/out")" 3 "a script that exits 3 gives 3"
check "its output comes through" says selftest-status to-stdout
check "its errors too" says selftest-status to-stderr
is "$(cat "$scripts/out/file")" result "its results are in the folder"
wait "$hanging"
is "$(cat "$scripts/hang.status")" 124 "a script that hangs is ended"
check "and the message says so" says selftest-hang "did not end within 30 s"
is "$(run_status selftest-warn)" 99 "a warning in the kernel's log fails a script that exits 0"
check "and is shown" says selftest-warn "at nowhere.c:1"
is "$(run_status selftest-panic)" 125 "a panic fails"
check "and is shown" says selftest-panic "sysrq triggered crash"
is "$(run_status selftest-off)" 125 "a guest that goes away without a status fails"
done_testing
