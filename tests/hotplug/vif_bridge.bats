#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# vif_bridge.bats: vif-bridge on real links and bridges: what is done, what is refused, what is undone.
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

@test "online: on its bridge, up, MAC, MTU, keys, a line in the log" {
	vif 1 0 bridge xenbr0
	net vif-bridge online 1 0
	[ "$(master_of vif1.0)" = xenbr0 ]
	is_up vif1.0
	[ "$(cat /sys/class/net/vif1.0/address)" = fe:ff:ff:ff:ff:ff ]
	key $be/vif/1/0/hotplug-status connected
	key /local/domain/1/device/vif/0/mtu 1500
	no_key $be/vif/1/0/hotplug-error
	grep "vif-bridge online backend/vif/1/0: vif1.0 on xenbr0, mtu 1500 (" "$KRYPTON_HOTPLUG_LOG"
}

@test "offline: from its bridge, down, no record" {
	vif 1 0 bridge xenbr0
	net vif-bridge online 1 0
	net vif-bridge offline 1 0
	[ ! -e /sys/class/net/vif1.0/master ]
	not is_up vif1.0
	no_records
}

@test "twice is once; offline twice too, and without a link" {
	vif 1 0 bridge xenbr0
	net vif-bridge online 1 0
	net vif-bridge online 1 0
	[ "$(master_of vif1.0)" = xenbr0 ]
	is_up vif1.0
	net vif-bridge offline 1 0
	net vif-bridge offline 1 0
	ip link del vif1.0
	net vif-bridge offline 1 0
	no_records
}

@test "offline when the store has nothing any more: nothing is written back" {
	vif 1 0 bridge xenbr0
	net vif-bridge online 1 0
	xenstore-rm $be/vif/1
	net vif-bridge offline 1 0
	no_key $be/vif/1
	not is_up vif1.0
}

