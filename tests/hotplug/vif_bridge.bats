#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# vif_bridge.bats: vif-bridge on real links and bridges: what is done, and undone.
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

@test "vifname: found again when the store has lost it; left alone when it is another link's" {
	vif 1 0 bridge xenbr0 vifname web
	net vif-bridge online 1 0
	xenstore-rm $be/vif/1
	net vif-bridge offline 1 0
	not is_up web
	not test -e /sys/class/net/web/master
	# The card goes, and somebody else takes the name.
	vif 1 1 bridge xenbr0 vifname db
	net vif-bridge online 1 1
	ip link del db
	ip link add db type veth peer name other
	ip link set db master xenbr0 up
	net vif-bridge offline 1 1
	is_up db
	[ "$(master_of db)" = xenbr0 ]
	no_records
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

@test "one process" {
	vif 1 0 bridge xenbr0
	command -v strace >/dev/null || skip "no strace"
	env vif=vif1.0 XENBUS_PATH=backend/vif/1/0 ASAN_OPTIONS=detect_leaks=0 \
		strace -f -qq -e trace=fork,vfork,clone,clone3,execve -o "$BATS_TEST_TMPDIR/trace" \
		"$scripts/vif-bridge" online type_if=vif
	[ "$(grep -c '^[0-9]* *\(v\?fork\|clone\)' "$BATS_TEST_TMPDIR/trace")" = 0 ]
}
