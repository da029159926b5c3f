#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The cipher implementations on CPUs of several kinds: the module tests every one
# that the CPU offers when it loads, chooses the best, and under it media of each
# suite goes both ways, judged by libsrtp2. What the CPU offers is read from the
# kernel's own list of its features; that it is the CPU that was meant, from $WANT.
# SUITES=few where only the choice differs from another run: one of each kind.
#
# vm: -c max,la57=off,-sha-ni -e WANT=avx2,kernel
# vm no-aes: -c max,la57=off,-aes -e WANT=kernel
# vm no-pclmul: -c max,la57=off,-pclmulqdq -e WANT=kernel -e SUITES=few
# vm no-xsave: -c max,la57=off,-sha-ni -a noxsave -e WANT=kernel -e SUITES=few
# vm westmere: -c Westmere -e WANT=kernel -e SUITES=few
# vm sha-ni: --qemu 10 -e WANT=shani,avx2,kernel
# vm sha-ni-no-avx: --qemu 10 -c max,la57=off,-avx -e WANT=shani,kernel -e SUITES=few
# time: 900
set -euo pipefail
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
trap cleanup EXIT
count=60
suites=(AES_CM_128_HMAC_SHA1_80 AES_CM_128_HMAC_SHA1_32 AES_256_CM_HMAC_SHA1_80
	AES_256_CM_HMAC_SHA1_32 AEAD_AES_128_GCM AEAD_AES_256_GCM AEAD_AES_128_GCM_8
	AEAD_AES_256_GCM_8 NULL_HMAC_SHA1_80 NULL_HMAC_SHA1_32 AES_CM_128_NULL_AUTH)
if [ "${SUITES:-}" = few ]; then suites=(AES_256_CM_HMAC_SHA1_80 AEAD_AES_128_GCM); fi

# has FLAG… - of the CPU, as the kernel sees it
has() {
	local flag
	for flag in "$@"; do
		if ! grep -qw -m 1 "^flags.* $flag" /proc/cpuinfo; then return 1; fi
	done
}

# The table of kmod/srtp/x86/x86.h, in the kernel's words.
offered() {
	if has aes pclmulqdq ssse3 sse4_1; then
		if has sha_ni avx avx2 bmi2 vaes vpclmulqdq; then
			if has avx512f avx512bw avx512dq avx512vl avx512vbmi; then echo -n avx512,; fi
			echo -n vaes,
		fi
		if has sha_ni; then echo -n shani,; fi
		if has avx avx2 bmi2; then echo -n avx2,; fi
	fi
	echo kernel
}

# As ip netns exec, without what that costs under emulation.
on() { nsenter --net="/run/netns/$1" "${@:2}"; }

# Two flows for each suite: the @i-th has ports @i * 10 above the first's.
add_flows() {
	local i=0 suite
	for suite in "${suites[@]}"; do
		make_key "$suite" "$work/$suite"
		on "$host" xsrtp flow add local "$(at hostplain $((30000 + i)))" \
			forward from "$(at hostsrtp $((30002 + i)))" to "$(at srtp $((5000 + i)))" \
			tx "$suite" key "$work/$suite" learn never >/dev/null
		on "$host" xsrtp flow add local "$(at hostsrtp $((30004 + i)))" \
			forward from "$(at hostplain $((30006 + i)))" to "$(at plain $((4000 + i)))" \
			rx "$suite" key "$work/$suite" learn never >/dev/null
		i=$((i + 10))
	done
}

# shellcheck disable=SC2317 # wait_for calls it
sent() { # PACKETS - the host has sent that many, all in all
	[ "$(on "$host" xsrtp -j stats | jq .module.tx_packets)" -ge "$1" ]
}

# RTP from the plain phone leaves as SRTP: every packet is libsrtp2's.
ways_out() {
	local dump i=0 j suite
	start "$srtp" tcpdump -Z root --immediate-mode -i phone0 -U -s 2048 -B 4096 \
		-w "$work/out.pcap" udp 2>"$work/dump"
	dump=$!
	ready tcpdump grep -q listening "$work/dump"
	for suite in "${suites[@]}"; do
		on "$plain" rtp-send --from "$(at plain 3998)" --to "$(at hostplain $((30000 + i)))" \
			--count $count --rate 300 >/dev/null
		i=$((i + 10))
	done
	wait_for 30 sent $((count * ${#suites[@]})) || true
	sleep 1
	stop "$dump" INT
	i=0
	for suite in "${suites[@]}"; do
		j=$(srtp-verify --capture "$work/out.pcap" --to "$(at srtp $((5000 + i)))" \
			--suite "$suite" --key "$work/$suite") || true
		is "$(get "$j" packets):$(get "$j" unprotected):$(get "$j" bad_udp_checksum)" \
			"$count:$count:0" "$suite, protected: $count packets unprotect under libsrtp2"
		i=$((i + 10))
	done
}

# libsrtp2's packets arrive at the plain phone as the RTP they were.
ways_in() {
	local i=0 j suite recv
	for suite in "${suites[@]}"; do
		start "$plain" rtp-recv --on "$(at plain $((4000 + i)))" --count $count --time 60 \
			--idle 3000 >"$work/recv"
		recv=$!
		ready rtp-recv listens "$recv" $((4000 + i))
		on "$srtp" rtp-send --from "$(at srtp 4998)" --to "$(at hostsrtp $((30004 + i)))" \
			--suite "$suite" --key "$work/$suite" --count $count --rate 300 >/dev/null
		wait "$recv" || true
		j=$(cat "$work/recv")
		is "$(get "$j" good):$(get "$j" wrong):$(get "$j" lost)" "$count:0:0" \
			"$suite, unprotected: $count packets of libsrtp2, each byte"
		i=$((i + 10))
	done
}

dmesg -C
module_up
line=$(dmesg | sed -n 's/.*xsrtp: loaded, //p')
note "$line"
tested=$(sed -n 's/self-test passed by \(.*\);.*/\1/p' <<<"$line")
is "${tested//, /,}" "$(offered)" "the self-test covers every implementation that the CPU offers"
is "$(offered)" "${WANT:-$(offered)}" "and this is the CPU that was meant"
is "${line##* }" "${tested%%,*}" "the best of them is in use"

net_up
use_family 4
attach native
add_flows
ways_out
ways_in
skip "AES_192_CM_HMAC_SHA1_80 and _32" "libsrtp2 derives other keys (its issue 763); tests/unit has them"
done_testing
