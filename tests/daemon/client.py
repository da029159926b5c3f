# SPDX-License-Identifier: GPL-2.0
"""xsrtpd under test, and the ng protocol as a SIP proxy speaks it."""
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DAEMON = os.path.join(TOP, "build", "xsrtpd-san")


def bencode(v):
    if isinstance(v, int):
        return b"i%de" % v
    if isinstance(v, str):
        v = v.encode()
    if isinstance(v, bytes):
        return b"%d:%s" % (len(v), v)
    if isinstance(v, list):
        return b"l" + b"".join(map(bencode, v)) + b"e"
    return b"d" + b"".join(bencode(k) + bencode(x) for k, x in v.items()) + b"e"


def bdecode(b, at=0):
    """(value, where it ended); strings as str, with bytes that are no UTF-8 escaped."""
    c = b[at:at + 1]
    if c == b"i":
        end = b.index(b"e", at)
        return int(b[at + 1:end]), end + 1
    if c in b"ld":
        at += 1
        items = []
        while b[at:at + 1] != b"e":
            v, at = bdecode(b, at)
            items.append(v)
        if c == b"l":
            return items, at + 1
        keys = items[::2]
        assert keys == sorted(keys, key=lambda k: k.encode("utf-8", "surrogateescape")), keys
        return dict(zip(keys, items[1::2])), at + 1
    colon = b.index(b":", at)
    end = colon + 1 + int(b[at:colon])
    assert end <= len(b)
    return b[colon + 1:end].decode("utf-8", "surrogateescape"), end


given = set()


def free_port():
    """For UDP and TCP, once, and below those that the kernel gives to clients (ip_local_port_range)
    and that xsrtpd takes for media."""
    for _ in range(100):
        port = random.randrange(20000, 30000)
        if port in given:
            continue
        given.add(port)
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            pass
    raise RuntimeError("no port of 127.0.0.1 is free")


class Daemon:
    """One xsrtpd with the recording datapath, in a directory of its own."""

    cookies = itertools.count(1)

    def __init__(self, *options, interfaces=("pub/203.0.113.5", "pub/2001:db8:f::5"), user=None):
        self.dir = tempfile.TemporaryDirectory()
        self.record = os.path.join(self.dir.name, "record")
        self.unix = os.path.join(self.dir.name, "ng")
        self.log = open(os.path.join(self.dir.name, "log"), "w+", encoding="utf-8")
        self.port = free_port()
        if user is not None:
            os.chown(self.dir.name, user, user)
        args = [DAEMON, "--record", self.record, "--listen-unix", self.unix,
                "--listen-ng", f"127.0.0.1:{self.port}", "--listen-tcp-ng", f"127.0.0.1:{self.port}"]
        for i in interfaces:
            args += ["--interface", i]
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:abort_on_error=0")
        self.run = lambda: subprocess.Popen(args + list(options), stderr=self.log, cwd=self.dir.name, env=env, user=user)
        self.process = self.run()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.settimeout(20)
        self.udp.connect(("127.0.0.1", self.port))
        self.wait()

    def wait(self):
        for _ in range(400):
            if os.path.exists(self.unix):
                s = socket.socket(socket.AF_UNIX)
                try:
                    s.connect(self.unix)
                    return
                except OSError:
                    pass
                finally:
                    s.close()
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"xsrtpd does not start: {self.text_of_log()}")

    def text_of_log(self):
        self.log.flush()
        with open(self.log.name, encoding="utf-8", errors="replace") as f:
            return f.read()

    def flows(self):
        with open(self.record, encoding="utf-8") as f:
            return f.read().splitlines()

    def raw(self, packet):
        self.udp.send(packet)
        return self.udp.recv(1 << 17)

    def ask(self, command, as_json=False, **keys):
        """A request by UDP; underscores in names are dashes."""
        keys = {k.replace("_", "-"): v for k, v in keys.items()}
        return self.ask_dict({**keys, "command": command}, as_json)

    def ask_dict(self, d, as_json=False):
        cookie = b"%d_%d" % (os.getpid(), next(self.cookies))
        body = json.dumps(d).encode() if as_json else bencode(d)
        reply = self.raw(cookie + b" " + body)
        assert reply.startswith(cookie + b" "), reply
        reply = reply[len(cookie) + 1:]
        if as_json:
            return json.loads(reply)
        value, end = bdecode(reply)
        assert end == len(reply)
        return value

    def stop(self):
        """SIGTERM; its exit status, with what the sanitizers had to say in the log."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        finally:
            self.udp.close()

    def again(self, sig):
        """Another process in the place of this one, which @sig ends; its exit status."""
        self.process.send_signal(sig)
        status = self.process.wait(60)
        self.process = self.run()
        self.wait()
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.udp.close()
        self.log.close()
        self.dir.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
