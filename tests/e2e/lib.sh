# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What the end-to-end tests share, over tests/vm/lib.sh: three network namespaces
# in a row, processes that are ours to end, keys, and the kernel's counters.
#
#     phone that speaks RTP     the host with xsrtp      phone that speaks SRTP
#     [ plain ] phone0 ------ plain0 [ host ] srtp0 ------ phone0 [ srtp ]
#         192.0.2.2        192.0.2.1   198.51.100.1      198.51.100.2
#     2001:db8:1::2    2001:db8:1::1   2001:db8:2::1    2001:db8:2::2
#
# The host does not route (ip_forward is 0): a packet gets across by the module
# or not at all. Source this from a script that has set -euo pipefail.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/vm/lib.sh
. "$top/tests/vm/lib.sh"

PATH=$top/build:$top/build/tools:$PATH:/usr/local/sbin:/usr/sbin:/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/xsrtp-e2e.XXXXXX")
plain=xs$$-plain host=xs$$-host srtp=xs$$-srtp
pids=()
set -E
trap 'echo "Bail out! ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR

# --- what was proven: TAP, or a list for people -------------------------------

green='' red='' bold='' dim='' off=''
if [ "${COLOR:-0}" = 1 ]; then
	green=$'\e[32m' red=$'\e[1;31m' bold=$'\e[1m' dim=$'\e[2m' off=$'\e[0m'
fi

title() { echo "# $*"; }
say() { echo "# $*"; }

if [ "${E2E_STYLE:-tap}" = list ]; then
	title() { printf '\n%s\n' "$bold$*$off"; }
	say() { echo "  $dim$*$off"; }
	note() { echo "          $*"; }
	ok() {
		tap_count=$((tap_count + 1))
		echo "$*" | fold -s -w 69 | sed "s/ *$//; 1s/^/  ${green}proven$off  /; 1!s/^/          /"
	}
	not_ok() {
		tap_count=$((tap_count + 1))
		tap_failed=$((tap_failed + 1))
		echo "$*" | fold -s -w 69 | sed "s/ *$//; 1s/^/  ${red}FAILED$off  /; 1!s/^/          /"
	}
	done_testing() {
		[ "$tap_failed" = 0 ] && [ "$tap_count" -gt 0 ]
		exit
	}
fi

# equal WHAT HAVE WANT - for check(): says both when they differ.
equal() { [ "$2" = "$3" ] || { echo "$1: $2, must be $3"; return 1; }; }

