#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# 1,000 loads and unloads, the last hundred with traffic flowing into flows that
# encrypt, by XDP and by skbs: no splat (the harness sees to that), no reference
# left, no memory left.
#
# time: 3600
set -euo pipefail
. "$(dirname "$0")/lib.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
export PATH=$top/build:$top/build/tools:$PATH
export LOADS=${LOADS:-1000} BUSY=${BUSY:-100}
loads=$LOADS busy=$BUSY
suite=AES_CM_128_HMAC_SHA1_80

# What the module could leave behind, after all that is deferred has been done.
memory() {
	sleep 1
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(Slab|Percpu|VmallocUsed|KernelStack):/ { sum += $2 } END { print sum }' /proc/meminfo
}

quick() {
	insmod "$XSRTP_KO"
	rmmod xsrtp
}

# Devices, flows and keys are there and packets come when the module goes.
loaded() { # native|generic
	insmod "$XSRTP_KO"
	ip link add xsrtp0 type xsrtp
	ip link set xsrtp0 up
	xsrtp flow add local 10.0.1.1:30000 forward from 10.0.2.1:30010 to 10.0.2.2:5000 \
		tx $suite key "$key" >/dev/null
	xsrtp flow add local 10.0.1.1:30002 deliver rx $suite key "$key" >/dev/null
	xsrtp attach p0 "$1" >/dev/null
	sleep 0.1
	read -r packets </sys/class/net/xsrtp0/statistics/tx_packets
	total=$((total + packets))
	rmmod xsrtp
	xsrtp detach p0 >/dev/null 2>&1 || ip link set p0 xdp off
}

# In the host's namespace: one process less for each command.
if [ "${1:-}" = inside ]; then
	key=$2 total=0
	loaded native
	loaded generic
	before=$(memory)
	for ((i = 0; i < busy; i += 2)); do
		loaded native
		loaded generic
	done
	echo "before=$before after=$(memory) total=$total"
	exit 0
fi

load_module
rmmod xsrtp
for _ in 1 2 3 4 5 6 7 8 9 10; do quick; done
before=$(memory)
for ((i = busy; i < loads; i++)); do quick; done
after=$(memory)
note "$((loads - busy)) loads: $before kB before, $after kB after"
check "$((loads - busy)) loads and unloads leave no memory behind (under 1 kB each, 256 kB for noise)" \
	test $((after - before)) -lt $((256 + loads - busy))

modprobe veth
ns_add a h b
veth_pair h p0 10.0.1.1/24 a phone0 10.0.1.2/24
veth_pair h s0 10.0.2.1/24 b phone0 10.0.2.2/24
in_ns b ethtool -K phone0 gro on
key=$(mktemp)
chmod 600 "$key"
echo "inline:$(head -c 30 /dev/urandom | base64 -w 0)" >"$key"
in_ns a rtp-send --from 10.0.1.2:4000 --to 10.0.1.1:30000 --rate 300 --count 10000000 --time 3000 >/dev/null &
one=$!
in_ns a rtp-send --from 10.0.1.2:4002 --to 10.0.1.1:30002 --rate 300 --count 10000000 --time 3000 >/dev/null &
two=$!
eval "$(in_ns h "$0" inside "$key")"
kill $one $two
wait
note "$busy loads under traffic: $before kB before, $after kB after, $total packets came"
check "$busy loads and unloads under traffic leave no memory behind (under 8 kB each, 256 kB for noise)" \
	test $((after - before)) -lt $((256 + 8 * busy))
check "packets came meanwhile" test "$total" -gt "$busy"
is "$(dmesg | grep -c 'waiting for .* to become free')" 0 "no device waits for a reference"
ns_del a h b
done_testing
