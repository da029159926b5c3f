#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""key_memory.py FOLDER MEGABYTES PID: looks for keys in a guest's memory (key-memory.sh).

FOLDER/qmp is QEMU's socket, FOLDER/out what the guest sees as /run/out, PID the process
that the guest ends with. What is looked for: the master keys and salts that the guest
names, and the session keys and salts that RFC 3711 4.3 derives from them."""
import json
import mmap
import os
import socket
import subprocess
import sys
import time

work, megabytes, vm = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
out = f"{work}/out"
count = failed = 0


def check(good, name, more=()):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    for line in more if not good else ():
        print(f"#   {line}")


def wait_for(name):
    while not os.path.exists(f"{out}/{name}"):
        try:
            os.kill(vm, 0)
        except ProcessLookupError:
            sys.exit(f"the machine ended before it said {name}")
        time.sleep(0.2)


def qmp(command, **arguments):
    """One command of QEMU's machine protocol, on a connection of its own."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(f"{work}/qmp")
        f = s.makefile("rw")
        f.readline()
        for c in ({"execute": "qmp_capabilities"}, {"execute": command, "arguments": arguments}):
            f.write(json.dumps(c) + "\n")
            f.flush()
            answer = json.loads(f.readline())
            while "event" in answer:
                answer = json.loads(f.readline())
    if "return" not in answer:
        sys.exit(f"{command}: {answer}")


def dump():
    path = f"{work}/memory"
    qmp("stop")
    qmp("pmemsave", val=0, size=megabytes << 20, filename=path)
    qmp("cont")
    return path


# --- what there is to find --------------------------------------------------------------

def derive(key, salt, label, length):
    """RFC 3711 4.3.3 with a key derivation rate of 0; the shorter salt of RFC 7714 11
    begins where the longer one does."""
    x = bytearray(salt.ljust(14, b"\0"))
    x[7] ^= label
    blocks = b"".join(bytes(x) + n.to_bytes(2, "big") for n in range((length + 15) // 16))
    done = subprocess.run(["openssl", "enc", f"-aes-{len(key) * 8}-ecb", "-nopad", "-K", key.hex()],
                          input=blocks, stdout=subprocess.PIPE, check=True)
    return done.stdout[:length]


def ends(name, secret):
    """Of what is longer than 16 bytes, both ends."""
    return {f"{name}, first bytes": secret[:16], f"{name}, last bytes": secret[-16:]}


def secrets():
    master, session = {}, {}
    for line in open(f"{out}/keys"):
        suite, *turned = line.split()
        key, salt = (bytes(b ^ 0xff for b in bytes.fromhex(t)) for t in turned)
        master |= ends(f"{suite}: master key", key) | {f"{suite}: master salt": salt}
        for kind, first in (("SRTP", 0), ("SRTCP", 3)):
            session |= ends(f"{suite}: {kind} cipher key", derive(key, salt, first, len(key)))
            session |= {f"{suite}: {kind} salt": derive(key, salt, first + 2, len(salt))}
            if "GCM" not in suite:
                session |= ends(f"{suite}: {kind} authentication key", derive(key, salt, first + 1, 20))
    return master, session


def find(path, wanted):
    with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) as m:
        found = {name: m.find(secret) for name, secret in wanted.items()}
    return [f"{name} at {at:#x}" for name, at in found.items() if at >= 0]


wait_for("sent")
sent = [line.split() for line in open(f"{out}/sent")]
check(len(sent) > 10 and all(int(n) >= 10 for _, n in sent), f"{len(sent)} flows, each key used",
      [" ".join(s) for s in sent])
master, session = secrets()
path = dump()
open(f"{out}/seen-live", "w").close()
there = find(path, session)
ciphers = [s for s, _ in sent if "NULL_HMAC" not in s]
missing = [s for s in ciphers if not any(t.startswith(f"{s}: SRTP cipher key") for t in there)]
check(not missing, f"with their flows the {len(ciphers)} cipher keys in use are found: who looks can see", missing)
there = find(path, master)
check(not there, f"and none of {len(master)} parts of master keys and salts, which no packet needs", there)
wait_for("deleted")
path = dump()
open(f"{out}/seen-deleted", "w").close()
there = find(path, master | session)
check(not there, f"without their flows none of {len(master | session)} parts of master and session keys", there)
print(f"1..{count}")
sys.exit(failed != 0)
