#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# 2,000 calls with LONG, else 500, or the test's argument (half over IPv4), four flows each
# with RTCP, in one namespace, while everybody's addresses change: where each flow sends
# to and from, from one device to the other, from one IP version to the other, with
# packets on their way and in between; and the host's addresses, routes and neighbours,
# by native and by generic XDP. Nothing is lost: each packet arrives once, where it is
# meant for then, each byte as libsrtp2 has it (tests/vm/phones.c), and every counter is
# exact. Nothing is leaked: after all flows are deleted the kernel has what it had.
#
#	phones p0 ------ a0 host
#	phones p1 ------ b0
#	phones p2 ------ c0
#
# vm:
# time: 900
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/vm/leaks.sh
. "$(dirname "$0")/leaks.sh"

calls=${1:-${LONG:+2000}}
calls=${calls:-500}
host=xs80-host phones=xs80-phones
packets=0		# of each flow

group=/sys/fs/cgroup/xs80

xsh() { nsenter --net="/run/netns/$host" xsrtp "$@"; }
mac_of() { ip -n "$1" -j link show "$2" | jq -r '.[0].address'; }

net_make() {
	local d
	modprobe -q veth || true
	ns_add "$host" "$phones"
	in_ns "$host" sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	for d in "p0 a0" "p1 b0" "p2 c0"; do
		# shellcheck disable=SC2086 # two words
		set -- $d
		ip link add "$1" netns "$phones" type veth peer name "$2" netns "$host"
		in_ns "$phones" ethtool -K "$1" tx off gro on >/dev/null
		ip -n "$phones" link set "$1" up
		ip -n "$host" link set "$2" up
	done
	ip -n "$host" link add dev xsrtp0 up type xsrtp
	ip -n "$host" addr add 192.0.2.1/24 dev a0
	ip -n "$host" addr add 2001:db8::1/64 dev a0 nodad
}

# Whoever makes or changes flows is one of this group: so the kernel says how many bytes
# for each CPU the flows have. (Of pages for each CPU it keeps what it once needed, and
# /proc/meminfo counts those.)
group_make() {
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir "$group"
}

charged() { # COMMAND…
	(
		echo "$BASHPID" >"$group/cgroup.procs"
		exec "$@"
	)
}

# The kernel adds its numbers up every two seconds.
bytes_of_cpus() {
	sleep 5
	awk '$1 == "percpu" { print $2 }' "$group/memory.stat"
}

# --- the phones -------------------------------------------------------------------

phones_start() { # CALLS ROUND
	coproc talk { charged nsenter --net="/run/netns/$host" "$top/build/tests/vm/phones" \
		$(($1 / 2)) 10000 "$2" "/run/netns/$phones" p0 "$(mac_of "$host" a0)" \
		192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2; }
	pids+=("$talk_PID")
	answer
	is "$said" ready "$1 calls: the phones are there"
}

answer() { read -r -t 300 -u "${talk[0]}" said || said="no answer"; }
tell() { echo "$*" >&"${talk[1]}"; }
ask() { tell "$@"; answer; }

phones_end() {
	local pid=$talk_PID
	eval "exec ${talk[1]}>&-"
	wait "$pid"
}

flows_add() { # CALLS ROUND
	local a
	for a in "192.0.2.1 192.0.2.2" "2001:db8::1 2001:db8::2"; do
		# shellcheck disable=SC2086 # two words
		charged nsenter --net="/run/netns/$host" "$top/build/tests/vm/calls" $a $(($1 / 2)) 10000 "$2"
	done
	flows=$(($1 * 4))
	is "$(xsh -j stats | jq .module.flows)" $flows "$flows flows"
}

# Flows at one of each family; packets in and out, and dropped.
counters() { xsh -j stats | jq -r '[.xdp.redirected, .module.rx_packets, .module.tx_packets, ([.module.drops[]] | add // 0)] | @tsv'; }

# What is asked of the phones makes so many packets, and each of them arrives.
quiet() { # NAME PACKETS COMMAND…
	local was now n=$2
	was=$(counters)
	ask "${@:3}"
	now=$(counters)
	is "$said; $(paste <(echo "$was") <(echo "$now") | awk '{ print $5 - $1, $6 - $2, $7 - $3, $8 - $4 }')" \
		"$n sent, $n good, 0 others; $n $n $n 0" \
		"$1: $n packets sent, redirected, in, out, arrived; none dropped"
}

run() { # NAME PACKETS: of each flow
	packets=$((packets + $2))
	quiet "$1" $(($2 * flows)) run "$2"
}

# Where the flows of a family send to and from; with two packets of each on the way.
move() { # NAME FAMILY FROM TO SHIFT DEVICE
	quiet "$1, under traffic" $flows move "${@:2}"
}
moved() { packets=$((packets + 2)); }

# --- the host ----------------------------------------------------------------------

# The way to all of a subnet: by a device with an address, a gateway and its MAC address.
way() { # DEVICE ADDRESS/LEN GATEWAY TO/LEN
	local nodad=''
	case $2 in *:*) nodad=nodad ;; esac
	ip -n "$host" addr add "$2" dev "$1" $nodad
	gateway "$1" "$3"
	ip -n "$host" route replace "$4" via "$3" dev "$1"
}

# Neighbours are told here; t-82-routes.sh leaves them to ARP and ND.
gateway() { # DEVICE GATEWAY
	ip -n "$host" neigh replace "$2" dev "$1" lladdr "$(mac_of "$phones" "p$(tr abc 012 <<<"${1%0}")")"
}

unway() { # DEVICE ADDRESS/LEN GATEWAY TO/LEN
	ip -n "$host" route del "$4"
	ip -n "$host" neigh del "$3" dev "$1"
	ip -n "$host" addr del "$2" dev "$1"
}

