#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# In and out through VLAN, QinQ, bond and bridge devices, with the programs on the device
# above or on those below it, over IPv4 and IPv6, by native and by generic XDP; and
# one-armed, between two VLANs of one device. In each cell
#
#	plain phone > 30000 host > srtp phone	RTP to SRTP, out through the link
#	srtp phone > 30002 host > plain phone	SRTP to RTP, in through the link
#
# each byte judged by libsrtp2, the tags on the wire counted, every counter exact. A bond's
# active port fails in mid-call. And what cannot be has its sentence.
#
#	plain phone ---- plain0 host srtp0 ---- phone0 srtp phone
#	                             srtp1 ---- phone1	(bond)
#
# vm:
# time: 900
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

suite=AES_CM_128_HMAC_SHA1_80
n=20			# packets of a stream
rate=50			# a second, where something fails in between

on() { nsenter --net="/run/netns/$1" "${@:2}"; }
xsh() { on "$host" xsrtp "$@"; }
hip() { ip -n "$host" "$@"; }
pip() { ip -n "$srtp" "$@"; }

# --- links: the host's srtp side is $above, over $below; the phone's is $far ----------

# An untagged wire is there already, without addresses.
bare() { above=srtp0 below=srtp0 far=phone0 tags=''; }

vlan() { # ID [PROTOCOL]
	hip link add link "$above" name "$above.$1" type vlan id "$1" protocol "${2:-802.1Q}"
	pip link add link "$far" name "$far.$1" type vlan id "$1" protocol "${2:-802.1Q}"
	hip link set "$above.$1" up
	pip link set "$far.$1" up
	above=$above.$1 far=$far.$1 tags="${tags}vlan $1,"
}

# The phone's ports are those of a switch.
bond() {
	local d
	hip link add bond0 type bond mode active-backup miimon 20
	pip link add switch0 type bridge
	for d in 0 1; do
		hip link set srtp$d down
		hip link set srtp$d master bond0
		pip link set phone$d master switch0
		hip link set srtp$d up
		pip link set phone$d up
	done
	hip link set bond0 up
	pip link set switch0 up
	above=bond0 below='srtp0 srtp1' far=switch0
}

bridge() {
	hip link add br0 type bridge
	hip link set srtp0 master br0
	hip link set br0 up
	above=br0
}

addresses() { # add or del
	for family in 4 6; do
		use_family $family
		if [ "$1" = add ]; then
			dev_up "$host" "$above" "$hostsrtp_ip/$prefix"
			dev_up "$srtp" "$far" "$srtp_ip/$prefix"
		else
			hip addr del "$hostsrtp_ip/$prefix" dev "$above"
			pip addr del "$srtp_ip/$prefix" dev "$far"
		fi
	done
}

link_up() { # KIND
	bare
	case $1 in
	vlan) vlan 5 ;;
	qinq) vlan 5 802.1ad && vlan 6 ;;
	bond) bond ;;
	bridge) bridge ;;
	esac
	addresses add
}

link_down() {
	local d
	addresses del
	for d in srtp0.5 bond0 br0; do hip link del $d 2>/dev/null || true; done
	for d in phone0.5 switch0; do pip link del $d 2>/dev/null || true; done
	for d in 0 1; do hip link set srtp$d up; done
}

# --- streams ---------------------------------------------------------------------------

way() { # out or in
	if [ "$1" = out ]; then
		from_ns=$plain from=$(at plain 4000) to=$(at hostplain 30000) to_ns=$srtp on=$(at srtp 5000)
		sent_as=() got_as=(--suite "$suite" --key "$work/out$family.key")
	else
		from_ns=$srtp from=$(at srtp 4002) to=$(at hostsrtp 30002) to_ns=$plain on=$(at plain 5002)
		sent_as=(--suite "$suite" --key "$work/in$family.key") got_as=()
	fi
}

declare -A recv
each_way() { # COMMAND…
	local w
	for family in 4 6; do
		use_family $family
		for w in out in; do
			way $w
			"$@" "$w"
		done
	done
}

flow_add() { # WAY
	make_key "$suite" "$work/$1$family.key"
	if [ "$1" = out ]; then
		xsh flow add local "$to" forward from "$(at hostsrtp 30000)" to "$on" \
			learn never tx "$suite" key "$work/out$family.key"
	else
		xsh flow add local "$to" forward from "$(at hostplain 30002)" to "$on" \
			rx "$suite" key "$work/in$family.key"
	fi >/dev/null
}

