#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# hv: krypton xen
# time: 900
# 70-drivers-mixes: ours and the kernel's own drivers at the two ends, each way round, network
# and disk (phy and file): what is sent and written arrives unchanged.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh

# A guest is named after its frontends: "ours", "stock", or "ring": ours, and its kernel does not start
# its own XenBus. Those of one dom0 are up together, each with a card and two disks of its own.
guest_ip+=([ours]=10.9.0.11 [stock]=10.9.0.12 [ring]=10.9.0.13)
declare -A phy=([ours]=/dev/disk-data1) phy_number=([ours]=1 [stock]=2 [ring]=2)
for g in stock ring; do
	cp /krypton/disk2.img /krypton/phy-$g.img
	phy[$g]=$(losetup -f --show /krypton/phy-$g.img)
done
quick_scripts
guest_scripts=''
head -c 4M /dev/disk-data1 >/tmp/disk1.orig
head -c 4M /krypton/disk2.img >/tmp/disk2.orig

create() {
	local g=$1 quick='' vif=''
	dd if="/tmp/disk${phy_number[$g]}.orig" of="${phy[$g]}" bs=1M conv=notrunc,fsync 2>/dev/null || return 1
	cp /krypton/disk2.img "/krypton/file-$g.img" || return 1
	# shellcheck disable=SC2034 # read by guest_config
	case $g in
	ours) guest_drivers=ours guest_ring='' ;;
	stock) guest_drivers=stock guest_ring='' ;;
	ring) guest_drivers=ours guest_ring=1 ;;
	esac
	guest_config one
	# Xen's own scripts for the first, quick ones for the others.
	[ "$g" = ours ] || quick=script=block-quick, vif=,script=vif-quick
	sed "s/^name.*/name = '$g'/; s/${guest_ip[one]}/${guest_ip[$g]}/
		s|^vif.*|vif = ['bridge=xenbr0$vif']|
		s|^disk.*|disk = ['vdev=xvda,access=rw,${quick}target=${phy[$g]}', 'vdev=xvdb,access=rw,${quick}target=/krypton/file-$g.img']|" /tmp/one.cfg >"/tmp/$g.cfg"
	xl create "/tmp/$g.cfg"
}

# mixes DOM0LIST GUEST...
mixes() {
	local back=$1 g last='' name t0
	shift
	t0=$(seconds)
	check "dom0 $back: in use" use "$back" || return
	for g; do
		check "dom0 $back, guest $g: xl create" create "$g" || return
	done
	for g; do
		check "dom0 $back, guest $g: is up" guest_wait "$g" || return
	done
	for g; do
		name="dom0 $back, guest $g"
		check "$name: those drivers are loaded" drivers_are "$back" "${g/ring/ours}" "$g"
		check "$name: reads a disk (phy)" disk_sum "$g" "${phy_number[$g]}"
		check "$name: reads a disk (file)" disk_sum "$g" 2 xvdb
		check "$name: writes a disk (phy)" disk_write "$g" "${phy[$g]}"
		check "$name: writes a disk (file)" disk_write "$g" "/krypton/file-$g.img" xvdb
		check "$name: network to the guest" net_to "$g" 4
		check "$name: network from the guest" net_from "$g" 4
		check "$name: large pings" ping -c 5 -i 0.2 -W 5 -s 8000 -q "${guest_ip[$g]}"
		[ -z "$last" ] || check "$name: to guest $last" guest_run "$g" 30 "ping -c 3 -i 0.2 -W 5 -q ${guest_ip[$last]}"
		check "$name: its kernel has no complaint" guest_clean "$g"
		last=$g
	done
	check "dom0 $back: dom0's kernel has no complaint" dom0_clean
	check "dom0 $back: xl shutdown of all" timeout 120 xl shutdown -a -w
	echo "# dom0 $back: $(awk "BEGIN { print $(seconds) - $t0 }") s"
}

mixes ours ours stock ring
mixes stock ours ring
take "back to the kernel's own" stock stock
losetup -d "${phy[stock]}" "${phy[ring]}"
exit 0
