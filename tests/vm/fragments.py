#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""fragments.py FAMILY HOST PEER DEVICE MAC LOCAL REMOTE PORT

From the namespace PEER by DEVICE to MAC: a plain RTP packet from REMOTE:5010 to
LOCAL:PORT in every way that fragments and IP options make it hard to find its port,
and for each way a line: its name, the frames sent, and how many packets came to a socket
in the namespace HOST. FAMILY is 4 or 6.
"""
import ctypes
import os
import socket
import struct
import sys

CLONE_NEWNET = 0x40000000
UDP, FRAG, DST = 17, 44, 60


def enter(netns):
    fd = os.open("/run/netns/" + netns, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns " + netns)
    os.close(fd)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def datagram(source, target, port):
    payload = struct.pack(">BBHII", 0x80, 0, 1, 0, 0xdead) + b"Z" * 100
    length = 8 + len(payload)
    udp = struct.pack(">HHHH", 5010, port, length, 0) + payload
    pseudo = source + target + struct.pack(">II", length, UDP)
    return udp[:6] + struct.pack(">H", checksum(pseudo + udp) or 0xffff) + udp[8:]


class IPv4:
    eth = b"\x08\x00"

    def __init__(self, source, target):
        self.ends = source + target
        self.id = 0

    def packet(self, data, offset=0, more=False, options=b""):
        hlen = 20 + len(options)
        head = struct.pack(">BBHHHBBH", 0x40 | hlen // 4, 0, hlen + len(data), self.id,
                           more << 13 | offset // 8, 64, UDP, 0) + self.ends + options
        return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + data

    def ways(self, d):
        yield "options", [self.packet(d, options=b"\1" * 4)]
        yield "tiny first, options", [self.packet(d[:8], 0, True, b"\1" * 40),
                                      self.packet(d[8:], 8)]


class IPv6:
    eth = b"\x86\xdd"

    def __init__(self, source, target):
        self.ends = source + target
        self.id = 0

    def header(self, data, following):
        return struct.pack(">IHBB", 6 << 28, len(data), following, 64) + self.ends + data

    def fragment(self, data, offset, more, following):
        return struct.pack(">BBHI", following, 0, offset | more, self.id) + data

    def packet(self, data, offset=0, more=False, following=UDP):
        return self.header(self.fragment(data, offset, more, following), FRAG)

    def ways(self, d):
        pad = b"\1\4" + bytes(4)
        yield "options", [self.header(bytes([UDP, 0]) + pad + d, DST)]
        yield "atomic fragment", [self.packet(d)]
        # An extension header that says it is longer than the first fragment, and
        # another behind it: the kernel then takes the first fragment as complete.
        chain = bytes([DST, 2, 0x1e, 20]) + bytes(20) + bytes([UDP, 0]) + pad + d
        yield "extension header cut", [self.packet(chain[:8], 0, True, DST),
                                       self.packet(chain[8:], 8, False, DST)]
        yield "cut, last first", [self.packet(chain[8:], 8, False, DST),
                                  self.packet(chain[:8], 0, True, DST)]
        yield "cut before UDP", [self.packet(chain[:32], 0, True, DST),
                                 self.packet(chain[32:], 32, False, DST)]
        inner = self.fragment(chain, 0, False, DST)
        yield "fragment in a fragment", [self.packet(inner[:16], 0, True, FRAG),
                                         self.packet(inner[16:], 16, False, FRAG)]


def every_way(ip, d):
    head, middle, tail = (d[:40], 0, True), (d[40:80], 40, True), (d[80:], 80, False)
    orders = {"in order": [head, middle, tail], "backwards": [tail, middle, head],
              "first last": [middle, tail, head], "doubled": [head, head, middle, tail],
              "overlapping": [(d[:48], 0, True), middle, tail, head],
              "tiny first": [(d[:8], 0, True), (d[8:80], 8, True), tail],
              "tiny first, last": [(d[8:80], 8, True), tail, (d[:8], 0, True)]}
    for name, pieces in orders.items():
        ip.id += 1
        yield name, [ip.packet(*p) for p in pieces]
    for name, frames in ip.ways(d):
        yield name, frames
        ip.id += 1


def main(family, host, peer, device, mac, local, remote, port):
    af = socket.AF_INET6 if family == "6" else socket.AF_INET
    source, target = (socket.inet_pton(af, a) for a in (remote, local))
    ip = (IPv6 if family == "6" else IPv4)(source, target)
    enter(host)
    receiver = socket.socket(af, socket.SOCK_DGRAM)
    receiver.bind((local, int(port)))
    receiver.settimeout(0.15)
    enter(peer)
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((device, 0))
    ip.id = int.from_bytes(os.urandom(1), "big") << 8  # not those of the run before
    for name, frames in every_way(ip, datagram(source, target, int(port))):
        for frame in frames:
            wire.send(bytes.fromhex(mac.replace(":", "")) + b"\2\0\0\0\0\1" + ip.eth + frame)
        came = 0
        try:
            while receiver.recv(2048):
                came += 1
        except TimeoutError:
            pass
        print(f"{name}:{len(frames)}:{came}")


main(*sys.argv[1:])
