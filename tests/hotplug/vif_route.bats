#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# vif_route.bats: vif-route and vif-nat: addresses, routes, and packets through them.
# shellcheck disable=SC2154 # set in lib.bash
load lib.bash

setup() {
	start_store
	guest 1
	ip link add up0 type veth peer name up1
	ip addr add 10.77.0.1/24 dev up0
	ip link set up0 up
	ip link set up1 up
}
teardown() {
	stop_store
	[ -z "${guest_pid-}" ] || kill "$guest_pid" 2>/dev/null || true
	drop_links
}

# inside DEV ADDRESS GATEWAY: the other end of the card gets a network of its own.
inside() {
	unshare -n sleep 60 3>&- &
	guest_pid=$!
	until [ "$(readlink "/proc/$guest_pid/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do :; done
	ip link set "p$1" netns "$guest_pid"
	in_guest ip link set lo up
	in_guest ip addr add "$2" dev "p$1"
	in_guest ip link set "p$1" up
	in_guest ip route add "$3" dev "p$1"
	in_guest ip route add default via "$3"
}
in_guest() { nsenter -t "$guest_pid" -n "$@"; }
addresses() { ip -o -4 addr show dev "$1" | awk '{ print $4 }' | paste -sd,; }

@test "vif-route: the host's address, a route to each network, proxy ARP" {
	vif 1 0 ip "10.77.0.9 10.78.0.5/16 fd00::/64"
	net vif-route online 1 0 netdev=up0
	is_up vif1.0
	[ "$(addresses vif1.0)" = 10.77.0.1/32 ]
	ip route show dev vif1.0
	ip route show dev vif1.0 | grep -q '^10.77.0.9 .*src 10.77.0.1 .*metric 2'
	ip route show dev vif1.0 | grep -q '^10.78.0.0/16 .*metric 2'
	ip -6 route show dev vif1.0 | grep -q '^fd00::/64 .*metric 2'
	[ "$(cat /proc/sys/net/ipv4/conf/vif1.0/proxy_arp)" = 1 ]
	key $be/vif/1/0/hotplug-status connected
	no_key /local/domain/1/device/vif/0/mtu
}

@test "vif-route: offline takes all of it away, twice" {
	vif 1 0 ip 10.77.0.9
	net vif-route online 1 0 netdev=up0
	net vif-route online 1 0 netdev=up0
	net vif-route offline 1 0 netdev=up0
	[ -z "$(addresses vif1.0)" ]
	[ -z "$(ip route show dev vif1.0)" ]
	net vif-route offline 1 0 netdev=up0
	no_records
}

@test "vif-route: without gatewaydev the link of the default route" {
	ip route add default via 10.77.0.254
	vif 1 0 ip 10.77.0.9
	net vif-route online 1 0
	[ "$(addresses vif1.0)" = 10.77.0.1/32 ]
}

@test "vif-route: no default route, a link without address, a wrong ip: refused and undone" {
	vif 1 0 ip 10.77.0.9
	refused "no default route; remedy: name the link" net vif-route online 1 0
	refused "up1 has no IPv4 address" net vif-route online 1 0 netdev=up1
	vif 1 0 ip 10.77.0.999
	refused "ip=10.77.0.999 is not an address" net vif-route online 1 0 netdev=up0
	told vif/1/0 "ip= is a list"
	[ -z "$(addresses vif1.0)" ]
	not is_up vif1.0
	no_records
}

@test "vif-route: packets, also to the host's neighbours" {
	vif 1 0 ip 10.77.0.9
	net vif-route online 1 0 netdev=up0
	inside 1.0 10.77.0.9/32 10.77.0.1
	in_guest ping -c 1 -W 5 10.77.0.1
	ping -c 1 -W 5 10.77.0.9
}

@test "vif-nat: 10.A.B.N from the domain's number" {
	guest 700
	vif 700 1
	net vif-nat online 700 1
	[ "$(addresses vif700.1)" = 10.2.188.129/32 ]
	ip route show dev vif700.1 | grep -q '^10.2.188.2 .*src 10.2.188.129'
	key $be/vif/700/1/hotplug-status connected
	net vif-nat offline 700 1
	[ -z "$(addresses vif700.1)" ]
	no_records
}

@test "vif-nat: ip= of its own; one that leaves no room is refused" {
	vif 1 0 ip 192.168.5.4/24
	net vif-nat online 1 0
	[ "$(addresses vif1.0)" = 192.168.5.131/32 ]
	vif 1 1 ip 192.168.5.200
	refused "plus 127 is no address" net vif-nat online 1 1
	vif 1 2 ip fd00::1
	refused "ip=fd00::1 is none" net vif-nat online 1 2
}

@test "vif-nat: packets" {
	vif 1 0
	net vif-nat online 1 0
	inside 1.0 10.0.1.1/32 10.0.1.128
	in_guest ping -c 1 -W 5 10.0.1.128
	ping -c 1 -W 5 10.0.1.1
}
