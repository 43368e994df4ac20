# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# dom0-lib.sh: what jobs in dom0 use to start guests and to talk to them.
#
# Owns: the guests "one" (10.9.0.11, its disk is the virtio disk data1 by phy:) and
# "two" (10.9.0.12, its disk is a file behind a loop device), and "three" (no device
# at all, two processors). Commands reach a guest through XenStore (see guest-init),
# which works without disks and network. Whatever can be waited for is waited for by
# a watch, never by sleeping.
#
# It also owns which drivers are in use: ./drivers holds ours when scripts/drivers-job has
# made this job, ./settings what the job was made with. A LIST of drivers is "stock", "net",
# "blk" or "ours" (both): those named are ours, the others are the kernel's own.

export DOM0_IP=10.9.0.1
declare -A guest_ip=([one]=10.9.0.11 [two]=10.9.0.12)
# shellcheck disable=SC2034 # for those who source this
xen_bin=$(echo /usr/lib/xen-[0-9]*/bin)
console_dir=/var/log/xen/console

# shellcheck disable=SC2034 # for those who source this
dom0_drivers=stock guest_drivers=stock guest_ring='' guest_extra='' guest_fio=''
guest_vcpus='' guest_memory='' guest_tools='' guest_scripts='' guest_kernel=${guest_kernel:-/boot/vmlinuz}
# shellcheck disable=SC1091 # only some jobs have it
[ ! -e settings ] || . ./settings
# What keeps a kernel's own XenBus from starting.
ring_words=initcall_blacklist=xenbus_init,xenbus_probe_initcall

seconds() { cut -d' ' -f1 /proc/uptime; }

# xs_await PATH REGEX SECONDS: until the value in XenStore matches; 1 when the time is over.
xs_await() {
	local fd pid rc=1 end=$((SECONDS + $3)) v
	exec {fd}< <(exec xenstore-watch "$1")
	pid=$!
	while [ $SECONDS -lt $end ] && read -r -t $((end - SECONDS)) -u "$fd" _; do
		v=$(xenstore-read -R "$1" 2>/dev/null) || v=
		if [[ $v =~ $2 ]]; then
			rc=0
			break
		fi
	done
	kill "$pid" 2>/dev/null
	exec {fd}<&-
	return $rc
}

# await SECONDS COMMAND...: until the command succeeds. For states that send no event.
await() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.3
	done
}

# guest_config NAME [KERNEL]: writes /tmp/NAME.cfg.
guest_config() {
	local name=$1 kernel=${2:-$guest_kernel}
	{
		echo "name = '$name'"
		echo "kernel = '$kernel'"
		echo "on_crash = 'preserve'"
		# Other scripts than Xen's, where a story has them: vif-$guest_scripts, block-$guest_scripts.
		case $name in
		one) echo "disk = ['phy:/dev/disk-data1,xvda,w${guest_scripts:+,script=block-$guest_scripts}']" ;;
		two) echo "disk = ['file:/krypton/disk2.img,xvda,w${guest_scripts:+,script=block-$guest_scripts}']" ;;
		three) echo "vcpus = 2" ;;
		esac
		case $name in
		one | two) echo "vif = ['bridge=xenbr0${guest_scripts:+,script=vif-$guest_scripts}']" ;;
		esac
		case $name in
		one | two | three)
			echo "memory = ${guest_memory:-192}"
			[ -z "$guest_vcpus" ] || echo "vcpus = $guest_vcpus"
			echo "ramdisk = '$(guest_ramdisk "$guest_drivers")'"
			echo "extra = 'console=hvc0 quiet krypton.ip=${guest_ip[$name]-} ${guest_ring:+$ring_words} $guest_extra'"
			;;
		*) echo "memory = 32" ;;
		esac
	} >"/tmp/$name.cfg"
}

# guest_wait NAME [SECONDS]: until the guest takes commands.
guest_wait() {
	local id
	id=$(guest_id "$1") || return 1
	xs_await "/local/domain/$id/data/ret" '^0 up$' "${2:-90}" && return 0
	echo "guest $1 did not come up; the end of its console:"
	tail -8 "$console_dir/guest-$1.log"
	return 1
}

# guest_start NAME [KERNEL]: creates the guest if it is not there, and waits until it is up.
guest_start() {
	guest_id "$1" >/dev/null 2>&1 && return 0
	guest_config "$@"
	xl create "/tmp/$1.cfg" && guest_wait "$1"
}

# guest_id NAME: its number; asked from XenStore, since xl takes longer than most of what is done to a guest.
guest_id() { guest-run --id "$1"; }

# guest_run NAME SECONDS COMMAND: runs it in the guest; output and status are the command's, 124 when the
# guest does not answer in time, 125 when there is no such guest.
guest_run() { guest-run "$@"; }

# guest_gone NAME: true when there is no domain of that name any more.
guest_gone() { ! xl domid "$1" >/dev/null 2>&1; }

# guest_shutdown NAME: "xl shutdown -w" is back when the guest has stopped; the xl that watches over it then
# takes it away, and until that is done its name and its disks are in use.
guest_shutdown() { timeout 90 xl shutdown -w "$1" && await 60 guest_gone "$1"; }

