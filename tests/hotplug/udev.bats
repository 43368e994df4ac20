#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# udev.bats: what udev's rules call: it does what the scripts do, or nothing when a toolstack calls them.
# shellcheck disable=SC2154 # set in lib.bash
load lib.bash

setup() {
	start_store
	guest 1
	ip link add xenbr0 type bridge
	ip link set xenbr0 up
	export XEN_SCRIPTS=$scripts
}
teardown() {
	stop_store
	drop_links
}
# event ACTION TYPE DOM DEV: as the kernel tells it.
event() {
	env ACTION="$1" SUBSYSTEM=xen-backend XENBUS_PATH="backend/$2/$3/$4" XENBUS_TYPE="$2" XENBUS_BASE_PATH=backend \
		"$KRYPTON_HOTPLUG" udev
}

@test "a card: on its bridge, and off it when it has gone from the store" {
	vif 1 0 bridge xenbr0
	event online vif 1 0
	[ "$(master_of vif1.0)" = xenbr0 ]
	key $be/vif/1/0/hotplug-status connected
	grep "udev online backend/vif/1/0: udev calls $scripts/vif-bridge" "$KRYPTON_HOTPLUG_LOG"
	xenstore-rm $be/vif/1
	event offline vif 1 0
	not is_up vif1.0
	no_records
	no_key $be/vif/1
}

@test "libxl made it: nothing, now and when it goes" {
	vif 1 0 bridge xenbr0
	xenstore-write /libxl/1/device/vif/0/backend $be/vif/1/0
	event online vif 1 0
	not test -e /sys/class/net/vif1.0/master
	no_key $be/vif/1/0/hotplug-status
	grep "libxl calls the scripts of this device" "$KRYPTON_HOTPLUG_LOG"
	net vif-bridge online 1 0
	event offline vif 1 0
	[ "$(master_of vif1.0)" = xenbr0 ]
}

@test "another of the guest's devices is libxl's: that does not count" {
	vif 1 1 bridge xenbr0
	xenstore-write /libxl/1/device/vif/0/backend x /libxl/2/device/vif/1/backend x
	event online vif 1 1
	[ "$(master_of vif1.1)" = xenbr0 ]
}

@test "libxl/disable_udev: nothing; 0 means no" {
	vif 1 0 bridge xenbr0
	xenstore-write libxl/disable_udev 1
	event online vif 1 0
	not test -e /sys/class/net/vif1.0/master
	xenstore-write libxl/disable_udev 0
	event online vif 1 0
	[ "$(master_of vif1.0)" = xenbr0 ]
}

@test "a disk comes, and goes with the store" {
	needs_loops
	img=$BATS_TEST_TMPDIR/a.img
	truncate -s 1M "$img"
	vbd 1 51712 w "$img"
	event add vbd 1 51712
	[ "$(nr_loops)" = 1 ]
	key $be/vbd/1/51712/hotplug-status connected
	xenstore-rm $be/vbd/1
	event remove vbd 1 51712
	[ "$(nr_loops)" = 0 ]
	no_records
}

@test "the device's own script, by path, with libxl's words; the same one at the end" {
	cat >"$BATS_TEST_TMPDIR/mine" <<'S'
#!/bin/sh
echo "$* $XENBUS_PATH $vif" >>"${0%/*}/said"
S
	chmod 755 "$BATS_TEST_TMPDIR/mine"
	vif 1 0 script "$BATS_TEST_TMPDIR/mine"
	vif=vif1.0 event online vif 1 0
	xenstore-write $be/vif/1/0/script /nonexistent
	vif=vif1.0 event offline vif 1 0
	[ "$(paste -sd, "$BATS_TEST_TMPDIR/said")" = \
		"online type_if=vif backend/vif/1/0 vif1.0,offline type_if=vif backend/vif/1/0 vif1.0" ]
}

@test "a script that is not there: told in the store" {
	vif 1 0 script /nonexistent
	refused "/nonexistent: No such file" event online vif 1 0
	told vif/1/0 "look at script="
	no_records
}

@test "an end without a beginning, a device that has gone, other devices: nothing" {
	vif 1 0 bridge xenbr0
	net vif-bridge online 1 0
	event offline vif 1 0
	[ "$(master_of vif1.0)" = xenbr0 ]
	net vif-bridge offline 1 0
	event online vif 7 0
	event add vkbd 1 0
	no_records
}

@test "the emulated twin by its name" {
	vif 1 0 bridge xenbr0
	ip link add vif1.0-emu type veth peer name pemu
	ACTION=add SUBSYSTEM=net INTERFACE=vif1.0-emu "$KRYPTON_HOTPLUG" udev
	[ "$(master_of vif1.0-emu)" = xenbr0 ]
	ACTION=remove SUBSYSTEM=net INTERFACE=vif1.0-emu "$KRYPTON_HOTPLUG" udev
	not test -e /sys/class/net/vif1.0-emu/master
}

@test "the rules: each line is one that udev reads" {
	command -v udevadm >/dev/null || skip "no udevadm"
	grep -c RUN "$scripts/60-krypton-hotplug.rules" | grep -x 3
	not grep -vE '^(#.*|SUBSYSTEM=="[a-z-]+", KERNEL=="[a-z*-]+", ACTION=="[a-z|]+", RUN\+="/usr/lib/krypton/krypton-hotplug udev")$' \
		"$scripts/60-krypton-hotplug.rules"
}
