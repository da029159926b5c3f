#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The module's verdict on each kind of packet, by both doors (XDP frames, skbs),
# with the device out once taking frames and once only skbs.
#
# time: 1500
set -euo pipefail
. "$(dirname "$0")/lib.sh"
here=$(dirname "$0")
export PATH=$here/../../build:$PATH

ns_add a h b
load_module
modprobe veth
veth_pair h p0 10.0.1.1/24 a phone0 10.0.1.2/24
veth_pair h s0 10.0.2.1/24 b phone0 10.0.2.2/24
veth_pair h t0 10.0.3.1/24 b phone1 10.0.3.2/24
for x in "h p0 fd01::1" "a phone0 fd01::2" "h s0 fd02::1" "b phone0 fd02::2"; do
	read -r ns dev ip <<<"$x"
	ip -n "$ns" addr add "$ip/64" dev "$dev" nodad
done
ip -n h link add xsrtp0 type xsrtp
ip -n h link set xsrtp0 up
# Known neighbours (what is too large draws an ICMP error); t0's is left to be resolved.
for x in "s0 b 10.0.2.2" "s0 b fd02::2" "p0 a 10.0.1.2" "p0 a fd01::2"; do
	read -r dev ns ip <<<"$x"
	ip -n h neigh replace "$ip" dev "$dev" lladdr \
		"$(ip -n "$ns" -j link show phone0 | jq -r '.[0].address')"
done

key=$(mktemp)
chmod 600 "$key"
echo "inline:$(head -c 30 /dev/urandom | base64 -w 0)" >"$key"
suite=AES_CM_128_HMAC_SHA1_80
add() { in_ns h xsrtp flow add "$@" >/dev/null; }
any() { add "$@" learn never; }
f4() { echo "forward from 10.0.2.1:30010 to 10.0.2.2:5000"; }
f6() { echo "forward from [fd02::1]:30010 to [fd02::2]:5000"; }
# shellcheck disable=SC2046 # the words of f4 and f6
{
	add local 10.0.1.1:30000 remote 10.0.1.2:4000 $(f4)
	any local 10.0.1.1:30002 forward from 10.0.2.1:30012 to 10.0.2.2:5002 tx $suite key "$key"
	any local 10.0.1.1:30004 $(f4) rx $suite key "$key"
	any local 10.0.1.1:30006 $(f4) tx $suite
	any local 10.0.1.1:30008 forward from 10.0.2.1:30010 to 192.0.2.1:5000
	any local 10.0.1.1:30010 $(f6)
	any local 10.0.1.1:30016 forward from 192.0.2.9:30010 to 10.0.2.2:5000
	any local 10.0.1.1:30018 forward from 10.0.2.1:30010 to 10.0.1.1:5000
	any local 10.0.1.1:30020 deliver
	add local '[fd01::1]:30000' remote '[fd01::2]:4000' $(f6)
	any local '[fd01::1]:30002' $(f4)
	any local '[fd01::1]:30020' deliver
}
# Not below /sys: ip -n mounts its own there.
mkdir -p /run/bpf
mount -t bpf bpf /run/bpf
python3 "$here/module_path.py" redirect
ip -n h link set p0 xdp pinned /run/bpf/redirect
# NAPI at b: then s0 takes XDP frames too.
[ "${1:-frames}" = skbs ] || in_ns b ethtool -K phone0 gro on
status=0
python3 "$here/module_path.py" run || status=1
ns_del a h b
unload_module
exit $status
