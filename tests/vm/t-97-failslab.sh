#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Want of memory: each allocation of the module's fails once. Only on the kernel that finds
# bugs, the others cannot fail on demand: tools/check --debug-kernel. LONG=1: the core's, too,
# when it makes a device or a namespace (half an hour).
#
# time: 900
set -euo pipefail
. "$(dirname "$0")/lib.sh"

tests=$(dirname "$0")/../../build/tests/vm
faults=/sys/kernel/debug/failslab
mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
if [ ! -d "$faults" ]; then
	echo "1..0 # SKIP this kernel cannot have an allocation fail (tools/check --debug-kernel)"
	exit 0
fi

# The stacks that count are those with the module on them: it is the only one, and its text
# comes first. Without a message for each, which would come with a stack.
aim() {
	local start size
	read -r start size < <(awk '$1 == "xsrtp" { print $6, $2 }' /proc/modules)
	echo "$start" >"$faults/require-start"
	printf '0x%x\n' "$((start + size))" >"$faults/require-end"
	echo 0 >"$faults/verbose"
	echo N >"$faults/ignore-gfp-wait"
	echo -1 >"$faults/times"
}

ns_add failing
load_module
aim
status=0
# not in_ns, whose /sys has no debugfs
nsenter --net=/run/netns/failing "$tests/failslab" "${OPERATIONS:-2000}" ${LONG:+more} 2>/run/failslab.err || status=1
ns_del failing
unload_module
# "ip" says each time what it could not do; any other word is worth reading
grep -v '^Cannot find device\|^RTNETLINK\|^unshare\|^ip' /run/failslab.err | head -n 20 || true
exit "$status"
