#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# What the other tests stand on: the emulated CPUs survive a kernel that changes its
# own code under traffic, without anything of ours. A first and a last clsact qdisc
# switch jump labels on the path of every packet (net/core/dev.c: ingress_needed_key,
# egress_needed_key). QEMU 7.2 died here within 20 rounds, "Oops: int3", each time.
#
# vm: --qemu 10 --no-module
# time: 300
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
trap cleanup EXIT
rounds=${ROUNDS:-100}

# shellcheck disable=SC2317 # called by check
on_host() { nsenter --net="/run/netns/$host" "$@"; }

# shellcheck disable=SC2317
patch_under_traffic() {
	local i
	for ((i = 1; i <= rounds; i++)); do
		on_host tc qdisc add dev plain0 clsact && on_host tc qdisc del dev plain0 clsact || return 1
	done
}

modprobe -q veth || true
ns_add "$plain" "$host"
wire "$plain" plain0
use_family 4
dev_up "$plain" phone0 "$plain_ip/$prefix"
dev_up "$host" plain0 "$hostplain_ip/$prefix"
start "$plain" rtp-send --from "$(at plain 4000)" --to "$(at hostplain 30000)" \
	--rate 1000 --count 1000000 --time 250 >/dev/null
check "$rounds times a first and a last qdisc under traffic" patch_under_traffic
done_testing
