# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the end-to-end tests share: three network namespaces, the way to say what
# was proven, processes that are ours to end, and the kernel's counters.
#
#     phone that speaks RTP     the host with xsrtp      phone that speaks SRTP
#     [ plain ] phone0 ------ plain0 [ host ] srtp0 ------ phone0 [ srtp ]
#         192.0.2.2        192.0.2.1   198.51.100.1      198.51.100.2
#     2001:db8:1::2    2001:db8:1::1   2001:db8:2::1    2001:db8:2::2
#
# The host does not route (ip_forward is 0): a packet gets across by the module
# or not at all. Source this from a script that has set -euo pipefail.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$top/build/tools
PATH=$top/build:$PATH:/usr/local/sbin:/usr/sbin:/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/xsrtp-e2e.XXXXXX")
id=xs$$
plain=$id-plain host=$id-host srtp=$id-srtp
pids=()
tests=0 failures=0
style=${E2E_STYLE:-tap}		# tap, or list for people

# --- what was proven ---------------------------------------------------------

if [ "${COLOR:-0}" = 1 ]; then
	green=$'\e[32m' red=$'\e[1;31m' bold=$'\e[1m' dim=$'\e[2m' off=$'\e[0m'
else
	green='' red='' bold='' dim='' off=''
fi

result() { # STATUS TEXT
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		if [ "$style" = list ]; then echo "  ${green}proven${off}  $2"; else echo "ok $tests - $2"; fi
	else
		failures=$((failures + 1))
		if [ "$style" = list ]; then echo "  ${red}FAILED${off}  $2"; else echo "not ok $tests - $2"; fi
	fi
}

# check TEXT COMMAND... - a claim that holds if COMMAND does; on failure its output.
check() {
	local text=$1 status=0
	shift
	"$@" >"$work/check.out" 2>&1 || status=$?
	result "$status" "$text"
	[ "$status" = 0 ] || note "$(cat "$work/check.out")"
}

note() { if [ "$style" = list ]; then echo "$*" | sed 's/^/          /'; else echo "$*" | sed 's/^/# /'; fi; }
say() { if [ "$style" = list ]; then echo "${dim}$*${off}"; else echo "# $*"; fi; }

finish() {
	if [ "$style" = tap ]; then echo "1..$tests"; fi
	[ "$failures" = 0 ]
}

# equal WHAT HAVE WANT - for check(): says both when they differ.
equal() { [ "$2" = "$3" ] || { echo "$1: $2, must be $3"; return 1; }; }

# --- processes and namespaces -------------------------------------------------

in_ns() { local ns=$1; shift; ip netns exec "$ns" "$@"; }

# start NAMESPACE COMMAND... - in the background; its process is $! (ip execs it).
start() {
	local ns=$1
	shift
	ip netns exec "$ns" "$@" &
	pids+=($!)
}

# stop PID [SIGNAL] - end a process of ours and wait for it.
stop() {
	kill -"${2:-TERM}" "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

cleanup() {
	local p ns
	for p in "${pids[@]}"; do kill -KILL "$p" 2>/dev/null || true; done
	wait 2>/dev/null || true
	for ns in "$plain" "$srtp" "$host"; do ip netns del "$ns" 2>/dev/null || true; done
	rm -rf "$work"
}

# wait_for SECONDS COMMAND... - until it succeeds; 1 if it does not in time.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

listens() { # NAMESPACE PORT - is there a UDP socket? (ss loads long under emulation)
	local hex
	hex=$(printf ':%04X ' "$2")
	in_ns "$1" cat /proc/net/udp /proc/net/udp6 | awk '{ print $2 " " }' | grep -q "$hex"
}

# --- the module and the host --------------------------------------------------

module_load() {
	local ko=${XSRTP_KO:-$top/build/module/xsrtp.ko}
	modprobe -q veth || true
	[ -e /sys/module/xsrtp ] || modprobe -q xsrtp 2>/dev/null || insmod "$ko"
}

use_family() { # 4 or 6
	if [ "$1" = 6 ]; then
		prefix=64 open='[' close=']' sdp=IP6
		plain_ip=2001:db8:1::2 host_plain_ip=2001:db8:1::1
		srtp_ip=2001:db8:2::2 host_srtp_ip=2001:db8:2::1
	else
		prefix=24 open='' close='' sdp=IP4
		plain_ip=192.0.2.2 host_plain_ip=192.0.2.1
		srtp_ip=198.51.100.2 host_srtp_ip=198.51.100.1
	fi
}

at() { echo "$open$1$close:$2"; }	# ADDRESS PORT

net_ns() { # NAMESPACE
	ip netns add "$1"
	ip -n "$1" link set lo up
	in_ns "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
}

# A wire from PHONE's namespace to the host's device DEV. A wire carries finished
# checksums, so nobody leaves them to the hardware that veth has not; and veth
# takes frames from XDP only for a peer that polls, which GRO makes it do.
net_wire() { # PHONE DEV
	ip link add phone0 netns "$1" type veth peer name "$2" netns "$host"
	in_ns "$1" ethtool -K phone0 tx off gro on >/dev/null
	in_ns "$host" ethtool -K "$2" tx off >/dev/null
	ip -n "$1" link set phone0 up
	ip -n "$host" link set "$2" up
}

net_up() {
	local ns
	for ns in "$plain" "$host" "$srtp"; do net_ns "$ns"; done
	net_wire "$plain" plain0
	net_wire "$srtp" srtp0
	ip -n "$host" link add dev xsrtp0 type xsrtp
	ip -n "$host" link set xsrtp0 up
}

# Addresses of the family in use. Neighbours are left to ARP and ND.
net_address() {
	ip -n "$plain" addr add "$plain_ip/$prefix" dev phone0
	ip -n "$host" addr add "$host_plain_ip/$prefix" dev plain0
	ip -n "$host" addr add "$host_srtp_ip/$prefix" dev srtp0
	ip -n "$srtp" addr add "$srtp_ip/$prefix" dev phone0
}

xs() { in_ns "$host" xsrtp "$@"; }

attach() { # native or generic
	local dev
	for dev in plain0 srtp0; do xs attach "$dev" --mode "$1"; done
}

detach() {
	local dev
	for dev in plain0 srtp0; do xs detach "$dev"; done
}

# A key file of SUITE; a new key each time.
make_key() { # SUITE FILE
	local n
	case $1 in AEAD_AES_256_GCM) n=44 ;; AEAD_AES_128_GCM) n=28 ;; *) n=30 ;; esac
	(umask 077 && echo "inline:$(head -c "$n" /dev/urandom | base64 -w 0)" >"$2")
}

# --- counters -----------------------------------------------------------------

# before FLOW, gained FLOW: what its counters are, and the JSON object of what was
# added to them since: rx_packets, tx_packets, drops (all reasons), and each reason.
before() { xs -j flow show "$1" >"$work/before.$1"; }
gained() {
	xs -j flow show "$1" | jq -c --slurpfile old "$work/before.$1" '
		def flat: {rx_packets, tx_packets, drops: ([.drops[]?] | add // 0)} + (.drops // {});
		($old[0] | flat) as $o | flat | to_entries
		| map({key, value: (.value - ($o[.key] // 0))}) | from_entries'
}

get() { jq -r ".[\"$2\"] // 0" <<<"$1"; }	# JSON NAME
