# SPDX-License-Identifier: GPL-2.0
"""crash.py PLAIN HOST SRTP: three calls through the module, with media, in these namespaces;
xsrtpd on the host is killed again and again meanwhile, at steps of another call. Prints TAP."""
import json
import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "daemon"))
from crash import AGAIN, CM80, Call, Daemon, Dead, new_key, sdes  # noqa: E402
from client import TOP  # noqa: E402
from phones import check, end, same, sdp  # noqa: E402

PLAIN, HOST, SRTP = sys.argv[1:4]
KILLS = 200 if os.environ.get("LONG") else 20
TOOLS = os.path.join(TOP, "build", "tools")
GCM = "AEAD_AES_128_GCM"
# Something comes, something goes: to and from the module, the tables, the journal, the proxy.
STEPS = "sendmsg,recvmsg,bpf,pwrite64,rename,sendto,recvfrom,bind"
RATE, MANY = "25", "100000"


def ns(name, *args):
    return ["ip", "netns", "exec", name, *args]


class Host(Daemon):
    """xsrtpd with the module, in the host's namespace."""

    prefix = ns(HOST)
    flags = {"direction": ["plain", "srtp"]}

    def datapath(self, address):
        return ["--interface", "plain/192.0.2.1", "--interface", "srtp/198.51.100.1"]

    def shown(self):
        p = subprocess.run(ns(HOST, os.path.join(TOP, "build", "xsrtp"), "-j", "flow", "show"), capture_output=True,
                           text=True, check=True)
        return json.loads(p.stdout)

    def flows(self):
        """Of each what does not change with packets, as the recorder writes it."""
        return {str(f["id"]): [f"local {f['local']} from {f['source']} to {f['destination']} "
                               f"{f.get('only')} {f.get('cookie')} {f.get('rx', {}).get('has_key')} "
                               f"{f.get('tx', {}).get('has_key')}"] for f in self.shown()}


# --- media ---------------------------------------------------------------------------------------

def listens(process, at):
    """Its namespace has a socket there: what is sent before that is nobody's."""
    port = f":{int(at.rsplit(':', 1)[1]):04X} "
    for _ in range(1200):
        with open(f"/proc/{process.pid}/net/udp", encoding="ascii") as f:
            if any(port in line for line in f):
                return
        time.sleep(0.1)
    raise RuntimeError(f"nobody listens at {at}")


class Media:
    """One direction of a call, from one phone to the other, until it is told to end."""

    def __init__(self, d, what, sender, receiver, seq):
        """@sender, @receiver: (namespace, its endpoint, ours, suite, key)."""
        self.what, self.seq = what, str(seq)
        self.recv = self.run("rtp-recv", receiver, ["--on", receiver[1], "--idle", "60000", "--time", "900"], d)
        listens(self.recv, receiver[1])
        self.send = self.run("rtp-send", sender, ["--from", sender[1], "--to", sender[2], "--rate", RATE, "--block", "1",
                                                  "--time", "900"], d)

    def run(self, tool, phone, args, d):
        args = [os.path.join(TOOLS, tool), *args, "--count", MANY, "--seq", self.seq]
        if phone[3]:
            path = d.path(f"{self.what}-{tool}.key")
            with open(path, "w", encoding="ascii") as f:
                f.write(phone[4] + "\n")
            os.chmod(path, 0o600)
            args += ["--suite", phone[3], "--key", path]
        return subprocess.Popen(ns(phone[0], *args), stdout=subprocess.PIPE, text=True)

    def end(self):
        """What was sent, what came, and what else came."""
        reports = []
        for p in (self.send, self.recv):
            time.sleep(1)
            p.send_signal(signal.SIGTERM)
            reports.append(json.loads(p.communicate(timeout=60)[0]))
        sent, got = reports
        return sent["good"], got["good"], {k: got[k] for k in ("duplicates", "refused", "wrong", "reordered")}


def port_of(text):
    return re.search(r"^m=audio (\d+) ", text, re.M)[1]


class Talk(Call):
    """A call between the two phones, with RTP at one and SRTP at the other."""

    def __init__(self, d, name, offset, suite):
        super().__init__(d, name, transport_protocol="RTP/SAVP", SDES=["only-" + suite])
        self.suite, self.plain_at, self.srtp_at = suite, f"192.0.2.2:{4000 + offset}", f"198.51.100.2:{5000 + offset}"
        self.key = "inline:" + (new_key()[7:] if suite == CM80 else new_key()[7:7 + 36] + "AA==")

    def negotiate(self):
        offset = int(self.plain_at.split(":")[1]) - 4000
        text = self.do("offer", sdp=sdp("192.0.2.2", [f"audio {4000 + offset} RTP/AVP 0"]))["sdp"]
        self.to_srtp_host = "198.51.100.1:" + port_of(text)
        tag, self.ours = re.search(rf"^a=crypto:(\d+) {self.suite} (inline:[^|\s]+)", text, re.M).groups()
        text = self.do("answer", to_tag="b", sdp=sdp("198.51.100.2", [f"audio {5000 + offset} RTP/SAVP 0"],
                                                     [f"a=crypto:{tag} {self.suite} {self.key}"]))["sdp"]
        self.to_plain_host = "192.0.2.1:" + port_of(text)

    def there(self, seq):
        return Media(self.d, self.id + "-there", (PLAIN, self.plain_at, self.to_plain_host, None, None),
                     (SRTP, self.srtp_at, None, self.suite, self.ours), seq)

    def back(self, seq):
        return Media(self.d, self.id + "-back", (SRTP, self.srtp_at, self.to_srtp_host, self.suite, self.key),
                     (PLAIN, self.plain_at, None, None, None), seq)


