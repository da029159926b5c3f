#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The guest is what the other tests take for granted.
# vm: --no-module
# time: 400
set -euo pipefail
. "$(dirname "$0")/lib.sh"

busybox=$VM_KERNEL/bin/busybox
has_flag() { grep -qw "$1" /proc/cpuinfo; }

is "$(uname -r | cut -d. -f1,2)" 6.12 "the kernel is 6.12"
check "it has BTF for modules" test -e /sys/kernel/btf/9p
for flag in aes pclmulqdq avx2 vaes; do
	check "the processor has $flag" has_flag "$flag"
done
for fs in bpf debugfs tracefs cgroup2; do
	check "$fs is mounted" grep -qw "$fs" /proc/mounts
done
for m in veth 8021q virtio_net gf128mul; do
	check "modprobe $m" modprobe "$m"
done
check "a warning would panic" test "$(cat /proc/sys/kernel/panic_on_warn)" = 1
check "the root can be written" touch /etc/xsrtp-test
check "the results can be written" touch /run/out/test
rm -f /run/out/test
is "$(cat <(echo piped))" piped "a process substitution can be read"
check "lo answers" "$busybox" ping -q -c 1 -W 5 127.0.0.1
check "a namespace with a veth pair" eval 'ns_add a b && veth_pair a va 10.1.0.1/24 b vb 10.1.0.2/24'
check "the pair carries packets" in_ns a "$busybox" ping -q -c 1 -W 5 10.1.0.2
# shellcheck disable=SC2016 # eval expands it
check "and IPv6" eval 'dev_up a va fd00::1/64 && dev_up b vb fd00::2/64 && in_ns a "$busybox" ping -q -c 1 -W 5 fd00::2'
ns_del a b
done_testing
