# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# drivers-lib.sh: what the stories about the drivers share. Sourced in dom0 after lib.sh and
# dom0-lib.sh.
# shellcheck source=scripts/dom0-lib.sh
[ -n "${ring_words-}" ] || . ./dom0-lib.sh
# The same kernel, unpacked: the toolstack need not do it for every guest.
# shellcheck disable=SC2034 # read by guest_config
guest_kernel=/boot/vmlinux

# use DOM0LIST ...: from now on these drivers are in use; no guest may be there.
use() {
	# One that has stopped is taken down by the xl that watches over it, unless it is to be kept.
	destroy_all '[sd]'
	await 60 no_guests || destroy_all
	await 60 no_guests || return 1
	dom0_switch "$1"
}
# take TEXT DOM0LIST GUESTLIST [ring]: the same as a check. A check runs in a shell of its own, where nothing
# can be set for what comes after.
take() {
	local text=$1
	shift
	# shellcheck disable=SC2034 # read by guest_config
	guest_drivers=$2 guest_ring=${3:+1}
	check "$text" use "$@"
}
no_guests() { [ "$(xl list | wc -l)" = 2 ]; }

# uses_ours NAME MODULE: true when the guest ("dom0" for here) has loaded ours.
uses_ours() {
	local seen
	seen=$(drivers_of "$1")
	echo "$seen"
	grep -q "^$2 .*ours" <<<"$seen"
}
drivers_of() { if [ "$1" = dom0 ]; then sh -c "$drivers_here"; else guest_run "$1" 20 "$drivers_here"; fi; }

# drivers_are DOM0LIST GUESTLIST NAME: each end has what it should have.
drivers_are() {
	local end list names seen m want bad=0
	for end in back front; do
		if [ $end = back ]; then list=$1 seen=$(drivers_of dom0); else list=$2 seen=$(drivers_of "$3"); fi
		names=" $(driver_names "$list" $end) "
		for m in xen-net$end xen-blk$end; do
			want="the kernel's"
			[[ $names != *" $m "* ]] || want=ours
			grep -q "^$m .*$want\$" <<<"$seen" || { echo "$m is not $want: $seen"; bad=1; }
		done
	done
	return $bad
}

# kernel_clean [DMESG]: no warning, no bug and no stall has been reported by this kernel.
bad_words='BUG:|WARNING:|Oops|general protection|soft lockup|hung task|blocked for more than|rcu.*stall|page allocation failure|refcount_t'
dom0_clean() { ! dmesg | grep -E "$bad_words"; }
guest_clean() { ! guest_run "$1" 30 "dmesg | grep -E '$bad_words'"; }

# mem_mib NAME SECONDS: what the guest's kernel has; mem_is NAME SECONDS LEAST MOST.
mem_mib() { guest_run "$1" "$2" "awk '/^MemTotal/ { print int(\$2 / 1024) }' /proc/meminfo"; }
mem_is() {
	local m
	m=$(mem_mib "$1" "$2") && [ "$m" -ge "$3" ] && [ "$m" -le "$4" ]
}

# ---- data both ways
# net_to NAME MIB: a file by TCP from dom0 to the guest; the sums agree.
net_to() {
	local want got
	head -c "${2}M" /dev/urandom >/tmp/net.out
	want=$(sha256sum </tmp/net.out)
	# The listener is there before the command returns.
	guest_run "$1" 20 '(sleep 200 | { nc -l -p 5001 | sha256sum >/tmp/net.sum; touch /tmp/net.done; }) >/dev/null 2>&1 &
		n=0; until grep -q ":1389 .* 0A " /proc/net/tcp /proc/net/tcp6 || [ $n = 50 ]; do n=$((n + 1)); usleep 100000; done
		rm -f /tmp/net.done' || return 1
	timeout 120 busybox nc "${guest_ip[$1]}" 5001 </tmp/net.out >/dev/null || return 1
	got=$(guest_run "$1" 120 'while [ ! -e /tmp/net.done ]; do usleep 50000; done; cat /tmp/net.sum') || { echo "$got"; return 1; }
	echo "sent $want, received $got"
	[ "${want%% *}" = "${got%% *}" ]
}

