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
# time: 420
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

readonly CALLS=200
COUNT=200				# packets of each call: 4 s
readonly SSRC=0x5ca11000		# of the first call (tools/calls-load.c)
RATE=50000 FLOOD=125000			# 2.5 s
readonly WORK_NS=30000
readonly PORT=30000 LAST=$((30000 + 2 * CALLS - 2)) PHONE=40000

# Before all that else runs on this machine, whose load shall not look like the guard's loss.
soon=(chrt -f 1)
"${soon[@]}" true 2>/dev/null || soon=()

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
readonly floods=(random one-source wrong-ssrc bad-tags stun dtls fragments malformed)
describe_floods() { # FAMILY
	family=$1
	use_family "$1"
	local many=10.0.0.0/8 from=10.66.66.66 all
	one=10.66.66.66/32 phone=192.0.2.2/32
	if [ "$1" = 6 ]; then
		many=2001:db8:f000::/36 from=2001:db8:f666::66
		one=2001:db8:f666::/64 phone=2001:db8:1::/64
	fi
	all="--even --to $open$hostplain_ip$close:$PORT-$LAST"
	flood_options=(
		[random]="--kind rtp --from $many $all"
		[one-source]="--kind ssrcs --from $from --from-port 6666 $all"
		[wrong-ssrc]="--kind ssrcs --from $plain_ip --from-port $PHONE --to $(at hostplain $PORT)"
		[bad-tags]="--kind bad-tag --ssrc $SSRC --from $plain_ip --from-port $PHONE --to $(at hostplain $PORT)"
		[swept]="--kind rtp --ssrc $SSRC --from $plain_ip --from-port $PHONE --to $(at hostplain $PORT)"
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
	start "$host" "${soon[@]}" calls-load recv --on "$(at hostplain $PORT)" --calls $CALLS --count "$COUNT" \
		--work $WORK_NS --time 120 --flows "$work/got" >"$work/recv"
	receiver=$!
	ready calls-load listens $receiver $LAST
	wire=$(wire_drops) sockets=$(socket_drops)
	start "$plain" "${soon[@]}" calls-load send --from "$(at plain $PHONE)" --to "$(at hostplain $PORT)" \
		--calls $CALLS --hosts $CALLS --count "$COUNT" --flows "$work/sent" >"$work/send"
	sender=$!
	sleep 1
	# shellcheck disable=SC2086 # options
	"${soon[@]}" flood --netns "$plain" --dev phone0 --mac "$mac" --count $FLOOD --rate $RATE \
		${flood_options[$1]} >"$work/flood" || true
	wait $sender || true
	sleep 0.5
	stop $receiver
	sent=$(cat "$work/send") got=$(cat "$work/recv") attack=$(cat "$work/flood")
	lost_wire=$(($(wire_drops) - wire)) lost_sockets=$(($(socket_drops) - sockets))
}


# --- without the guard, and with it -----------------------------------------------------

unguarded() { # FLOOD
	run "$1"
	row none "$1"
	is "$(($(get "$got" foreign) > 0))" 1 "IPv$family, $1, no guard: the flood reaches the receiver"
}

# A guard of its own for each run: it knows nobody, and has counted nothing.
guarded_run() { # MODE FLOOD
	xs guard attach plain0 "$1" ports $PORT-$LAST >"$work/attach"
	run "$2"
	guard=$(xs -j guard show)
	xs -j offenders >"$work/offenders"
	xs guard detach plain0
	row "$1" "$2"
}

# Reasons that a flood may be dropped for: the budget that is met first depends on how
# many ports, sources and seconds it has, and on whether the guard is under attack yet.
reasons_of() { # FLOOD
	case $1 in
	random) echo wrong-source rate-port rate-unknown ;;
	one-source) echo wrong-source rate-source rate-port rate-unknown ;;
	wrong-ssrc) echo wrong-ssrc rate-source rate-port rate-unknown ;;
	bad-tags | swept) echo implausible rate-source rate-port rate-unknown ;;
	stun) echo rate-stun ;;
	dtls) echo rate-dtls ;;
	fragments) echo fragment ;;
	malformed) echo malformed ;;
	esac
}

dropped_for() { # REASON…
	local r n=0
	for r in "$@"; do n=$((n + $(get "$guard" "dropped-$r"))); done
	echo $n
}

