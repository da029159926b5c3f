# SPDX-License-Identifier: GPL-2.0
"""The module's verdicts, packet by packet: t-50-module-path.sh runs this in the guest.

Namespaces made by the script: a (phone0) - h (p0, xsrtp0, s0, t0) - b (phone0,
phone1). Each case goes through both doors: redirected by XDP from p0, and
handed to xsrtp0 as an skb. It names the one reason whose counter must move, and
how many packets must come out; those are checked field by field.
"""
import ctypes
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time

ETH_ALL = 3
count = failed = 0


def check(ok, name, info=''):
    global count, failed
    count += 1
    if not ok:
        failed += 1
    print(f"{'ok' if ok else 'not ok'} {count} - {name}")
    if not ok and info:
        print(f"#   {info}")
    sys.stdout.flush()


def run(*args):
    return subprocess.run(args, check=True, capture_output=True, text=True).stdout


# --- namespaces ----------------------------------------------------------------

libc = ctypes.CDLL(None, use_errno=True)


def enter(ns):
    with open(f'/run/netns/{ns}') as f:
        if libc.setns(f.fileno(), 0x40000000):
            raise OSError(ctypes.get_errno(), 'setns')


def raw(ns, dev):
    enter(ns)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_ALL))
    s.bind((dev, ETH_ALL))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    return s


def mac(ns, dev):
    link = json.loads(run('ip', '-n', ns, '-j', 'link', 'show', dev))
    return bytes.fromhex(link[0]['address'].replace(':', ''))


# --- an XDP program that redirects all it sees to one device ------------------------

class BpfLoad(ctypes.Structure):
    _fields_ = [('type', ctypes.c_uint32), ('n', ctypes.c_uint32), ('insns', ctypes.c_uint64),
                ('license', ctypes.c_uint64), ('level', ctypes.c_uint32),
                ('size', ctypes.c_uint32), ('buf', ctypes.c_uint64), ('rest', ctypes.c_uint8 * 88)]


class BpfPin(ctypes.Structure):
    _fields_ = [('path', ctypes.c_uint64), ('fd', ctypes.c_uint32), ('flags', ctypes.c_uint32)]


