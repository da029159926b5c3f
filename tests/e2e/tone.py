#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tones, to tell by ear who is heard.

    tone.py make HZ SECONDS FILE.wav        8 kHz, mono, 16 bits
    tone.py heard HZ FILE.wav [OTHER-HZ]    {"heard":N,"other":N,"silent":N,"odd":N}: so many
                                            pieces of 20 ms have that tone, the other one,
                                            none, or something else

A piece has a tone if nine tenths of its power are at it (Goertzel's filter).
"""
import array
import json
import math
import os
import sys

RATE, PIECE = 8000, 160
SILENT = 30 ** 2	# power below which a piece of 16-bit samples is none


def make(hz, seconds, name):
    """Header and samples; a length that ends in whole periods is nobody's need."""
    data = array.array("h", (round(9000 * math.sin(2 * math.pi * hz * i / RATE)) for i in range(RATE * seconds))).tobytes()
    word = lambda n, size: n.to_bytes(size, "little")
    head = b"WAVEfmt " + word(16, 4) + word(1, 2) + word(1, 2) + word(RATE, 4) + word(2 * RATE, 4) + word(2, 2) + word(16, 2)
    body = head + b"data" + word(len(data), 4) + data
    with open(name, "wb") as f:
        f.write(b"RIFF" + word(len(body), 4) + body)


def samples(name):
    """Of a file that is still written to its header says nothing of its length."""
    if not os.path.exists(name):
        return array.array("h")
    with open(name, "rb") as f:
        data = f.read()[44:]
    return array.array("h", data[:len(data) // 2 * 2])


def share(piece, hz):
    """How much of the piece's power is at this frequency."""
    w = 2 * math.pi * hz / RATE
    re = sum(s * math.cos(w * i) for i, s in enumerate(piece))
    im = sum(s * math.sin(w * i) for i, s in enumerate(piece))
    return 2 * (re * re + im * im) / len(piece) / sum(s * s for s in piece)


def heard(hz, name, other=0):
    out = {"heard": 0, "other": 0, "silent": 0, "odd": 0}
    pcm = samples(name)
    for at in range(0, len(pcm) - PIECE + 1, PIECE):
        piece = pcm[at:at + PIECE]
        if sum(s * s for s in piece) < SILENT * PIECE:
            out["silent"] += 1
        elif share(piece, hz) > 0.9:
            out["heard"] += 1
        elif other and share(piece, other) > 0.9:
            out["other"] += 1
        else:
            out["odd"] += 1
    return out


if sys.argv[1] == "make":
    make(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
else:
    print(json.dumps(heard(int(sys.argv[2]), sys.argv[3], int((sys.argv[4:] or [0])[0])), separators=(",", ":")))
