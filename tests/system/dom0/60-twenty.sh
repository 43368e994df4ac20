#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 600
# 60-twenty: after creating and destroying twenty guests, memory, event ports, grants
# and devices are where they were. Most of the guests are small; every fifth is Linux
# with a disk and a network card, in use when it is destroyed.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh

destroy_all
check "nothing is left to begin with" await 30 bash -c '[ "$(xl list | wc -l)" = 2 ]'

ports() { "$xen_bin/lsevtchn" 0 | wc -l; }
ports_all() { "$xen_bin/lsevtchn" 0 | sed 's/VCPU [0-9]*//'; }
grants() { grant_dump | grep -cE '\[0x[0-9a-f]+\]'; }
devices() { find /sys/bus/xen-backend/devices /sys/class/net -mindepth 1 -maxdepth 1 | grep -cE 'vif|vbd'; }

cycle_small() {
	guest_config idle /job/idle
	xl create /tmp/idle.cfg && xl destroy idle
}
cycle_linux() {
	guest_start one /boot/vmlinux &&
		guest_run one 30 'dd if=/dev/xvda of=/dev/null bs=64k count=16' &&
		ping -c 2 -i 0.2 -W 5 -q "${guest_ip[one]}" && xl destroy one
}

# Once before, so that what is allocated once and kept (grant frames of dom0, caches) is.
check "one of each before counting" bash -c ". ./dom0-lib.sh; $(declare -f cycle_small cycle_linux); cycle_linux && cycle_small"
await 20 bash -c '[ "$(xl list | wc -l)" = 2 ]'
# Freed memory is scrubbed, and small things are freed late: wait until two looks see the same.
settled() { local a b; a=$(./free-pages); sleep 1; b=$(./free-pages); [ "$a" = "$b" ]; }
await 20 settled
free0=$(./free-pages) ports0=$(ports) grants0=$(grants) devices0=$(devices)
ports_all >ports.before
echo "# $free0 pages free, $ports0 ports, $grants0 grants, $devices0 devices"

[[ $free0 =~ ^[0-9]+$ ]] && [ "$ports0" -gt 10 ]
verdict $? "free pages and ports can be counted" "$free0 pages, $ports0 ports"
bad=0 out=
for i in $(seq 20); do
	if [ $((i % 7)) = 0 ]; then cycle=cycle_linux; else cycle=cycle_small; fi
	if ! out=$($cycle 2>&1); then
		bad=$((bad + 1))
		echo "# cycle $i ($cycle): $out"
	fi
	[ $((i % 5)) != 0 ] || echo "# $i cycles at $(seconds) s"
done
same "twenty guests were created and destroyed" 0 "$bad"
check "no domain is left" await 30 bash -c '[ "$(xl list | wc -l)" = 2 ]'
free_again() { [ "$(./free-pages)" -ge "$free0" ]; }
await 20 free_again
same "memory is back, to the page" "$free0" "$(./free-pages)"
same "event ports are back" "$ports0" "$(ports)"
ports_all | diff ports.before - || true
same "grants are back" "$grants0" "$(grants)"
same "devices are gone" "$devices0" "$(devices)"
same "nothing is left in XenStore" "0" "$(xenstore-list /local/domain | tr '\n' ' ' | sed 's/ *$//')"
same "no loop device is left" "" "$(losetup -a)"
exit 0