# Bound to no address: those come and go with the links.
recv_start() {
	local any=0.0.0.0
	[ "$family" = 4 ] || any='[::]'
	start "$to_ns" rtp-recv --on "$any:${on##*:}" --idle 60000 --time 800 --count 30000 \
		"${got_as[@]}" >"$work/got.$1$family"
	recv[$1$family]=$!
}

recv_ready() { ready rtp-recv listens "${recv[$1$family]}" "${on##*:}"; }

# A namespace's process, to read its counters by.
declare -A inside
counters_start() {
	local ns
	for ns in "$plain" "$srtp"; do
		start "$ns" sleep 10000
		inside[$ns]=$!
		in_ns "$ns" sysctl -qw net.ipv6.bindv6only=1
	done
}

# Each stream goes on where the last of its way and family ended.
send_start() { # WAY OPTION…: of the sender, before the way
	local w=${!#}
	start "$from_ns" rtp-send --from "$from" --to "$to" "${sent_as[@]}" "${@:1:$# - 1}" \
		--skip "$(datagrams "$family" Out "${inside[$from_ns]}")" >/dev/null 2>&1
	send[$w$family]=$!
}
declare -A send

# Of each way: sent, and arrived at the socket.
tally() { # WAY
	said[$1$family]=$(datagrams "$family" Out "${inside[$from_ns]}")
	heard[$1$family]=$(datagrams "$family" In "${inside[$to_ns]}")
}
declare -A said heard

# All flows in one line: in, out, dropped.
flows_now() { xsh -j flow show | jq -r '[([.[].rx_packets] | add), ([.[].tx_packets] | add), ([.[].drops[]] | add // 0)] | @tsv'; }

all_there() { [ "$(flows_now | cut -f2)" = "$1" ]; }

cell() { # NAME
	local was now in out dropped h
	declare -A were
	each_way tally
	for h in "${!heard[@]}"; do were[$h]=${heard[$h]}; done
	was=$(flows_now)
	each_way send_start --rate 200 --count "$n"
	for h in "${send[@]}"; do wait "$h" || true; done
	wait_for 20 all_there $(($(cut -f2 <<<"$was") + 4 * n)) || true
	sleep 0.2
	now=$(flows_now)
	each_way tally
	read -r in out dropped < <(paste <(echo "$was") <(echo "$now") | awk '{ print $4 - $1, $5 - $2, $6 - $3 }')
	is "$in in, $out out, $dropped dropped" "$((4 * n)) in, $((4 * n)) out, 0 dropped" "$1: $((4 * n)) in and out"
	is "$(for h in out4 in4 out6 in6; do echo -n "$h $((${heard[$h]} - ${were[$h]})) "; done)" \
		"out4 $n in4 $n out6 $n in6 $n " "$1: $n arrived each way, IPv4 and IPv6"
}

receivers_judge() {
	local w f
	for w in out in; do
		for f in 4 6; do
			stop "${recv[$w$f]}"
			got=$(cat "$work/got.$w$f")
			is "$(get "$got" good) good, $(($(get "$got" received) - $(get "$got" good))) others" \
				"$((${heard[$w$f]})) good, 0 others" "$w, IPv$f: all that arrived is right, each byte"
		done
	done
}

# --- the programs ------------------------------------------------------------------------

attached() { # MODE DEVICE…
	local d
	for d in "${@:2}"; do
		said_by=$(xsh attach "$d" "$1" 2>&1) || { note "$d: $said_by"; return 1; }
	done
}

detach_all() {
	local d
	for d in plain0 $above $below; do xsh detach "$d" >/dev/null 2>&1 || true; done
}

# The link in use with the programs on the devices below, or on that above.
by() { # NAME MODE DEVICE…
	attached "$2" plain0
	if attached "$2" "${@:3}"; then ok "$1: attached to ${*:3}, $2"; else not_ok "$1: attached to ${*:3}, $2"; fi
	cell "$1, $2 on ${*:3}"
	[ "${then:-true}" = true ] || $then "$1, $2 on ${*:3}"
	detach_all
}

# What attach says.
says() { # NAME TEXT DEVICE [MODE]
	said_by=$(xsh attach "${@:3}" 2>&1) || true
	is "$said_by" "$2" "$1"
}

# --- tags ------------------------------------------------------------------------------

dump_start() {
	start "$srtp" tcpdump -Z root --immediate-mode -i phone0 -U -s 256 -B 16384 \
		-w "$work/wire" 2>"$work/dump"
	dump=$!
	ready tcpdump grep -q listening "$work/dump"
}

# Each packet of the host on the wire has the tags, outermost first, and no others.
dump_judge() { # NAME CELLS
	stop "$dump" INT
	is "$(tcpdump -nn -e -r "$work/wire" 2>/dev/null | grep '\.5000: UDP' | grep -o 'vlan [0-9]*,' |
		tr -d '\n' | sed "s/$tags/x/g" | tr -d x)/$(tcpdump -nn -e -r "$work/wire" 2>/dev/null |
		grep -c '\.5000: UDP')" "/$((2 * n * $2))" "$1: on the wire each packet has its tags: $tags"
}

