#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# time: 2700
# hv: krypton xen
# 88-hostile: peers that break the protocol, at either end of our drivers. One machine does all of it;
# each scenario's verdict is passed on as it comes. (What of ours fails for want of memory: make test-drivers.)
here=$(cd "$(dirname "$0")/.." && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/system/lib.sh
. "$here/lib.sh"

what=(netfront blkfront netback blkback)
# On the real Xen, in a test of everything, the guests in whose doings the hypervisor has a part: grants, events.
if [[ $story = *' on xen' ]] && [ -z "${KRYPTON_ROUNDS-}" ]; then
	read -ra what -d '' <<-W
		netfront:gref_huge,gref_revoked,gref_of_another,read_only_page,rx_read_only,rx_gref_huge,port_wrong
		netfront:chan_dir_bad_gref,prod_jumps,close_in_storm,frozen_connected,ctl_good,chan_good
		blkfront:gref_huge,gref_revoked,gref_of_another,read_into_read_only,persistent_revoked,persistent_many
		blkfront:port_wrong,indirect_bad_table,close_in_storm,frozen_ready
	W
fi
# shellcheck disable=SC2154 # the runner says where what a story leaves belongs
dir=$out/${story// /-}
"$top/tests/drivers/hostile/run" --hv "${KRYPTON_HV:?}" --out "$dir" "${what[@]}" 2>&1 |
	tee "$dir.run" | sed -un "s/^\(ok\|not ok\) - hostile: /\1 - $story: /p" | tee -a "$VERDICT"
expect "the run came to its end" '[1-9][0-9]* passed, [0-9]+ failed' tail -1 "$dir.run"
exit 0