def nothing_lost(d, media, name):
    for m in media:
        time.sleep(2)
        sent, got, other = m.end()
        check(sent and sent == got and not any(other.values()), f"{name}: {m.what}: {got} of {sent} packets",
              f"{sent} sent, {got} came, {other}\n" +
              "\n".join(f"flow {f['id']}: {f['rx_packets']} {f['tx_packets']} {f['drops']}" for f in d.shown()))


# --- kills ----------------------------------------------------------------------------------------

def steps(d):
    """[(system call, which one of its kind)] of a start and the call, in their order."""
    d.start(trace=STEPS)
    for _ in sdes(d):
        pass
    d.end()
    seen, found = {}, []
    with open(d.path("trace"), encoding="utf-8", errors="replace") as f:
        for name in re.findall(r"^([a-z0-9]+)\(", f.read(), re.M):
            seen[name] = seen.get(name, 0) + 1
            found.append((name, seen[name]))
    return found


def kill_at(d, step, n):
    try:
        if d.start(inject=f"{step}:signal=SIGKILL:when={n}"):
            for _ in sdes(d):
                pass
    except Dead:
        pass
    return d.end()


def look(d, calls, flows):
    """What is wrong after a kill, and after what was half done is done again."""
    if not d.start():
        return ["it does not start: " + d.log()]
    there, names = d.flows(), d.calls()
    wrong = [f"{x} is gone" for x in calls if x not in names]
    wrong += [f"flow {i} is not as it was: {there.get(i)}" for i in flows if there.get(i) != flows[i]]
    wrong += [f"flow {i} is of no call" for i in d.orphans()]
    wrong += [f"a key in {x}" for x in d.secrets([d.journal])]
    name, again = AGAIN[sdes]
    c = Call(d, name)
    again(c)
    c.do("delete")
    if d.flows() != flows or d.calls() != sorted(calls):
        wrong.append(f"something is left: {d.calls()}, {d.flows()}")
    d.end()
    return wrong


def kills(d, calls, flows):
    all_steps, wrong, died = steps(d), [], 0
    for i in range(KILLS):
        at = all_steps[i * len(all_steps) // KILLS]
        died += kill_at(d, *at) == -signal.SIGKILL
        try:
            found = look(d, calls, flows)
        except (Dead, RuntimeError) as e:
            found = [repr(e), d.log()[-300:]]
        wrong += [f"killed at {at}: {x}" for x in found]
        if wrong:
            break
    same(wrong, [], f"{died} kills, at steps of {len(all_steps)}: each call is there after each, and no flow too many")
    check(died >= KILLS * 9 // 10, f"nearly all of {KILLS} were kills", died)


def main():
    with Host() as d:
        d.start()
        talks = [Talk(d, "one", 0, CM80), Talk(d, "two", 2, CM80), Talk(d, "three", 4, GCM)]
        for t in talks:
            t.negotiate()
        flows = d.flows()
        same(len(flows), 12, "three calls, twelve flows")
        media = [talks[0].there(1), talks[1].back(1), talks[2].there(1)]
        began = time.monotonic()
        d.end()
        kills(d, [t.id for t in talks], flows)
        d.start()
        same(d.restart(signal.SIGTERM), True, "and stopped, and started")
        same(d.flows(), flows, "the flows are those of the beginning")
        nothing_lost(d, media, f"media, through {time.monotonic() - began:.0f} s of this")
        talks[0].negotiate()
        check(d.flows() == flows, "a re-INVITE of a call that was taken up: in the same flows", d.flows())
        nothing_lost(d, [talks[0].there(40000), talks[1].back(40000)], "after a re-INVITE, under new keys")
        for t in talks:
            t.do("delete")
        same((d.flows(), d.calls()), ({}, []), "deleted: nothing is left")
        log = set(re.sub(r"\d+", "N", d.log() or d.said).splitlines())
        check(log <= {"calls taken up again: N", "flows deleted that were of no call, half made or half gone: N"},
              "the log has nothing else to say", log)
        d.end()
    end()


main()
