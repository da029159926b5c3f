#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# Rules of the tree that a machine can check: one TAP line each, with the lines
# that break it.
set -euo pipefail
. "$(dirname "$0")/../vm/lib.sh"
cd "$(dirname "$0")/../.."

files() { find . -path ./.git -prune -o -path ./build -prune -o -type f -print | sort; }

sources() {
	files | while read -r f; do
		case $f in
		*.c | *.h | *.S | *.sh | *.py | *.yaml | */Makefile | */Kbuild) echo "$f" ;;
		*) [ "$(head -c 2 "$f" | tr -d '\0')" != '#!' ] || echo "$f" ;;
		esac
	done
}

bash_scripts() {
	sources | while read -r f; do
		if head -n 1 "$f" | grep -q 'bash$'; then echo "$f"; fi
	done
}

none() { # NAME - ok if standard input is empty
	local found
	found=$(cat)
	if [ -z "$found" ]; then ok "$1"; else
		not_ok "$1"
		head -n 40 <<<"$found" | sed 's/^/#   /'
	fi
}

without_licence() {
	sources | while read -r f; do
		head -n 3 "$f" | grep -q 'SPDX-License-Identifier: ' || echo "$f"
	done
}

# SC2317: functions that are passed by name look unreachable to shellcheck.
# SC2119: load_module and unload_module mean their defaults when called bare.
none "shellcheck has nothing to say" < <(bash_scripts | xargs shellcheck -x -P SCRIPTDIR -e SC2317,SC2119,SC2120 2>&1 || true)
none "every source names its licence (SPDX)" < <(without_licence)
none "kernel versions are told apart in kmod/compat.h only" < <(
	sources | grep '^./kmod/' | grep -v '^./kmod/compat.h$' | xargs -r grep -nE 'LINUX_VERSION_COD[E]|KERNEL_VERSIO[N]' || true)
none "no line ends in blanks" < <(sources | xargs grep -nE '[[:blank:]]+$' || true)
none "no path of one machine, no registry's address" < <(
	files | xargs grep -nIE '(^|[^A-Za-z0-9_.])/(w[o]rk|f[a]rm|tmp/[a-z]+)/|(deb|URIs:) +https?://|registry[.][a-z]+[.]org' || true)
none "no BUG() or panic() in the module" < <(
	sources | grep '^./kmod/' | xargs -r grep -nE '\<(BUG|BUG_ON|panic)\(' || true)
done_testing
