# SPDX-License-Identifier: GPL-2.0
"""xsrtpd that is killed and started again in one directory, and calls that are half done
then: what run-crash and tests/vm/crash.py share. strace delivers SIGKILL as a system call
is entered, so that the daemon needs no hook for it."""
import base64
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

from client import TOP, bdecode, bencode
from phones import sdp

DAEMON = os.path.join(TOP, "build", "xsrtpd")
CM80 = "AES_CM_128_HMAC_SHA1_80"


class Dead(Exception):
    """It ended in the middle of something."""


class Daemon:
    """One directory, and one xsrtpd after the other in it."""

    prefix = ()         # of its command line
    flags = {}          # of each of its calls

    def __init__(self):
        self.dir = tempfile.TemporaryDirectory()
        self.unix, self.record, self.journal = (self.path(x) for x in ("ng", "record", "calls"))
        self.process = self.socket = None
        self.said = ""
        self.keys = set()

    def path(self, name):
        return os.path.join(self.dir.name, name)

    def datapath(self, address):
        """Options that say where media goes."""
        return ["--record", self.record, "--interface", "pub/" + address]

    def start(self, *options, inject=None, trace=None, address="203.0.113.5", journal=True):
        """True: it serves."""
        self.socket = None
        args = [DAEMON, "--listen-unix", self.unix, *self.datapath(address), *options]
        if journal:
            args += ["--journal", self.journal]
        if inject:
            # -D: the process is xsrtpd, and who traces it is another one.
            args = ["strace", "-D", "-qq", "-o", "/dev/null", "-e", "trace=" + inject.split(":")[0], "-e", "inject=" + inject, *args]
        elif trace:
            args = ["strace", "-D", "-qq", "-o", self.path("trace"), "-e", "trace=" + trace, *args]
        with open(self.path("log"), "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([*self.prefix, *args], stderr=log, cwd=self.dir.name)
        while self.process.poll() is None:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(60)
            try:
                s.connect(self.unix)
                self.socket = s
                return True
            except OSError:
                s.close()
                time.sleep(0.003)
        return False

    def ask(self, command, **keys):
        request = {k.replace("_", "-"): v for k, v in keys.items()}
        data = b""
        try:
            self.socket.sendall(bencode({**request, "command": command}))
            while True:
                got = self.socket.recv(1 << 17)
                if not got:
                    raise Dead
                data += got
                try:
                    reply = bdecode(data)[0]
                    break
                except (ValueError, AssertionError, IndexError):
                    continue
        except OSError as e:
            raise Dead from e
        for text in (request.get("sdp", ""), reply.get("sdp", "")):
            self.keys |= set(re.findall(r"inline:([A-Za-z0-9+/]+)", text))
        return reply

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            text = f.read()
        new, self.said = text[len(self.said):], text
        return new

    def end(self, sig=signal.SIGKILL):
        if self.socket:
            self.socket.close()
        if self.process.poll() is None:
            self.process.send_signal(sig)
        return self.process.wait(60)

    def restart(self, sig=signal.SIGKILL, **more):
        self.end(sig)
        return self.start(**more)

    def flows(self):
        """{id: what it is now} of those that are there, from the recorder's lines."""
        there = {}
        with open(self.record, encoding="utf-8") as f:
            for line in f.read().splitlines():
                what, ident, rest = (line + "  ").split(" ", 2)
                if what == "add":
                    there[ident] = [rest]
                elif what == "del":
                    del there[ident]
                else:
                    there[ident].append(what + rest)
        return there

    def orphans(self):
        """Flows of which neither end is in a call. (Of branches with one caller, query shows his end once.)"""
        mine = set().union(*(self.call_ports(name) for name in self.calls()))
        ends = {i: {int(p) for p in re.findall(r"(?:local|from) \S+:(\d+)", f[0])} for i, f in self.flows().items()}
        return [i for i, ports in ends.items() if not ports & mine]

    def calls(self):
        return sorted(self.ask("list", limit=1000)["calls"])

    def call_ports(self, name):
        """Those that its flows may have."""
        tags = self.ask("query", call_id=name)["tags"].values()
        return {s["local port"] for t in tags for m in t["medias"] for s in m["streams"]}

    def secrets(self, names):
        """Keys in these files."""
        found = []
        for name in names:
            with open(name, "rb") as f:
                data = f.read()
            for key in self.keys:
                raw = base64.b64decode(key + "=" * (-len(key) % 4))
                if key.encode()[:12] in data or raw[:8] in data or raw[:8].hex().encode() in data:
                    found.append((os.path.basename(name), key))
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.end()
        self.dir.cleanup()


# --- calls -----------------------------------------------------------------------------------

def new_key():
    return "inline:" + base64.b64encode(os.urandom(30)).decode()


def tag_of(text):
    return re.search(rf"^a=crypto:(\d+) {CM80} ", text, re.M)[1]


class Call:
    """Offer and answer of a call, by which a step that fails is seen."""

    def __init__(self, d, name, **flags):
        self.d, self.id, self.flags = d, name, {"ICE": "remove", **d.flags, **flags}

    def do(self, command, **more):
        r = self.d.ask(command, **{"call_id": self.id, "from_tag": "a", **self.flags, **more})
        if r["result"] != "ok":
            raise RuntimeError(f"{self.id}: {command}: {r}")
        return r

    def to_srtp(self, key, port=4000, **more):
        """From a phone with RTP to one with SRTP."""
        text = self.do("offer", sdp=sdp(media=[f"audio {port} RTP/AVP 0"]), **{
            "transport_protocol": "RTP/SAVP", "SDES": ["only-" + CM80], **more})["sdp"]
        lines = [f"a=crypto:{tag_of(text)} {CM80} {key}"]
        return self.do("answer", to_tag="b", sdp=sdp("198.51.100.20", ["audio 5000 RTP/SAVP 0"], lines), **more)

    def both_srtp(self, key, other, media=1, **more):
        lines = [f"a=crypto:7 {CM80} {key}|2^20|1:4;{other}|2^20|2:4", "a=rtcp-mux"]
        text = self.do("offer", sdp=sdp(media=["audio 4000 RTP/SAVP 0"] * media, lines=lines),
                       SDES=["only-" + CM80], **more)["sdp"]
        lines = [f"a=crypto:{tag_of(text)} {CM80} {other}", "a=rtcp-mux"]
        self.do("answer", to_tag="b", sdp=sdp("198.51.100.20", ["audio 5000 RTP/SAVP 0"] * media, lines), **more)

    def plain(self, port=4000, lines=("a=rtcp-mux",), to="b", **more):
        self.do("offer", sdp=sdp(media=[f"audio {port} RTP/AVP 0"], lines=lines), **more)
        self.do("answer", to_tag=to, sdp=sdp("198.51.100.20", lines=lines), **more)


def sdes(d):
    """Set-up, a re-INVITE with another port, one with another key, the end."""
    c = Call(d, "sdes")
    key = new_key()
    yield c.to_srtp(key)
    yield c.to_srtp(key, port=4002)
    yield c.to_srtp(new_key(), port=4002)
    yield c.do("delete")


def two_media(d):
    """SRTP at both ends, two keys in an attribute; a second medium comes; both are rekeyed."""
    c = Call(d, "media")
    key, other = new_key(), new_key()
    yield c.both_srtp(key, other)
    yield c.both_srtp(key, other, media=2)
    yield c.both_srtp(new_key(), other, media=2)
    yield c.do("delete")


def branches(d):
    """A fork, of which one branch answers, and then the other; a deletion that waits."""
    c = Call(d, "fork")
    yield c.do("offer", sdp=sdp(), via_branch="b1")
    yield c.plain(via_branch="b2")
    yield c.plain(via_branch="b1", to="b1")
    yield c.do("delete", via_branch="b2")
    yield c.do("delete", delete_delay=1000)
    yield c.do("offer", sdp=sdp(), via_branch="b1")
    yield c.do("delete")


def hold(d):
    """RTP and RTCP at ports of their own; on hold by no address; a medium that is refused, and comes back."""
    c = Call(d, "hold")
    yield c.plain(lines=())
    yield c.do("offer", sdp=sdp("0.0.0.0")), c.do("answer", to_tag="b", sdp=sdp("198.51.100.20"))
    none = ["audio 0 RTP/AVP 0"]
    yield c.do("offer", sdp=sdp(media=none)), c.do("answer", to_tag="b", sdp=sdp("198.51.100.20", none))
    yield c.plain(lines=())
    yield c.do("delete")


AGAIN = {sdes: ("sdes", lambda c: c.to_srtp(new_key())), two_media: ("media", lambda c: c.both_srtp(new_key(), new_key())),
         branches: ("fork", lambda c: c.plain()), hold: ("hold", lambda c: c.plain(lines=()))}
