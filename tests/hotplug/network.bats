#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# network.bats: krypton-network check, on networks that are ready and on those that are not.
# shellcheck disable=SC2154 # set in lib.bash
load lib.bash

setup() { export XEN_SCRIPTS=$scripts; }
teardown() { drop_links; }
network() { "$scripts/krypton-network" "$@"; }
ready() {
	ip link add xenbr0 type bridge forward_delay 0
	ip link add eth0 type veth peer name outside
	ip link set eth0 master xenbr0 up
	ip link set outside up
	ip link set xenbr0 up
}
# finds TEXT: the check fails, and says so, with a remedy on the next line.
finds() {
	local out
	out=$(network check) && { echo "nothing was found: $out"; return 1; }
	echo "$out"
	grep -A1 -F "missing  $1" <<<"$out" | grep "remedy: "
}

@test "a network that is ready" {
	ready
	out=$(network check)
	echo "$out"
	[[ $out == *"ok       the hotplug scripts are Krypton's"* ]]
	[[ $out == *"ok       the bridge xenbr0 is up"* ]]
	[[ $out == *"ok       a new card on xenbr0 passes packets at once"* ]]
	[[ $out != *missing* ]]
	network check xenbr0
}

@test "no bridge at all, no such bridge, a link that is none" {
	finds "this machine has no bridge"
	ready
	run network check br7
	[ "$status" = 1 ]
	[[ $output == *"there is no bridge br7"* ]]
	run network check eth0
	[ "$status" = 1 ]
	[[ $output == *"eth0 is not a bridge"* ]]
}

@test "the first bridge is the one that vif-bridge takes" {
	ip link add zz type bridge forward_delay 0
	ip link add aa type bridge forward_delay 0
	ip link set zz up
	network check | grep "the bridge zz is up"
}

@test "a bridge that is down" {
	ready
	ip link set xenbr0 down
	finds "the bridge xenbr0 is down"
}

@test "a bridge that lets cards wait" {
	ready
	ip link set xenbr0 type bridge forward_delay 1500
	finds "xenbr0 lets a new card wait 15 s"
}

@test "no link to the outside is said, and no failure" {
	ready
	ip link set eth0 nomaster
	network check | grep "note     xenbr0 has no link to the outside"
}

@test "a link to the outside that takes less than the bridge, or has the address" {
	ready
	ip link set xenbr0 mtu 1500
	ip link set eth0 mtu 1400
	ip link set xenbr0 mtu 1500
	finds "eth0 takes 1400 bytes, xenbr0 1500"
	ip link set eth0 mtu 1500
	ip addr add 10.79.0.1/24 dev eth0
	finds "eth0 has an address of its own"
}

@test "no scripts" {
	ready
	XEN_SCRIPTS=/nonexistent finds "there is no script /nonexistent/vif-bridge"
}

@test "help, and what is unknown" {
	network --help | grep "krypton-network check"
	run network chekc
	[ "$status" = 2 ]
	[[ $output == *"'chekc' is unknown"* ]]
}