# get JSON NAME - a number of a one-line report; 0 if it has none. (In bash: under
# emulation a process costs more than the packets it reports on.)
get() {
	if [[ $1 =~ \"$2\":([0-9]+) ]]; then echo "${BASH_REMATCH[1]}"; else echo 0; fi
}

# --- processes ----------------------------------------------------------------

# start NAMESPACE COMMAND… - in the background; its process is $! (ip execs it).
start() {
	ip netns exec "$@" &
	pids+=($!)
}

# ready WHAT COMMAND… - wait for something of ours. Long: a machine emulated on a
# busy one takes half a minute to load a program.
ready() {
	local what=$1
	shift
	wait_for 120 "$@" || { echo "Bail out! $what is not ready after 120 s"; exit 1; }
}

# stop PID [SIGNAL] - end a process that start() made, and wait for it.
stop() {
	kill -"${2:-TERM}" "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

cleanup() {
	local p
	for p in "${pids[@]}"; do kill -KILL "$p" 2>/dev/null || true; done
	wait 2>/dev/null || true
	ns_del "$plain" "$srtp" "$host"
	rm -rf "$work"
}

# listens PID PORT - has the process's namespace a UDP socket on that port?
listens() {
	local hex line
	printf -v hex ':%04X ' "$2"
	while read -r line; do
		if [[ $line =~ ^[0-9]+:\ [0-9A-F]+$hex ]]; then return 0; fi
	done < <(cat "/proc/$1/net/udp" "/proc/$1/net/udp6" 2>/dev/null)
	return 1
}

# --- the host and its phones --------------------------------------------------

use_family() { # 4 or 6
	if [ "$1" = 6 ]; then
		prefix=64 open='[' close=']'
		plain_ip=2001:db8:1::2 hostplain_ip=2001:db8:1::1
		srtp_ip=2001:db8:2::2 hostsrtp_ip=2001:db8:2::1
	else
		prefix=24 open='' close=''
		plain_ip=192.0.2.2 hostplain_ip=192.0.2.1
		srtp_ip=198.51.100.2 hostsrtp_ip=198.51.100.1
	fi
}

# at WHO PORT - an endpoint: plain, hostplain, hostsrtp or srtp.
at() { local ip=${1}_ip; echo "$open${!ip}$close:$2"; }

# A wire from a phone to the host's device. A wire carries finished checksums, so
# nobody leaves them to hardware that veth has not; and veth takes XDP's frames
# only for a peer that polls (drivers/net/veth.c, veth_xdp_xmit), as GRO makes it.
wire() { # PHONE DEV
	ip link add phone0 netns "$1" type veth peer name "$2" netns "$host"
	in_ns "$1" ethtool -K phone0 tx off gro on >/dev/null
	in_ns "$host" ethtool -K "$2" tx off >/dev/null
}

# Neighbours are left to ARP and ND.
net_up() {
	local n
	modprobe -q veth || true
	ns_add "$plain" "$host" "$srtp"
	in_ns "$host" sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	wire "$plain" plain0
	wire "$srtp" srtp0
	for n in 4 6; do
		use_family $n
		dev_up "$plain" phone0 "$plain_ip/$prefix"
		dev_up "$host" plain0 "$hostplain_ip/$prefix"
		dev_up "$host" srtp0 "$hostsrtp_ip/$prefix"
		dev_up "$srtp" phone0 "$srtp_ip/$prefix"
	done
	ip -n "$host" link add dev xsrtp0 type xsrtp
	ip -n "$host" link set xsrtp0 up
}

module_up() {
	[ -e /sys/module/xsrtp ] || load_module
}

# xs ARGUMENT… - the command line, on the host.
xs() { in_ns "$host" xsrtp "$@"; }

attach() { # native or generic
	local dev
	for dev in plain0 srtp0; do say "$(xs attach "$dev" "$1")"; done
}

detach() {
	local dev
	for dev in plain0 srtp0; do xs detach "$dev"; done
}

# A new key, in the form of SDP.
make_key() { # SUITE FILE
	local n=16 salt=14
	case $1 in AES_192*) n=24 ;; *_256_*) n=32 ;; esac
	case $1 in *GCM*) salt=12 ;; esac
	(umask 077 && echo "inline:$(head -c $((n + salt)) /dev/urandom | base64 -w 0)" >"$2")
}

# datagrams FAMILY In|Out PID - UDP of the process's namespace, in all. Without starting
# a process: under emulation that takes longer than what is watched.
datagrams() {
	local name value out=''
	local -n field=udp$2
	if [ "$1" = 6 ]; then
		while read -r name value; do
			[ "$name" != "Udp6$2Datagrams" ] || out=$value
		done <"/proc/$3/net/snmp6"
	else
		while read -r -a value; do
			if [[ ${value[0]} = Udp: && ${value[1]} != In* ]]; then out=${value[field]}; fi
		done <"/proc/$3/net/snmp"
	fi
	echo "$out"
}
# shellcheck disable=SC2034 # by name: columns of /proc/net/snmp
udpIn=1 udpOut=4

# --- counters -----------------------------------------------------------------

# counters FLOW - into the array now: rx_packets, tx_packets, each drop reason, and
# drops, their sum.
declare -A now
counters() {
	local json drops
	json=$(xs -j flow show "$1")
	drops=${json#*\"drops\":\{}
	drops=${drops%%\}*}
	now=([rx_packets]=$(get "$json" rx_packets) [tx_packets]=$(get "$json" tx_packets) [drops]=0)
	while [[ $drops =~ \"([a-z-]+)\":([0-9]+)(.*) ]]; do
		now[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
		now[drops]=$((now[drops] + BASH_REMATCH[2]))
		drops=${BASH_REMATCH[3]}
	done
}

# before FLOW … gained FLOW - what its counters have gained meanwhile, as JSON in gain.
declare -A was
before() {
	local name
	counters "$1"
	was=()
	for name in "${!now[@]}"; do was[$name]=${now[$name]}; done
}

gained() {
	local name sep='{'
	counters "$1"
	gain=''
	for name in "${!now[@]}"; do
		gain+="$sep\"$name\":$((now[$name] - ${was[$name]:-0}))"
		sep=,
	done
	gain+='}'
}
