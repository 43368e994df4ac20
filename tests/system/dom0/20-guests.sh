#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 600
# 20-guests: two guests at once, each with a disk and a network card.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh

guest_kernel=/boot/vmlinux seconds_each=1 ./main-job >main.out 2>&1
cat main.out
# Every row of its table is a check.
rows=0
while read -r mark text; do
	rows=$((rows + 1))
	[ "$mark" = ok ]
	verdict $? "$(sed 's/  .*//' <<<"$text")" "$(grep -A3 "FAILED $text" main.out)"
done < <(grep -E '^(ok|FAILED)  ' main.out)
same "all steps were gone" 16 "$rows"
for g in one two; do
	id=$(xl domid $g)
	same "$g: disk backend is connected" 4 "$(xenstore-read "/local/domain/0/backend/vbd/$id/51712/state")"
	same "$g: network backend is connected" 4 "$(xenstore-read "/local/domain/0/backend/vif/$id/0/state")"
	check "$g: its network card is in the bridge" test -e "/sys/class/net/xenbr0/brif/vif$id.0"
done
# A guest's time comes from the hypervisor alone: dom0's clock set it.
clock_agrees() {
	local there here
	there=$(guest_run one 20 'date +%s') || return 1
	here=$(date +%s)
	echo "guest $there, dom0 $here"
	[ $((here - there)) -ge 0 ] && [ $((here - there)) -le 20 ]
}
check "one: its clock agrees with dom0's" clock_agrees
exit 0
