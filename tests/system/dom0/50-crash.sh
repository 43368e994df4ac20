#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 300
# 50-crash: a guest that crashes dies alone.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh

check "one is there" guest_start one /boot/vmlinux
check "two is there" guest_start two /boot/vmlinux

# The kernel of a guest panics.
id=$(xl domid one)
xenstore-write -R "/local/domain/$id/data/cmd" "999 echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger"
check "the crash is seen by the toolstack" await 60 dom_state one c
expect "the guest's console tells why" "[Kk]ernel panic.*sysrq" cat "$console_dir/guest-one.log"
check "the other guest goes on" guest_run two 30 true
check "the other guest's disk works" guest_run two 60 'dd if=/dev/xvda of=/dev/null bs=64k count=32'
check "the other guest's network works" ping -c 2 -i 0.2 -W 5 -q "${guest_ip[two]}"
check "the remains can be destroyed" xl destroy one
check "they are gone" await 60 guest_gone one

# A kernel that the hypervisor has to kill: a fault with no handler.
xl dmesg -c >/dev/null
guest_config fault /job/fault
check "xl create of a kernel that faults at once" xl create /tmp/fault.cfg
id=$(xl domid fault)
check "it is dead" await 20 dom_state fault c
expect "the log names the domain" "[Dd](omain)? ?$id" xl dmesg
expect "the log has its registers" "[Rr][Ii][Pp].*[Rr][Ss][Pp]" xl dmesg
expect "the log has its page-table walk" "L4|L3|PML4|walk" xl dmesg
check "its remains can be destroyed" xl destroy fault
check "the other guest still goes on" guest_run two 30 true
check "a new guest can be started in place" guest_start one /boot/vmlinux
expect "its disk is whole" "^[0-9a-f]{64}" guest_run one 60 'sha256sum </dev/xvda'
exit 0
