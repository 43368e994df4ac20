#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# hv: krypton xen
# time: 2400
# 76-drivers-hotplug: with our drivers at both ends: a network card and a disk come and go under
# traffic, 20 times each (8 on the real Xen; or KRYPTON_ROUNDS); afterwards nothing more is in use than before.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh
quick_scripts
rounds=20
[[ $story != *' on xen' ]] || rounds=8
rounds=$(cat rounds 2>/dev/null || echo $rounds)
# Checks keep what a command says to themselves; how far it is goes to the log.
exec 3>&1

# Most rounds have quick scripts; the first have Xen's.
take "our drivers at both ends" ours ours || exit 0
restore_disks
check "the guest is up" guest_start one || exit 0
id=$(guest_id one)
truncate -s 4M /tmp/hot.img
loop=$(losetup -f --show /tmp/hot.img)

# The disk and the card that stay are busy all the time, but leave some of the processor to others.
guest_run one 20 "(while :; do dd if=/dev/xvda of=/dev/null bs=64k count=8 iflag=direct; usleep 400000; done >/dev/null 2>&1) &
	(while :; do ping -c 1000 -i 0.4 -s 4000 $DOM0_IP; done >/dev/null 2>&1) & true"
ping -i 0.4 -s 3000 -q "${guest_ip[one]}" >/tmp/hot.ping 2>&1 &
pinger=$!

# hot_net ROUND SCRIPT, hot_disk ROUND SCRIPT
hot_net() {
	xl network-attach one "mac=00:16:3e:00:07:07" bridge=xenbr0 script="vif-$2" || return 1
	backend_state "vif/$id/1" 4 || { echo "round $1: vif not connected"; return 1; }
	xl network-detach one 1 || return 1
	await 20 backend_gone "vif/$id/1" || { echo "round $1: vif still there"; return 1; }
}
hot_disk() {
	local script=
	[ "$2" != quick ] || script="script=block-quick,"
	xl block-attach one "vdev=xvdb,access=rw,${script}target=$loop" || return 1
	backend_state "vbd/$id/51728" 4 || { echo "round $1: vbd not connected"; return 1; }
	# Every tenth has been in use when it goes.
	if [ $(($1 % 10)) = 1 ]; then
		guest_run one 30 'dd if=/dev/xvdb of=/dev/null bs=64k 2>/dev/null' || { echo "round $1: no reading"; return 1; }
	fi
	xl block-detach one xvdb || return 1
	await 20 backend_gone "vbd/$id/51728" || { echo "round $1: vbd still there"; return 1; }
}
# many FUNCTION ROUNDS SCRIPT
many() {
	local i
	for ((i = 1; i <= $2; i++)); do
		"$1" $i "$3" || { echo "gave up in round $i"; xenstore-ls "/local/domain/$id/device"; return 1; }
		[ $((i % 5)) != 0 ] || echo "# $1 $3: $i times, at $(seconds) s" >&3
	done
}
check "a card comes and goes (Xen's script)" many hot_net 1 bridge
check "a disk comes and goes (Xen's script)" many hot_disk 1 block
check "a card comes and goes (to begin with)" many hot_net 3 quick
check "a disk comes and goes (to begin with)" many hot_disk 3 quick
in_use one >/tmp/before
slab=$(slab_kib)
check "a card comes and goes $rounds times under traffic" many hot_net "$rounds" quick
check "a disk comes and goes $rounds times under load" many hot_disk "$rounds" quick
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
expect "the traffic went on all the time" ' [0-2](\.[0-9]*)?% packet loss' cat /tmp/hot.ping

# By force it goes although it is open; its reader gets errors, and the name is free again.
forced() {
	xl block-attach one "vdev=xvdb,access=rw,script=block-quick,target=$loop" || return 1
	backend_state "vbd/$id/51728" 4 || { echo "vbd not connected"; return 1; }
	guest_run one 30 "(while dd if=/dev/xvdb of=/dev/null bs=64k iflag=direct; do :; done; touch /tmp/forced) >/dev/null 2>&1 </dev/xvdb & true"
	xl block-detach --force one xvdb || return 1
	await 20 backend_gone "vbd/$id/51728" || { echo "vbd still there"; return 1; }
	guest_run one 30 'n=0; until [ -e /tmp/forced ] || [ $n = 200 ]; do usleep 100000; n=$((n + 1)); done; [ -e /tmp/forced ]'
}
check "a disk goes by force while it is read" forced
check "... and comes again" hot_disk 1 quick

# A disk goes while its storage does not answer (for 40 s): others come and go meanwhile.
hung() {
	local d s=/sys/bus/pseudo/drivers/scsi_debug rc=0
	modprobe scsi_debug dev_size_mb=8 delay=0 && await 20 compgen -G "$s/adapter0/host*/target*/*/block/*" || return 1
	d=$(compgen -G "$s/adapter0/host*/target*/*/block/*")
	d=${d##*/}
	xl block-attach one "vdev=xvdb,access=rw,script=block-quick,target=/dev/$d" || return 1
	backend_state "vbd/$id/51728" 4 || { echo "vbd not connected"; return 1; }
	echo 600 >"/sys/block/$d/device/timeout"
	await 10 sh -c "echo $((40 * 250)) >$s/delay" || return 1
	guest_run one 30 'dd if=/dev/xvdb of=/dev/null bs=4k count=1 iflag=direct >/dev/null 2>&1 & true'
	await 10 grep -q '[1-9]' "/sys/block/$d/inflight" || { echo "nothing is in flight"; return 1; }
	xl block-detach --force one xvdb >/dev/null 2>&1 &
	hot_net 1 quick || rc=1
	grep -q '[1-9]' "/sys/block/$d/inflight" || { echo "the card had to wait for the disk"; rc=1; }
	wait $!
	await 20 backend_gone "vbd/$id/51728" || { echo "vbd still there"; rc=1; }
	await 60 modprobe -r scsi_debug || { echo "the disk is still open"; rc=1; }
	return $rc
}
check "storage that hangs holds up nobody else, and is let go of when it answers" hung
check "the guest's first disk still reads" disk_sum one 1
check "dom0's kernel has no complaint" dom0_clean
check "the guest's kernel has no complaint" guest_clean one
losetup -d "$loop"
check "xl destroy under load" xl destroy one
take "back to the kernel's own" stock stock
exit 0
