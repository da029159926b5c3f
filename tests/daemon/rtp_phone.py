#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""rtp_phone.py ADDRESS:PORT ADDRESS:PORT FILE HEARD [SSRC]: a phone of plain RTP with PCMU, from the first
to the second address. It says FILE (mu-law octets) when it reads "speak", silence before and after,
and "spoken" at its end; what it hears goes to HEARD, in order of the sequence numbers. On "end" it
says what it has counted, as JSON."""
import json
import random
import select
import socket
import struct
import sys
import time

PACKET = 160
PTIME = 0.02
SILENCE = b"\xff" * PACKET


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def main():
    local, remote, path, heard = sys.argv[1:5]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(endpoint(local))
    s.setblocking(False)
    with open(path, "rb") as f:
        data = f.read()
    ssrc = int(sys.argv[5]) if len(sys.argv) > 5 else random.getrandbits(32)
    seq, stamp, spoken, sent = random.getrandbits(15), random.getrandbits(31), None, 0
    got, odd, due = {}, 0, time.monotonic()
    while True:
        ready = select.select([s, sys.stdin], [], [], max(0, due - time.monotonic()))[0]
        if sys.stdin in ready:
            line = sys.stdin.readline().strip()
            if line != "speak":
                break
            spoken = 0
        if s in ready:
            p = s.recv(2048)
            if len(p) == 12 + PACKET and p[0] == 0x80 and p[1] & 0x7f == 0:
                got[struct.unpack(">H", p[2:4])[0]] = p[12:]
            else:
                odd += 1
        if time.monotonic() < due:
            continue
        due += PTIME
        payload = SILENCE
        if spoken is not None:
            payload = (data[spoken:spoken + PACKET] + SILENCE)[:PACKET]
            if spoken < len(data) <= spoken + PACKET:
                print("spoken", flush=True)
            spoken += PACKET
        s.sendto(struct.pack(">BBHII", 0x80, 0, seq & 0xffff, stamp & 0xffffffff, ssrc) + payload, endpoint(remote))
        seq, stamp, sent = seq + 1, stamp + PACKET, sent + 1
    # It may have wrapped: the largest gap is between the last and the first.
    order = sorted(got)
    first = max(range(len(order)), key=lambda i: (order[i] - order[i - 1]) % 65536, default=0)
    with open(heard, "wb") as f:
        for n in order[first:] + order[:first]:
            f.write(got[n])
    print("counted " + json.dumps({"sent": sent, "received": len(got), "odd": odd}), flush=True)


main()
