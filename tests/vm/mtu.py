#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""mtu.py watch FOLDER NAMESPACE:DEVICE...

At each SIGUSR1, when all is read, writes FOLDER/NAMESPACE with one line of JSON of what
was seen since the last: how many ICMP errors "too big" came in, how many of them quote
the IP and UDP headers of a packet that left here and not a byte more (whole), their
lowest and highest MTU, and how many IP fragments came in.

mtu.py ask ADDRESS:PORT ADDRESS:PORT SIZE

Sends a packet of that payload from the first to the second endpoint as an application
that asks for errors does, and prints what its error queue then says.
"""
import ctypes
import json
import os
import select
import signal
import socket
import struct
import sys
import time

ETH_P_ALL = 3
IP_RECVERR, IP_MTU_DISCOVER = 11, 10
IPV6_RECVERR, IPV6_MTU_DISCOVER = 25, 23
PMTUDISC_PROBE = 3
CLONE_NEWNET = 0x40000000
asked = False


def ask_now(*_):
    global asked
    asked = True


def headers(frame):
    """IP and UDP header of a UDP packet without options, or None."""
    if frame[12:14] == b"\x08\x00" and frame[14 + 9] == 17:
        return frame[14:14 + 28]
    if frame[12:14] == b"\x86\xdd" and frame[14 + 6] == 17:
        return frame[14:14 + 48]
    return None


def error(frame):
    """MTU and quoted packet of an ICMP error "too big", or None."""
    if frame[12:14] == b"\x08\x00" and frame[23] == 1 and frame[34:36] == b"\x03\x04":
        return struct.unpack(">H", frame[40:42])[0], ip4_payload(frame)[8:]
    if frame[12:14] == b"\x86\xdd" and frame[20] == 58 and frame[54] == 2:
        length = struct.unpack(">H", frame[18:20])[0]
        return struct.unpack(">I", frame[58:62])[0], frame[54:54 + length][8:]
    return None


def ip4_payload(frame):
    return frame[34:14 + struct.unpack(">H", frame[16:18])[0]]


def is_fragment(frame):
    if frame[12:14] == b"\x08\x00":
        return struct.unpack(">H", frame[20:22])[0] & 0x3fff != 0
    return frame[12:14] == b"\x86\xdd" and frame[20] == 44


class Device:
    def __init__(self, where):
        self.netns, device = where.split(":")
        fd = os.open("/run/netns/" + self.netns, os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns " + self.netns)
        os.close(fd)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind((device, 0))
        self.forget()

    def fileno(self):
        return self.socket.fileno()

    def forget(self):
        self.sent, self.mtus, self.whole, self.fragments = set(), [], 0, 0

    def read(self):
        frame, addr = self.socket.recvfrom(4096)
        if addr[2] == socket.PACKET_OUTGOING:
            self.sent.add(headers(frame))
        elif is_fragment(frame):
            self.fragments += 1
        elif error(frame):
            mtu, quoted = error(frame)
            self.mtus.append(mtu)
            self.whole += quoted in self.sent

    def write(self, folder):
        seen = {"errors": len(self.mtus), "whole": self.whole,
                "lowest": min(self.mtus, default=0), "highest": max(self.mtus, default=0),
                "fragments": self.fragments}
        path = os.path.join(folder, self.netns)
        with open(path + ".new", "w", encoding="ascii") as f:
            f.write(json.dumps(seen, separators=(",", ":")))
        os.rename(path + ".new", path)
        self.forget()


def watch(folder, *where):
    global asked
    devices = [Device(w) for w in where]
    signal.signal(signal.SIGUSR1, ask_now)
    with open(os.path.join(folder, "ready"), "w", encoding="ascii"):
        pass
    while True:
        ready = select.select(devices, [], [], 0.1)[0]
        for device in ready:
            device.read()
        if asked and not ready:
            asked = False
            for device in devices:
                device.write(folder)


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def ask(local, remote, size):
    local, remote = endpoint(local), endpoint(remote)
    ipv6 = ":" in local[0]
    s = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    level = socket.IPPROTO_IPV6 if ipv6 else socket.IPPROTO_IP
    s.setsockopt(level, IPV6_MTU_DISCOVER if ipv6 else IP_MTU_DISCOVER, PMTUDISC_PROBE)
    s.setsockopt(level, IPV6_RECVERR if ipv6 else IP_RECVERR, 1)
    s.bind(local)
    # A number of its own: one that comes again is refused for that.
    rtp = struct.pack(">BBHII", 0x80, 0, os.getpid() & 0xffff, 0, 0xdead)
    s.sendto(rtp + bytes(size), remote)
    for _ in range(100):
        try:
            _, control, _, _ = s.recvmsg(2048, 512, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            break
        except BlockingIOError:
            time.sleep(0.1)
    else:
        print('{"errno":0}')
        return
    # struct sock_extended_err: errno, origin, type, code, pad, info, data
    number, origin, info = struct.unpack("=IB3xI", control[0][2][:12])
    print(f'{{"errno":{number},"origin":{origin},"mtu":{info}}}')


if sys.argv[1] == "watch":
    watch(*sys.argv[2:])
else:
    ask(sys.argv[2], sys.argv[3], int(sys.argv[4]))
