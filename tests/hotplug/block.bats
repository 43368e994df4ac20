#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# block.bats: block and block-dummy on real files, loop devices and mounts.
# shellcheck disable=SC2154 # set in lib.bash
load lib.bash

setup() {
	start_store
	guest 1
	guest 2
	img=$BATS_TEST_TMPDIR/a.img
	truncate -s 4M "$img"
}
teardown() {
	local l
	for l in $(loops_of "$img"); do losetup -d "$l"; done
	stop_store
}

@test "file: a loop device with direct I/O, the keys that the backend wants" {
	needs_loops
	vbd 1 51712 w "$img"
	disk add 1 51712
	l=$(loops_of "$img")
	key $be/vbd/1/51712/node "$l"
	key $be/vbd/1/51712/physical-device-path "$l"
	key $be/vbd/1/51712/physical-device "$(stat -c %t:%T "$l")"
	key $be/vbd/1/51712/hotplug-status connected
	[ "$(losetup -n -O RO "$l" | tr -d ' ')" = 0 ]
	[ "$(losetup -n -O AUTOCLEAR "$l" | tr -d ' ')" = 0 ]
	grep "a.img is $l, " "$KRYPTON_HOTPLUG_LOG"
	disk remove 1 51712
	[ "$(nr_loops)" = 0 ]
	no_records
}

@test "file: direct I/O where the file system can" {
	needs_loops
	img2=/var/tmp/krypton-hotplug.$$.img
	truncate -s 4M "$img2"
	dd if="$img2" of=/dev/null iflag=direct bs=4k count=1 2>/dev/null || { rm "$img2"; skip "no O_DIRECT here"; }
	vbd 1 51712 w "$img2"
	disk add 1 51712
	dio=$(losetup -n -O DIO "$(loops_of "$img2")" | tr -d ' ')
	disk remove 1 51712
	rm "$img2"
	[ "$dio" = 1 ]
}

@test "file: read only" {
	needs_loops
	chmod 400 "$img"
	vbd 1 51712 r "$img"
	disk add 1 51712
	[ "$(losetup -n -O RO "$(loops_of "$img")" | tr -d ' ')" = 1 ]
	disk remove 1 51712
}

@test "file: twice is once, also for remove" {
	needs_loops
	vbd 1 51712 w "$img"
	disk add 1 51712
	disk add 1 51712
	[ "$(nr_loops)" = 1 ]
	disk remove 1 51712
	disk remove 1 51712
	[ "$(nr_loops)" = 0 ]
}

@test "file: removed when the store has nothing any more" {
	needs_loops
	vbd 1 51712 w "$img"
	disk add 1 51712
	xenstore-rm $be/vbd/1
	disk remove 1 51712
	[ "$(nr_loops)" = 0 ]
	no_key $be/vbd/1
	no_records
}

@test "a file for two guests: both may read, none may write beside another" {
	needs_loops
	vbd 1 51712 r "$img"
	vbd 2 51712 r "$img"
	disk add 1 51712
	disk add 2 51712
	guest 3
	vbd 3 51712 w "$img"
	refused "is in use by guest" disk add 3 51712
	told vbd/3/51712 "detach it there first"
	[ "$(nr_loops)" = 2 ]
	disk remove 1 51712
	refused "is in use by guest 2" disk add 3 51712
	disk remove 2 51712
	xenstore-rm $be/vbd/3/51712/hotplug-status
	disk add 3 51712
	refused "in use by guest 3" disk add 1 51712
	disk remove 3 51712
}

@test "w! is for who knows what he does" {
	needs_loops
	vbd 1 51712 'w!' "$img"
	vbd 2 51712 'w!' "$img"
	disk add 1 51712
	disk add 2 51712
	[ "$(nr_loops)" = 2 ]
	disk remove 1 51712
	disk remove 2 51712
}

@test "the same guest under two numbers (a move to this host from this host)" {
	needs_loops
	vbd 1 51712 w "$img"
	disk add 1 51712
	xenstore-write /local/domain/5/vm /vm/1
	vbd 5 51712 w "$img"
	disk add 5 51712
	disk remove 1 51712
	disk remove 5 51712
}

@test "a guest that is gone does not keep its disk; a device that is gone neither" {
	needs_loops
	vbd 1 51712 w "$img"
	disk add 1 51712
	vbd 2 51712 w "$img"
	xenstore-rm /local/domain/1
	disk add 2 51712
	disk remove 1 51712
	guest 1
	xenstore-rm $be/vbd/2
	vbd 1 51712 w "$img"
	disk add 1 51712
	disk remove 1 51712
	disk remove 2 51712
}

