# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# counts.sh: the hypercalls of backends and frontends, counted by kprobes.
#
# Each of these functions of the kernel makes one hypercall a call. The in-tree drivers and ours
# reach the hypervisor on the data path by nothing else: tests/bench/drivers/run refuses modules
# that refer to the kernel's hypercall page themselves.

tracing=/sys/kernel/tracing
hypercalls=(gnttab_batch_copy gnttab_batch_map gnttab_map_refs gnttab_unmap_refs notify_remote_via_irq)

probes_on() {
	local f
	mountpoint -q $tracing || mount -t tracefs t $tracing || return 1
	probes_off
	for f in "${hypercalls[@]}"; do
		case $f in
		gnttab_unmap_refs) echo "p:k/$f $f count=%cx:u32" ;;
		*) echo "p:k/$f $f" ;;
		esac >>$tracing/kprobe_events || return 1
	done
	echo 'hist:keys=count' >$tracing/events/k/gnttab_unmap_refs/trigger
	echo 1 >$tracing/events/k/enable
}
probes_off() {
	[ ! -d $tracing/events/k ] || {
		echo 0 >$tracing/events/k/enable
		echo '!hist:keys=count' >$tracing/events/k/gnttab_unmap_refs/trigger
		echo >$tracing/kprobe_events
	} 2>/dev/null
}

# hits: "NAME COUNT", a probe a line.
hits() { awk '{ sub(".*/", "", $1); print $1, $2 }' $tracing/kprobe_profile; }
# ... of the unmaps, those of nothing.
empty_unmaps() {
	awk -F'hitcount:' '/count: *0 / { n = $2 + 0 } END { print n + 0 }' $tracing/events/k/gnttab_unmap_refs/hist
}

vif_packets() { # the guest "one", both ways
	awk -v v="vif$(xl domid one).0:" '$1 == v { print $3 + $11 }' /proc/net/dev
}

# per_packet KEY COMMAND...: hypercalls of the backend a packet while the command runs.
per_packet() {
	local key=$1 p0 p1 name n total=0 text=''
	shift
	declare -A before
	while read -r name n; do before[$name]=$n; done < <(hits)
	p0=$(vif_packets)
	if ! "$@" >/tmp/out 2>&1; then
		missed "$key" "$(tail -1 /tmp/out)"
		return
	fi
	p1=$(vif_packets)
	while read -r name n; do
		n=$((n - before[$name]))
		total=$((total + n))
		text+=" $name=$n"
	done < <(hits)
	echo "# drv-note: $column $key packets=$((p1 - p0))$text" | tee -a "$VERDICT"
	figure "$key" "$(awk -v h=$total -v p=$((p1 - p0)) 'BEGIN { printf "%.2f\n", p ? h / p : 99 }')"
}

guest_probe_on='cd /sys/kernel/tracing && echo p:k/n notify_remote_via_irq >kprobe_events && echo 1 >events/k/enable'
guest_probe_off='cd /sys/kernel/tracing && echo 0 >events/k/enable; echo >kprobe_events'
# Notifications, requests that blkfront took from the block layer, reads of it.
guest_hits="echo \$(awk '{ print \$2 }' /sys/kernel/tracing/kprobe_profile) \$(awk '\$3 == \"xvda\" { print \$4 }' /proc/diskstats)"

per_request() { # two of guest_hits
	awk -v a="$1" -v b="$2" 'BEGIN {
		split(a, x); split(b, y); r = y[2] - x[2]; printf "%.3f\n", r ? (y[1] - x[1]) / r : 99 }'
}

counts() {
	local e0 e1 a b
	probes_on || { missed counts "no probes"; return; }
	per_packet hc_g2d in_one 100 'iperf3 -c 10.9.0.1 -n 64M'
	per_packet hc_d2g iperf3 -c 10.9.0.11 -n 64M
	per_packet hc_ping ping -f -c 1000 -q 10.9.0.11
	e0=$(empty_unmaps) a=$(in_one 20 "$guest_hits")
	fio_run randread 4k 1 >/dev/null
	e1=$(empty_unmaps) b=$(in_one 20 "$guest_hits")
	echo "# drv-note: $column block reads=$((b - a)) $(hits | tr ' \n' '= ')" | tee -a "$VERDICT"
	figure empty_unmaps "$(awk -v e=$((e1 - e0)) -v r=$((b - a)) 'BEGIN { printf "%.3f\n", r ? e / r : 99 }')"
	probes_off
	in_one 20 "$guest_probe_on"
	a=$(in_one 20 "$guest_hits")
	fio_run randread 4k 32 >/dev/null
	b=$(in_one 20 "$guest_hits")
	figure notify_d32 "$(per_request "$a" "$b")"
	# The same depth, but the program submits each request by a system call of its own.
	fio_one_by_one >/dev/null
	a=$(in_one 20 "$guest_hits")
	figure notify_d32_single "$(per_request "$b" "$a")"
	in_one 20 "$guest_probe_off"
}
