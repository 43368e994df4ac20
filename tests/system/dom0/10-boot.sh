#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 1 2
# time: 120
# 10-boot: the machine that dom0 sees is the one that was booted.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh

cpus=$(cat ./cpus)
same "dom0 runs under a hypervisor called xen" xen "$(cat /sys/hypervisor/type)"
same "dom0 is the control domain" control_d "$(grep -o control_d /proc/xen/capabilities)"
same "dom0 has a virtual processor for each of $cpus" "$cpus" "$(nproc)"
expect "the hypervisor uses them all" "nr_cpus *: $cpus"$'\n' xl info
expect "xl info: version 4.17" "xen_version *: 4\.17" xl info
expect "xl info: 64-bit PV guests" "xen_caps *:.*xen-3\.0-x86_64" xl info
expect "xl info: credit scheduler" "xen_scheduler *: credit"$'\n' xl info
expect "xl info: command line" "xen_commandline *:.*dom0_mem=" xl info
expect "xl info: memory in total and free" "total_memory *: [1-9][0-9]+.*free_memory *: [1-9][0-9]+" xl info
expect "xl list: dom0" "Domain-0 +0 +[0-9]+ +$cpus +r" xl list
check "no error of the kernel in its log" bash -c '! dmesg --level=emerg,alert,crit | grep .'
check "no BUG or WARNING in the kernel's log" bash -c '! dmesg | grep -E "BUG:|WARNING:|Call Trace"'
t0=$(date +%s%N)
sleep 2
t=$(($(date +%s%N) - t0))
[ $t -ge 1950000000 ] && [ $t -le 4000000000 ]
verdict $? "two seconds of sleep take two seconds" "$t ns"
exit 0