# net_from NAME MIB: the other way.
net_from() {
	local want got pid
	rm -f /tmp/net.in
	# An end of input would end the connection: there is none.
	timeout 150 busybox nc -l -p 5002 >/tmp/net.in < <(exec sleep 150 2>/dev/null) &
	pid=$!
	await 20 grep -q ':138A .* 0A ' /proc/net/tcp /proc/net/tcp6
	want=$(guest_run "$1" 150 "head -c $(($2 << 20)) /dev/urandom >/tmp/net.out && timeout 120 nc $DOM0_IP 5002 </tmp/net.out &&
		sha256sum </tmp/net.out; rm -f /tmp/net.out") || { echo "$want"; kill $pid; return 1; }
	wait $pid
	got=$(sha256sum </tmp/net.in)
	rm -f /tmp/net.in
	echo "sent $want, received $got"
	[ "${want%% *}" = "${got%% *}" ]
}

# disk_sum NAME N [DEV]: the disk as the guest reads it (past its cache) is as it was made.
disk_sum() {
	local sum
	sum=$(guest_run "$1" 120 "echo 3 >/proc/sys/vm/drop_caches; sha256sum </dev/${3:-xvda}") || { echo "$sum"; return 1; }
	echo "read ${sum%% *}, made as $(expected_sum "$2")"
	[ "${sum%% *}" = "$(expected_sum "$2")" ]
}

# disk_write NAME BACKEND [DEV]: blocks of several sizes written in the guest are on dom0's side.
disk_write() {
	local in out
	in=$(guest_run "$1" 120 "d=/dev/${3:-xvda}; set -e; head -c 2097152 /dev/urandom >/tmp/w
		dd if=/tmp/w of=\$d bs=1024k count=1 seek=1 oflag=direct conv=notrunc 2>/dev/null
		dd if=/tmp/w of=\$d bs=4k skip=256 count=64 seek=512 oflag=direct conv=notrunc 2>/dev/null
		dd if=/tmp/w of=\$d bs=512 skip=2560 count=1536 seek=4608 conv=notrunc,fsync 2>/dev/null
		sha256sum </tmp/w; rm /tmp/w") || { echo "$in"; return 1; }
	blockdev --flushbufs "$2" 2>/dev/null
	out=$(dd if="$2" bs=64k skip=16 count=32 iflag=direct 2>/dev/null | sha256sum)
	echo "guest wrote ${in%% *}, dom0 reads ${out%% *}"
	[ "${in%% *}" = "${out%% *}" ]
}

# restore_disks: the data disks are as they were made (their first 3 MiB are what stories write to).
restore_disks() {
	local n dev
	for n in 1 2; do
		dev=/dev/disk-data1
		[ $n = 1 ] || dev=/krypton/disk2.img
		[ -e /tmp/disk$n.orig ] || head -c 4M "$dev" >/tmp/disk$n.orig
		dd if=/tmp/disk$n.orig of="$dev" bs=1M conv=notrunc,fsync 2>/dev/null
	done
}

# ---- what is in use; a leak is a number that grows
# in_use NAME: event channels, grants and store nodes, one a line, of a running guest and of dom0.
in_use() {
	local id
	id=$(guest_id "$1")
	echo "dom0_event_channels $("$xen_bin/lsevtchn" 0 | wc -l)"
	echo "guest_event_channels $("$xen_bin/lsevtchn" "$id" | wc -l)"
	echo "store_nodes $(xenstore-ls -f /local | wc -l)"
	# Grants that are mapped, of all domains, as the hypervisor sees them.
	grant_dump >/tmp/in_use
	echo "mapped_grants $(grep -cE '\[0x[0-9a-f]+\]' /tmp/in_use)"
	# Krypton has a line for a domain, Xen two.
	echo "guest_grant_frames $(sed -n "s/.*d$id: \([0-9]*\) of .*/\1/p
		/remote d$id /{n;s/.* \([0-9]*\) frames .*/\1/p}" /tmp/in_use)"
	echo "interrupts $(grep -c xen-dyn /proc/interrupts)"
}

slab_kib() { awk '/^(Slab|VmallocUsed|Percpu|KernelStack):/ { s += $2 } END { print s }' /proc/meminfo; }

# quick_scripts: from now on guests have "vif-quick" and "block-quick", which do what Xen's scripts do for a bridge,
# a block device and a file, without bash and its locks: these take longer than everything else about an attach.
quick_scripts() {
	# shellcheck disable=SC2034 # read by guest_config
	guest_scripts=quick
	cat >/etc/xen/scripts/vif-quick <<'S' &&
#!/bin/busybox sh
[ "$1" = online ] || exit 0
ip link set dev "$vif" master xenbr0 && ip link set dev "$vif" up &&
	exec xenstore-write "$XENBUS_PATH/hotplug-status" connected
S
	cat >/etc/xen/scripts/block-quick <<'S' &&
#!/bin/busybox sh
if [ "$1" = remove ]; then
	d=$(xenstore-read "$XENBUS_PATH/node" 2>/dev/null) && /sbin/losetup -d "$d"
	exit 0
fi
[ "$1" = add ] || exit 0
d=$(xenstore-read "$XENBUS_PATH/params")
if [ -f "$d" ]; then
	d=$(/sbin/losetup -f --show "$d") && xenstore-write "$XENBUS_PATH/node" "$d" || exit 1
fi
exec xenstore-write "$XENBUS_PATH/physical-device" "$(stat -L -c %t:%T "$d")" "$XENBUS_PATH/hotplug-status" connected
S
	chmod 755 /etc/xen/scripts/{vif,block}-quick
}

# hotplug: waits for the store, not for time.
backend_state() { xs_await "/local/domain/0/backend/$1/state" "^$2\$" "${3:-30}"; }
backend_gone() { ! xenstore-exists "/local/domain/0/backend/$1"; }
