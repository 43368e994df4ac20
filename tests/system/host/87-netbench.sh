#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# time: 120
# 87-netbench: krypton-netbench without a hypervisor: network namespaces are the guests.
# All of it, processes included, lives in namespaces of its own: it needs no root and leaves nothing.
here=$(cd "$(dirname "$0")/.." && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/system/lib.sh
. "$here/lib.sh"

if [ -z "${inside-}" ]; then
	check "iperf3, ip and ping are here" sh -c "PATH=\$PATH:/usr/sbin:/sbin; command -v iperf3 && command -v ip && command -v ping" || exit 0
	export inside=1
	for kind in -Urnmpf -nmpf; do
		! unshare $kind --mount-proc true 2>/dev/null || exec unshare $kind --mount-proc bash "$0"
	done
	verdict 1 "this user may make namespaces" "sysctl kernel.unprivileged_userns_clone=1, or run it as root"
	exit 0
fi

PATH=$PATH:/usr/sbin:/sbin
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
bench=$top/tests/bench/net/krypton-netbench

mount -t tmpfs netns /run && mkdir -p /run/netns || exit 1
ip link set lo up
ip link add br0 type bridge forward_delay 0
ip addr add 10.78.0.1/24 dev br0
ip link set br0 up
for i in 1 2; do
	ip netns add g$i
	ip link add v$i type veth peer name eth0 netns g$i
	ip link set v$i master br0 up
	ip -n g$i addr add 10.78.0.1$i/24 dev eth0
	ip -n g$i link set eth0 up
	ip -n g$i link set lo up
done
one=netns:g1/10.78.0.11 two=zwei=netns:g2/10.78.0.12

# json EXPRESSION: of the results in $d/j, true or not.
json() { python3 -c 'import json, sys; r = json.load(open(sys.argv[1]))["results"]; sys.exit(not ('"$1"'))' "$d/j"; }

expect "help" "usage: krypton-netbench" "$bench" --help
expect "two guests, all directions, TCP and UDP" "zwei +g1 +tcp" \
	"$bench" --seconds 1 --size 1448 --json "$d/j" --plot "$d/p.svg" "$one" "$two"
check "the JSON has every pair, with TCP, UDP and ping" json \
	'{(x["from"], x["to"], x["protocol"]) for x in r} >= {(a, b, p) for a, b in
	(("here", "g1"), ("g1", "zwei"), ("zwei", "g1"), ("here", "zwei")) for p in ("tcp", "udp", "ping")} and
	all(x["gbit"] > 0 for x in r if x["protocol"] != "ping") and all(x["rtt_us"] > 0 for x in r if x["protocol"] == "ping")'
check "the messages of TCP and the bits tell the same" json \
	'all(abs(x["messages"] * 1448 * 8 / 1e9 / x["gbit"] - 1) < 0.02 for x in r if x["protocol"] == "tcp")'
check "the plot is a picture" grep -q '<svg' "$d/p.svg"
check "nothing is left running in the guests" sh -c '! pgrep -x iperf3'
ip netns exec g1 iperf3 -s -D
expect "a guest given by its address; back and forth; two streams" "10.78.0.11 +here +tcp +4096 +2" \
	"$bench" --seconds 1 --protocol tcp --size 4k --streams 2 --no-rtt 10.78.0.11
check "its own server is left alone" pgrep -x iperf3
expect "both at the same time, with a sum" "here +all +udp +18" \
	"$bench" --seconds 1 --together --direction in --protocol udp --size 18 "$one" "$two"
expect "table and PNG from an earlier run" "g1 +zwei +udp" "$bench" --from "$d/j" --plot "$d/p.png"
check "the PNG is one" sh -c 'head -c 4 "$1/p.png" | grep -q PNG' _ "$d"

wrong() { # STATUS COMMAND...
	local wanted=$1 rc=0
	shift
	"$@" || rc=$?
	[ $rc = "$wanted" ]
}
expect "no server in a guest: cause and remedy" "does not take connections.*remedy: run 'iperf3 -s" wrong 2 "$bench" 10.78.0.12
expect "no such guest" "no command can be run in nobody.*remedy" wrong 2 "$bench" netns:nobody/10.78.0.13
expect "no such direction" "'sideways' is unknown.*remedy" wrong 2 "$bench" --direction sideways "$one"
expect "a size that is none" "'many' is not a size.*remedy" wrong 2 "$bench" --size many "$one"
expect "a picture of an unknown kind" "neither .svg nor .png.*remedy" wrong 2 "$bench" --from "$d/j" --plot "$d/p.gif"
expect "a file that is none" "cannot be read.*remedy" wrong 2 "$bench" --from "$d/none"
expect "an address without a name space" "is not a guest.*remedy" wrong 2 "$bench" netns:g1
exit 0
