#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Offloads: what GRO has merged (segments in pages, or whole packets in a list), what
# UDP GSO has never cut, what has no checksum yet, and what somebody else holds a
# clone of, by native and by generic XDP, over IPv4 and IPv6, in each way across the
# host:
#
#	plain phone > 30000 host > srtp phone	RTP to SRTP	(secret)
#	srtp phone > 30002 host > plain phone	SRTP to RTP	(open)
#	srtp phone > 30004 host			deliver		(in)
#	host 30006 > srtp phone			send		(out)
#
# The senders give the kernel trains of packets (UDP_SEGMENT). With the segmentation
# offload of their device on, a train stays one skb all the way; with it off its
# packets come one behind the other, for GRO to merge again. Every packet must
# arrive once, each byte as libsrtp2 has it, and every counter be exact: those of the
# XDP program show that it really met the merged ones. It never does in native mode;
# in generic mode it meets the senders' trains (GRO passes by a device with generic
# XDP: netif_elide_gro()); on a VLAN device above it meets what GRO has merged below.
#
# vm:
# time: 1800
#
# shellcheck disable=SC2317 # functions that check() calls
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"

suite=AES_CM_128_HMAC_SHA1_80
n=48			# packets of a stream
block=16		# of these in a train
cell=0			# how many have been
ways=(secret open in out)
declare -A id

# Without what ip netns exec costs under emulation.
on() { nsenter --net="/run/netns/$1" "${@:2}"; }
xsh() { on "$host" xsrtp "$@"; }

# --- flows ------------------------------------------------------------------------

# flow NAME ARGUMENT… - for the family in use
flow() { id[$1$family]=$(xsh flow add "${@:2}"); }

# Keys of their own: none serves two flows, nor one that is made again.
flows_add() {
	local w
	for w in "${ways[@]}"; do make_key "$suite" "$work/$w$family.key"; done
	flow secret local "$(at hostplain 30000)" forward from "$(at hostsrtp 30000)" \
		to "$(at srtp 5000)" tx "$suite" key "$work/secret$family.key" learn never
	flow open local "$(at hostsrtp 30002)" forward from "$(at hostplain 30002)" \
		to "$(at plain 5002)" rx "$suite" key "$work/open$family.key"
	flow in local "$(at hostsrtp 30004)" deliver rx "$suite" key "$work/in$family.key"
	flow out local "$(at hostsrtp 30006)" remote "$(at srtp 5006)" send \
		tx "$suite" key "$work/out$family.key"
}

flows_del() {
	local w
	for w in "${ways[@]}"; do xsh flow del "${id[$w$family]}"; done
}

# Each way: who sends, from where to where, who receives, on which port of his.
way() { # NAME
	case $1 in
	secret) from_ns=$plain from=$(at plain 4000) to=$(at hostplain 30000) to_ns=$srtp on=$(at srtp 5000) ;;
	open) from_ns=$srtp from=$(at srtp 4002) to=$(at hostsrtp 30002) to_ns=$plain on=$(at plain 5002) ;;
	in) from_ns=$srtp from=$(at srtp 4004) to=$(at hostsrtp 30004) to_ns=$host on=$(at hostsrtp 30004) ;;
	out) from_ns=$host from=$(at hostsrtp 30006) to=$(at srtp 5006) to_ns=$srtp on=$(at srtp 5006) ;;
	esac
	sent_as=() got_as=()
	case $1 in
	open | in) sent_as=(--suite "$suite" --key "$work/$1$family.key") ;;
	*) got_as=(--suite "$suite" --key "$work/$1$family.key") ;;
	esac
}

# --- streams -----------------------------------------------------------------------

# One receiver for each way, all the time; the senders of a cell go on where those of
# the last ended. (Under emulation a process costs more than its packets.)
declare -A recv sent

receivers_start() { # CELLS
	local w
	for w in "${ways[@]}"; do
		way "$w"
		start "$to_ns" rtp-recv --on "$on" --idle 60000 --time 3600 "${got_as[@]}" \
			--count $(($1 * n)) >"$work/got.$w$family"
		recv[$w$family]=$!
	done
}

receivers_ready() {
	local w
	for w in "${ways[@]}"; do
		way "$w"
		ready "rtp-recv $w" listens "${recv[$w$family]}" "${on##*:}"
	done
}

