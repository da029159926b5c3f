#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Under flood, calls do not hear it: 200 calls of 50 packets/s run from 200 phones to
# a plain UDP receiver that knows nothing of xsrtp, while a flood comes by the same
# wire; without the guard, and with it. Native, without the module.
#
#     phones and attacker              media server
#     [ plain ] phone0 --------- plain0 [ host ]  the guard, 200 sockets
#
# Asserted with the guard: each call got each of its packets; no packet is missing
# in the guard's counters; the flood was dropped for the right reason; the offenders
# name it. Without it, only that the flood reached the receiver. The receiver has one
# CPU, the usual room in its sockets, and works 30 us for each packet: the calls are
# 10,000 packets/s, a third of what it can take, and with a flood of 50,000 it drowns.
#
# Whoever loses a packet says so: each hop's counters are read. A loss on the wire or
# in the sockets of the guarded run (a machine too busy) is not the guard's; the run
# is made again, twice at most.
#
# time: 290
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly CALLS=200 COUNT=200		# packets of each call: 4 s
readonly SSRC=0x5ca11000		# of the first call (tools/calls-load.c)
readonly RATE=50000 FLOOD=125000	# 2.5 s
readonly WORK_NS=30000
readonly PORT=30000 LAST=$((30000 + 2 * CALLS - 2)) PHONE=40000

trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# --- the network --------------------------------------------------------------------

addresses() { # FAMILY - of the phones
	local i
	use_family "$1"
	for ((i = 0; i < CALLS; i++)); do
		if [ "$1" = 4 ]; then echo "addr add 192.0.2.$((i + 2))/24 dev phone0"; else
			printf 'addr add 2001:db8:1::%x/64 dev phone0 nodad\n' $((i + 2))
		fi
	done
}

# GRO on both ends makes veth poll, with XDP and without it: one wire for all runs.
# Its ring has 256 places and refuses the rest; the queue before it holds them back.
flood_net_up() {
	modprobe -q veth || true
	ns_add "$plain" "$host"
	wire "$plain" plain0
	in_ns "$host" ethtool -K plain0 gro on >/dev/null
	tc -n "$plain" qdisc add dev phone0 root pfifo limit 20000 2>/dev/null ||
		note "no queue before the wire (tc)"
	{ addresses 4; addresses 6; } >"$work/addresses"
	ip -n "$plain" -batch "$work/addresses"
	ip -n "$plain" link set phone0 up
	dev_up "$host" plain0 192.0.2.1/24
	dev_up "$host" plain0 2001:db8:1::1/64
	# Forged sources have a way back, so that the kernel has no reason to drop them.
	ip -n "$host" route add default via 192.0.2.2
	ip -n "$host" -6 route add default via 2001:db8:1::2
	mac=$(in_ns "$host" cat /sys/class/net/plain0/address)
}

# --- who lost what ---------------------------------------------------------------------

counter_of() { in_ns "$1" cat "/sys/class/net/$2/statistics/$3"; }

# Dropped on the wire: by its queue, its ring, the host's backlog. The last is the
# whole machine's.
wire_drops() {
	local n _ dropped
	n=$(($(counter_of "$plain" phone0 tx_dropped) + $(counter_of "$host" plain0 rx_dropped)))
	while read -r _ dropped _; do n=$((n + 16#$dropped)); done </proc/net/softnet_stat
	echo $n
}

# Dropped by full sockets, of both families.
socket_drops() {
	in_ns "$host" cat /proc/net/snmp /proc/net/snmp6 | awk '
		/^Udp: [A-Z]/ { for (i = 2; i <= NF; i++) if ($i == "RcvbufErrors") at = i }
		/^Udp: [0-9]/ { n += $at }
		/^Udp6RcvbufErrors/ { n += $2 }
		END { print n + 0 }'
}

# --- a run -------------------------------------------------------------------------------

# What comes: KIND, what it is said to be, and the options of tools/flood.
declare -A flood_options
floods=(random one-source wrong-ssrc bad-tags stun dtls fragments malformed)
describe_floods() { # FAMILY
	local many=10.0.0.0/8 one=10.66.66.66 all
	if [ "$1" = 6 ]; then many=2001:db8:f000::/36 one=2001:db8:f666::66; fi
	all="--even --to $open$hostplain_ip$close:$PORT-$LAST"
	flood_options=(
		[random]="--kind rtp --from $many $all"
		[one-source]="--kind ssrcs --from $one --from-port 6666 $all"
		[wrong-ssrc]="--kind ssrcs --from $plain_ip --from-port $PHONE --to $(at hostplain $PORT)"
		[bad-tags]="--kind bad-tag --ssrc $SSRC --from $plain_ip --from-port $PHONE --to $(at hostplain $PORT)"
		[stun]="--kind stun --from $many $all"
		[dtls]="--kind dtls --from $many $all"
		[fragments]="--kind fragment --from $many $all"
		[malformed]="--kind malformed --from $many $all"
	)
}

# run FLOOD - the calls, and a second into them the flood. What came of it: sent, got,
# attack (reports of the tools), lost_wire, lost_sockets.
run() {
	local receiver sender wire sockets
	start "$host" calls-load recv --on "$(at hostplain $PORT)" --calls $CALLS --count $COUNT \
		--work $WORK_NS --time 30 --flows "$work/got" >"$work/recv"
	receiver=$!
	ready calls-load listens $receiver $LAST
	wire=$(wire_drops) sockets=$(socket_drops)
	start "$plain" calls-load send --from "$(at plain $PHONE)" --to "$(at hostplain $PORT)" \
		--calls $CALLS --hosts $CALLS --count $COUNT --flows "$work/sent" >"$work/send"
	sender=$!
	sleep 1
	# shellcheck disable=SC2086 # options
	flood --netns "$plain" --dev phone0 --mac "$mac" --count $FLOOD --rate $RATE \
		${flood_options[$1]} >"$work/flood" || true
	wait $sender || true
	sleep 0.5
	stop $receiver
	sent=$(cat "$work/send") got=$(cat "$work/recv") attack=$(cat "$work/flood")
	lost_wire=$(($(wire_drops) - wire)) lost_sockets=$(($(socket_drops) - sockets))
}


# once HOW FLOOD - a line of the table, and what is known of the run without the guard.
unguarded() { # FLOOD
	run "$1"
	row none "$1"
	is "$(($(get "$got" foreign) > 0))" 1 "IPv$family, $1, no guard: the flood reaches the receiver"
}

row() { # GUARD FLOOD
	table+=("$(printf '%-5s%-12s%-9s%7d%8d%7d%6d%6d%9d%9d%7d' "IPv$family" "$2" "$1" \
		"$(get "$attack" sent)" "$(get "$got" foreign)" "$(get "$got" lost)" \
		"$(get "$got" hurt)" "$(get "$got" late)" $(($(get "$got" latest_us) / 1000)) \
		"$lost_sockets" "$lost_wire")")
}

show_table() {
	local line
	printf '# %-5s%-12s%-9s%7s%8s%7s%6s%6s%9s%9s%7s\n' "" flood guard sent reached lost calls late latest sockets wire
	for line in "${table[@]}"; do echo "# $line"; done
}

table=()
flood_net_up
for family in ${FAMILIES:-4 6}; do
	use_family "$family"
	describe_floods "$family"
	for f in ${FLOODS:-"${floods[@]}"}; do unguarded "$f"; done
done
show_table
done_testing
