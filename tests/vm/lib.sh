# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What tests in shell share. Source it: . "$(dirname "$0")/lib.sh"
#
#   TAP         ok NAME, not_ok NAME, is GOT WANTED NAME, check NAME COMMAND…,
#               skip NAME WHY, note TEXT, done_testing
#   module      load_module [FILE], unload_module [NAME]
#   namespaces  ns_add NAME…, ns_del NAME…, in_ns NAME COMMAND…,
#               veth_pair NS DEV ADDRESS/LEN NS DEV ADDRESS/LEN
#   waiting     wait_for SECONDS COMMAND…
#   kernel      meminfo FIELD, slab_active CACHE
#
# A test calls done_testing last: it prints the plan, and ends with 1 if a check
# failed.

tap_count=0
tap_failed=0

ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $*"
}

not_ok() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $*"
}

skip() { # NAME WHY
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

note() { echo "# $*"; }

# ok if the command succeeds; its output is shown only if it does not.
check() { # NAME COMMAND…
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		ok "$name"
		return 0
	fi
	not_ok "$name"
	note "  ${output//$'\n'/$'\n#   '}"
	return 0
}

is() { # GOT WANTED NAME
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3"
		note "  got:    $1"
		note "  wanted: $2"
	fi
}

done_testing() {
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ] && [ "$tap_count" -gt 0 ]
	exit
}

# On a slow kernel, so many times as long: tests/vm/run --kernel debug sets SLOW.
wait_for() { # SECONDS COMMAND…
	local end=$((SECONDS + $1 * ${SLOW:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# insmod does not look for what a module needs; modprobe only in its own folder.
load_module() { # [FILE]
	local ko=${1:-$XSRTP_KO} m
	for m in $(modinfo -F depends "$ko" | tr ',' ' ') \
		$(modinfo -F softdep "$ko" | sed 's/pre: *//; s/post:.*//'); do
		modprobe "$m" || return 1
	done
	insmod "$ko"
}

unload_module() { rmmod "${1:-xsrtp}"; }

in_ns() { # NAME COMMAND…
	ip netns exec "$@"
}

ns_add() {
	local ns
	for ns in "$@"; do
		ip netns add "$ns" || return 1
		ip -n "$ns" link set lo up
		# An address is usable at once, and no router is asked for more.
		in_ns "$ns" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.accept_ra=0
	done
}

ns_del() {
	local ns
	for ns in "$@"; do ip netns del "$ns" 2>/dev/null || true; done
}

veth_pair() { # NS DEV ADDRESS/LEN NS DEV ADDRESS/LEN
	ip -n "$1" link add "$2" type veth peer name "$5" netns "$4" || return 1
	dev_up "$1" "$2" "$3" && dev_up "$4" "$5" "$6"
}

dev_up() { # NS DEV ADDRESS/LEN
	case $3 in
	*:*) ip -n "$1" addr add "$3" dev "$2" nodad ;;
	*) ip -n "$1" addr add "$3" dev "$2" ;;
	esac
	ip -n "$1" link set "$2" up
}

meminfo() { awk -v f="$1:" '$1 == f { print $2 }' /proc/meminfo; }

slab_active() { awk -v c="$1" '$1 == c { print $2 }' /proc/slabinfo; }