def redirect_all(ifindex, path):
    insn = lambda op, regs, off, imm: struct.pack('<BBhi', op, regs, off, imm)
    code = b''.join([
        insn(0xb7, 0x01, 0, ifindex),   # r1 = ifindex
        insn(0xb7, 0x02, 0, 0),         # r2 = 0
        insn(0x85, 0x00, 0, 23),        # call bpf_redirect
        insn(0x95, 0x00, 0, 0),         # exit
    ])
    buf = ctypes.create_string_buffer(code)
    gpl = ctypes.create_string_buffer(b'GPL')
    attr = BpfLoad(6, len(code) // 8, ctypes.addressof(buf), ctypes.addressof(gpl))
    fd = libc.syscall(321, 5, ctypes.byref(attr), ctypes.sizeof(attr))
    if fd < 0:
        raise OSError(ctypes.get_errno(), 'bpf load')
    name = ctypes.create_string_buffer(path.encode())
    pin = BpfPin(ctypes.addressof(name), fd, 0)
    if libc.syscall(321, 6, ctypes.byref(pin), ctypes.sizeof(pin)):
        raise OSError(ctypes.get_errno(), 'bpf pin')


# --- packets ---------------------------------------------------------------------------

def csum(data):
    if len(data) % 2:
        data += b'\0'
    s = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    return ~s & 0xffff


def rtp(seq=1, payload=bytes(range(160)), first=0x80, pt=0, extra=b''):
    return struct.pack('!BBHII', first, pt, seq, seq * 160, 0x1234) + extra + payload


def udp(sport, dport, data, length=None):
    return struct.pack('!HHHH', sport, dport, 8 + len(data) if length is None else length, 0) + data


DF = 0x4000     # don't fragment (RFC 791): else what is too large is cut


def ip4(data, src='10.0.1.2', dst='10.0.1.1', ttl=64, frag=0, tos=0xb8, proto=17, options=b'',
        length=None, ihl=None, bad_sum=0, ident=0x4242):
    ihl = 5 + len(options) // 4 if ihl is None else ihl
    length = 20 + len(options) + len(data) if length is None else length
    h = struct.pack('!BBHHHBBH4s4s', 0x40 | ihl, tos, length, ident, frag, ttl, proto, 0,
                    socket.inet_aton(src), socket.inet_aton(dst)) + options
    return h[:10] + struct.pack('!H', csum(h) ^ bad_sum) + h[12:] + data


def ip6(data, src='fd01::2', dst='fd01::1', hops=64, nexthdr=17, tos=0xb8, length=None):
    length = len(data) if length is None else length
    return struct.pack('!IHBB', 6 << 28 | tos << 20 | 0x12345, length, nexthdr, hops) + \
        socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + data


def eth(data, proto=None, tags=()):
    if proto is None:
        proto = 0x0800 if data[:1] and data[0] >> 4 == 4 else 0x86dd
    tagged = b''.join(struct.pack('!HH', t, 5) for t in tags)
    return p0_mac + a_mac + tagged + struct.pack('!H', proto) + data


def parse(frame):
    """What came out: addresses, ports, TTL, payload, and whether the sums are right."""
    out = {'dst': frame[:6], 'src': frame[6:12], 'proto': struct.unpack('!H', frame[12:14])[0]}
    p = frame[14:]
    if out['proto'] == 0x0800:
        out['ip_ok'] = csum(p[:20]) == 0 and p[0] == 0x45
        total = struct.unpack('!H', p[2:4])[0]
        out.update(tos=p[1], ident=struct.unpack('!H', p[4:6])[0], ttl=p[8],
                   frm=socket.inet_ntoa(p[12:16]), to=socket.inet_ntoa(p[16:20]), upper=p[9])
        pseudo, u = p[12:20], p[20:total]
    elif out['proto'] == 0x86dd:
        out['ip_ok'] = True
        total = struct.unpack('!H', p[4:6])[0]
        out.update(tos=struct.unpack('!I', p[:4])[0] >> 20 & 0xff, ttl=p[7], upper=p[6],
                   frm=socket.inet_ntop(socket.AF_INET6, p[8:24]),
                   to=socket.inet_ntop(socket.AF_INET6, p[24:40]))
        pseudo, u = p[8:40], p[40:40 + total]
    else:
        return out
    if out['upper'] != 17:
        return out
    out['sport'], out['dport'], ulen, check = struct.unpack('!HHHH', u[:8])
    full = pseudo + struct.pack('!HHHH', 0, 17, 0, ulen) + u[:ulen]
    out['udp_ok'] = check != 0 and ulen == len(u) and csum(full) == 0
    out['data'] = u[8:ulen]
    return out


# --- counters ------------------------------------------------------------------------------

class Netlink:
    """Just enough generic netlink to read the counters, without starting a program."""

    def __init__(self):
        enter('h')
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
        name = struct.pack('=HH', 10, 2) + b'xsrtp\0\0\0'
        self.family = struct.unpack('=H', self.ask(16, 3, name)[1])[0]      # CTRL_CMD_GETFAMILY

    def ask(self, family, cmd, attrs=b''):
        self.sock.send(struct.pack('=IHHIIBBH', 20 + len(attrs), family, 1, 1, 0, cmd, 1, 0) + attrs)
        reply = self.sock.recv(65536)
        if struct.unpack('=H', reply[4:6])[0] == 2:
            raise OSError(struct.unpack('=i', reply[16:20])[0], 'netlink')
        return dict(self.attrs(reply[20:struct.unpack('=I', reply[:4])[0]]))

    def attrs(self, data):
        while len(data) >= 4:
            size, kind = struct.unpack('=HH', data[:4])
            yield kind & 0x3fff, data[4:size]
            data = data[size + 3 & ~3:]

    def drops(self):
        self.sock.send(struct.pack('=IHHIIBBH', 20, self.family, 1, 1, 0, STATS_GET, 1, 0))
        reply = self.sock.recv(65536)
        out = {}
        for kind, value in self.attrs(reply[20:]):
            if kind == STATS_DROP:
                drop = dict(self.attrs(value))
                reason = struct.unpack('=I', drop[DROP_REASON])[0]
                out[reasons[reason]] = struct.unpack('=Q', drop[DROP_PACKETS])[0]
        return out


STATS_GET, STATS_DROP, DROP_REASON, DROP_PACKETS = 7, 6, 2, 3


def reason_names():
    path = os.path.join(os.path.dirname(__file__), '../../include/xsrtp/reason.h')
    with open(path) as f:
        return {int(n): name for n, name in re.findall(r'X\(\w+, (\d+), "([a-z-]+)"', f.read())}


def drops():
    return netlink.drops()


def moved(before, after):
    return {k: after[k] - before.get(k, 0) for k in after if after[k] != before.get(k, 0)}


# --- one case --------------------------------------------------------------------------------

def received(sock, wait=0.3):
    """UDP packets to ports of ours that arrive at b."""
    out = []
    end = time.time() + wait
    while True:
        left = end - time.time()
        if left <= 0:
            return out
        sock.settimeout(left)
        try:
            frame, addr = sock.recvfrom(65536)
        except TimeoutError:
            return out
        if addr[2] == socket.PACKET_OUTGOING:
            continue
        p = parse(frame)
        if p.get('dport') in (5000, 5002):
            out.append(p)
            end = min(end, time.time() + 0.05)


def case(name, frame, reason=None, out=0, verify=None, repeat=1, sock=None, slow=0.3):
    for door in doors:
        before = drops()
        sock_out = sock or b_sock
        received(sock_out, 0.001)
        for _ in range(repeat):
            (a_sock if door == 'xdp' else x_sock).send(frame)
        got = received(sock_out, slow if out else 0.1)
        delta = moved(before, drops())
        want = {reason: repeat - out} if reason else {}
        ok = delta == want and len(got) == out
        why = f'counters {delta}, wanted {want}; {len(got)} out, wanted {out}'
        if ok and out:
            for p in got:
                bad = wrong(p, verify or {})
                if bad:
                    ok, why = False, bad
        check(ok, f'{door}: {name}: {reason or "sent on"}', why)


def wrong(p, verify):
    want = {'src': s0_mac, 'dst': b_mac, 'ttl': 63, 'tos': 0xb8, 'ip_ok': True, 'udp_ok': True,
            'frm': '10.0.2.1', 'to': '10.0.2.2', 'sport': 30010, 'dport': 5000}
    want.update(verify)
    for k, v in want.items():
        if k == 'length':
            if len(p['data']) != v:
                return f"{k}: got {len(p['data'])}, wanted {v}"
        elif p.get(k) != v:
            return f'{k}: got {p.get(k)}, wanted {v}'
    return None


# --- the cases ----------------------------------------------------------------------------------

def u4(data, sport=4000, dport=30000, **kw):
    return eth(ip4(udp(sport, dport, data), **kw))


def cases_parse():
    good = rtp()
    case('good RTP', u4(good), out=1, verify={'data': good, 'ident': 0x4242})
    case('padded by Ethernet', u4(rtp(payload=b'x')) + bytes(17), out=1,
         verify={'data': rtp(payload=b'x')})
    case('no payload', u4(rtp(payload=b'')), out=1, verify={'data': rtp(payload=b'')})
    case('CSRCs and extension', u4(rtp(first=0x92, extra=bytes(8) + b'\xbe\xde\0\1abcd')), out=1)
    case('one VLAN tag', eth(ip4(udp(4000, 30000, good)), 0x0800, (0x8100,)), out=1,
         verify={'data': good})
    case('two VLAN tags', eth(ip4(udp(4000, 30000, good)), 0x0800, (0x88a8, 0x8100)), out=1,
         verify={'data': good})
    case('three VLAN tags', eth(ip4(udp(4000, 30000, good)), 0x0800, (0x88a8, 0x88a8, 0x8100)),
         'no-flow')
    case('other port', u4(good, dport=31000), 'no-flow')
    case('other address', u4(good, dst='10.0.1.9'), 'no-flow')
    case('TCP', eth(ip4(udp(4000, 30000, good), proto=6)), 'no-flow')
    case('other EtherType', eth(b'hello' * 12, 0x88b5), 'no-flow')
    case('IPv4 that is version 5', eth(b'\x55' + ip4(udp(4000, 30000, good))[1:], 0x0800),
         'malformed')
    case('IP total length past the end', eth(ip4(udp(4000, 30000, good), length=400)), 'malformed')
    case('IP total length below a header', eth(ip4(udp(4000, 30000, good), length=19)), 'malformed')
    case('IP header length 4', eth(ip4(udp(4000, 30000, good), ihl=4)), 'malformed')
    case('wrong IP checksum', u4(good, bad_sum=1), 'malformed')
    case('UDP length past the IP packet', eth(ip4(udp(4000, 30000, good, 300))), 'malformed')
    case('UDP length 7', eth(ip4(udp(4000, 30000, good, 7))), 'malformed')
    case('UDP shorter than IP', eth(ip4(udp(4000, 30000, good, 8 + 100))), out=1,
         verify={'data': good[:100]})
    case('no room for UDP', eth(ip4(b'1234567')), 'malformed')
    case('IP options', u4(good, options=bytes(4)), 'ip-options')
    case('first fragment', u4(good, frag=0x2000), 'fragment')
    case('later fragment', u4(good, frag=100), 'fragment')
    case('DF is kept', u4(good, frag=DF), out=1)


def cases_flow():
    good = rtp()
    case('wrong source port', u4(good, sport=4001), 'wrong-source')
    case('wrong source address', u4(good, src='10.0.1.3'), 'wrong-source')
    report = struct.pack('!BBHI', 0x80, 200, 6, 0x1234) + bytes(20)
    case('RTCP', u4(report), out=1, verify={'data': report})
    case('RTCP of no whole words', u4(report + b'x'), 'malformed')
    case('RTCP, 7 bytes', u4(report[:7]), 'malformed')
    case('RTP version 1', u4(rtp(first=0x40)), 'malformed')
    case('11 bytes', u4(good[:11]), 'malformed')
    case('CSRCs past the end', u4(rtp(first=0x8f, payload=bytes(59))), 'malformed')
    case('extension past the end', u4(rtp(first=0x90, payload=b'\0\0\0\x2a' + bytes(160))),
         'malformed')
    case('no extension header', u4(rtp(first=0x90, payload=b'abc')), 'malformed')
    case('empty datagram', u4(b''), 'malformed')
    case('TTL 1', u4(good, ttl=1), 'ttl')
    case('TTL 0', u4(good, ttl=0), 'ttl')
    case('TTL 2', u4(good, ttl=2), out=1, verify={'ttl': 1})
    case('no route', u4(good, dport=30008), 'no-route')
    case('source not ours', u4(good, dport=30016), 'no-route')
    case('to ourselves', u4(good, dport=30018), 'no-route')
    case('RTP as large as the MTU', u4(rtp(payload=bytes(1460))), out=1, verify={'length': 1472})


def cases_srtp():
    key = {'sport': 30012, 'dport': 5002}
    case('encrypted without a key', u4(rtp(), dport=30006), 'no-key')
    case('forged', u4(rtp(payload=os.urandom(170)), dport=30004), 'bad-tag')
    for i, door in enumerate(list(doors)):
        doors[:] = [door]
        seq = 100 + 10 * i
        case('encrypted', u4(rtp(seq), dport=30002), out=1, verify=dict(key, length=182))
        case('same index again', u4(rtp(seq, bytes(160)), dport=30002), 'index-reuse')
        case('no payload but the tag', u4(rtp(seq + 1, b''), dport=30002), out=1,
             verify=dict(key, length=22))
        case('too large with the tag', u4(rtp(seq + 2, bytes(1460)), dport=30002, frag=DF), 'too-big')
    doors[:] = ['xdp', 'skb']


def cases_ip6():
    good = rtp()
    u6 = lambda data=good, dport=30000, **kw: eth(ip6(udp(4000, dport, data), **kw))
    to6 = {'frm': 'fd02::1', 'to': 'fd02::2', 'data': good}
    case('IPv6', u6(), out=1, verify=to6)
    case('IPv6 padded', u6() + bytes(9), out=1, verify=to6)
    case('IPv6 wrong source', u6(src='fd01::3'), 'wrong-source')
    case('IPv6 hop limit 1', u6(hops=1), 'ttl')
    case('IPv6 payload length past the end', u6(length=900), 'malformed')
    case('IPv6 payload length 7', u6(length=7), 'malformed')
    case('IPv6 other port', u6(dport=31000), 'no-flow')
    case('IPv6 fragment header', eth(ip6(bytes(8) + udp(4000, 30000, good), nexthdr=44)), 'fragment')
    case('IPv6 hop-by-hop', eth(ip6(b'\x11\0' + bytes(6) + udp(4000, 30000, good), nexthdr=0)),
         'ip-options')
    case('IPv6 TCP', eth(ip6(udp(4000, 30000, good), nexthdr=6)), 'no-flow')
    case('IPv4 to IPv6', u4(good, dport=30010), out=1, verify=to6)
    case('IPv6 to IPv4', u6(dport=30002), out=1, verify={'data': good})


def cases_deliver():
    enter('h')
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('10.0.1.1', 30020))
    s6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s6.bind(('fd01::1', 30020))
    for door in doors:
        for sock, frame, tag in ((s, u4(rtp(), dport=30020), 'IPv4'),
                                 (s6, eth(ip6(udp(4000, 30020, rtp()))), 'IPv6'),
                                 (s, eth(ip4(udp(4000, 30020, rtp())), 0x0800, (0x8100,)), 'VLAN'),
                                 (s, eth(ip4(udp(4000, 30020, rtp())), 0x0800, (0x88a8, 0x8100)),
                                  'QinQ')):
            before = drops()
            (a_sock if door == 'xdp' else x_sock).send(frame)
            sock.settimeout(1)
            try:
                data, addr = sock.recvfrom(4096)
            except TimeoutError:
                data, addr = None, None
            check(data == rtp() and addr[1] == 4000, f'{door}: {tag} delivered to the local socket',
                  f'{addr} {moved(before, drops())}')


