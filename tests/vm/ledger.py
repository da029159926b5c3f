#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""ledger.py PORT KIND:SSRC:SEQ:LETTER...

Sends packets from namespace a to 10.0.1.1:PORT and prints of each, in hexadecimal, what
came to 10.0.2.2:5000 in b, or "nothing". KIND is rtp or rtcp; the payload is 40 times
the letter. RTCP has no SEQ: 0.

ledger.py same HEX HEX LETTER LETTER

Are the two SRTP packets the two letters under one keystream?
"""
import ctypes
import os
import socket
import struct
import sys

CLONE_NEWNET = 0x40000000
TEXT = 40


def socket_in(netns, address):
    fd = os.open("/run/netns/" + netns, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns " + netns)
    os.close(fd)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(address)
    return s


def packet(kind, ssrc, seq, letter):
    text = letter.encode() * TEXT
    if kind == "rtp":
        return struct.pack(">BBHII", 0x80, 0, seq, 0, ssrc) + text
    return struct.pack(">BBHI", 0x80, 204, 1 + TEXT // 4, ssrc) + text


def send(port, packets):
    a = socket_in("a", ("10.0.1.2", 4000))
    b = socket_in("b", ("10.0.2.2", 5000))
    for p in packets:
        kind, ssrc, seq, letter = p.split(":")
        b.settimeout(5 if letter.isupper() else 0.5)
        a.sendto(packet(kind, int(ssrc, 0), int(seq), letter), ("10.0.1.1", port))
        try:
            print(b.recv(2048).hex())
        except TimeoutError:
            print("nothing")


def same(one, two, first, second):
    text = [bytes.fromhex(p)[12:12 + TEXT] for p in (one, two)]
    xor = bytes(x ^ y for x, y in zip(*text))
    return len(xor) == TEXT and xor == bytes([ord(first) ^ ord(second)]) * TEXT


if sys.argv[1] == "same":
    sys.exit(0 if same(*sys.argv[2:]) else 1)
send(int(sys.argv[1]), sys.argv[2:])
