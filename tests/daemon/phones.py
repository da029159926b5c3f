# SPDX-License-Identifier: GPL-2.0
"""Two phones that a SIP proxy passes between, and the lines of a test's result."""
import sys
import threading

COUNT = {"run": 0, "failed": 0}
ONE = threading.Lock()


def check(good, name, more=""):
    with ONE:
        COUNT["run"] += 1
        COUNT["failed"] += not good
        print(f"{'ok' if good else 'not ok'} {COUNT['run']} - {name}", flush=True)
        if not good:
            print("\n".join("#   " + x for x in str(more).splitlines()), flush=True)


def same(got, wanted, name):
    check(got == wanted, name, f"got:    {got}\nwanted: {wanted}")


def end():
    print(f"1..{COUNT['run']}")
    sys.exit(1 if COUNT["failed"] or not COUNT["run"] else 0)


def sdp(address="192.0.2.10", media=("audio 4000 RTP/AVP 0 8",), lines=(), session=()):
    """@lines belong to every medium."""
    family = "IP6" if ":" in address else "IP4"
    out = ["v=0", f"o=- 3 4 IN {family} {address}", "s=call", f"c=IN {family} {address}", "t=0 0", *session]
    for m in media:
        out += ["m=" + m, *lines]
    return "".join(x + "\r\n" for x in out)


class Call:
    """Offer and answer between two phones, as a SIP proxy passes them on."""

    def __init__(self, d, name, **flags):
        self.d, self.id, self.flags = d, name, {"ICE": "remove", **flags}

    def offer(self, text, **more):
        return self.d.ask("offer", **{"call_id": self.id, "from_tag": "caller", "sdp": text,
                                      "supports": ["load limit"], **self.flags, **more})

    def answer(self, text, **more):
        return self.d.ask("answer", **{"call_id": self.id, "from_tag": "caller", "to_tag": "callee",
                                       "sdp": text, **self.flags, **more})

    def delete(self, **more):
        return self.d.ask("delete", **{"call_id": self.id, "from_tag": "caller", **more})


def ports_used(d, interface=0):
    return d.ask("statistics")["statistics"]["interfaces"][interface]["portsused"]