def cases_follow():
    """Routes and neighbours are followed from the next packet on."""
    good = u4(rtp())
    new = bytes.fromhex('020000000042')
    run('ip', '-n', 'b', 'link', 'set', 'phone0', 'address', '02:00:00:00:00:42')
    run('ip', '-n', 'h', 'neigh', 'replace', '10.0.2.2', 'dev', 's0', 'lladdr',
        '02:00:00:00:00:42')
    case('neighbour changed', good, out=1, verify={'dst': new})
    run('ip', '-n', 'h', 'route', 'add', '10.0.2.2/32', 'via', '10.0.3.2')
    case('route changed, next hop unknown', good, out=1, sock=b_sock1, slow=2,
         verify={'dst': mac('b', 'phone1'), 'src': mac('h', 't0')})
    run('ip', '-n', 'h', 'route', 'replace', 'blackhole', '10.0.2.2/32')
    case('route blackholed', good, 'no-route')
    run('ip', '-n', 'h', 'route', 'del', 'blackhole', '10.0.2.2/32')
    case('route back', good, out=1, verify={'dst': new})
    run('ip', '-n', 'h', 'link', 'set', 's0', 'mtu', '150')
    case('MTU lowered', u4(rtp(), frag=DF), 'too-big')
    run('ip', '-n', 'h', 'link', 'set', 's0', 'mtu', '1500')
    run('ip', '-n', 'h', 'link', 'set', 's0', 'down')
    case('device down', good, 'no-route')
    run('ip', '-n', 'h', 'link', 'set', 's0', 'up')
    run('ip', '-n', 'h', 'neigh', 'replace', '10.0.2.2', 'dev', 's0', 'lladdr',
        '02:00:00:00:00:42')
    case('device up', good, out=1, verify={'dst': new})


if __name__ == '__main__':
    a_mac, p0_mac, s0_mac, b_mac = mac('a', 'phone0'), mac('h', 'p0'), mac('h', 's0'), mac('b', 'phone0')
    a_sock, x_sock = raw('a', 'phone0'), raw('h', 'xsrtp0')
    b_sock, b_sock1 = raw('b', 'phone0'), raw('b', 'phone1')
    enter('h')
    if sys.argv[1] == 'redirect':
        redirect_all(socket.if_nametoindex('xsrtp0'), '/run/bpf/redirect')
        sys.exit(0)
    netlink, reasons = Netlink(), reason_names()
    doors = ['xdp', 'skb']
    for cases in (cases_parse, cases_flow, cases_srtp, cases_ip6, cases_deliver, cases_follow):
        cases()
    print(f'1..{count}')
    sys.exit(1 if failed else 0)
