#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# time: 2700
# 88-hostile: peers that break the protocol, at either end of our drivers. One machine does all of it;
# each scenario's verdict is passed on as it comes. (What of ours fails for want of memory: make test-drivers.)
here=$(cd "$(dirname "$0")/.." && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/system/lib.sh
. "$here/lib.sh"

# shellcheck disable=SC2154 # the runner says where what a story leaves belongs
"$top/tests/drivers/hostile/run" --hv "${KRYPTON_HV:?}" --out "$out/hostile" netfront blkfront netback blkback 2>&1 |
	tee "$out/hostile.log" | grep --line-buffered -E '^(ok|not ok) - ' | tee -a "$VERDICT"
expect "the run came to its end" '[1-9][0-9]* passed, [0-9]+ failed' tail -1 "$out/hostile.log"
exit 0
