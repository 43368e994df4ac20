#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# group: drivers
# boot: 2
# time: 900
# 70-drivers-mixes: ours and the kernel's own drivers at the two ends, each way round, network
# and disk (phy and file): what is sent and written arrives unchanged.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh

# mix DOM0LIST GUESTLIST [ring]
mix() {
	local name="dom0 $1, guest $2${3:+ in ring mode}"
	restore_disks
	take "$name: in use" "$@" || return
	for g in one two; do
		check "$name: guest $g is up" guest_start $g || return
	done
	check "$name: those drivers are loaded" drivers_are "$1" "$2" one
	check "$name: reads a disk (phy)" disk_sum one 1
	check "$name: reads a disk (file)" disk_sum two 2
	check "$name: writes a disk (phy)" disk_write one /dev/disk-data1
	check "$name: writes a disk (file)" disk_write two /krypton/disk2.img
	check "$name: network to the guest" net_to one 4
	check "$name: network from the guest" net_from one 4
	check "$name: large pings" ping -c 5 -i 0.2 -W 5 -s 8000 -q "${guest_ip[one]}"
	check "$name: between guests" guest_run one 30 "ping -c 3 -W 5 -q ${guest_ip[two]}"
	check "$name: dom0's kernel has no complaint" dom0_clean
	check "$name: the guest's kernel has no complaint" guest_clean one
	for g in one two; do
		check "$name: xl shutdown -w $g" timeout 90 xl shutdown -w $g
	done
}

mix ours ours
mix ours stock
mix stock ours
mix ours ours ring
mix stock ours ring
restore_disks
take "back to the kernel's own" stock stock
exit 0