receivers_judge() {
	local w j
	for w in "${ways[@]}"; do
		stop "${recv[$w$family]}"
		j=$(cat "$work/got.$w$family")
		is "$(get "$j" received) received, $(get "$j" good) good" \
			"$((cell * n)) received, $((cell * n)) good" \
			"$mode: $w, IPv$family: each packet arrived once, each byte as libsrtp2 has it"
	done
}

senders_start() {
	local w
	for w in "${ways[@]}"; do
		way "$w"
		start "$from_ns" rtp-send --from "$from" --to "$to" "${sent_as[@]}" --rate 0 \
			--count "$n" --skip $((cell * n)) "$@" >/dev/null
		sent[$w$family]=$!
	done
}

each_family() { # COMMAND…
	for family in 4 6; do
		use_family $family
		"$@"
	done
}

# --- counters ------------------------------------------------------------------------

# What the flows have counted, one line each; and both programs.
flow_counters() {
	xsh -j flow show | jq -r '.[] | "\(.id) \(.rx_packets) \(.tx_packets) \([.drops[]] | add // 0)"'
}

programs() {
	xsh -j stats | jq -r '"\(.xdp.redirected) \(.egress.redirected)"'
}

wanted() {
	local i
	for i in $(printf '%s\n' "${id[@]}" | sort -n); do
		echo "$i $((cell * n)) $((cell * n)) 0"
	done
}

all_sent() { [ "$(flow_counters)" = "$(wanted)" ]; }

# --- a cell of the matrix ---------------------------------------------------------------

run() { # NAME OPTION…: of the senders
	local p had_xdp had_egress xdp egress
	read -r had_xdp had_egress <<<"$counted"
	each_family senders_start "${@:2}"
	cell=$((cell + 1))
	for p in "${sent[@]}"; do wait "$p" || true; done
	wait_for 10 all_sent || true
	is "$(flow_counters)" "$(wanted)" "$1: $n more in and out of each flow, none dropped"
	counted=$(programs)
	read -r xdp egress <<<"$counted"
	merged=$((6 * n - xdp + had_xdp)) leaving=$((egress - had_egress))
}

# GRO as told, on all devices. What a device cannot it does not: without the offload of
# checksums there is none of segmentation, nor for the peer of one with native XDP.
features() { # GRO SEGMENTATION CHECKSUM
	local d list=off fwd=off gro=on
	case $1 in off) gro=off ;; list) list=on ;; forward) fwd=on ;; esac
	for d in "$plain phone0" "$srtp phone0" "$host plain0" "$host srtp0"; do
		# shellcheck disable=SC2086 # namespace and device
		set -- $d "${@:$(($# - 1))}"
		on "$1" ethtool -K "$2" tx "$4" tso "$4" sg "$4" tx-udp-segmentation "$3" \
			gro $gro rx-gro-list $list rx-udp-gro-forwarding $fwd >/dev/null 2>&1 || true
	done
}

cell_run() { # MODE GRO SEGMENTATION CHECKSUM [HOW]
	local name="$1, GRO $2, UDP GSO $3, checksum offload $4${5:+, $5}"
	features "$2" "$3" "$4"
	run "$name" --gso --block $block
	is $leaving $((2 * n / block)) "$name: on the way out the program met the trains whole"
	if { [ "$1" = vlan ] && [[ $2 =~ list|forward ]]; } || [ "$1$3$4" = genericonon ] ||
		[ "$1$3$4" = vlanonon ]; then
		check "$name: the program met $merged packets inside others" [ $merged -gt $((3 * n)) ]
	else
		is $merged 0 "$name: the program met every packet by itself"
	fi
}

# Somebody who keeps a clone of every skb: a packet socket that is never read.
holder_start() {
	start "$plain" python3 - "$plain" "$srtp" "$host" "$work/holds" <<-'END'
		import ctypes, signal, socket, sys
		libc, kept = ctypes.CDLL(None), []
		for ns, dev in ((1, 'phone0'), (2, 'phone0'), (3, 'xsrtp0'), (3, 'srtp0'), (3, 'plain0')):
		    with open('/run/netns/' + sys.argv[ns]) as f:
		        assert libc.setns(f.fileno(), 0x40000000) == 0
		    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
		    s.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)    # SO_RCVBUFFORCE
		    s.bind((dev, 3))
		    kept.append(s)
		open(sys.argv[4], 'w').close()
		signal.pause()
	END
	holder=$!
	ready "holder of clones" test -e "$work/holds"
}

