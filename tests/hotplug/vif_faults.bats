#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# vif_faults.bats: vif-bridge where something is missing, wrong, slow or in a hurry.
# shellcheck disable=SC2154 # set in lib.bash
load lib.bash

setup() {
	start_store
	guest 1
	ip link add xenbr0 type bridge
	ip link set xenbr0 up
}
teardown() {
	stop_store
	drop_links
}

@test "no bridge named and none there: refused at once" {
	ip link del xenbr0
	vif 1 0
	refused "this machine has none; remedy:" net vif-bridge online 1 0
	told vif/1/0 "this machine has none"
}

@test "a missing bridge: refused, told, nothing half done" {
	vif 1 0 bridge nobr
	refused "there is no bridge nobr; remedy:" net vif-bridge online 1 0
	told vif/1/0 "there is no bridge nobr"
	no_records
	not is_up vif1.0
}

@test "a link that is no bridge: refused" {
	ip link add d0 type dummy 2>/dev/null || ip link add d0 type veth peer name d1
	vif 1 0 bridge d0
	refused "d0 is not a bridge" net vif-bridge online 1 0
}

@test "an MTU that is none: refused" {
	vif 1 0 bridge xenbr0 mtu many
	refused "mtu=many is none" net vif-bridge online 1 0
	told vif/1/0 "mtu=many"
}

@test "vifname that another link has: refused, and that link untouched" {
	vif 1 1
	ip link set vif1.1 name web
	ip link set web up
	vif 1 0 bridge xenbr0 vifname web
	refused "the name web is another link's; remedy:" net vif-bridge online 1 0
	[ -e /sys/class/net/vif1.0 ]
	is_up web
	net vif-bridge offline 1 0
	is_up web
}

@test "vifname that is too long: refused" {
	vif 1 0 bridge xenbr0 vifname averylongnameindeed
	refused "too long for a link's name" net vif-bridge online 1 0
}

@test "a failure after the name takes the name back" {
	vif 1 0 bridge nobr vifname web
	refused "there is no bridge" net vif-bridge online 1 0
	[ -e /sys/class/net/vif1.0 ]
	[ ! -e /sys/class/net/web ]
}

@test "a link that never comes: refused with the reason" {
	vif_keys 1 0 bridge xenbr0
	refused "there is no link vif1.0; remedy: is xen-netback loaded" net vif-bridge online 1 0
	told vif/1/0 "no link vif1.0"
}

@test "a link that comes a moment later is waited for" {
	vif_keys 1 0 bridge xenbr0
	(sleep 0.5; ip link add vif1.0 type veth peer name p1.0) 3>&- &
	net vif-bridge online 1 0
	[ "$(master_of vif1.0)" = xenbr0 ]
}

@test "the toolstack takes the device away meanwhile: undone, and not brought back" {
	vif 1 0 bridge xenbr0
	xenstore-write /fake/vanishes $be/vif/1 /fake/vanish $be/vif/1/0/hotplug-status
	# The transaction is made to fail once, and by then the device is gone.
	xenstore-write /fake/conflicts 1
	(while [ "$(xenstore-read /fake/conflicts)" != 0 ]; do :; done; xenstore-rm $be/vif/1) 3>&- &
	run net vif-bridge online 1 0
	wait $!
	if [ "$status" != 0 ]; then
		[[ $output == *"taken away meanwhile"* ]]
		[ ! -e /sys/class/net/vif1.0/master ]
	fi
	no_key $be/vif/1/0/hotplug-error
}

@test "transactions that clash are done again" {
	vif 1 0 bridge xenbr0
	xenstore-write /fake/conflicts 3
	net vif-bridge online 1 0
	key /fake/conflicts 0
	key $be/vif/1/0/hotplug-status connected
}

@test "a front end that is not ours to write (driver domain): connected all the same" {
	vif 1 0 bridge xenbr0
	xenstore-write /fake/deny /local/domain/1
	net vif-bridge online 1 0
	key $be/vif/1/0/hotplug-status connected
	no_key /local/domain/1/device/vif/0/mtu
}

@test "a slow store: done" {
	vif 1 0 bridge xenbr0
	xenstore-write /fake/delay 30
	net vif-bridge online 1 0
	[ "$(master_of vif1.0)" = xenbr0 ]
}

@test "a store that stops answering: an end within the deadline" {
	vif 1 0 bridge xenbr0
	xenstore-write /fake/stop 1
	SECONDS=0
	refused_late() { ! KRYPTON_HOTPLUG_DEADLINE=1 net vif-bridge online 1 0 2>"$BATS_TEST_TMPDIR/err"; }
	refused_late
	[ $SECONDS -le 6 ]
	grep "XenStore does not answer" "$BATS_TEST_TMPDIR/err"
}

@test "no store: refused" {
	vif 1 0 bridge xenbr0
	XENSTORED_PATH=/nonexistent refused "there is no XenStore" net vif-bridge online 1 0
}

@test "a hook that fails: told, and undone" {
	mkdir "$KRYPTON_HOTPLUG_HOOKS"
	echo 'echo cannot do it; false' >"$KRYPTON_HOTPLUG_HOOKS/b.hook"
	chmod 755 "$KRYPTON_HOTPLUG_HOOKS/b.hook"
	vif 1 0 bridge xenbr0
	refused "cannot do it" net vif-bridge online 1 0
	told vif/1/0 "look at the hooks"
	[ ! -e /sys/class/net/vif1.0/master ]
}

@test "a hook that hangs is ended with its children at the deadline" {
	mkdir "$KRYPTON_HOTPLUG_HOOKS"
	echo 'sleep 60 & sleep 60' >"$KRYPTON_HOTPLUG_HOOKS/c.hook"
	chmod 755 "$KRYPTON_HOTPLUG_HOOKS/c.hook"
	vif 1 0 bridge xenbr0
	export KRYPTON_HOTPLUG_DEADLINE=1
	SECONDS=0
	refused "did not end" net vif-bridge online 1 0
	[ $SECONDS -le 5 ]
	told vif/1/0 "did not end"
}

@test "twenty at the same time: all connected" {
	for i in $(seq 20); do vif "$i" 0 bridge xenbr0; done
	for i in $(seq 20); do
		(net vif-bridge online "$i" 0 || echo "$i" >>"$BATS_TEST_TMPDIR/failed") 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ ! -e "$BATS_TEST_TMPDIR/failed" ]
	for i in $(seq 20); do
		key "$be/vif/$i/0/hotplug-status" connected
		[ "$(master_of "vif$i.0")" = xenbr0 ]
	done
}

@test "the store is asked for this device only, however many there are" {
	for i in $(seq 2 15); do guest "$i"; vif_keys "$i" 0 bridge xenbr0; done
	vif 1 0 bridge xenbr0
	before=$(xenstore-read /fake/requests)
	net vif-bridge online 1 0
	after=$(xenstore-read /fake/requests)
	[ $((after - before)) -le 20 ]
	key /fake/lists 0
}

@test "wrong words: refused with what is right" {
	refused "no command that this script knows" net vif-bridge onlin 1 0
	XENBUS_PATH='' refused "XENBUS_PATH is not set" "$scripts/vif-bridge" online
	XENBUS_PATH=backend/vbd/1/0 refused "is not a vif" "$scripts/vif-bridge" online
	XENBUS_PATH=backend/vif/1 refused "is not a backend's path" "$scripts/vif-bridge" online
	XENBUS_PATH=backend/vif/1/0 refused "type_if=cable is unknown" "$scripts/vif-bridge" online type_if=cable
}
