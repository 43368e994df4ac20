#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 1
# time: 400
# hv: xen
# 72-drivers-ring-pvh: a PVH guest in ring mode, which finds the store by other ways than a PV guest: disk,
# network, memory, reboot, shutdown.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh
quick_scripts

take "our drivers at both ends, the guest in ring mode" ours ours ring || exit 0
restore_disks
guest_config one
# Native: the processor need not trap rdtsc(p) then, which emulated ones cannot.
printf "type = 'pvh'\ntsc_mode = 'native'\n" >>/tmp/one.cfg
check "the PVH guest is up" eval 'xl create /tmp/one.cfg && guest_wait one 150' || exit 0
id=$(xl domid one)
in_one() { guest_run one 60 "$1"; }
expect "it is PVH" 'PVH' in_one 'cat /sys/hypervisor/guest_type'
expect "its XenBus is ours" 'initcall_blacklist=xenbus_init' in_one 'cat /proc/cmdline; test -e /sys/bus/xb-frontend'
check "it has our drivers" drivers_are ours ours one
check "it reads its disk" disk_sum one 1
check "it writes its disk" disk_write one /dev/disk-data1
check "network to the guest" net_to one 1
check "network from the guest" net_from one 1
full=$(mem_mib one 60)
check "xl mem-set: 32 MiB less" timeout 20 xl mem-set one 160
check "... the guest has given them" await 60 mem_is one 60 $((full - 34)) $((full - 30))
check "a program that ill-uses /dev/xen/xenbus" guest_run one 150 '/m/storefile 5'
check "xl network-detach" timeout 60 xl network-detach one 0
check "... it is gone" await 20 backend_gone "vif/$id/0"
check "the guest's kernel has no complaint" guest_clean one
check "xl shutdown -w" guest_shutdown one
check "dom0's kernel has no complaint" dom0_clean
take "back to the kernel's own" stock stock
exit 0
