#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""pmtu.py TO MTU SOURCE DESTINATION [keep=N] [sum=bad] [protocol=N] [mangle=N]

Sends to the address TO an ICMP error "too big" with this MTU that quotes a packet from
the endpoint SOURCE to the endpoint DESTINATION, as a router would, or an attacker.

  keep=N      only the first N bytes of what would be quoted
  sum=bad     with a wrong checksum (IPv4: the kernel makes IPv6's itself)
  protocol=N  of the quoted packet, instead of UDP
  mangle=N    N errors instead, each with one byte of the quoted headers inverted, from
              the first on and over again
"""
import ipaddress
import socket
import struct
import sys


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return ipaddress.ip_address(host.strip("[]")), int(port)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def quoted(source, destination, protocol):
    udp = struct.pack(">HHHH", source[1], destination[1], 1408, 0)
    if source[0].version == 6:
        return struct.pack(">IHBB", 6 << 28, 1408, protocol, 64) + source[0].packed + destination[0].packed + udp
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 1428, 0, 0x4000, 64, protocol, 0) + source[0].packed + destination[0].packed
    return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + udp


def error(version, mtu, quote, bad):
    if version == 6:
        return struct.pack(">BBHI", 2, 0, 0, mtu) + quote
    message = struct.pack(">BBHHH", 3, 4, 0, 0, mtu) + quote
    total = checksum(message) ^ (0x5555 if bad else 0)
    return message[:2] + struct.pack(">H", total) + message[4:]


def main():
    to, mtu, source, destination = sys.argv[1], int(sys.argv[2]), endpoint(sys.argv[3]), endpoint(sys.argv[4])
    opt = dict(x.split("=") for x in sys.argv[5:])
    version = source[0].version
    family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if version == 6 else \
        (socket.AF_INET, socket.IPPROTO_ICMP)
    s = socket.socket(family, socket.SOCK_RAW, protocol)
    quote = quoted(source, destination, int(opt.get("protocol", 17)))
    quotes = [quote[:int(opt.get("keep", len(quote)))]]
    if "mangle" in opt:
        quotes = [quote[:n] + bytes([quote[n] ^ 0xff]) + quote[n + 1:]
                  for n in (i % len(quote) for i in range(int(opt["mangle"])))]
    for q in quotes:
        s.sendto(error(version, mtu, q, "sum" in opt), (to, 0))


main()
