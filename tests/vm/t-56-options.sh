#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Each rule that a session or a key can have, on packets: tests/vm/options.c.
#
# time: 900
set -euo pipefail
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)

load_module
modprobe veth
ns_add a h b
veth_pair h p0 10.0.1.1/24 a phone0 10.0.1.2/24
veth_pair h s0 10.0.2.1/24 b phone0 10.0.2.2/24
ip -n h link add xsrtp0 type xsrtp
ip -n h link set xsrtp0 up
in_ns h "$top/build/xsrtp" attach p0 >/dev/null
status=0
"$top/build/tests/vm/options" || status=$?
ns_del a h b
unload_module
exit $status
