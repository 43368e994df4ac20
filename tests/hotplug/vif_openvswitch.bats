#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# vif_openvswitch.bats: what vif-openvswitch asks of ovs-vsctl, for which a script stands that keeps
# its words. The switch itself is in the system tests.
# shellcheck disable=SC2154 # set in lib.bash
load lib.bash

setup() {
	start_store
	guest 1
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/ovs-vsctl" <<'S'
#!/bin/sh
printf '%s\n' "$*" >>"${0%/*}/said"
case " $* " in *" add-port nobr "*) echo "ovs-vsctl: no bridge named nobr" >&2; exit 1 ;; esac
S
	chmod 755 "$BATS_TEST_TMPDIR/bin/ovs-vsctl"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}
teardown() {
	stop_store
	drop_links
}
said() { tail -1 "$BATS_TEST_TMPDIR/bin/said"; }

@test "one call: the port, and whose it is" {
	vif 1 0 bridge ovs0
	net vif-openvswitch online 1 0
	[ "$(said)" = '--timeout=20 -- --if-exists del-port vif1.0 -- add-port ovs0 vif1.0 -- set interface vif1.0 external-ids:xen-vm-name="guest1" external-ids:xen-vm-uuid="uuid-1" external-ids:attached-mac="00:16:3e:00:00:01"' ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/bin/said")" = 1 ]
	is_up vif1.0
	[ "$(cat /sys/class/net/vif1.0/address)" = fe:ff:ff:ff:ff:ff ]
	key $be/vif/1/0/hotplug-status connected
}

@test "a name with quotes is quoted" {
	xenstore-write /vm/1/name 'a "b" \\c'
	vif 1 0 bridge ovs0
	net vif-openvswitch online 1 0
	[[ $(said) == *'external-ids:xen-vm-name="a \"b\" \\c" '* ]]
}

@test "VLANs by the bridge's name and by key" {
	vif 1 0 bridge ovs0.10
	net vif-openvswitch online 1 0
	[[ $(said) == *" add-port ovs0 vif1.0 tag=10 -- set "* ]]
	vif 1 1 bridge ovs0:20:30
	net vif-openvswitch online 1 1
	[[ $(said) == *" add-port ovs0 vif1.1 trunks=20,30 -- set "* ]]
	vif 1 2 bridge ovs0.10:20:30
	net vif-openvswitch online 1 2
	[[ $(said) == *" add-port ovs0 vif1.2 tag=10 trunks=20,30 -- set "* ]]
	vif 1 3 bridge ovs0 vlan 5p/20-22
	net vif-openvswitch online 1 3
	[[ $(said) == *" add-port ovs0 vif1.3 tag=5 trunks=20,21,22 -- set "* ]]
}

@test "offline takes the port out of the switch, also when the link has gone" {
	vif 1 0 bridge ovs0 vifname web
	net vif-openvswitch online 1 0
	ip link del web
	net vif-openvswitch offline 1 0
	[ "$(said)" = "--timeout=20 --if-exists del-port web" ]
	no_records
}

@test "no bridge named, one that is none, VLANs that are none: refused" {
	vif 1 0
	refused "no bridge is named" net vif-openvswitch online 1 0
	vif 1 0 bridge nobr
	refused "no bridge named nobr; remedy:" net vif-openvswitch online 1 0
	told vif/1/0 "no bridge named nobr"
	not is_up vif1.0
	vif 1 0 bridge ovs0.x
	refused "bridge=ovs0.x cannot be read" net vif-openvswitch online 1 0
}

@test "no Open vSwitch here: refused at once" {
	rm "$BATS_TEST_TMPDIR/bin/ovs-vsctl"
	not command -v ovs-vsctl || skip "there is one"
	vif 1 0 bridge ovs0
	refused "there is no program ovs-vsctl; remedy: install it" net vif-openvswitch online 1 0
}

@test "a real Open vSwitch, with packets: one VLAN, another, and off again" {
	rm "$BATS_TEST_TMPDIR/bin/ovs-vsctl"
	PATH=$PATH:/usr/lib/openvswitch-switch
	command -v ovsdb-server >/dev/null && command -v ovs-vswitchd >/dev/null || skip "no openvswitch-switch here"
	export OVS_RUNDIR=$BATS_TEST_TMPDIR OVS_DBDIR=$BATS_TEST_TMPDIR OVS_SYSCONFDIR=$BATS_TEST_TMPDIR
	db=$BATS_TEST_TMPDIR/db.sock
	ovsdb-tool create "$BATS_TEST_TMPDIR/db" "${OVS_PKGDATADIR:-/usr/share/openvswitch}/vswitch.ovsschema"
	ovsdb-server "$BATS_TEST_TMPDIR/db" --remote=punix:"$db" --pidfile --detach --log-file=/dev/null 3>&-
	ovs-vsctl --no-wait init
	ovs-vswitchd unix:"$db" --pidfile --detach --log-file=/dev/null 3>&-
	# In the program, not in the kernel: that needs no module.
	ovs-vsctl add-br ovs0 -- set bridge ovs0 datapath_type=netdev
	for i in 0 1 2; do
		vif 1 $i bridge ovs0.$((i < 2 ? 10 : 20)):30
		net vif-openvswitch online 1 $i
		unshare -n sleep 60 3>&- &
		pid[i]=$!
		until [ "$(readlink /proc/${pid[i]}/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do :; done
		ip link set p1.$i netns ${pid[i]}
		nsenter -t ${pid[i]} -n ip addr add 10.80.0.$i/24 dev p1.$i
		nsenter -t ${pid[i]} -n ip link set p1.$i up
	done
	[ "$(ovs-vsctl get port vif1.0 tag) $(ovs-vsctl get port vif1.0 trunks)" = "10 [30]" ]
	[ "$(ovs-vsctl get interface vif1.0 external_ids:xen-vm-name)" = '"guest1"' ] ||
		[ "$(ovs-vsctl get interface vif1.0 external_ids:xen-vm-name)" = guest1 ]
	nsenter -t ${pid[0]} -n ping -c 1 -W 5 10.80.0.1
	not nsenter -t ${pid[0]} -n ping -c 1 -W 2 10.80.0.2
	net vif-openvswitch offline 1 0
	not ovs-vsctl get port vif1.0 tag
	kill "${pid[@]}" "$(cat "$BATS_TEST_TMPDIR/ovs-vswitchd.pid")" "$(cat "$BATS_TEST_TMPDIR/ovsdb-server.pid")"
}
