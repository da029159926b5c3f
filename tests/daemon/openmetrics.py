# SPDX-License-Identifier: GPL-2.0
"""A strict reader of OpenMetrics 1.0, as much of it as there is in ours: whatever is not as
its specification says is an error, with the line."""
import re

SUFFIXES = {"counter": ("_total",), "gauge": ("",), "info": ("_info",), "gaugehistogram": ("_bucket", "_gsum", "_gcount")}
NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
LABEL = rf'({NAME})="((?:[^"\\\n]|\\["\\n])*)"'
NUMBER = r"-?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)|NaN|[+-]Inf"
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? ({NUMBER})")


class Wrong(Exception):
    pass


class Family:
    def __init__(self, name):
        self.name, self.type, self.unit, self.help, self.samples = name, None, None, None, {}


def need(good, line, why):
    if not good:
        raise Wrong(f"{why}: {line!r}")


def metadata(families, f, line):
    """The family that the line is of: @f, or a new one."""
    m = re.fullmatch(rf"# (TYPE|UNIT|HELP) ({NAME}) (.+)", line)
    need(m, line, "no TYPE, UNIT or HELP")
    word, name, value = m.groups()
    if not f or f.name != name:
        need(name not in families, line, "a family is in one piece")
        f = families[name] = Family(name)
    need(not f.samples, line, "said after the samples")
    need(getattr(f, word.lower()) is None, line, "said twice")
    if word == "TYPE":
        need(value in SUFFIXES, line, "no type of ours")
    if word == "UNIT":
        need(name.endswith("_" + value), line, "the unit is not the end of the name")
    setattr(f, word.lower(), value)
    return f


def sample(f, line):
    m = SAMPLE.fullmatch(line)
    need(m, line, "no sample")
    need(f and f.type and f.help, line, "before its TYPE and HELP")
    name, value = m.group(1), m.group(m.lastindex)
    need(name.startswith(f.name) and name[len(f.name):] in SUFFIXES[f.type], line, "not a name of this family")
    labels = re.findall(LABEL, m.group(2) or "")
    need(len({k for k, _ in labels}) == len(labels), line, "a label twice")
    key = (name, tuple(sorted(labels)))
    need(key not in f.samples, line, "a sample twice")
    need(f.type != "counter" or float(value) >= 0, line, "a counter below 0")
    f.samples[key] = float(value)


def histogram(f):
    buckets = [(float(dict(k[1])["le"]), v) for k, v in f.samples.items() if k[0].endswith("_bucket")]
    need(buckets == sorted(buckets) and [v for _, v in buckets] == sorted(v for _, v in buckets), f.name, "buckets in order")
    need(buckets[-1] == (float("inf"), f.samples[(f.name + "_gcount", ())]), f.name, "the last bucket holds all")


def read(text):
    """{name: Family}"""
    need(text.endswith("\n# EOF\n"), text[-20:], "does not end with # EOF")
    families, f = {}, None
    for line in text[:-len("# EOF\n")].splitlines():
        if line.startswith("#"):
            f = metadata(families, f, line)
        else:
            sample(f, line)
    for f in families.values():
        need(f.type and f.help, f.name, "no TYPE or HELP")
        if f.type == "gaugehistogram":
            histogram(f)
    return families


def values(families):
    """{'name{label="value"}': number}"""
    return {n + ("{" + ",".join(f'{k}="{v}"' for k, v in labels) + "}" if labels else ""): v
            for f in families.values() for (n, labels), v in f.samples.items()}
