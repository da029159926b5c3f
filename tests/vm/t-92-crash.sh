#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# xsrtpd is killed at twenty steps (LONG=1: 200) of start, set-up, rekey and tear-down of
# a call, while three other calls have media through the module: they lose no packet, each
# start takes them up, and no flow is left of the call that was half done. A re-INVITE of a
# call that was taken up works, under new keys; a delete leaves nothing. tests/vm/crash.py
# has it all, tests/daemon/run-crash every step without the module.
#
# vm:
# time: 900
#
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

trap cleanup EXIT
trap 'exit 130' INT TERM HUP

module_up
net_up
use_family 4
attach native
python3 "$top/tests/vm/crash.py" "$plain" "$host" "$srtp"