attach_all() { # MODE
	local d
	for d in a0 b0 c0; do xsh attach $d "$1" >/dev/null; done
}

detach_all() {
	local d
	for d in a0 b0 c0; do xsh detach $d; done
}

# --- what changes ---------------------------------------------------------------------

first_places() {
	way b0 198.51.100.1/24 198.51.100.2 10.1.0.0/16
	way b0 2001:db8:1::1/64 2001:db8:1::2 2001:db8:1001::/64
	quiet "IPv4: addresses set" 0 set 4 198.51.100.1 10.1.0.0 0 p1
	quiet "IPv6: addresses set" 0 set 6 2001:db8:1::1 2001:db8:1001:: 0 p1
	run "each flow's first" 2
}

other_device() {
	way c0 198.51.101.1/24 198.51.101.2 10.2.0.0/16
	way c0 2001:db8:2::1/64 2001:db8:2::2 2001:db8:1002::/64
	move "IPv4: to other addresses, ports and device" 4 198.51.101.1 10.2.0.0 8000 p2
	move "IPv6: to other addresses, ports and device" 6 2001:db8:2::1 2001:db8:1002:: 8000 p2
	moved
	unway b0 198.51.100.1/24 198.51.100.2 10.1.0.0/16
	unway b0 2001:db8:1::1/64 2001:db8:1::2 2001:db8:1001::/64
	run "the former addresses, routes and neighbours gone" 2
}

# From here on no flow is touched: the host's tables change.
other_routes() {
	way b0 198.51.104.1/24 198.51.104.2 10.4.0.0/16
	way b0 2001:db8:4::1/64 2001:db8:4::2 2001:db8:1004::/64
	ip -n "$host" route replace 10.2.0.0/16 via 198.51.104.2 dev b0
	ip -n "$host" route replace 2001:db8:1002::/64 via 2001:db8:4::2 dev b0
	tell via 4 p1
	tell via 6 p1
	run "routes to another gateway on another device" 1
	ip -n "$phones" link set p1 address 02:00:00:00:99:01
	gateway b0 198.51.104.2
	gateway b0 2001:db8:4::2
	tell via 4 p1
	tell via 6 p1
	run "the gateway's MAC address" 1
	ip -n "$host" addr del 198.51.101.1/24 dev c0
	ip -n "$host" addr del 2001:db8:2::1/64 dev c0
	ip -n "$host" addr add 198.51.101.1/32 dev lo
	ip -n "$host" addr add 2001:db8:2::1/128 dev lo nodad
	run "the addresses it sends from on another device" 1
}

# One-armed: out by the device that they came in by.
other_family() {
	way a0 198.51.103.1/24 198.51.103.2 10.3.0.0/16
	way a0 2001:db8:3::1/64 2001:db8:3::2 2001:db8:1003::/64
	move "IPv4 in, now IPv6 out" 4 2001:db8:3::1 2001:db8:1003:: 4000 p0
	move "IPv6 in, now IPv4 out" 6 198.51.103.1 10.3.0.0 4000 p0
	moved
	run "$1: across the families" 1
}

back() {
	move "IPv4 to the places before" 4 198.51.101.1 10.2.0.0 8000 p1
	move "IPv6 to the places before" 6 2001:db8:2::1 2001:db8:1002:: 8000 p1
	moved
	unway a0 198.51.103.1/24 198.51.103.2 10.3.0.0/16
	unway a0 2001:db8:3::1/64 2001:db8:3::2 2001:db8:1003::/64
	run "$1: back" 1
}

each_counted() {
	xsh -j flow show | jq -c '[.[] | [.rx_packets, .tx_packets, ([.drops[]] | add // 0)]] | unique'
}


round() { # CALLS ROUND
	local started=$SECONDS
	packets=0
	net_make
	flows_add "$1" "$2"
	attach_all native
	note "flows added after $((SECONDS - started)) s"
	phones_start "$1" "$2"
	note "phones ready after $((SECONDS - started)) s"
	first_places
	other_device
	other_routes
	other_family native
	detach_all
	attach_all generic
	run "generic: across the families" 1
	back generic
	note "all changes after $((SECONDS - started)) s"
	is "$(each_counted)" "[[$packets,$packets,0]]" "each of $flows flows counted $packets in, $packets out, none dropped"
	phones_end
	check "they have memory of each CPU" [ "$(bytes_of_cpus)" -ge $((flows * 64)) ]
	xsh flow del all >/dev/null
	is "$(xsh -j stats | jq .module.flows)" 0 "all deleted"
	detach_all	# a BPF hash keeps elements that it does not need any more
	is "$(bytes_of_cpus)" 0 "and none any more"
	note "flows deleted after $((SECONDS - started)) s"
}

finish() {
	cleanup
	ns_del "$phones"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
module_up
# The ledger's memory of former keys is no leak, but would look like one.
unload_module
group_make
insmod "${XSRTP_KO:-$top/build/module/xsrtp.ko}" former_keys=16
round 40 1
before=$(measure)
ns_del "$host" "$phones"
round "$calls" 2
after=$(measure)
paste <(echo "$before") <(echo "$after" | cut -d' ' -f2) | sed 's/^/# /'
# One object for four flows would be seen. (Namespaces that were deleted leave some 400 of
# kmalloc-96 for a while, whatever they held.)
is "$(compare "$before" "$after" $((flows + 2000)) | { grep -v percpu_kB || true; })" '' "nothing is left of them"
ns_del "$host" "$phones"
check "the module unloads" unload_module
note "$calls calls in $SECONDS s"
done_testing
