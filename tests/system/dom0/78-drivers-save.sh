#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 1200
# hv: xen
# 78-drivers-save: xl save and restore of a guest with our drivers in adapter mode, under load, to
# backends of both kinds: the disk's reads go on without an error, the network comes back.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh
quick_scripts

for back in ours stock; do
	take "dom0 $back: in use" $back ours || continue
	restore_disks
	check "dom0 $back: the guest is up" guest_start one || continue
	guest_run one 20 "(n=0; while sum=\$(dd if=/dev/xvda bs=64k iflag=direct 2>/dev/null | sha256sum); do
		n=\$((n + 1)); echo \$n \${sum%% *} >>/tmp/sums; done) >/dev/null 2>&1 &
		(while :; do ping -c 1000 -i 0.05 -s 4000 $DOM0_IP; done >/dev/null 2>&1) & true"
	check "dom0 $back: the load runs" await 30 guest_run one 20 '[ -s /tmp/sums ]'
	for round in 1 2; do
		check "dom0 $back, round $round: xl save" timeout 120 xl save one /tmp/one.save
		check "dom0 $back, round $round: xl restore" timeout 120 xl restore /tmp/one.save
		rm -f /tmp/one.save
		id=$(xl domid one)
		check "dom0 $back, round $round: network is connected" backend_state "vif/$id/0" 4
		check "dom0 $back, round $round: disk is connected" backend_state "vbd/$id/51712" 4
		check "dom0 $back, round $round: it takes commands" await 60 guest_run one 20 true
		check "dom0 $back, round $round: ping" await 20 ping -c 2 -W 5 -q "${guest_ip[one]}"
		n=$(guest_run one 20 'tail -1 /tmp/sums')
		more() { [ "$(guest_run one 20 'tail -1 /tmp/sums')" != "$n" ]; }
		check "dom0 $back, round $round: the reading goes on" await 40 more
	done
	same "dom0 $back: every sum is right" "$(expected_sum 1)" \
		"$(guest_run one 20 "cut -d' ' -f2 /tmp/sums | sort -u")"
	check "dom0 $back: network to the guest" net_to one 2
	check "dom0 $back: the guest's kernel has no complaint" guest_clean one
	check "dom0 $back: xl shutdown -w" guest_shutdown one
done
check "dom0's kernel has no complaint" dom0_clean
take "back to the kernel's own" stock stock
exit 0
