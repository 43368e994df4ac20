#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 1500
# open: libxl still has the disk that was refused when the next is tried ("device already exists")
# 79-hotplug: our hotplug scripts: each beside Xen's own with the same keys and links afterwards; udev calls them
# where there is no toolstack, and not where xl does; xl calls them for cards and disks that come and go, for what
# cannot be given, and for twenty at once.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh
rounds=$(cat rounds 2>/dev/null || echo 10)
be=/local/domain/0/backend
log=/var/log/xen/xen-hotplug.log

# ---- beside Xen's own. A backend whose state is not the first is left alone by the kernel, so that devices of a
# domain that does not exist can be made up: what the two make of the same keys can be compared line by line.
rm -rf /tmp/stock
cp -a /etc/xen/scripts /tmp/stock
for d in hotplug/*; do cp -a "$d/." "/${d##*/}/"; done
# Xen's look for their own parts in their own folder, and for a program that this Debian does not have.
printf '#!/bin/sh\nexec busybox ifconfig "$@"\n' >/usr/local/sbin/ifconfig
chmod 755 /usr/local/sbin/ifconfig

# device TYPE NUMBER KEY VALUE...: a made-up device of domain 99.
device() {
	local at=$be/$1/99/$2
	xenstore-write "$at/state" 2 "$at/frontend-id" 99 "$at/frontend" "/local/domain/99/device/$1/$2" \
		"$at/handle" "$2" "$at/mac" 00:16:3e:00:00:99 "/local/domain/99/device/$1/$2/state" 1 \
		/local/domain/99/vm /vm/99 /vm/99/name made-up /vm/99/uuid 99
	shift 2
	while [ $# -gt 0 ]; do
		xenstore-write "$at/$1" "$2"
		shift 2
	done
}
# seen TYPE NUMBER LINK: all that the script may have changed. Indexes and the peer's are not part of it.
seen() {
	{
		xenstore-ls -f "$be/$1/99/$2"
		xenstore-ls -f "/local/domain/99/device/$1/$2"
	} | sort
	[ -z "$3" ] || {
		ip -o -d link show dev "$3" | sed 's/^[0-9]*: //; s/@[^:]*//; s/designated_[a-z]* [^ ]*//g; s/port_id [^ ]*//;
			s/port_no [^ ]*//; s/ [a-z_]*timer *[0-9.]*//g'
		ip -o -4 addr show dev "$3" | sed 's/^[0-9]*: //; s/ brd [0-9.]*//'
		ip route show dev "$3"
		bridge vlan show dev "$3"
		cat "/proc/sys/net/ipv4/conf/$3/proxy_arp"
	}
}
# forks: how many processes there were since the machine was started; asked without one.
forks() {
	local word n
	while read -r word n; do [ "$word" != processes ] || forks=$n; done </proc/stat
}
# card FOLDER SCRIPT LINK [KEY VALUE]...: online by that folder's script; what is there then, and after offline.
card() {
	local dir=$1 script=$2 link=$3 forks before
	shift 3
	xenstore-rm $be/vif/99 2>/dev/null
	xenstore-rm /local/domain/99/device/vif 2>/dev/null
	ip link del vif99.0 2>/dev/null
	ip link del "$link" 2>/dev/null
	# The kernel's backend has this MAC from the beginning.
	ip link add vif99.0 address fe:ff:ff:ff:ff:ff type veth peer name peer99 address 00:16:3e:00:00:98
	device vif 0 "$@"
	forks
	before=$forks
	vif=vif99.0 netdev=xenbr0 XENBUS_PATH=backend/vif/99/0 XENBUS_TYPE=vif XENBUS_BASE_PATH=backend \
		"$dir/$script" online type_if=vif || echo "status $?"
	forks
	echo $((forks - before)) >"/tmp/forks.${dir##*/}"
	seen vif 0 "$link"
	vif=vif99.0 netdev=xenbr0 XENBUS_PATH=backend/vif/99/0 XENBUS_TYPE=vif XENBUS_BASE_PATH=backend \
		"$dir/$script" offline type_if=vif || echo "status $?"
	# Xen's vif-route leaves the link up where there is no ifdown.
	[ "$script" = vif-route ] || ip -o link show dev "$link" | grep -o -e ' master [^ ]*' -e '[<,]UP[,>]'
	:
}
# both TEXT FUNCTION ARG...: the function with Xen's folder and with ours for its first word tells the same.
both() {
	local text=$1 f=$2 stock ours
	shift 2
	stock=$("$f" /tmp/stock "$@" 2>&1)
	ours=$("$f" /etc/xen/scripts "$@" 2>&1)
	same "$text: as Xen's own" "$stock" "$ours"
	echo "# $text: $(cat /tmp/forks.stock) processes by Xen's, $(cat /tmp/forks.scripts) by ours"
	[ "$(cat /tmp/forks.scripts)" -le 4 ]
	verdict $? "$text: four processes at most" "$(cat /tmp/forks.scripts)"
}
both "vif-bridge" card vif-bridge vif99.0 bridge xenbr0
both "vif-bridge with mtu" card vif-bridge vif99.0 bridge xenbr0 mtu 1400
both "vif-bridge, no bridge named" card vif-bridge vif99.0
both "vif-route" card vif-route vif99.0 ip "10.9.1.5 10.9.2.0/24"
both "vif-nat" card vif-nat vif99.0
both "vif-nat with ip" card vif-nat vif99.0 ip 192.168.7.2

# disk FOLDER KEY VALUE...
disk() {
	local dir=$1 forks before
	shift
	xenstore-rm $be/vbd/99 2>/dev/null
	device vbd 51712 "$@"
	forks
	before=$forks
	XENBUS_PATH=backend/vbd/99/51712 XENBUS_TYPE=vbd XENBUS_BASE_PATH=backend "$dir/block" add || echo "status $?"
	forks
	echo $((forks - before)) >"/tmp/forks.${dir##*/}"
	seen vbd 51712 ''
	losetup -n -O NAME,BACK-FILE,RO,AUTOCLEAR
	XENBUS_PATH=backend/vbd/99/51712 XENBUS_TYPE=vbd XENBUS_BASE_PATH=backend "$dir/block" remove || echo "status $?"
	losetup -n -O NAME
	:
}
both "block with a device" disk type phy mode w params /dev/disk-data1
both "block with a file" disk type phy mode w params /krypton/disk2.img
both "block with a file, read only" disk type phy mode r params /krypton/disk2.img
xenstore-rm $be/vif/99
xenstore-rm $be/vbd/99
xenstore-rm /local/domain/99
ip link del vif99.0

# ---- by udev, without any toolstack: the keys are written by hand, and the kernel makes real devices of them.
mkdir -p /etc/udev/rules.d
# This one is not for a machine without a service manager, and the disks have their names.
for r in /lib/udev/rules.d/*; do
	[ "${r##*/}" = 60-krypton-hotplug.rules ] || ln -sf /dev/null "/etc/udev/rules.d/${r##*/}"
done
/lib/systemd/systemd-udevd --daemon
real() { # TYPE NUMBER KEY VALUE...: all at once, the state is the first one.
	local at=$be/$1/97/$2 front=/local/domain/97/device/$1/$2
	xenstore-write "$front/state" 1 "$front/backend" "$at" "$front/backend-id" 0
	shift 2
	xenstore-write "$at/frontend" "$front" "$at/frontend-id" 97 "$at/online" 1 "$@" "$at/state" 1
}
at=$be/vif/97/0
check "udev: a card appears" real vif 0 $at/handle 0 $at/mac 00:16:3e:00:00:97 $at/script /etc/xen/scripts/vif-bridge \
	$at/bridge xenbr0
check "udev: its script was called" xs_await $at/hotplug-status '^connected$' 30
expect "udev: it is on the bridge" 'master xenbr0' ip -o link show dev vif97.0
at=$be/vbd/97/51712
check "udev: a disk appears" real vbd 51712 $at/params /krypton/disk2.img $at/mode w $at/type phy $at/device-type disk \
	$at/dev xvda
check "udev: its script was called for it" xs_await $at/hotplug-status '^connected$' 30
check "udev: the backend has opened it" await 20 test -e /sys/bus/xen-backend/devices/vbd-97-51712/physical_device
xenstore-rm $be/vif/97
xenstore-rm $be/vbd/97
xenstore-rm /local/domain/97
no_loop() { [ -z "$(losetup -a)" ]; }
check "udev: the loop device goes with the disk" await 30 no_loop
no_udev_records() { ls /run/xen-hotplug; [ -z "$(ls /run/xen-hotplug)" ]; }
check "udev: nothing is left" await 30 no_udev_records
grep ' udev ' $log

# ---- through xl
fails_with() { # REGEX SECONDS COMMAND...
	local regex=$1 most=$2 out start=$SECONDS
	shift 2
	! out=$("$@" 2>&1) || { echo "it did not fail: $out"; return 1; }
	echo "$out, after $((SECONDS - start)) s"
	[[ $out =~ $regex ]] && [ $((SECONDS - start)) -le "$most" ]
}
key() {
	local v
	v=$(xenstore-read "$1") && echo "$1 is $v" && [ "$v" = "$2" ]
}
clean() {
	ls -A /run/xen-hotplug && losetup -a
	[ -z "$(ls -A /run/xen-hotplug)" ] && [ -z "$(losetup -a)" ]
}
: >$log
check "a guest with a block device and a card" guest_start one || exit 0
check "a guest with a file and a card" guest_start two || exit 0
id=$(guest_id one)
for n in one two; do
	check "$n: ping" ping -c 2 -W 5 "${guest_ip[$n]}"
	expect "$n: its card is on the bridge" 'master xenbr0.*UP|UP.*master xenbr0' ip -o link show dev "vif$(guest_id $n).0"
done
check "one: its disk" disk_sum one 1
check "two: its disk" disk_sum two 2
expect "two: the loop device does direct I/O" 1 losetup -n -O DIO -j /krypton/disk2.img
expect "the log tells" 'block add backend/vbd/[0-9]+/51712: /krypton/disk2.img is /dev/loop0, direct' cat $log
same "nothing failed" "" "$(grep error: $log)"
# udev is still there, and has seen the same devices.
expect "udev leaves to xl what is xl's" "udev online backend/vif/$id/0: libxl calls the scripts of this device" \
	grep "udev online backend/vif/$id/0" $log

# More cards and disks come and go.
ip link add br9 mtu 9000 type bridge vlan_filtering 1
ip link set br9 up
truncate -s 4M /tmp/hot.img
hot_net() {
	xl network-attach one "mac=00:16:3e:00:07:07" bridge=xenbr0 || return 1
	backend_state "vif/$id/1" 4 || { echo "round $1: vif not connected"; return 1; }
	xl network-detach one 1 || return 1
	await 20 backend_gone "vif/$id/1" || { echo "round $1: vif still there"; return 1; }
}
hot_disk() {
	xl block-attach one vdev=xvdb,access=rw,target=/tmp/hot.img || return 1
	backend_state "vbd/$id/51728" 4 || { echo "round $1: vbd not connected"; return 1; }
	xl block-detach one xvdb || return 1
	await 20 backend_gone "vbd/$id/51728" || { echo "round $1: vbd still there"; return 1; }
}
many() {
	local i
	for ((i = 1; i <= $2; i++)); do "$1" $i || return 1; done
}
check "a card comes and goes $rounds times" many hot_net "$rounds"
check "a file comes and goes $rounds times" many hot_disk "$rounds"
same "its loop device is gone" "" "$(losetup -j /tmp/hot.img)"

# vifname, MTU, VLANs, with packets through them.
check "a card with a name, on a bridge with 9000 bytes and VLANs" \
	xl network-attach one mac=00:16:3e:00:07:08 bridge=br9.10 vifname=web
check "it is connected" backend_state "vif/$id/1" 4
expect "it is on the bridge by that name" 'mtu 9000 .*master br9' ip -o link show dev web
expect "in VLAN 10 only, without a tag" '^web +10 PVID Egress Untagged *$' sh -c 'bridge vlan show dev web | tail -n +2'
check "the guest is told of the MTU" key "/local/domain/$id/device/vif/1/mtu" 9000
ip link add link br9 name br9.10 type vlan id 10
ip link add link br9 name br9.20 type vlan id 20
bridge vlan add dev br9 vid 10 self
bridge vlan add dev br9 vid 20 self
ip addr add 10.8.0.1/24 dev br9.10
ip addr add 10.8.1.1/24 dev br9.20
ip link set br9.10 up
ip link set br9.20 up
check "the guest's second card" guest_run one 30 'n=0; until [ -e /sys/class/net/eth1 ] || [ $n = 50 ]; do n=$((n + 1)); usleep 100000; done
	ip link set eth1 mtu 9000 && ip link set eth1 up && ip addr add 10.8.0.11/24 dev eth1 && ip addr add 10.8.1.11/24 dev eth1'
check "packets in its VLAN" ping -c 2 -W 5 10.8.0.11
check "packets of 9000 bytes in its VLAN" ping -c 2 -W 5 -M "do" -s 8900 10.8.0.11
refuse "none in another" ping -c 2 -W 3 10.8.1.11
check "it goes" xl network-detach one 1
check "it has gone" await 20 backend_gone "vif/$id/1"

# What cannot be given is refused in seconds, with the reason, and leaves nothing.
check "a missing bridge" fails_with "there is no bridge nobr; remedy:" 25 xl network-attach one bridge=nobr
await 20 backend_gone "vif/$id/1"
check "a missing image" fails_with "o such file|does not exist|Failed to stat" 25 \
	xl block-attach one vdev=xvdb,access=rw,target=/tmp/none.img
check "an image that another guest writes" fails_with "is in use by guest $(guest_id two)" 25 \
	xl block-attach one vdev=xvdb,access=rw,target=/krypton/disk2.img
await 20 backend_gone "vbd/$id/51728"
mkfs.ext4 -q /tmp/hot.img && mount -o loop /tmp/hot.img /mnt
check "an image that is mounted here" fails_with "is mounted on /mnt here; remedy: unmount" 25 \
	xl block-attach one vdev=xvdb,access=rw,target=/tmp/hot.img
umount /mnt
check "the guest does not mind" guest_run one 20 true

# Twenty at once: their scripts do not wait for each other.
for i in $(seq 20); do
	ip link add "vif98.$i" type veth peer name "peer98.$i"
	xenstore-write "$be/vif/98/$i/state" 2 "$be/vif/98/$i/bridge" xenbr0 "$be/vif/98/$i/frontend-id" 98
done
twenty() {
	local i p=()
	for i in $(seq 20); do
		XENBUS_PATH=backend/vif/98/$i vif=vif98.$i /etc/xen/scripts/vif-bridge online type_if=vif &
		p+=($!)
	done
	wait "${p[@]}"
	for i in $(seq 20); do key "$be/vif/98/$i/hotplug-status" connected || return 1; done
	[ "$(ip -o link show master xenbr0 | grep -c vif98)" = 20 ]
}
check "twenty at once" twenty
xenstore-rm $be/vif/98
for i in $(seq 20); do
	XENBUS_PATH=backend/vif/98/$i vif=vif98.$i /etc/xen/scripts/vif-bridge offline type_if=vif
	ip link del "vif98.$i"
done

awk '{ gsub(/[(]/, "", $(NF - 1)); n[$2 " " $3]++; t[$2 " " $3] += $(NF - 1) }
	END { for (s in n) printf "# %s: %d times, %.1f ms\n", s, n[s], t[s] / n[s] }' $log
check "one stops" guest_shutdown one
check "two stops" guest_shutdown two
check "no loop device and no record is left" await 20 clean
check "dom0's kernel has nothing to complain of" dom0_clean
# For the stories after this one.
udevadm control --exit
rm -rf /etc/xen/scripts /etc/udev/rules.d /lib/udev/rules.d/60-krypton-hotplug.rules
cp -a /tmp/stock /etc/xen/scripts
exit 0
