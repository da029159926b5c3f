#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The netlink family under load and under fire: many flows, and requests that are
# wrong. Each in a network namespace of its own.
#
# time: 1800
set -euo pipefail
. "$(dirname "$0")/lib.sh"

tests=$(dirname "$0")/../../build/tests/vm
ns_add flows abuse
load_module
failed=0
in_ns flows "$tests/netlink-flows" 10000 || failed=1
in_ns abuse "$tests/netlink-abuse" 100000 "${SEED:-$RANDOM}" || failed=1
ns_del flows abuse
unload_module
exit "$failed"
