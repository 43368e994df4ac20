# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# lib.sh: how the job sets up each column, and how it measures times there.
#
# Owns: the RAM disk /dev/ram0, which starts with a tar of fio (a guest unpacks it from its own
# disk, so that it need not be in every guest's initrd); the guests "one" and "two", or the
# namespaces of the same names. in_one SECONDS COMMAND runs a command in the first of them,
# $disk is what the RAM disk is called there.

disk_mib=128
column=

figure() { echo "# drv: $column $1 $2" | tee -a "$VERDICT"; }
missed() {
	failed=1
	echo "# drv-missed: $column $1: $2" | cut -c1-600 | tee -a "$VERDICT"
}

# Filled to its end: reading a hole of it would be no reading.
ram_disk() {
	local fio
	[ ! -b /dev/ram0 ] || return 0
	modprobe brd rd_nr=1 rd_size=$((disk_mib << 10)) 2>/dev/null ||
		insmod ./brd.ko rd_nr=1 rd_size=$((disk_mib << 10)) || return 1
	fio=$(command -v fio) || { echo "dom0 has no fio"; return 1; }
	mapfile -t files < <(ldd "$fio" | awk '$3 ~ /^\// { print $3 }')
	{
		tar --transform 's,.*/,fio/,' -chf - "$fio" "${files[@]}" 2>/dev/null
		cat /boot/vmlinux
	} | head -c ${disk_mib}M | dd of=/dev/ram0 bs=1M iflag=fullblock oflag=direct 2>/dev/null
}

# fio_run OPERATION BLOCK DEPTH: requests a second; MiB a second for a sequential one. By the cheapest
# of fio's ways, as fio runs on the same processor: what is left is what a request costs.
fio_run() {
	local how out
	how="--ioengine=io_uring --fixedbufs --registerfiles --iodepth=$3 --iodepth_batch=$3"
	how+=" --iodepth_batch_complete_min=1 --iodepth_batch_complete_max=$3"
	[ "$3" != 1 ] || how='--ioengine=psync'
	out=$(in_one 120 "LD_LIBRARY_PATH=/tmp/fio /tmp/fio/fio --name=b --filename=$disk --rw=$1 --bs=$2 $how \
		--direct=1 --time_based --runtime=$seconds_each --thread --norandommap --gtod_reduce=1 \
		--output-format=terse 2>&1 | cut -d';' -f7,8" | tail -1)
	[[ $out =~ ^[0-9]+\;[0-9]+$ ]] || { echo "fio: $out"; return 1; }
	if [ "$1" = read ]; then
		echo $((${out%;*} / 1024))
	else
		echo "${out#*;}"
	fi
}

fio_one_by_one() {
	in_one 120 "LD_LIBRARY_PATH=/tmp/fio /tmp/fio/fio --name=b --filename=$disk --rw=randread --bs=4k --ioengine=libaio \
		--iodepth=32 --direct=1 --time_based --runtime=$seconds_each --thread --norandommap --gtod_reduce=1"
}

rtt() {
	ping -c 100 -i 0.002 -q 10.9.0.11 | sed -n 's/.*= [0-9.]*\/\([0-9.]*\)\/.*/\1/p' |
		awk '{ printf "%.1f\n", $1 * 1000 }'
}

gbit() { iperf_mbits | tail -1 | awk '{ printf "%.2f\n", $1 / 1000 }'; }
stream_in() { iperf3 -c 10.9.0.11 -t "$seconds_each" -f m | gbit; }
stream_out() { in_one 60 "iperf3 -c 10.9.0.1 -t $seconds_each -f m | grep receiver" | gbit; }
stream_across() { in_one 60 "iperf3 -c 10.9.0.12 -t $seconds_each -f m | grep receiver" | gbit; }

# By the receiver's account: the datagrams without the lost ones.
datagrams() {
	local out udp='grep Udp: /proc/net/snmp | tail -1'
	out=$(iperf3 -c 10.9.0.11 -u -b 0 -l 18 -t "$seconds_each") || { echo "$out"; return 1; }
	echo "# drv-note: $column udp18_lost $(awk '/receiver/ { print $(NF - 2) }' <<<"$out"), in the guest: $(in_one 20 "$udp")" >>"$VERDICT"
	awk '/receiver/ { split($(NF - 2), n, "/"); split($3, t, "-"); printf "%.0f\n", (n[2] - n[1]) / t[2] }' <<<"$out"
}

