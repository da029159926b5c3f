# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What a test may have leaked in the kernel. Source it after tests/vm/lib.sh:
#
#   before=$(measure); ROUNDS times the same; after=$(measure_after "$before" ROUNDS)
#   is "$(compare "$before" "$after" ROUNDS)" "" "no leak"

# A slab cache's shrink flushes the slabs that a CPU holds, whose free objects
# /proc/slabinfo counts as used (mm/slub.c, get_slabinfo).
shrink_slabs() { # CACHES (a pattern)
	local f
	for f in /sys/kernel/slab/$1/shrink; do echo 1 >"$f"; done
}

# Of each file opened here the kernel holds something for up to 5 s (kfree_rcu() of a
# kernfs_open_node; kernel/rcu/tree.c, KFREE_DRAIN_JIFFIES): with all caches some 500
# of kmalloc-96, and KASAN keeps what is freed for a while. The few that are opened at the
# end are fewer than the margin.
files_settle() {
	sleep 7
	shrink_slabs 'kmalloc-[0-9]*'
}

# What this kernel has in use, one "name number objects-of-a-slab" per line, after it
# let go of what it only keeps in case. RCU's callbacks and deferred work get time to
# end. pages_kB: what is neither free nor accounted to anything, pages that somebody
# took whole.
measure() {
	sleep 3
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	shrink_slabs '*'
	awk '/^(MemFree|Buffers|Cached|AnonPages|Slab|PageTables|KernelStack|Percpu):/ { used -= $2 }
	     /^MemTotal:/ { used += $2 }
	     END { print "pages_kB", used, 0 }' /proc/meminfo
	echo "percpu_kB $(meminfo Percpu) 0"
	echo "vmallocs $(grep -vc unpurged /proc/vmallocinfo) 0"	# those are free already
	echo "bpf_programs $(bpftool -j prog show | jq length) 0"
	echo "bpf_maps $(bpftool -j map show | jq length) 0"
	echo "gf128mul_users $(awk '$1 == "gf128mul" { print $3 }' /proc/modules) 0"
	shrink_slabs '*'
	files_settle
	awk '$1 ~ /^(kmalloc|skbuff|xsrtp|net_namespace|dst|ip_dst|ip6_dst|neigh)/ { print $1, $2, $5 }' /proc/slabinfo
}

# How much more there may be after so many rounds: loads of the module, namespaces made
# and deleted. One object lost per round would be that many. Not lost are: those of the
# slab that each CPU has taken again (256 of kmalloc-cg-32 on two), and what the kernel's
# own workers are (107 of kmalloc-192 in 1,000 loads; slub_debug=U says who took them).
# 16 MB is four pages per load (the CPUs' lists of free pages make 10 MB of noise); 128 kB
# of per-CPU memory is 64 bytes on each CPU per load.
margin() { # NAME ROUNDS OBJECTS-OF-A-SLAB
	case $1 in
	pages_kB) echo 16384 ;;
	percpu_kB) echo 128 ;;
	vmallocs) echo 50 ;;
	net_namespace) echo 2 ;;
	bpf_* | gf128mul_users) echo 0 ;;
	*) echo $((40 + $2 / 5 + $3 * $(nproc))) ;;
	esac
}

compare() { # BEFORE AFTER ROUNDS
	local name was is slab most
	while read -r name was slab is _; do
		most=$(margin "$name" "$3" "$slab")
		if [ $((is - was)) -le "$most" ]; then continue; fi
		echo "$name: $was before, $is after, at most $most more"
	done < <(join <(sort <<<"$1") <(sort <<<"$2"))
}

# What is more than it may be is measured again, up to twice: what was lost stays lost, and
# what the kernel frees late does not. (kmalloc-96 was seen to go up and down by 500: a slab
# that a CPU holds counts whole.)
measure_after() { # BEFORE ROUNDS
	local now
	for _ in 1 2 3; do
		now=$(measure)
		[ -n "$(compare "$1" "$now" "$2")" ] || break
	done
	echo "$now"
}
