# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# scale.sh: guests with 1, 2 and 4 vCPUs and as many queues.
#
# The machine's processors are emulated in turn, so more of them make nothing faster: what is to be
# seen is that the whole stays as fast (what is lost is contention and interrupts between
# processors) and that the work is spread: the busiest queue's part of all events, 1/n at best.

# queue_events REGEX: "QUEUE EVENTS" lines of the guest's event channels that match.
queue_events() {
	in_one 20 "awk '\$NF ~ /$1/ { n = \$NF; sub(/-[tr]x\$/, \"\", n); if (n == \"blkif\") n = \$1
		for (i = 2; \$i ~ /^[0-9]+\$/; i++) c[n] += \$i } END { for (n in c) print n, c[n] }' /proc/interrupts"
}
busiest() { # BEFORE AFTER
	awk 'NR == FNR { a[$1] = $2; next } { d = $2 - a[$1]; s += d; if (d > m) m = d }
		END { printf "%.2f\n", s ? m / s : 1 }' <(echo "$1") <(echo "$2")
}

# spread KEY REGEX COMMAND...: the figure of the command, and how its events were spread.
spread() {
	local key=$1 regex=$2 before after
	shift 2
	before=$(queue_events "$regex")
	measure "$key" "$@"
	after=$(queue_events "$regex")
	echo "# drv-note: $column $key ${after//$'\n'/, }" >>"$VERDICT"
	figure "${key}_busiest" "$(busiest "$before" "$after")"
}
streams_in() { iperf3 -c 10.9.0.11 -P 8 -t "$seconds_each" -f m | grep SUM | gbit; }
streams_out() { in_one 60 "iperf3 -c 10.9.0.1 -P 8 -t $seconds_each -f m | grep SUM.*receiver" | gbit; }
jobs_read() {
	in_one 120 "LD_LIBRARY_PATH=/tmp/fio /tmp/fio/fio --name=b --filename=$disk --rw=randread --bs=4k --direct=1 \
		--ioengine=io_uring --iodepth=16 --numjobs=4 --group_reporting --time_based --runtime=$seconds_each \
		--thread --norandommap --gtod_reduce=1 --output-format=terse 2>&1 | cut -d';' -f8" | tail -1
}

scale() {
	for guest_vcpus in 1 2 4; do
		[ $guest_vcpus = 1 ] || {
			destroy_all
			await 20 no_backend
			guests_up "$drivers" "" || { missed scale "$guest_vcpus vCPUs: the guest did not come up"; continue; }
		}
		spread "scale_d2g_gbit_$guest_vcpus" '(eth0|vif[^ ]*)-q' streams_in
		spread "scale_g2d_gbit_$guest_vcpus" '(eth0|vif[^ ]*)-q' streams_out
		spread "scale_read_$guest_vcpus" '^(blkif|xvda-q.*)$' jobs_read
	done
	guest_vcpus=1
}
