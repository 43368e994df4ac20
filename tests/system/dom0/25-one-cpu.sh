#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 1
# time: 300
# 25-one-cpu: dom0 and a guest share one processor; disk and network work.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh

check "a guest starts" guest_start one /boot/vmlinux
expect "its disk has the right sum" "^$(expected_sum 1)" guest_run one 90 'sha256sum </dev/xvda'
check "ping" ping -c 3 -i 0.2 -W 5 -q "${guest_ip[one]}"
iperf3 -s -D
expect "iperf3 from dom0" receiver timeout 60 iperf3 -c "${guest_ip[one]}" -t 1
expect "iperf3 to dom0" receiver guest_run one 60 "iperf3 -c $DOM0_IP -t 1 | grep receiver"
check "xl shutdown -w" guest_shutdown one
exit 0
