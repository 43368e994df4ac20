#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# group: drivers
# boot: 2
# time: 500
# 77-drivers-reload: a driver is taken out and put in again while it is in use: in a guest (ring mode,
# where nothing else holds it) and in dom0. Traffic pauses and goes on; no byte is wrong.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh

take "our drivers at both ends, the guest in ring mode" ours ours ring || exit 0
restore_disks
check "the guest is up" guest_start one || exit 0
id=$(xl domid one)
pinging() { ping -c 3 -i 0.2 -W 5 -q "${guest_ip[one]}"; }
ip_up='ip link set eth0 up; ip addr add 10.9.0.11/24 dev eth0'

for round in 1 2 3; do
	guest_run one 20 "(while :; do ping -c 100 -i 0.02 -s 4000 $DOM0_IP; done >/dev/null 2>&1) & true"
	check "round $round: guest: rmmod xen-netfront under traffic" guest_run one 40 'rmmod xen-netfront'
	check "round $round: guest: the card is gone" guest_run one 20 '[ ! -e /sys/class/net/eth0 ]'
	check "round $round: guest: insmod again" guest_run one 40 'insmod /m/xen-netfront.ko'
	check "round $round: it is connected" backend_state "vif/$id/0" 4
	check "round $round: an address" guest_run one 20 "$ip_up"
	check "round $round: traffic goes on" pinging
done
check "guest: rmmod xen-blkfront while the disk is read" guest_run one 60 \
	'dd if=/dev/xvda of=/dev/null bs=64k iflag=direct count=40 2>/dev/null & wait; rmmod xen-blkfront && [ ! -e /dev/xvda ]'
check "guest: insmod xen-blkfront again" guest_run one 40 'insmod /m/xen-blkfront.ko'
check "the disk is connected" backend_state "vbd/$id/51712" 4
check "the disk reads as before" disk_sum one 1
check "guest: xen-xenbus itself, with both" guest_run one 60 'rmmod xen-netfront xen-blkfront; true'

# From dom0's side: a backend driver goes while the guest talks to it.
check "guest: both frontends in again" guest_run one 40 'insmod /m/xen-netfront.ko; insmod /m/xen-blkfront.ko; true'
check "network is connected" backend_state "vif/$id/0" 4
guest_run one 20 "$ip_up"
check "traffic" pinging
unbind_all() {
	local d
	for d in /sys/bus/xen-backend/drivers/*"$1"*/*-*-* /sys/bus/xb-backend/drivers/*"$1"*/*-*-*; do
		[ ! -e "$d" ] || echo "${d##*/}" >"${d%/*}/unbind" || return 1
	done
}
check "dom0: xen-netback is unbound and taken out" eval 'unbind_all vif; unbind_all netback; await 20 modprobe -r xen-netback'
check "dom0: modprobe xen-netback" modprobe xen-netback
check "the guest's card comes back" backend_state "vif/$id/0" 4 60
check "traffic goes on" await 20 pinging
check "dom0's kernel has no complaint" dom0_clean
check "the guest's kernel has no complaint" guest_clean one
take "back to the kernel's own" stock stock
exit 0
