#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 900
# 69-drivers-blk: what the disk drivers can beside moving blocks: several queues, polled ones, discard and
# zeroes, sectors of 4 KiB, flushes, data checked by fio through every mode of the rings.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh
quick_scripts

# shellcheck disable=SC2034 # read by guest_config and guest_ramdisk
guest_vcpus=2 guest_memory=384 guest_tools='fio blkdiscard'

truncate -s 64M /tmp/plain.img /tmp/big.img
plain=$(losetup -f --show /tmp/plain.img)
big=$(losetup -f --show --sector-size 4096 /tmp/big.img)

# The guest's disks: xvda has sectors of 512 bytes, xvdb of 4096; both can discard.
up() {
	guest_config one
	sed -i "s|^disk = .*|disk = ['phy:$plain,xvda,w', 'phy:$big,xvdb,w']|" /tmp/one.cfg
	xl create /tmp/one.cfg && guest_wait one
}
queue_of() { guest_run one 20 "cat /sys/block/$1/queue/$2"; }

# verify DEV OPTION...: random writes of all sizes, read back and compared by checksum.
verify() {
	local dev=$1
	shift
	guest_run one 120 "fio --name=v --filename=/dev/$dev --direct=1 --rw=randwrite --bsrange=4k-512k --size=24M --ioengine=io_uring \
		--iodepth=16 --verify=crc32c --verify_fatal=1 --group_reporting --minimal $* >/tmp/fio.out 2>&1 || { tail -5 /tmp/fio.out; false; }"
}
# What dom0 reads is what the guest wrote: not both ends of one mistake.
agree() {
	local there here
	there=$(guest_run one 60 "echo 3 >/proc/sys/vm/drop_caches; sha256sum </dev/$1") || return
	blockdev --flushbufs "$2"
	here=$(dd if="$2" bs=1M iflag=direct 2>/dev/null | sha256sum)
	echo "guest ${there%% *}, dom0 ${here%% *}"
	[ "${there%% *}" = "${here%% *}" ]
}

modes() {
	local name=$1 dev
	guest_extra=$2
	check "$name: guest one is up" up || return
	for dev in xvda xvdb; do
		check "$name: $dev: what is written is read" verify "$dev"
	done
	check "$name: dom0 reads the same (512-byte sectors)" agree xvda "$plain"
	check "$name: dom0 reads the same (4 KiB sectors)" agree xvdb "$big"
	[ -z "${3-}" ] || "$3"
	check "$name: dom0's kernel has no complaint" dom0_clean
	check "$name: the guest's kernel has no complaint" guest_clean one
	check "$name: xl shutdown -w" guest_shutdown one
}

kib_used() { sync "$1"; du -k "$1" | cut -f1; }
frees() {
	local before
	before=$(kib_used "$1")
	shift
	guest_run one 60 "$*" || return
	echo "$before KiB before, $(kib_used /tmp/plain.img) after"
	[ "$(kib_used /tmp/plain.img)" -le $((before - 4096)) ]
}
zeroes() { guest_run one 60 "dd if=/dev/$1 bs=1M skip=$2 count=4 iflag=direct 2>/dev/null | cmp -n 4194304 - /dev/zero"; }
fill() { guest_run one 60 "tr '\\0' x </dev/zero | head -c 16777216 >/tmp/x; dd if=/tmp/x of=/dev/$1 bs=1M oflag=direct 2>/dev/null; rm /tmp/x"; }
# shellcheck disable=SC2317 # called by name
all_of_it() {
	same "two queues" 2 "$(guest_run one 20 'ls /sys/block/xvda/mq | wc -l')"
	same "512-byte sectors" 512 "$(queue_of xvda logical_block_size)"
	same "4 KiB sectors" 4096 "$(queue_of xvdb logical_block_size)"
	refuse "4 KiB sectors: less cannot be written" guest_run one 30 'fio --name=x --filename=/dev/xvdb --rw=write --bs=512 --size=512 --direct=1 2>&1'
	expect "requests of 1 MiB" '^1024$' queue_of xvda max_sectors_kb
	for dev in xvda xvdb; do
		check "$dev: filled" fill $dev
		expect "$dev: it can discard" '^[1-9]' queue_of $dev discard_max_bytes
		check "$dev: zeroes are written" guest_run one 60 "/bin/blkdiscard -z -o 4194304 -l 4194304 /dev/$dev"
		check "$dev: they are read" zeroes $dev 4
	done
	check "xvda: discard frees space in dom0" frees /tmp/plain.img 'blkdiscard -o 8388608 -l 8388608 /dev/xvda'
	# A flush: what a guest has synced is in the file, past the cache of nobody.
	check "flush: fsync after each write" verify xvda --rw=write --bs=4k --size=2M --fsync=1
	check "FUA: O_DSYNC writes" verify xvda --rw=write --bs=4k --size=2M --sync=dsync
	expect "the cache is write back" '^write back' queue_of xvda write_cache
}
# shellcheck disable=SC2317 # called by name
polled() {
	expect "polled: there is a queue to poll" '^1' queue_of xvda io_poll
	check "polled: what is written is read" verify xvda --hipri
}

take "our drivers at both ends" ours ours
modes persistent '' all_of_it
modes polled xen_blkfront.poll_queues=1 polled
modes "not persistent" xen_blkfront.feature_persistent=0
modes "not trusted" xen_blkfront.trusted=0
modes "one page, one queue, few segments" 'xen_blkfront.max_ring_page_order=0 xen_blkfront.max_queues=1 xen_blkfront.max_indirect_segments=16'
guest_extra=''
losetup -d "$plain" "$big"
take "back to the kernel's own" stock stock
exit 0
