#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# hv: krypton xen
# time: 600
# 74-drivers-root: a guest whose root file system lies on a disk that our blkfront serves, in both
# modes; what it writes is there after its end, and the file system is whole.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh

# The root is the guests' initrd made a disk; the initrd only mounts it.
make_disk() {
	local d
	d=$(mktemp -d)
	(cd "$d" && zcat /boot/guest.gz | busybox cpio -idm) || return 1
	: >"$d/m/order"
	echo "from the disk" >"$d/where"
	truncate -s 48M /tmp/root.img
	mkfs.ext4 -q -F -d "$d" /tmp/root.img || return 1
	rm -rf "$d"
}
make_initrd() {
	local d
	d=$(mktemp -d)
	cat >"$d/init" <<'I'
#!/bin/busybox sh
export PATH=/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r m; do
	insmod "/m/$m"
done </m/order
n=0
until mount -t ext4 /dev/xvda /root 2>/dev/null || [ $n = 200 ]; do
	usleep 100000
	n=$((n + 1))
done
for d in /dev /sys /proc; do
	umount $d
done
exec switch_root /root /init
I
	chmod 755 "$d/init"
	mkdir "$d/m"
	# ext4 is a module of Debian's kernel.
	modprobe --show-depends ext4 | awk '$1 == "insmod" { print $2 }' | while read -r f; do
		cp "$f" "$d/m/"
		basename "$f" >>"$d/m/order"
	done
	printf 'xen-%s.ko\n' xenbus netfront blkfront >>"$d/m/order"
	{ cat "$(guest_ramdisk ours)"; (cd "$d" && find . | busybox cpio -o -H newc); } >/tmp/root-initrd 2>/dev/null
	rm -rf "$d"
}
in_root() { guest_run one 20 "$1"; }

take "our drivers at both ends" ours ours || exit 0
check "a root disk" make_disk || exit 0
check "an initrd for it" make_initrd || exit 0
for mode in adapter ring; do
	guest_ring=
	[ $mode = adapter ] || guest_ring=1
	guest_config one
	sed -i "s|^disk.*|disk = ['file:/tmp/root.img,xvda,w']|; s|^ramdisk.*|ramdisk = '/tmp/root-initrd'|" /tmp/one.cfg
	check "$mode: the guest is up from its disk" eval 'xl create /tmp/one.cfg && guest_wait one' || continue
	expect "$mode: its root is the disk" '/dev/(root|xvda) / ext4' in_root 'cat /proc/mounts'
	expect "$mode: a file of it" 'from the disk' in_root 'cat /where'
	expect "$mode: by our blkfront" 'xen-blkfront .*ours' in_root "$drivers_here"
	check "$mode: it writes" in_root "head -c 3145728 /dev/urandom >/file-$mode && sha256sum </file-$mode >/sum-$mode && sync"
	check "$mode: network too" ping -c 2 -W 5 -q "${guest_ip[one]}"
	check "$mode: xl shutdown -w" guest_shutdown one
	check "$mode: the file system is whole" e2fsck -fn /tmp/root.img
	written() {
		local want
		want=$(debugfs -R "cat /sum-$mode" /tmp/root.img 2>/dev/null)
		debugfs -R "dump /file-$mode /tmp/file" /tmp/root.img 2>/dev/null
		echo "wanted $want, seen $(sha256sum </tmp/file)"
		[ -n "$want" ] && [ "$want" = "$(sha256sum </tmp/file)" ]
	}
	check "$mode: what it wrote is there" written
done
check "dom0's kernel has no complaint" dom0_clean
take "back to the kernel's own" stock stock
exit 0
