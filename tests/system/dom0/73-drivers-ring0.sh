#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: ring
# time: 500
# 73-drivers-ring0: dom0's kernel does not start its own XenBus: ours serves the unmodified xenstored
# and xl, a guest that is in ring mode too, and one with the kernel's own drivers; it is taken out and
# put in again while both are there.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh
quick_scripts

expect "the kernel's own bus did not start" 'initcall_blacklist=xenbus_init' cat /proc/cmdline
check "dom0 has ours" uses_ours dom0 xen-xenbus
check "xenstored serves dom0" xenstore-exists /local/domain/0/domid
check "there is /proc/xen/xsd_port" test -e /proc/xen/xsd_port
check "/dev/xen/xenbus withstands a program that ill-uses it" timeout 120 ./storefile 20

restore_disks
guest_drivers=ours guest_ring=1
check "a guest in ring mode is up" guest_start one || exit 0
guest_drivers=stock guest_ring=
check "a guest with the kernel's own drivers is up" guest_start two || exit 0
check "guest one has ours" drivers_are ours ours one
id=$(xl domid one)

# The tools prefer xenstored's socket; from here on they come through our module.
export XENSTORED_PATH=/dev/xen/xenbus
expect "xl list through /dev/xen/xenbus" 'Domain-0' timeout 20 xl list
expect "xenstore-ls through /dev/xen/xenbus" 'control' timeout 20 xenstore-ls /local/domain/0
check "xl network-attach through /dev/xen/xenbus" timeout 60 xl network-attach one mac=00:16:3e:00:07:01 bridge=xenbr0
check "... it is connected" backend_state "vif/$id/1" 4
check "xl network-detach through /dev/xen/xenbus" timeout 60 xl network-detach one 1
check "... it is gone" await 20 backend_gone "vif/$id/1"
for g in one two; do
	n=1 disk=/dev/disk-data1
	[ $g = one ] || n=2 disk=/krypton/disk2.img
	check "guest $g: reads its disk" disk_sum $g $n
	check "guest $g: writes its disk" disk_write $g $disk
	check "guest $g: network to the guest" net_to $g 1
	check "guest $g: network from the guest" net_from $g 1
done
unset XENSTORED_PATH

# Everything of ours goes and comes back; nothing may hold /dev/xen/xenbus open meanwhile.
reload() {
	# xen-xenbus goes with the last that needs it.
	modprobe -r xen-netback xen-blkback || return 1
	[ ! -e /sys/module/xen_xenbus ] && [ ! -e /sys/bus/xb-backend ] || { lsmod; return 1; }
	modprobe -a xen-netback xen-blkback
}
pinging() { ping -c 2 -i 0.2 -W 5 -q "${guest_ip[$1]}"; }
bridged() { ip link set "vif$1.0" master xenbr0 && ip link set "vif$1.0" up; }
check "all modules of dom0 are taken out and put in again" timeout 60 bash -c "$(declare -f reload); reload"
check "guest one: its disk is connected again" backend_state "vbd/$id/51712" 4
# A new vif is like a new card in dom0: the bridge and the word that it is there are the hotplug script's.
check "guest one: the bridge" await 20 bridged "$id"
xenstore-write "/local/domain/0/backend/vif/$id/0/hotplug-status" connected
check "guest one: its network card is connected again" backend_state "vif/$id/0" 4
check "guest one: traffic" await 20 pinging one
restore_disks
check "guest one: reads its disk" disk_sum one 1
check "xenstored serves dom0 as before" timeout 20 xenstore-exists /local/domain/0/domid

check "guest one: xl network-detach" timeout 60 xl network-detach one 0
check "guest one: xl shutdown -w" guest_shutdown one
check "guest two: xl shutdown -w" guest_shutdown two
check "dom0's kernel has no complaint" dom0_clean
exit 0
