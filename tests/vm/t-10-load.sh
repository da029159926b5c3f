#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The module is loaded and unloaded many times, the last of them with traffic on
# its way: a phone sends RTP into a flow that encrypts and into one that decrypts,
# by native and by generic XDP, while the module goes away. Nothing may leak. (A
# splat fails the machine's run by itself.) Here 100 times, the last 20 under
# traffic, and on a slow kernel (SLOW) fewer; the long run, 1,000 times with the last
# hundred, takes some 20 minutes:
#
#   tests/vm/run -t 3600 -e QUIET_LOADS=900 -e BUSY_LOADS=100 tests/vm/t-10-load.sh
#
# time: 2400
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/vm/leaks.sh
. "$(dirname "$0")/leaks.sh"
trap cleanup EXIT

quiet=${QUIET_LOADS:-$((80 / ${SLOW:-1}))}
busy=${BUSY_LOADS:-$((20 / ${SLOW:-1}))}
warm=${WARM_LOADS:-5}	# loads of each sort before the first measure: caches fill, once
forwarded=0

load_quietly() { # COUNT
	local i
	for ((i = 1; i <= $1; i++)); do
		insmod "$XSRTP_KO" && rmmod xsrtp || return 1
		[ $((i % 100)) != 0 ] || note "$i of $1 loads and unloads"
	done
}

# On the host, without what ip netns exec costs under emulation.
on_host() { nsenter --net="/run/netns/$host" "$@"; }

host_up() { # native or generic
	insmod "$XSRTP_KO" &&
		ip -n "$host" link add dev xsrtp0 up type xsrtp &&
		on_host xsrtp flow add local "$(at hostplain 30000)" forward from "$(at hostsrtp 30010)" \
			to "$(at srtp 5000)" tx AES_CM_128_HMAC_SHA1_80 key "$work/key" learn never >/dev/null &&
		on_host xsrtp flow add local "$(at hostplain 30002)" deliver \
			rx AES_CM_128_HMAC_SHA1_80 key "$work/key" >/dev/null &&
		on_host xsrtp attach plain0 "$1" >/dev/null
}

flowing() { [ "$(on_host xsrtp -j stats | jq .module.tx_packets)" -ge 20 ]; }

# The program stays on the device, with nowhere to redirect to, until the next round.
load_busily() { # COUNT
	local i modes=(native generic)
	for ((i = 1; i <= $1; i++)); do
		host_up "${modes[i % 2]}" || return 1
		sleep 0.3
		if wait_for 30 flowing; then forwarded=$((forwarded + 1)); fi
		rmmod xsrtp || return 1
		on_host xsrtp detach plain0 >/dev/null || return 1
		[ $((i % 10)) != 0 ] || note "$i of $1 with traffic"
	done
}

# As check(), but says on the way how far it is.
report() { # NAME COMMAND…
	if "${@:2}"; then ok "$1"; else not_ok "$1"; fi
}

modprobe gf128mul
load_module
net_up
rmmod xsrtp
use_family 4
make_key AES_CM_128_HMAC_SHA1_80 "$work/key"
for n in 0 2; do
	start "$plain" rtp-send --from "$(at plain 400$n)" --to "$(at hostplain 3000$n)" \
		--rate 100 --count 10000000 --time 2400 >/dev/null
done

note "warming up"
load_quietly "$warm"
load_busily "$warm"
forwarded=0
before=$(measure)
report "$quiet loads and unloads" load_quietly "$quiet"
report "$busy more with traffic on its way" load_busily "$busy"
is "$forwarded" "$busy" "in each of these the module had sent packets on"
after=$(measure_after "$before" $((quiet + busy)))
paste <(echo "$before") <(echo "$after" | cut -d' ' -f2) | sed 's/^/# /'
is "$(compare "$before" "$after" $((quiet + busy)))" "" "no leak"
check "the module is gone" test ! -e /sys/module/xsrtp
done_testing
