#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 120
# 35-hypervisor: dmesg, debug-keys, uptime, top.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh

expect "xl dmesg: the boot is in the console ring" "dom0_mem=|Command line|ommand" xl dmesg
check "xl dmesg -c" bash -c 'xl dmesg -c >/dev/null'
same "the console ring is empty after it" 0 "$(xl dmesg | wc -c)"
check "xl debug-keys h" xl debug-keys h
expect "the help of the debug keys is in the console ring" "key .?h.?.*" xl dmesg
check "xl debug-keys q" xl debug-keys q
expect "the domains are in the console ring" "[Dd]omain ?0|d0" xl dmesg
check "xl debug-keys r" xl debug-keys r
expect "the run queues are in the console ring" "credit" xl dmesg
expect "xl uptime" "Domain-0 +0 +[0-9]+:[0-9][0-9]:[0-9][0-9]" xl uptime
top=$(timeout 60 xentop -b -i 2 -d 1 2>&1)
same "xentop runs twice" 2 "$(grep -c 'Domain-0' <<<"$top")"
used=$(awk '$1 == "Domain-0" { n = $4 } END { print n + 0 }' <<<"$top")
check "xentop measures dom0's use of the processors" awk -v u="$used" 'BEGIN { exit !(u > 0 && u <= 200) }'
exit 0