matrix() { # MODE
	local gro seg
	for gro in off on list forward; do
		for seg in on off; do
			cell_run "$1" $gro $seg on
			cell_run "$1" $gro $seg off
		done
	done
	holder_start
	for gro in off list forward; do
		cell_run "$1" $gro on on "clones held"
		cell_run "$1" $gro off on "clones held"
	done
	rm "$work/holds"
	stop "$holder"
}

# --- trains of more than media -----------------------------------------------------------

# One train to the deliver flow's socket: packets of one size, STUN (s) or RTP (r). What
# the socket got is $got, what the flow has counted $gain: none is RTP that the flow's
# key has protected, so none of these may arrive.
train() { # KINDS
	way in
	before "${id[in$family]}"
	got=$(on "$host" python3 - "$1" "$to" "$from" "$srtp" <<-'END'
		import ctypes, socket, sys
		kinds, to, frm, ns = sys.argv[1:]
		at = lambda e: (e.rsplit(':', 1)[0].strip('[]'), int(e.rsplit(':', 1)[1]))
		v6 = '[' in to
		sock = lambda: socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
		r = sock()
		r.bind(at(to))
		with open('/run/netns/' + ns) as f:
		    assert ctypes.CDLL(None).setns(f.fileno(), 0x40000000) == 0
		s = sock()
		s.bind((at(frm)[0], 4998))
		s.setsockopt(17, 103, 60)    # UDP_SEGMENT
		packet = {'s': bytes([0, 1]) + bytes(58), 'r': bytes([0x80, 0]) + bytes(58)}
		s.sendto(b''.join(packet[k] for k in kinds), at(to))
		r.settimeout(1)
		out = ''
		try:
		    while True:
		        data = r.recv(4096)
		        out += 'r' if data[0] >> 6 == 2 else 's'
		        assert len(data) == 60
		except TimeoutError:
		    print(out or 'nothing')
	END
	) || true
	gained "${id[in$family]}"
}

trains() { # MODE GRO SEGMENTATION
	local name="$1, IPv$family, GRO $2, UDP GSO $3"
	features "$2" "$3" on
	train ssss
	is "$got" ssss "$name: a train of STUN goes to the socket"
	train srrr
	if [ "$1" = native ] || [ "$1$3" = genericoff ]; then
		is "$got $(get "$gain" bad-tag)" "s 3" "$name: one by one STUN passes, media behind it does not"
	else
		is "$got $(get "$gain" malformed)" "nothing 1" "$name: media behind STUN does not reach the socket"
	fi
	train rrrs
	is "${got/nothing/s} $(get "$gain" bad-tag)" "s 3" "$name: nor before STUN"
}

lro() {
	local d
	for d in plain0 srtp0; do
		on "$host" ethtool -k "$d" | grep -q '^large-receive-offload: off' || { echo "$d"; return 1; }
	done
}

# The same addresses on VLAN devices above; the programs there too.
vlan_up() {
	local d
	for d in "$plain phone0 $plain_ip" "$srtp phone0 $srtp_ip" "$host plain0 $hostplain_ip" \
		"$host srtp0 $hostsrtp_ip"; do
		# shellcheck disable=SC2086 # namespace, device, address
		set -- $d
		ip -n "$1" addr del "$3/$prefix" dev "$2"
		ip -n "$1" link add link "$2" name "$2.5" type vlan id 5 2>/dev/null || true
		dev_up "$1" "$2.5" "$3/$prefix"
	done
}

attach_all() { # MODE
	local d
	for d in $devices; do
		xsh detach "$d" >/dev/null 2>&1 || true
	done
	[ "$1" != vlan ] || { each_family vlan_up; devices='plain0.5 srtp0.5'; }
	said=$(for d in $devices; do xsh attach "$d" "${1/vlan/generic}"; done)
	check "attached, $1" test "$(grep -c "XDP ${1/vlan/generic}" <<<"$said")" = 2
}

trap cleanup EXIT
trap 'exit 130' INT TERM HUP
module_up
net_up
devices='plain0 srtp0'
for mode in ${MODES:-native generic vlan}; do
	attach_all "$mode"
	each_family flows_add
	check "$mode: no LRO under XDP" lro
	each_family trains "$mode" forward on
	each_family trains "$mode" list off
	each_family flows_del
	[ "${1:-all}" = all ] || continue
	each_family flows_add
	cell=0 counted=$(programs)
	each_family receivers_start 22
	each_family receivers_ready
	matrix "$mode"
	each_family receivers_judge
	each_family flows_del
done
ns_del "$plain" "$srtp" "$host"
check "the module unloads" unload_module
done_testing
