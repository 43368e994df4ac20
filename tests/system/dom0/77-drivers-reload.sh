#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 400
# 77-drivers-reload: a driver is taken out and put in again while it is in use: in a guest (ring mode,
# where nothing else holds it) and in dom0. Traffic pauses and goes on; no byte is wrong.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh
quick_scripts

take "our drivers at both ends, the guest in ring mode" ours ours ring || exit 0
restore_disks
check "the guest is up" guest_start one || exit 0
id=$(guest_id one)
# dom0's pings go on all the time; those of the guest end with its card.
ping -i 0.2 -s 3000 -q "${guest_ip[one]}" >/tmp/reload.ping 2>&1 &
pinger=$!
pinging() { ping -c 3 -i 0.2 -W 5 -q "${guest_ip[one]}"; }
# shellcheck disable=SC2016 # the guest's variables
wait_eth0='n=0; until [ -e /sys/class/net/eth0 ] || [ $n = 200 ]; do usleep 50000; n=$((n + 1)); done
	ip link set eth0 up && ip addr add 10.9.0.11/24 dev eth0'

for round in 1 2; do
	check "round $round: guest: xen-netfront out and in again under traffic" guest_run one 60 \
		"ping -i 0.02 -s 4000 $DOM0_IP >/dev/null 2>&1 &
		rmmod xen-netfront && [ ! -e /sys/class/net/eth0 ] && insmod /m/xen-netfront.ko && { $wait_eth0; }
		r=\$?; kill %1; exit \$r"
	check "round $round: it is connected" backend_state "vif/$id/0" 4
	check "round $round: traffic goes on" await 20 pinging
done

# While it is open a disk's module cannot go; the device can: the reader gets an error, and nobody hangs.
# shellcheck disable=SC2016 # the guest's variables
check "guest: xen-blkfront is unbound while the disk is read, then out and in again" guest_run one 60 \
	'(while dd if=/dev/xvda of=/dev/null bs=64k iflag=direct 2>/dev/null; do :; done; touch /tmp/ended) &
	cd /sys/bus/xb-frontend/devices/vbd-51712/driver && echo vbd-51712 >unbind && wait && [ -e /tmp/ended ] &&
	[ ! -e /sys/block/xvda ] && rmmod xen-blkfront && insmod /m/xen-blkfront.ko'
check "the disk is connected" backend_state "vbd/$id/51712" 4
check "the disk reads as before" disk_sum one 1
check "guest: both out and in again" guest_run one 60 "rmmod xen-netfront && rmmod xen-blkfront &&
	insmod /m/xen-netfront.ko && insmod /m/xen-blkfront.ko && { $wait_eth0; }"
check "the disk is connected" backend_state "vbd/$id/51712" 4
check "network is connected" backend_state "vif/$id/0" 4
check "traffic goes on" await 20 pinging

# From dom0's side: a backend driver goes while the guest talks to it. The guest's requests wait meanwhile.
guest_run one 20 '(sha256sum </dev/xvda >/tmp/sum; touch /tmp/sum.done) >/dev/null 2>&1 & true'
check "dom0: xen-blkback out while the guest reads" modprobe -r xen-blkback
check "dom0: ... and in" modprobe xen-blkback
check "the disk is connected" backend_state "vbd/$id/51712" 4
expect "what the guest read meanwhile is right" "^$(expected_sum 1)" guest_run one 60 \
	'while [ ! -e /tmp/sum.done ]; do usleep 50000; done; cat /tmp/sum'
# The interface in dom0 is a new one, which a script has to bring up, as after a first attach.
up_again() {
	modprobe xen-netback && await 20 test -e "/sys/class/net/vif$id.0" || return 1
	XENBUS_PATH=backend/vif/$id/0 XENBUS_TYPE=vif XENBUS_BASE_PATH=backend vif=vif$id.0 \
		script=/etc/xen/scripts/vif-bridge /etc/xen/scripts/vif-bridge online type_if=vif
}
check "dom0: xen-netback out under traffic" modprobe -r xen-netback
check "dom0: ... and in, with its script" up_again
check "the guest's card is connected" backend_state "vif/$id/0" 4
check "traffic goes on" await 20 pinging
kill -INT $pinger
wait $pinger
expect "dom0's pings were answered before and after" ' [1-9][0-9]* received' cat /tmp/reload.ping
check "dom0's kernel has no complaint" dom0_clean
check "the guest's kernel has no complaint" guest_clean one
take "back to the kernel's own" stock stock
exit 0
