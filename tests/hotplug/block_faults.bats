#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# block_faults.bats: block where something is missing, full, killed, or in other hands.
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

@test "remove lets go of its own loop device only, whoever has the number now" {
	needs_loops
	vbd 1 51712 w "$img"
	disk add 1 51712
	l=$(loops_of "$img")
	losetup -d "$l"
	truncate -s 1M "$BATS_TEST_TMPDIR/other.img"
	losetup "$l" "$BATS_TEST_TMPDIR/other.img"
	disk remove 1 51712
	kept=$(losetup -n -O BACK-FILE "$l")
	losetup -d "$l"
	[ "$kept" = "$BATS_TEST_TMPDIR/other.img" ]
}

@test "remove of what another script made: by the store's node, if it is over that file" {
	needs_loops
	l=$(losetup -f --show "$img")
	vbd 1 51712 w "$img" node "$l"
	disk remove 1 51712
	[ "$(nr_loops)" = 0 ]
	make_dev
	vbd 1 51712 w "$img" node "$dev"
	disk remove 1 51712
	losetup "$dev"
	drop_dev
}

@test "a writable image never goes to two guests, however many ask at once" {
	needs_loops
	for i in $(seq 8); do guest "$i"; vbd "$i" 51712 w "$img"; done
	for i in $(seq 8); do
		(disk add "$i" 51712 2>/dev/null && echo "$i" >>"$BATS_TEST_TMPDIR/won") 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}" || true
	[ "$(wc -l <"$BATS_TEST_TMPDIR/won")" = 1 ]
	[ "$(nr_loops)" = 1 ]
	disk remove "$(cat "$BATS_TEST_TMPDIR/won")" 51712
}

@test "a missing image, a folder, no name: refused at once" {
	vbd 1 51712 w /nonexistent.img
	refused "/nonexistent.img: No such file" disk add 1 51712
	told vbd/1/51712 "No such file"
	vbd 1 51728 w "$BATS_TEST_TMPDIR"
	refused "neither block device nor file" disk add 1 51728
	vbd 1 51744 w ""
	refused "no disk is named" disk add 1 51744
	no_records
}

@test "an image that cannot be written, for a writer: refused" {
	needs_loops
	mount --bind "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"
	mount -o remount,bind,ro "$BATS_TEST_TMPDIR"
	mkdir /tmp/krypton-run.$$
	KRYPTON_HOTPLUG_RUN=/tmp/krypton-run.$$ KRYPTON_HOTPLUG_LOG=/dev/null refused "give it read-only" disk_ro
	umount "$BATS_TEST_TMPDIR"
	rmdir /tmp/krypton-run.$$
}
disk_ro() { vbd 1 51712 w "$img"; disk add 1 51712; }

@test "no room for the record: refused, nothing half done" {
	needs_loops
	mkdir "$KRYPTON_HOTPLUG_RUN"
	mount -t tmpfs -o size=4k,nr_inodes=100 t "$KRYPTON_HOTPLUG_RUN"
	head -c 4096 /dev/zero >"$KRYPTON_HOTPLUG_RUN/full" || true
	vbd 1 51712 w "$img"
	refused "No space left" disk add 1 51712
	told vbd/1/51712 "make room"
	no_key $be/vbd/1/51712/physical-device
	[ "$(nr_loops)" = 0 ]
	umount "$KRYPTON_HOTPLUG_RUN"
}

@test "the store refuses: told where it can be, the loop device is free again" {
	needs_loops
	vbd 1 51712 w "$img"
	xenstore-write /fake/deny $be/vbd/1/51712/physical-device
	refused "physical-device cannot be written" disk add 1 51712
	told vbd/1/51712 "cannot be written"
	no_key $be/vbd/1/51712/node
	[ "$(nr_loops)" = 0 ]
	no_records
}

@test "killed at every step: the next add and remove leave everything right" {
	needs_loops
	command -v strace >/dev/null || skip "no strace"
	vbd 1 51712 w "$img"
	n=0
	for at in flock:1 flock:2 flock:3 ioctl:1 ioctl:2 ioctl:3 ioctl:5 ioctl:6 rename:1 rename:2 sendmsg:4 sendmsg:8 write:5 write:12; do
		env XENBUS_PATH=backend/vbd/1/51712 ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null \
			-e "inject=${at%:*}:signal=KILL:when=${at#*:}" "$scripts/block" add >/dev/null 2>&1 3>&- || n=$((n + 1))
		disk add 1 51712
		[ "$(nr_loops)" = 1 ] || { echo "after $at: $(nr_loops) loops"; false; }
		key $be/vbd/1/51712/node "$(loops_of "$img")"
		disk remove 1 51712
		[ "$(nr_loops)" = 0 ] || { echo "after $at: not removed"; false; }
		no_records
		xenstore-rm $be/vbd/1/51712/{node,physical-device,physical-device-path,hotplug-status}
	done
	echo "$n were killed"
	[ $n -ge 10 ]
}

@test "twenty files at once: twenty loop devices" {
	needs_loops
	for i in $(seq 20); do
		guest "$i"
		truncate -s 1M "$BATS_TEST_TMPDIR/$i.img"
		vbd "$i" 51712 w "$BATS_TEST_TMPDIR/$i.img"
	done
	for i in $(seq 20); do
		(disk add "$i" 51712 || echo "$i" >>"$BATS_TEST_TMPDIR/failed") 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	n=$(losetup -n -O BACK-FILE | grep -c "^$BATS_TEST_TMPDIR/[0-9]*.img")
	pids=()
	for i in $(seq 20); do
		disk remove "$i" 51712 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	no_records
	[ ! -e "$BATS_TEST_TMPDIR/failed" ]
	[ $n = 20 ]
}

@test "no list of the store's folders is asked for" {
	needs_loops
	vbd 1 51712 w "$img"
	disk add 1 51712
	disk remove 1 51712
	key /fake/lists 0
}

@test "a damaged record of the disk's users: refused, with the file's name" {
	needs_loops
	mkdir "$KRYPTON_HOTPLUG_RUN"
	id=$(stat -c '%Hd:%Ld-%i' "$img")
	for text in 'vbd-2-51712=w' $'nonsense\n' $'vbd-x=w\n'; do
		printf %s "$text" >"$KRYPTON_HOTPLUG_RUN/file-$id"
		vbd 1 51712 w "$img"
		refused "file-$id is damaged; remedy: remove the file" disk add 1 51712
	done
	[ "$(nr_loops)" = 0 ]
	rm "$KRYPTON_HOTPLUG_RUN/file-$id"
	disk add 1 51712
	disk remove 1 51712
}

@test "killed before it was connected, then given another disk: the first one is free" {
	needs_loops
	command -v strace >/dev/null || skip "no strace"
	vbd 1 51712 w "$img"
	env XENBUS_PATH=backend/vbd/1/51712 ASAN_OPTIONS=detect_leaks=0 strace -qq -o /dev/null \
		-e inject=rename:signal=KILL:when=2 "$scripts/block" add >/dev/null 2>&1 3>&- || true
	ls "$KRYPTON_HOTPLUG_RUN"
	truncate -s 1M "$BATS_TEST_TMPDIR/b.img"
	vbd 1 51712 w "$BATS_TEST_TMPDIR/b.img"
	disk add 1 51712
	vbd 2 51712 w "$img"
	disk add 2 51712
	disk remove 1 51712
	disk remove 2 51712
	[ "$(nr_loops)" = 0 ]
	no_records
}
