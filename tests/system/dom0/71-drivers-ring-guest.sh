#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: ring
# time: 500
# 71-drivers-ring-guest: what the toolstack does with a guest whose XenBus is ours (and dom0's too):
# memory and processors down and up, devices come and go, sysrq, console, reboot, shutdown; and a
# program in the guest that ill-uses /dev/xen/xenbus hangs neither the guest nor xl.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh
quick_scripts

guest_drivers=ours guest_ring=1 guest_vcpus=2
restore_disks
check "the guest is up" guest_start one || exit 0
id=$(xl domid one)
in_one() { guest_run one 30 "$1"; }
expect "its XenBus is ours" 'initcall_blacklist=xenbus_init' in_one 'cat /proc/cmdline; test -e /sys/bus/xb-frontend'

# ---- memory
full=$(mem_mib one 30)
check "xl mem-set: 32 MiB less" timeout 20 xl mem-set one 160
check "... the guest has given them" await 30 mem_is one 30 $((full - 34)) $((full - 30))
check "xl mem-set: and back" timeout 20 xl mem-set one 192
check "... the guest has taken them" await 30 mem_is one 30 $((full - 2)) $((full + 2))

# ---- processors
cpus() { in_one 'cat /sys/devices/system/cpu/online'; }
cpus_are() { [ "$(cpus)" = "$1" ]; }
check "two processors" cpus_are 0-1
check "xl vcpu-set: one" timeout 20 xl vcpu-set one 1
check "... the guest has one" await 30 cpus_are 0
same "... and cannot take the other by itself" "no" \
	"$(in_one 'sh -c "echo 1 >/sys/devices/system/cpu/cpu1/online" 2>/dev/null && echo yes || echo no')"
check "xl vcpu-set: two" timeout 20 xl vcpu-set one 2
# With the kernel's own XenBus too it is user space that puts a processor online.
check "... the guest can take it" await 30 in_one 'echo 1 >/sys/devices/system/cpu/cpu1/online'
check "... and has it" cpus_are 0-1

# ---- sysrq and console
check "xl sysrq" timeout 20 xl sysrq one h
check "... the guest's kernel has seen it" await 20 in_one 'dmesg | grep -q "sysrq: HELP"'
check "the guest's console: out" eval 'in_one "echo out of the guest >/dev/hvc0" &&
	await 20 grep -q "out of the guest" $console_dir/guest-one.log'
check "the guest's console: in" eval 'echo "echo in\$((40 + 2)) >/tmp/typed" >"$(xenstore-read "/local/domain/$id/console/tty")" &&
	await 20 in_one "grep -q in42 /tmp/typed"'

# ---- devices
truncate -s 4M /tmp/ring.img
loop=$(losetup -f --show /tmp/ring.img)
for round in 1 2; do
	check "round $round: xl network-attach" xl network-attach one mac=00:16:3e:00:07:01 bridge=xenbr0
	check "round $round: it is connected" backend_state "vif/$id/1" 4
	check "round $round: the guest has it" await 20 in_one 'grep -q 00:16:3e:00:07:01 /sys/class/net/eth1/address'
	check "round $round: xl network-detach" timeout 60 xl network-detach one 1
	check "round $round: it is gone" await 20 backend_gone "vif/$id/1"
	check "round $round: xl block-attach" xl block-attach one "phy:$loop,xvdb,w"
	check "round $round: the disk is connected" backend_state "vbd/$id/51728" 4
	check "round $round: the guest reads it" in_one 'dd if=/dev/xvdb of=/dev/null bs=64k 2>/dev/null'
	check "round $round: xl block-detach" timeout 60 xl block-detach one xvdb
	check "round $round: the disk is gone" await 20 backend_gone "vbd/$id/51728"
done
losetup -d "$loop"

# ---- a program that ill-uses the store
check "a hostile user of /dev/xen/xenbus" guest_run one 150 '/m/storefile 20'
check "... xenstored is there" pgrep -x xenstored || exit 0
expect "... many at once" 'all well' guest_run one 200 '/m/storefile hostile 10'
check "... xenstored is still there" pgrep -x xenstored || exit 0
check "... xl is not held up" timeout 20 xl list
check "... the store serves the guest" in_one true
check "traffic goes on" ping -c 2 -i 0.2 -W 5 -q "${guest_ip[one]}"
check "the guest's kernel has no complaint" guest_clean one

# ---- reboot, and a goodbye to the backends
check "xl reboot" timeout 20 xl reboot one
renewed() { [ "$(xl domid one 2>/dev/null || echo "$id")" != "$id" ]; }
check "... it is a new domain" await 60 renewed
check "... which comes up" guest_wait one
check "... with its disk" disk_sum one 1
check "... and its network" await 20 ping -c 2 -i 0.2 -W 5 -q "${guest_ip[one]}"
check "xl shutdown -w" guest_shutdown one
guest_config one
echo "on_poweroff = 'preserve'" >>/tmp/one.cfg
check "a guest that is kept after its end" eval 'xl create /tmp/one.cfg && guest_wait one' || exit 0
id=$(xl domid one)
check "xl shutdown" timeout 20 xl shutdown one
check "... it has ended" await 60 dom_state one s
ends() { xenstore-read "/local/domain/$id/device/$1/state" "/local/domain/0/backend/${1/\//\/$id\/}/state" | tr '\n' ' '; }
both_closed() { ends "$1"; [ "$(ends "$1")" = '6 6 ' ]; }
check "... both ends of its card were closed" await 20 both_closed vif/0
check "... and of its disk" await 20 both_closed vbd/51712
check "xl destroy" timeout 60 xl destroy one
check "dom0's kernel has no complaint" dom0_clean
exit 0
