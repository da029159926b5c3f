#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""browser.py offer|answer FOLDER [WAV]: a WebRTC peer, Debian's python3-aiortc: full ICE, DTLS-SRTP,
rtcp-mux, PCMU. Its SDP goes to FOLDER/offer or answer, the other's is read from the other of the
two. It says WAV (8 kHz, mono, 16 bits; or silence) when it reads
"speak", and writes what it hears
to FOLDER/heard, 16-bit samples. Each change of state is a line; on "end", or when standard input
ends, it says what it has counted, as JSON, and closes."""
import asyncio
import fractions
import json
import os
import sys
import wave

import aioice.ice
from aiortc import (RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription)
from aiortc.mediastreams import AUDIO_PTIME, MediaStreamTrack
from av import AudioFrame

RATE = 8000
SAMPLES = int(RATE * AUDIO_PTIME)
if os.environ.get("IMPATIENT"):     # it waits for half a minute else
    aioice.ice.CONSENT_INTERVAL = 1
    aioice.ice.CONSENT_FAILURES = 4


class Voice(MediaStreamTrack):
    """A file when it is told to speak; silence before and after."""

    kind = "audio"

    def __init__(self, path):
        super().__init__()
        self.data, self.spoken, self.count, self.start = b"", 0, 0, None
        self.speaking = asyncio.Event()
        if path:
            with wave.open(path) as f:
                self.data = f.readframes(f.getnframes())

    async def recv(self):
        loop = asyncio.get_event_loop()
        self.start = self.start or loop.time()
        wait = self.start + self.count * AUDIO_PTIME - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(self.next_samples())
        frame.pts = self.count * SAMPLES
        frame.sample_rate = RATE
        frame.time_base = fractions.Fraction(1, RATE)
        self.count += 1
        return frame

    def next_samples(self):
        if not self.speaking.is_set():
            return bytes(2 * SAMPLES)
        part = self.data[self.spoken:self.spoken + 2 * SAMPLES]
        if self.spoken < len(self.data) <= self.spoken + 2 * SAMPLES:
            say("spoken")
        self.spoken += 2 * SAMPLES
        return part + bytes(2 * SAMPLES - len(part))


def say(text):
    print(text, flush=True)


async def hear(track, path):
    with open(path, "wb", buffering=0) as f:
        while True:
            try:
                frame = await track.recv()
            except Exception:  # pylint: disable=broad-except
                return
            f.write(bytes(frame.planes[0])[:2 * frame.samples])


def write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(path + ".new", path)


async def read(path):
    while not os.path.exists(path):
        await asyncio.sleep(0.05)
    with open(path, encoding="utf-8", newline="") as f:
        return f.read()


def only_pcmu(pc):
    codecs = [c for c in RTCRtpSender.getCapabilities("audio").codecs if c.mimeType == "audio/PCMU"]
    for t in pc.getTransceivers():
        t.setCodecPreferences(codecs)


async def negotiate(pc, role, folder):
    if role == "answer":
        await pc.setRemoteDescription(RTCSessionDescription(await read(folder + "/offer"), "offer"))
    only_pcmu(pc)
    ours = await (pc.createOffer() if role == "offer" else pc.createAnswer())
    await pc.setLocalDescription(ours)
    write(folder + "/" + role, pc.localDescription.sdp)
    if role == "offer":
        await pc.setRemoteDescription(RTCSessionDescription(await read(folder + "/answer"), "answer"))


async def counted(pc):
    out = {"ice": pc.iceConnectionState, "state": pc.connectionState}
    for report in (await pc.getStats()).values():
        if report.type == "outbound-rtp":
            out["sent"] = report.packetsSent
        if report.type == "inbound-rtp":
            out["received"], out["lost"] = report.packetsReceived, report.packetsLost
        if report.type == "remote-inbound-rtp":
            out["reported"] = True      # RTCP of the other side has come
    return out


async def commands(voice):
    loop = asyncio.get_event_loop()
    while True:
        line = (await loop.run_in_executor(None, sys.stdin.readline)).strip()
        if line == "speak":
            voice.speaking.set()
        elif line in ("end", ""):
            return


async def main():
    role, folder = sys.argv[1:3]
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    voice = Voice(sys.argv[3] if len(sys.argv) > 3 else None)
    pc.addTrack(voice)
    pc.on("iceconnectionstatechange", lambda: say("ice " + pc.iceConnectionState))
    pc.on("connectionstatechange", lambda: say("connection " + pc.connectionState))
    pc.on("track", lambda track: asyncio.ensure_future(hear(track, folder + "/heard")))
    await negotiate(pc, role, folder)
    await commands(voice)
    say("counted " + json.dumps(await counted(pc)))
    await pc.close()

asyncio.run(main())
