#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# The main job, whole: a call through the kernel and its proof for each suite,
# over IPv4 and IPv6, by native and by generic XDP.
#
# time: 2700
set -euo pipefail
exec "$(dirname "$0")/../e2e/call" --all