dropped_in_all() {
	local n=0 rest=${guard#*\"counters\":}
	rest=${rest%%\}*}
	while [[ $rest =~ \"dropped-[a-z-]+\":([0-9]+)(.*) ]]; do
		n=$((n + BASH_REMATCH[1])) rest=${BASH_REMATCH[2]}
	done
	echo $n
}

guarded() { # MODE FLOOD
	local name="IPv$family, $2, $1" try
	for try in 1 2 3; do
		guarded_run "$1" "$2"
		[ $((lost_wire + lost_sockets)) != 0 ] || break
		note "$name: not the guard's: the wire lost $lost_wire, sockets $lost_sockets (run $try)"
	done
	is "$(get "$sent" sent),$(get "$attack" sent)" $((CALLS * COUNT)),$FLOOD "$name: calls and flood were sent whole"
	if cmp -s "$work/sent" "$work/got"; then
		ok "$name: each of $CALLS calls has got each of its $COUNT packets"
	else
		not_ok "$name: $(get "$got" hurt) calls have lost $(get "$got" lost) packets"
		note "  wire $lost_wire, sockets $lost_sockets, guard: $guard"
	fi
	# shellcheck disable=SC2046 # words
	is "$(dropped_for $(reasons_of "$2"))" "$(dropped_in_all)" \
		"$name: dropped for the right reason: $(reasons "$2")"
	is $(($(dropped_in_all) + $(get "$guard" passed-fragment) + $(get "$got" foreign))) "$FLOOD" \
		"$name: every packet of the flood, and no other, was dropped, but $(get "$got" foreign) within budgets"
	offenders "$name" "$2"
}

reasons() { # FLOOD - those that there were, with their numbers
	local r list=''
	for r in $(reasons_of "$1"); do
		[ "$(dropped_for "$r")" = 0 ] || list+="$r $(dropped_for "$r"), "
	done
	echo "${list%, }"
}

# The first of the list is who has sent most. Of many sources none is there with much,
# but no phone is among them.
offenders() { # NAME FLOOD
	local list who
	list=$(cat "$work/offenders")
	who=${list%%\}*}
	case $2 in
	one-source) is_offender "$1" "$who" "$one" false ;;
	wrong-ssrc | bad-tags | swept) is_offender "$1" "$who" "$phone" true ;;
	*) are_offenders "$1" "$2" "$list" ;;
	esac
}

is_offender() { # NAME ENTRY SOURCE FORGED
	local got=''
	[[ $2 =~ \"source\":\"([^\"]*)\".*\"reason\":\"([^\"]*)\".*\"forged\":([a-z]*) ]] &&
		got="${BASH_REMATCH[1]} forged: ${BASH_REMATCH[3]}"
	is "$got" "$3 forged: $4" "$1: first of the offenders is its source ($(get "$2" packets) packets, ${BASH_REMATCH[2]})"
}

are_offenders() { # NAME FLOOD LIST
	local n forged
	n=$(grep -o '"source":' <<<"$3" | wc -l)
	if [ "$n" -ge 100 ] && [[ $3 != *"\"$phone\""* ]] && [[ $3 != *\"192.0.2.* ]]; then
		ok "$1: its sources are the offenders ($n of them are listed), and no phone"
	else
		not_ok "$1: $n offenders, a phone among them: ${3:0:400}"
	fi
	# What is dropped for itself, whoever sent it, tells nothing of him.
	case $2 in fragments | malformed) return ;; esac
	forged=$(grep -o '"forged":true' <<<"$3" | wc -l)
	is $((forged * 10 >= n * 9)) 1 "$1: and look forged ($forged of $n)"
}

row() { # GUARD FLOOD
	table+=("$(printf '%-5s%-12s%-9s%7d%8d%7d%6d%6d%8d%9d%6d' "IPv$family" "$2" "$1" \
		"$(get "$attack" sent)" "$(get "$got" foreign)" "$(get "$got" lost)" \
		"$(get "$got" hurt)" "$(get "$got" late)" $(($(get "$got" latest_us) / 1000)) \
		"$lost_sockets" "$lost_wire")")
}

# sent and reached are the flood's; lost, calls (how many lost any), late (by more than
# 200 ms) and latest (in ms) the calls'; sockets and wire are where it was lost.
show_table() {
	local line
	printf '# %-5s%-12s%-9s%7s%8s%7s%6s%6s%8s%9s%6s\n' "" flood guard sent reached lost calls late latest sockets wire
	for line in "${table[@]}"; do echo "# $line"; done
}

# He who knows the address, port and SSRC of a call, and counts through all sequence numbers:
# without keys what he sends within the window cannot be told from the call. It is that
# call's loss only.
known_ssrc() {
	local name="IPv$family, swept, native"
	guarded_run native swept
	is "$(tail -n +2 "$work/got")" "$(tail -n +2 "$work/sent")" \
		"$name: all calls but the one whose SSRC the attacker knows get each of their packets"
	note "$name: that one has lost $(get "$got" lost) of $COUNT packets"
	offenders "$name" swept
}

memory() { get "$(xs -j guard show)" memory_bytes; }

# Ten million sources, of any address: the guard's memory is what it was, and it has room
# for the 200 that it knows. (The line of the table is "random" of 10,000,000.)
ten_million() {
	local COUNT=2400 FLOOD=10000000 RATE=250000 before
	flood_options[random]="--kind rtp --from 0.0.0.0/0 --even --to $hostplain_ip:$PORT-$LAST"
	xs guard attach plain0 native ports $PORT-$LAST >"$work/attach"
	before=$(memory)
	run random
	guard=$(xs -j guard show)
	xs guard detach plain0
	row native random
	is "$(get "$attack" sent)" $FLOOD "ten million sources: sent"
	is "$(get "$got" lost)" 0 "ten million sources: $CALLS calls lose none of $((CALLS * COUNT)) packets"
	is "$(dropped_in_all)" $((FLOOD - $(get "$got" foreign))) "ten million sources: dropped, all but $(get "$got" foreign)"
	is "$(get "$guard" memory_bytes)" "$before" "ten million sources: the guard's memory has not grown ($before bytes)"
}

table=()
flood_net_up
describe_floods 4
for f in "${floods[@]}"; do
	unguarded "$f"
	guarded native "$f"
done
known_ssrc
for f in random wrong-ssrc; do guarded generic "$f"; done
describe_floods 6
for f in "${floods[@]}"; do guarded native "$f"; done
guarded generic one-source
describe_floods 4
ten_million
show_table
done_testing
