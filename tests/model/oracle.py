# SPDX-License-Identifier: GPL-2.0
"""A receiver's packet index and replay window, from RFC 3711 3.3.1, 3.3.2 and
appendix A alone. A state is (ROC, s_l, indexes seen since it began, highest index of
all that count as seen before); None: no packet yet."""


def estimate(roc, s_l, seq):
    """v * 2^16 + SEQ of appendix A. One thing is not in the RFC: before ROC 0 there
    is nothing, where the appendix would take (0 - 1) mod 2^32."""
    v = roc
    if s_l < 32768:
        if seq - s_l > 32768 and roc > 0:
            v = roc - 1
    elif s_l - 32768 > seq:
        v = roc + 1
    return v * 65536 + seq


def begin(highest):
    return (highest >> 16, highest & 0xffff, frozenset(), highest)


def take(state, window, seq, truth, good):
    """The packet with @seq, whose sender had index @truth: (verdict, state after)."""
    if state is None:       # 3.3.1: the first one's SEQ is s_l, ROC is 0
        state = (0, seq, frozenset(), -1)
    roc, s_l, seen, before = state
    index = estimate(roc, s_l, seq)
    if index >= 1 << 48:
        return "expired", state
    if index + window <= roc * 65536 + s_l:
        return "too-old", state
    if index <= before or index in seen:
        return "replay", state
    if not good or index != truth:
        return "bad-tag", state
    v = index >> 16
    if v > roc or (v == roc and seq > s_l):
        roc, s_l = v, seq
    return "ok", (roc, s_l, seen | {index}, before)
