#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""ng.py HOST:PORT COMMAND [KEY=VALUE…] [<SDP] - one request to rtpengine.

Its "ng" protocol: a cookie and a bencoded dictionary in a UDP datagram, and the
same back. A value with commas is a list. Prints the SDP of the answer, or the
whole answer where there is none; exit status 1 if the result is an error.
"""
import os
import socket
import sys


def encode(v):
    if isinstance(v, dict):
        return b"d" + b"".join(encode(k) + encode(v[k]) for k in sorted(v)) + b"e"
    if isinstance(v, list):
        return b"l" + b"".join(map(encode, v)) + b"e"
    b = v.encode()
    return str(len(b)).encode() + b":" + b


def decode(b, i=0):
    c = b[i:i + 1]
    if c == b"i":
        end = b.index(b"e", i)
        return int(b[i + 1:end]), end + 1
    if c in (b"d", b"l"):
        items, i = [], i + 1
        while b[i:i + 1] != b"e":
            item, i = decode(b, i)
            items.append(item)
        return (dict(zip(items[::2], items[1::2])) if c == b"d" else items), i + 1
    colon = b.index(b":", i)
    end = colon + 1 + int(b[i:colon])
    return b[colon + 1:end].decode(), end


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    request = {"command": sys.argv[2]}
    for arg in sys.argv[3:]:
        key, value = arg.split("=", 1)
        request[key] = value.split(",") if "," in value else value
    if request["command"] in ("offer", "answer"):
        request["sdp"] = sys.stdin.read().replace("\n", "\r\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(20)
        # The cookie tells requests apart: an old one gets the old answer again.
        s.sendto(os.urandom(8).hex().encode() + b" " + encode(request), (host, int(port)))
        answer, _ = decode(s.recv(65536).split(b" ", 1)[1])
    print(answer["sdp"].replace("\r\n", "\n") if "sdp" in answer else answer)
    return answer["result"] == "error"


sys.exit(main())
