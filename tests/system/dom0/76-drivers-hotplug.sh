#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# group: drivers
# boot: 2
# time: 1200
# 76-drivers-hotplug: with our drivers at both ends: 200 times a network card and a disk come and
# go under traffic; afterwards nothing more is in use than before.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh
rounds=${rounds:-200}

take "our drivers at both ends" ours ours || exit 0
check "the guest is up" guest_start one || exit 0
id=$(xl domid one)
truncate -s 4M /tmp/hot.img
loop=$(losetup -f --show /tmp/hot.img)

# The disk and the card that stay are kept busy all the time.
guest_run one 20 "(while :; do dd if=/dev/xvda of=/dev/null bs=64k iflag=direct; done >/dev/null 2>&1) & 
	(while :; do ping -c 1000 -i 0.05 -s 4000 $DOM0_IP; done >/dev/null 2>&1) & true"
ping -i 0.05 -s 3000 -q "${guest_ip[one]}" >/tmp/hot.ping 2>&1 &
pinger=$!

hot_net() {
	xl network-attach one "mac=00:16:3e:00:07:07" bridge=xenbr0 || return 1
	backend_state "vif/$id/1" 4 || { echo "round $1: vif not connected"; return 1; }
	xl network-detach one 1 || return 1
	await 20 backend_gone "vif/$id/1" || { echo "round $1: vif still there"; return 1; }
}
hot_disk() {
	xl block-attach one "phy:$loop,xvdb,w" || return 1
	backend_state "vbd/$id/51728" 4 || { echo "round $1: vbd not connected"; return 1; }
	# Every tenth round it is in use when it goes: a detach under load waits or is forced.
	if [ $(($1 % 10)) = 0 ]; then
		guest_run one 30 'dd if=/dev/xvdb of=/dev/null bs=64k 2>/dev/null' || { echo "round $1: no reading"; return 1; }
	fi
	xl block-detach one xvdb || return 1
	await 20 backend_gone "vbd/$id/51728" || { echo "round $1: vbd still there"; return 1; }
}
many() {
	local i
	for ((i = 1; i <= $2; i++)); do
		"$1" $i || { echo "gave up in round $i"; xenstore-ls "/local/domain/$id/device"; return 1; }
	done
}
check "a card comes and goes (10 rounds to begin with)" many hot_net 10
check "a disk comes and goes (10 rounds to begin with)" many hot_disk 10
in_use one >/tmp/before
slab=$(slab_kib)
t0=$(seconds)
check "a card comes and goes $rounds times under traffic" many hot_net "$rounds"
check "a disk comes and goes $rounds times under load" many hot_disk "$rounds"
echo "# $((2 * rounds)) rounds took $(awk "BEGIN { print $(seconds) - $t0 }") s"
in_use one >/tmp/after
while read -r what n; do
	m=$(sed -n "s/^$what //p" /tmp/after)
	# Grants in use go up and down with the traffic that runs meanwhile.
	slack=0
	[ "$what" != mapped_grants ] || slack=64
	[ "$m" -le $((n + slack)) ]
	verdict $? "no leak: $what" "before $n, after $m"
done </tmp/before
more=$(($(slab_kib) - slab))
[ $more -lt 4096 ]
verdict $? "no leak: dom0's kernel memory" "$more KiB more"
kill -INT $pinger
wait $pinger
expect "the traffic went on all the time" ' 0% packet loss| [0-2](\.[0-9]*)?% packet loss' cat /tmp/hot.ping
check "the guest's first disk still reads" disk_sum one 1
check "dom0's kernel has no complaint" dom0_clean
check "the guest's kernel has no complaint" guest_clean one
losetup -d "$loop"
check "xl destroy under load" xl destroy one
take "back to the kernel's own" stock stock
exit 0