# --- failover ----------------------------------------------------------------------------

sent_all() { # COUNT: more on each way than were @said
	local w f v
	for v in "out4 $plain" "out6 $plain" "in4 $srtp" "in6 $srtp"; do
		# shellcheck disable=SC2086 # two words
		set -- "$1" $v
		w=$2 f=${2: -1}
		[ $(($(datagrams "$f" Out "${inside[$3]}") - ${said[$w]})) -ge "$1" ] || return 1
	done
}

active() { hip -d -j link show bond0 | jq -r '.[0].linkinfo.info_data.active_slave'; }

failover() { # NAME
	local was now w lost='' most=$rate port
	port=$(active)
	declare -A were_said were_heard
	each_way tally
	for w in "${!said[@]}"; do were_said[$w]=${said[$w]} were_heard[$w]=${heard[$w]}; done
	was=$(flows_now)
	each_way send_start --rate "$rate" --count 100000
	wait_for 60 sent_all 10 || note "no traffic"
	pip link set "phone${port#srtp}" down
	each_way tally
	wait_for 60 sent_all $((rate + 20)) || note "no traffic any more"
	for w in "${send[@]}"; do stop "$w"; done
	sleep 0.5
	now=$(flows_now)
	each_way tally
	for w in out4 in4 out6 in6; do
		lost+="$w $((${said[$w]} - ${were_said[$w]} - ${heard[$w]} + ${were_heard[$w]})) "
	done
	check "$1: the active port fails: lost $lost(at most $most each)" \
		eval "[ \$(tr ' ' '\n' <<<'$lost' | grep -v '[a-z]' | sort -n | tail -n 1) -le $most ]"
	check "$1: another port is active than $port" [ "$(active)" != "$port" ]
	is "$(paste <(echo "$was") <(echo "$now") | awk '{ print $4 - $1 - ($5 - $2) - ($6 - $3) }')" 0 \
		"$1: what came in went out or is counted as dropped"
	pip link set "phone${port#srtp}" up
	sleep 1
}

# --- all of it ----------------------------------------------------------------------------

vlans() { # KIND
	link_up "$1"
	dump_start
	by "$1" native srtp0
	by "$1" generic srtp0
	by "$1" generic "$above"
	dump_judge "$1" 3
	says "$1: native is refused, and where it may be" "xsrtp: cannot attach to $above in native mode: a VLAN device has no native XDP; ${above%.*} below it may, and there the program reads VLAN tags" "$above" native
	detach_all
	link_down
}

bonds() {
	link_up bond
	then=failover
	by bond native bond0
	by bond generic bond0
	then=true
	by bond native srtp0 srtp1
	by bond generic srtp0 srtp1
	attached native bond0
	says "a port of a bond that has the program" "xsrtp: the device that srtp0 is a port of has an XDP program, which is given what all its ports receive: detach that one first, or leave it at that" srtp0
	detach_all
	attached native srtp0
	says "a bond whose port has the program" "xsrtp: cannot attach to bond0 in native mode: Slave has XDP program loaded, please unload before enslaving" bond0 native
	detach_all
	link_down
}

bridges() {
	link_up bridge
	by bridge native srtp0
	by bridge generic srtp0
	by bridge generic br0
	says "a bridge: native is refused, and where it may be" "xsrtp: cannot attach to br0 in native mode: a bridge has no native XDP; its ports may" br0 native
	detach_all
	link_down
}

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
module_up
for m in 8021q bonding bridge; do modprobe $m; done
net_up
ip link add phone1 netns "$srtp" type veth peer name srtp1 netns "$host"
in_ns "$srtp" ethtool -K phone1 tx off gro on >/dev/null
in_ns "$host" ethtool -K srtp1 tx off >/dev/null
bare
addresses del
counters_start
each_way flow_add
each_way recv_start
each_way recv_ready
vlans vlan
vlans qinq
bonds
bridges
receivers_judge
ns_del "$plain" "$srtp" "$host"
check "the module unloads" unload_module
note "$SECONDS s"
done_testing
