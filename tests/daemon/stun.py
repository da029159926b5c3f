# SPDX-License-Identifier: GPL-2.0
"""STUN as a full ICE agent sends it (RFC 8489, RFC 8445), with Python's own HMAC and CRC."""
import hashlib
import hmac
import os
import socket
import struct
import zlib

COOKIE = 0x2112A442
USERNAME, INTEGRITY, ERROR_CODE, UNKNOWN, MAPPED = 6, 8, 9, 10, 0x20
PRIORITY, USE_CANDIDATE, FINGERPRINT, CONTROLLED, CONTROLLING = 0x24, 0x25, 0x8028, 0x8029, 0x802a


def attribute(kind, value=b""):
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def header(kind, length, tid):
    return struct.pack(">HHI", kind, length, COOKIE) + tid


def message(kind, tid, attributes, password=None, fingerprint=True):
    body = b"".join(attributes)
    if password is not None:
        mac = hmac.new(password.encode(), header(kind, len(body) + 24, tid) + body, hashlib.sha1).digest()
        body += attribute(INTEGRITY, mac)
    if fingerprint:
        crc = zlib.crc32(header(kind, len(body) + 8, tid) + body) ^ 0x5354554e
        body += attribute(FINGERPRINT, struct.pack(">I", crc))
    return header(kind, len(body), tid) + body


def check(ufrag, password, theirs, nominate=False, role=CONTROLLING, kind=1, more=(), tid=None, fingerprint=True):
    """A connectivity check: their ufrag, ours."""
    attributes = [attribute(USERNAME, f"{ufrag}:{theirs}".encode()), attribute(PRIORITY, struct.pack(">I", 0x6e0001ff)),
                  attribute(role, bytes(8)), *more]
    if nominate:
        attributes.append(attribute(USE_CANDIDATE))
    return message(kind, tid or os.urandom(12), attributes, password, fingerprint)


def parse(packet):
    """(type, id, {attribute: value}); what is no STUN fails."""
    kind, length, cookie = struct.unpack(">HHI", packet[:8])
    assert cookie == COOKIE and len(packet) == 20 + length, packet
    found, at = {}, 20
    while at < len(packet):
        name, n = struct.unpack(">HH", packet[at:at + 4])
        found[name] = packet[at + 4:at + 4 + n]
        at += 4 + n + -n % 4
    return kind, packet[8:20], found


def mapped(value):
    """(address, port) of XOR-MAPPED-ADDRESS, IPv4."""
    port = struct.unpack(">H", value[2:4])[0] ^ COOKIE >> 16
    return socket.inet_ntoa(bytes(a ^ b for a, b in zip(value[4:8], struct.pack(">I", COOKIE)))), port


def authentic(packet, password):
    """Its integrity and fingerprint are as they must be."""
    body = packet[20:-32]
    return message(struct.unpack(">H", packet[:2])[0], packet[8:20], [body], password) == packet