@test "no bridge named: the machine's first" {
	ip link add another type bridge
	vif 1 0
	net vif-bridge online 1 0
	[ "$(master_of vif1.0)" = xenbr0 ]
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

@test "xenbr1 that is eth1" {
	ip link add eth1 type bridge
	vif 1 0 bridge xenbr1
	net vif-bridge online 1 0
	[ "$(master_of vif1.0)" = eth1 ]
}

@test "MTU: the bridge's 9000, or the store's" {
	ip link set xenbr0 mtu 9000
	vif 1 0 bridge xenbr0
	vif 1 1 bridge xenbr0 mtu 1400
	net vif-bridge online 1 0
	[ "$(mtu_of vif1.0)" = 9000 ]
	key /local/domain/1/device/vif/0/mtu 9000
	net vif-bridge online 1 1
	[ "$(mtu_of vif1.1)" = 1400 ]
	key /local/domain/1/device/vif/1/mtu 1400
}

@test "an MTU that is none: refused" {
	vif 1 0 bridge xenbr0 mtu many
	refused "mtu=many is none" net vif-bridge online 1 0
	told vif/1/0 "mtu=many"
}

@test "vifname: renamed, found again, down under its name" {
	vif 1 0 bridge xenbr0 vifname web
	net vif-bridge online 1 0
	[ ! -e /sys/class/net/vif1.0 ]
	[ "$(master_of web)" = xenbr0 ]
	key /local/domain/1/device/vif/0/mtu 1500
	net vif-bridge online 1 0
	is_up web
	net vif-bridge offline 1 0
	not is_up web
	[ ! -e /sys/class/net/web/master ]
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

@test "the emulated twin: on the bridge by add, nothing by online; named after vifname" {
	vif 1 0 bridge xenbr0 vifname web
	ip link add vif1.0-emu type veth peer name pemu
	tap() { INTERFACE=vif1.0-emu XENBUS_PATH="$1" "$scripts/vif-bridge" "$2" type_if=tap; }
	tap backend/vif/1/0 online
	[ ! -e /sys/class/net/vif1.0-emu/master ]
	tap backend/vif/1/0 add
	[ "$(master_of web-emu)" = xenbr0 ]
	no_key $be/vif/1/0/hotplug-status
	# As QEMU calls it, without the path.
	tap "" remove
	not is_up web-emu
	[ ! -e /sys/class/net/web-emu/master ]
}

@test "add and remove do nothing to the vif" {
	vif 1 0 bridge xenbr0
	net vif-bridge add 1 0
	[ ! -e /sys/class/net/vif1.0/master ]
	no_key $be/vif/1/0/hotplug-status
}

@test "hooks are sourced with the usual variables, before connected" {
	mkdir "$KRYPTON_HOTPLUG_HOOKS"
	cat >"$KRYPTON_HOTPLUG_HOOKS/a.hook" <<'H'
echo "$command $dev $bridge $type_if $(xenstore-read "$XENBUS_PATH/hotplug-status" 2>/dev/null || echo not yet)" \
	>>"$KRYPTON_HOTPLUG_HOOKS/seen"
H
	echo 'exit 1' >"$KRYPTON_HOTPLUG_HOOKS/not-executable.hook"
	chmod 755 "$KRYPTON_HOTPLUG_HOOKS/a.hook"
	vif 1 0 bridge xenbr0
	net vif-bridge online 1 0
	[ "$(cat "$KRYPTON_HOTPLUG_HOOKS/seen")" = "online vif1.0 xenbr0 vif not yet" ]
	net vif-bridge offline 1 0
	grep "^offline vif1.0" "$KRYPTON_HOTPLUG_HOOKS/seen"
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

@test "VLANs on a bridge that knows none: refused" {
	vif 1 0 bridge xenbr0.10
	refused "does not know VLANs; remedy: ip link set" net vif-bridge online 1 0
	[ ! -e /sys/class/net/vif1.0/master ]
	vif 1 1 bridge xenbr0 vlan 10
	refused "does not know VLANs" net vif-bridge online 1 1
	vif 1 2 bridge xenbr0 vlan 10/20
	refused "vlan=10/20 cannot be read" net vif-bridge online 1 2
}

@test "a bridge of the name with a dot comes first; another link of that name does not count" {
	ip link add xenbr0.10 type bridge
	vif 1 0 bridge xenbr0.10
	net vif-bridge online 1 0
	[ "$(master_of vif1.0)" = xenbr0.10 ]
	ip link del xenbr0.10
	ip link add xenbr0.10 type veth peer name other
	vif 1 1 bridge xenbr0.10
	refused "bridge xenbr0 does not know VLANs" net vif-bridge online 1 1
	vif 1 2 bridge other.10
	refused "there is no bridge other.10" net vif-bridge online 1 2
}

@test "VLANs: untagged, tagged, ranges, by key and by the bridge's name" {
	ip link set xenbr0 type bridge vlan_filtering 1 2>/dev/null || skip "this kernel's bridge has no VLANs"
	vif 1 0 bridge xenbr0 vlan 10p/20-22/40u
	vif 1 1 bridge xenbr0.30:31
	net vif-bridge online 1 0
	net vif-bridge online 1 1
	bridge vlan show dev vif1.0
	[ "$(bridge vlan show dev vif1.0 | awk '/[0-9]/ { sub(/^vif1.0 */, ""); $1 = $1; print }' | paste -sd,)" = \
		"10 PVID Egress Untagged,20,21,22,40 Egress Untagged" ]
	[ "$(bridge vlan show dev vif1.1 | awk '/[0-9]/ { sub(/^vif1.1 */, ""); $1 = $1; print }' | paste -sd,)" = \
		"30 PVID Egress Untagged,31" ]
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

@test "one process" {
	vif 1 0 bridge xenbr0
	command -v strace >/dev/null || skip "no strace"
	env vif=vif1.0 XENBUS_PATH=backend/vif/1/0 ASAN_OPTIONS=detect_leaks=0 \
		strace -f -qq -e trace=fork,vfork,clone,clone3,execve -o "$BATS_TEST_TMPDIR/trace" \
		"$scripts/vif-bridge" online type_if=vif
	[ "$(grep -c '^[0-9]* *\(v\?fork\|clone\)' "$BATS_TEST_TMPDIR/trace")" = 0 ]
}

@test "wrong words: refused with what is right" {
	refused "no command that this script knows" net vif-bridge onlin 1 0
	XENBUS_PATH='' refused "XENBUS_PATH is not set" "$scripts/vif-bridge" online
	XENBUS_PATH=backend/vbd/1/0 refused "is not a vif" "$scripts/vif-bridge" online
	XENBUS_PATH=backend/vif/1 refused "is not a backend's path" "$scripts/vif-bridge" online
	XENBUS_PATH=backend/vif/1/0 refused "type_if=cable is unknown" "$scripts/vif-bridge" online type_if=cable
}
