#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 1
# time: 90
# 05-reboot: a reboot asked for by dom0 restarts the machine: the job is started twice, and the
# second time finds the mark that the first has left on the root disk.
# shellcheck source=tests/system/lib.sh
. ./lib.sh

if [ -e /krypton/rebooted ]; then
	verdict 0 "the machine came up again after a reboot"
else
	touch /krypton/rebooted
	sync
	reboot
	sleep 80
	verdict 1 "the machine has not rebooted"
fi
exit 0