@test "the same file by another path is the same disk" {
	needs_loops
	ln -s "$img" "$BATS_TEST_TMPDIR/link"
	ln "$img" "$BATS_TEST_TMPDIR/hard"
	vbd 1 51712 w "$BATS_TEST_TMPDIR/link"
	disk add 1 51712
	vbd 2 51712 w "$BATS_TEST_TMPDIR/hard"
	refused "is in use by guest 1" disk add 2 51712
	disk remove 1 51712
}

@test "a file that is mounted here: refused to writers, and to readers if it is written" {
	needs_loops
	mkfs.ext4 -q "$img" || skip "no mkfs.ext4"
	mkdir "$BATS_TEST_TMPDIR/m"
	mount -o loop "$img" "$BATS_TEST_TMPDIR/m" || skip "this kernel mounts no ext4"
	vbd 1 51712 w "$img"
	vbd 2 51712 r "$img"
	refused "is mounted on $BATS_TEST_TMPDIR/m here; remedy: unmount" disk add 1 51712
	refused "is mounted on" disk add 2 51712
	umount "$BATS_TEST_TMPDIR/m"
	mount -o loop,ro "$img" "$BATS_TEST_TMPDIR/m"
	disk add 2 51712
	disk remove 2 51712
	refused "is mounted on" disk add 1 51712
	umount "$BATS_TEST_TMPDIR/m"
}

@test "phy: its numbers in hexadecimal, by path, by name below /dev, by link" {
	needs_loops
	make_dev
	ln -s "$dev" "$BATS_TEST_TMPDIR/lv"
	vbd 1 51712 w "$dev"
	disk add 1 51712
	disk remove 1 51712
	key $be/vbd/1/51712/physical-device "$number"
	key $be/vbd/1/51712/physical-device-path "$dev"
	no_key $be/vbd/1/51712/node
	vbd 1 51728 w "${dev#/dev/}"
	disk add 1 51728
	disk remove 1 51728
	vbd 1 51744 w "$BATS_TEST_TMPDIR/lv"
	disk add 1 51744
	key $be/vbd/1/51744/physical-device-path "$dev"
	disk remove 1 51744
	losetup "$dev"
	drop_dev
	no_records
}

@test "phy: libxl wrote the number already: checked, and connected" {
	needs_loops
	make_dev
	vbd 1 51712 w "$dev" physical-device "$number"
	disk add 1 51712
	key $be/vbd/1/51712/hotplug-status connected
	vbd 2 51712 w "$dev" physical-device "$number"
	refused "is in use by guest 1" disk add 2 51712
	drop_dev
}

@test "phy: what the kernel's backend has open for somebody counts, whoever set it up" {
	needs_loops
	make_dev
	d=$BATS_TEST_TMPDIR/sys/bus/xen-backend/devices/vbd-2-51712
	mkdir -p "$d"
	echo "$number" >"$d/physical_device"
	echo r >"$d/mode"
	vbd 1 51712 w "$dev"
	KRYPTON_HOTPLUG_SYS=$BATS_TEST_TMPDIR/sys refused "in use by guest 2 (device 51712, reads)" disk add 1 51712
	vbd 1 51728 r "$dev"
	KRYPTON_HOTPLUG_SYS=$BATS_TEST_TMPDIR/sys disk add 1 51728
	disk remove 1 51728
	echo w >"$d/mode"
	xenstore-rm $be/vbd/1/51728
	vbd 1 51728 r "$dev"
	KRYPTON_HOTPLUG_SYS=$BATS_TEST_TMPDIR/sys refused "in use by guest 2 (device 51712, writes)" disk add 1 51728
	drop_dev
}

@test "a drive without a medium is connected" {
	vbd 1 51712 r "" device-type cdrom
	disk add 1 51712
	key $be/vbd/1/51712/hotplug-status connected
}

@test "dummy:FILE, and nothing else" {
	needs_loops
	vbd 1 51712 w "dummy:$img"
	disk add 1 51712 block-dummy
	key $be/vbd/1/51712/node "$(loops_of "$img")"
	disk remove 1 51712 block-dummy
	[ "$(nr_loops)" = 0 ]
	vbd 1 51728 w "smart:$img"
	refused "no disk is named" disk add 1 51728 block-dummy
}