# dom_field NAME COLUMN: a column of xl list (1 name, 2 id, 3 memory, 4 vCPUs, 5 state, 6 time).
dom_field() { xl list "$1" 2>/dev/null | awk -v c="$2" 'NR == 2 { print $c }'; }

# dom_state NAME LETTER: true when xl list shows that state.
dom_state() { [[ $(dom_field "$1" 5) == *"$2"* ]]; }

# grant_dump: what the hypervisor's debug key g tells: a line "[0xREF] ..." for each grant in use. Xen is at it
# when the command is back already.
grant_dump() {
	xl dmesg -c >/dev/null
	xl debug-keys g
	await 10 grant_dump_whole
	cat /tmp/grants
}
grant_dump_whole() { xl dmesg >/tmp/grants && grep -qE "dump grant tables|print_all \] done" /tmp/grants; }

# iperf_mbits: the receiver's figure from iperf3's output on stdin.
iperf_mbits() { awk '/receiver/ { for (i = 2; i <= NF; i++) if ($i ~ /bits\/sec/) print $(i - 1) }'; }

# expected_sum N: what the data disk N was made with.
expected_sum() { awk -v f="disk$1.img" '$2 == f { print $1 }' /krypton/SHA256SUMS; }

# destroy_all [REGEX]: ends every guest that a job has left behind, but those whose state in xl list matches.
destroy_all() {
	local id
	xl list 2>/dev/null | awk -v but="${1:-^$}" 'NR > 1 && $2 != 0 && $5 !~ but { print $2 }' | while read -r id; do
		xl destroy "$id" >/dev/null 2>&1
	done
}

# ---- drivers
# driver_names LIST END: the modules that are ours, END is "back" or "front"; xen-xenbus first.
driver_names() {
	local names='' w
	for w in ${1//,/ }; do
		case $w in
		ours) names+=" xen-net$2 xen-blk$2" ;;
		net | blk) names+=" xen-$w$2" ;;
		esac
	done
	[ -z "$names" ] || echo "xen-xenbus$names"
}

# copy_tools DIR FILE...: programs of dom0 with their libraries, or other files, into DIR/bin.
copy_tools() {
	local dir=$1 f
	shift
	mkdir -p "$dir/bin"
	for f; do
		[ -e "$f" ] || f=$(command -v "$f") || return
		cp -L "$f" "$dir/bin/"
		ldd "$f" 2>/dev/null | grep -o '/[^ ]*' | while read -r f; do
			mkdir -p "$dir${f%/*}" && cp -L "$f" "$dir$f"
		done
	done
}

# guest_ramdisk LIST: the guests' initrd with these drivers and $guest_tools, and in /m what the job's
# folder guest-files has (made when first asked for).
guest_ramdisk() {
	local f=/tmp/guest-${1//,/-}${guest_fio:+-fio}.cpio d m
	[ -z "$guest_tools" ] || f=${f%.cpio}-$(cksum <<<"$guest_tools" | tr ' ' -).cpio
	if [ ! -e "$f" ]; then
		d=$(mktemp -d)
		mkdir "$d/m"
		for m in $(driver_names "$1" front); do
			cp "drivers/$m.ko" "$d/m/" || return
			[ "$m" != xen-xenbus ] || echo xen-xenbus.ko >"$d/m/order"
		done
		printf 'xen-%sfront.ko\n' net blk >>"$d/m/order"
		[ ! -d guest-files ] || cp guest-files/* "$d/m/"
		# shellcheck disable=SC2086 # one word each
		[ -z "$guest_tools" ] || copy_tools "$d" $guest_tools
		# Unpacked: the toolstack takes several packed archives for a broken one.
		{
			zcat /boot/guest.gz
			[ -z "$guest_fio" ] || zcat /boot/guest-fio.gz
			(cd "$d" && find . | busybox cpio -o -H newc)
		} >"$f.new" 2>/dev/null
		mv "$f.new" "$f"
		rm -rf "$d"
	fi
	echo "$f"
}

# dom0_install LIST: puts ours where modprobe finds them first, as make modules_install does.
dom0_install() {
	local dir m
	dir=/lib/modules/$(uname -r)/updates
	rm -rf "$dir"
	mkdir -p "$dir"
	for m in $(driver_names "$1" back); do
		cp "drivers/$m.ko" "$dir/" || return
	done
	depmod
	for m in $(driver_names "$1" back); do
		modprobe "$m" || return
	done
}

# dom0_switch LIST: takes other drivers into use; no guest may be there.
dom0_switch() {
	await 20 modprobe -r xen-netback xen-blkback || { modprobe -r xen-netback xen-blkback; return 1; }
	grep -q "$ring_words" /proc/cmdline || modprobe -r xen-xenbus 2>/dev/null
	dom0_install "$1" && modprobe -a xen-netback xen-blkback
}

# drivers_here SYS WHICH...: what is loaded, from the files below SYS (/sys): "xen-netback 1.0 ours".
# The kernel marks a module that is not its own with an O.
# shellcheck disable=SC2034 # for those who source this
drivers_here='for m in xen_xenbus xen_netback xen_blkback xen_netfront xen_blkfront; do
	d=/sys/module/$m
	[ -d $d/holders ] || continue
	w="the kernel'"'"'s"
	grep -qs O $d/taint && w=ours
	echo "$m $(cat $d/version 2>/dev/null) $w" | tr -s " _" " -"
done'
