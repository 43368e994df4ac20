#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# group: drivers
# boot: ring
# time: 600
# 73-drivers-ring0: dom0's kernel does not start its own XenBus: ours serves the unmodified
# xenstored and xl, and guests of both kinds.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh

expect "the kernel's own bus did not start" 'initcall_blacklist=xenbus_init' cat /proc/cmdline
check "dom0 has ours" uses_ours dom0 xen-xenbus
check "xenstored serves dom0" xenstore-exists /local/domain/0/domid
check "there is /dev/xen/xenbus" test -c /dev/xen/xenbus
check "there is /proc/xen/xsd_port" test -e /proc/xen/xsd_port
for mix in stock "stock ring" ours "ours ring"; do
	[[ $mix != "stock ring" ]] || continue
	guest_drivers=${mix% ring} guest_ring=
	[[ $mix != *ring ]] || guest_ring=1
	restore_disks
	check "guest with $mix: both are up" eval 'guest_start one && guest_start two' || continue
	check "guest with $mix: reads a disk (phy)" disk_sum one 1
	check "guest with $mix: writes a disk (file)" disk_write two /krypton/disk2.img
	check "guest with $mix: network to the guest" net_to one 2
	check "guest with $mix: network from the guest" net_from one 2
	check "guest with $mix: xl mem-set" xl mem-set one 180
	check "guest with $mix: xl network-detach" xl network-detach one 0
	check "guest with $mix: xl shutdown -w" timeout 90 xl shutdown -w one
	check "guest with $mix: xl destroy" xl destroy two
	await 20 no_guests
done
check "dom0's kernel has no complaint" dom0_clean
exit 0
