#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# guest.sh ROUNDS PACKETS BURSTS SUITES [CELL]: in the virtual machine, runs every
# case by every door (load.c), one line of JSON a round to /run/out/rounds. Lists are
# words in one argument. CELL: only what begins so, "case suite door arms burst".
#
#	phone p0 === a0 host b0 === q0 peer
#
# === is a hub of QEMU's between two virtio-net devices. What leaves the host is
# dropped by the first hook of the device it comes to; its cost is part of all.
set -euo pipefail
. "$(dirname "$0")/../../tests/vm/lib.sh"

rounds=$1 packets=$2 bursts=$3 suites=$4 only=${5:-}
xsrtp=$PWD/build/xsrtp
hooks=/run/bpf/hooks

# By address: tools/bench numbers them.
device() { # NUMBER NS NAME
	local dev
	dev=$(ip -j link show | jq -r ".[] | select(.address == \"52:54:00:00:00:0$1\").ifname")
	ip link set "$dev" netns "$2"
	ip -n "$2" link set "$dev" name "$3"
	ip -n "$2" link set "$3" promisc on
	ip -n "$2" link set "$3" up
}

# Frames that arrive while somebody of a higher priority runs wait for him, and are
# then a burst; who sends first runs first.
threads() { # NS NAME PRIORITY
	local pid
	in_ns "$1" sh -c "echo 1 >/sys/class/net/$2/threaded"
	for pid in $(pgrep "napi/$2"); do chrt -f -p "$3" "$pid"; done
}

network() {
	local ns
	modprobe virtio_net
	ns_add phone host peer
	# Nothing is sent but what is counted.
	for ns in phone host peer; do in_ns "$ns" sysctl -qw net.ipv6.conf.all.disable_ipv6=1; done
	device 1 phone p0
	device 2 host a0
	device 3 host b0
	device 4 peer q0
	ip -n phone addr add 10.71.1.2/24 dev p0
	ip -n host addr add 10.71.1.1/24 dev a0
	ip -n host addr add 10.71.2.1/24 dev b0
	ip -n host neigh replace 10.71.1.3 dev a0 lladdr 52:54:00:00:00:01 nud permanent
	ip -n host neigh replace 10.71.1.2 dev a0 lladdr 52:54:00:00:00:01 nud permanent
	ip -n host neigh replace 10.71.2.2 dev b0 lladdr 52:54:00:00:00:04 nud permanent
	in_ns host sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.a0.send_redirects=0 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.a0.rp_filter=0
	threads host a0 20
	threads host b0 15
	threads peer q0 10
	threads phone p0 10
	ip -n host link add xsrtp0 type xsrtp
	ip -n host link set xsrtp0 up
}

load_hooks() {
	mkdir -p /run/bpf
	mount -t bpf bpf /run/bpf
	bpftool prog loadall build/tools/instructions/hooks.bpf.o "$hooks" pinmaps "$hooks"
	in_ns host bpftool map update pinned "$hooks/hooks_out" key 0 0 0 0 \
		value "$(ip -n host -j link show b0 | jq '.[0].ifindex')" 0 0 0
	hook phone p0 drop
	hook peer q0 drop
}

hook() { # NS DEV PROGRAM
	ip -n "$1" link set "$2" xdpdrv pinned "$hooks/hook_$3"
}

unhook() {
	local dev
	for dev in a0 b0; do
		"$xsrtp" -n host detach "$dev" 2>/dev/null || ip -n host link set "$dev" xdpdrv off
	done
}

door() { # NAME
	unhook
	"$xsrtp" -n host attach a0 native door "$1" >&2
	"$xsrtp" -n host attach b0 native door "$1" >&2
}

cell() { # CASE SUITE DOOR ARMS
	local burst
	for burst in $bursts; do
		[[ $1 == drop || "$1 $2 $3 $4 $burst" == "$only"* ]] || continue
		build/tools/instructions/load "$1" "$2" "$3" "$4" "$burst" "$packets" "$rounds" |
			tee -a /run/out/rounds | sort -u >&2
	done
}

by_hooks() {
	unhook
	cell ip-forward - - 1
	cell ip-forward - - 2
	hook host a0 drop
	cell drop - - 2
	unhook
	hook host a0 tx
	cell xdp-redirect - - 1
	unhook
	hook host a0 redirect
	hook host b0 pass
	cell xdp-redirect - - 2
}

by_door() { # NAME
	local arms suite what
	door "$1"
	for arms in 1 2; do
		cell rtp-rtp - "$1" "$arms"
		for suite in $suites; do
			for what in rtp-srtp srtp-rtp srtp-srtp; do
				cell "$what" "$suite" "$1" "$arms"
			done
		done
	done
	for suite in $suites; do
		for what in forged replay unknown-ssrc; do
			cell "$what" "$suite" "$1" 2
		done
	done
}

load_module
network
load_hooks
by_hooks
by_door device
by_door kfunc
cp /proc/kallsyms /run/out/symbols
