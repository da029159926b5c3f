#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""ng-relay.py FROM-PORT TO-PORT FILE [LOSE]: what comes to 127.0.0.1:FROM-PORT goes on to
TO-PORT, and back; both are written down, as tests/daemon/run-transcripts reads them. The
first LOSE answers are lost, so that who asked asks again."""
import select
import socket
import sys

here, there = (("127.0.0.1", int(p)) for p in sys.argv[1:3])
lose = int((sys.argv[4:] or [0])[0])
door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
door.bind(here)
for_whom, by_whom = {}, {}      # a socket for each who asks: he is told by his port
with open(sys.argv[3], "a", encoding="ascii", buffering=1) as out:
    while True:
        for s in select.select([door, *for_whom], [], [])[0]:
            data, who = s.recvfrom(1 << 16)
            if s is door:
                if who not in by_whom:
                    by_whom[who] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    by_whom[who].connect(there)
                    for_whom[by_whom[who]] = who
                by_whom[who].send(data)
                out.write(f"> {data!r}\n")
            else:
                out.write(f"< {data!r}\n")
                if lose and b"pong" not in data:
                    lose -= 1
                else:
                    door.sendto(data, for_whom[s])
