#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""heard.py SPOKEN.wav HEARD [mulaw]: how many of the 20 ms that were spoken were heard, each of its
samples equal, in their order; HEARD is samples of 16 bits, or mu-law. "N of M"."""
import audioop
import sys
import wave

FRAME = 320


def frames(data):
    return [data[i:i + FRAME] for i in range(0, len(data) - FRAME + 1, FRAME)]


with wave.open(sys.argv[1]) as w:
    spoken = frames(w.readframes(w.getnframes()))
with open(sys.argv[2], "rb") as f:
    heard = f.read()
if sys.argv[3:] == ["mulaw"]:
    heard = audioop.ulaw2lin(heard, 2)
heard = frames(heard)
loud = [x for x in spoken if audioop.rms(x, 2) > 100]     # silence is anywhere
at = n = 0
for x in loud:
    if x in heard[at:]:
        at = heard.index(x, at) + 1
        n += 1
print(f"{n} of {len(loud)}")