# ---- native: the same kernel on the bare machine
prepare_native() {
	local n ip=11
	ram_disk || return 1
	disk=/dev/ram0
	tar -xf /dev/ram0 -C /tmp 2>/dev/null
	modprobe -a veth bridge
	ip link add xenbr0 type bridge forward_delay 0 mcast_snooping 0
	ip addr add 10.9.0.1/24 dev xenbr0
	ip link set xenbr0 up
	for n in one two; do
		ip netns add $n
		ip link add "v$n" type veth peer name eth0 netns $n
		ip link set "v$n" master xenbr0 up
		ip -n $n addr add 10.9.0.$ip/24 dev eth0
		ip -n $n link set eth0 up
		ip netns exec $n iperf3 -s -D
		ip=$((ip + 1))
	done
	in_one() { timeout "$1" ip netns exec one sh -c "$2"; }
	iperf3 -s -D
	sleep 1
	ping -c 2 -q 10.9.0.11 >/dev/null
}
clear_native() {
	pkill -x iperf3
	ip link del xenbr0
	ip netns del one
	ip netns del two
}

# ---- guests
guests_up() { # LIST of drivers, see dom0-lib.sh; guests: one, and two if named
	local n ip=11 ramdisk
	ramdisk=$(guest_ramdisk "$1") || return 1
	for n in one $2; do
		cat >/tmp/$n.cfg <<-C
			name = '$n'
			# Unpacked: that is done once for all guests.
			kernel = '/boot/vmlinux'
			ramdisk = '$ramdisk'
			memory = 256
			vcpus = ${guest_vcpus:-1}
			tsc_mode = 'native'
			on_crash = 'preserve'
			vif = ['bridge=xenbr0']
			extra = 'console=hvc0 quiet krypton.ip=10.9.0.$ip'
			$([ $n = two ] || echo "disk = ['phy:/dev/ram0,xvda,w']")
		C
		xl create /tmp/$n.cfg && guest_wait $n 200 || return 1
		ip=$((ip + 1))
	done
	disk=/dev/xvda
	in_one() { guest_run one "$1" "$2"; }
	pgrep -x iperf3 >/dev/null || iperf3 -s -D
	in_one 60 'tar -x -C /tmp -f /dev/xvda; mount -t tracefs t /sys/kernel/tracing; ls /tmp/fio/fio' || return 1
	for n in one $2; do
		ping -c 2 -q "${guest_ip[$n]}" >/dev/null || {
			echo "$n does not answer to ping"
			return 1
		}
	done
	in_one 20 "$drivers_here"
}

# For the profile: the kernel's symbols, and where the guest's modules are.
symbols() {
	gzip -1c /proc/kallsyms | base64 -w 900 | sed 's/^/# drv-symbols: /' >>"$VERDICT"
	in_one 20 'cd /sys/module && grep -H . xen_*/sections/.text' |
		sed 's,/sections/.text:, ,; s/^/# drv-guest-module: /' >>"$VERDICT"
	sync
	sleep 0.1
}

drivers=stock
prepare_with() {
	ram_disk || return 1
	if [ "$drivers" != "$1" ]; then
		dom0_switch "$1" || return 1
		drivers=$1
	fi
	guests_up "$1" two
}
prepare_intree() { prepare_with stock; }
prepare_ours() { prepare_with ours; }
clear_intree() {
	local f
	probes_off
	for f in "$console_dir"/guest-*.log; do
		grep -aE 'BUG|WARNING|Call Trace|fault|rror' "$f" | head -5
	done
	destroy_all
	await 20 no_backend || missed clear "the backends did not go"
	rm -f "$console_dir"/guest-*.log
}
clear_ours() { clear_intree; }
no_backend() { ! compgen -G '/sys/bus/x*-backend/devices/v*' >/dev/null; }
