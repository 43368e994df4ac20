# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# frontlib.sh: what hostile frontends share, and the scenarios that both have. See lib.sh.
#
# Of the file for the device, which reads this one, they use: connect, go N (N requests were put), outcome N (what
# became of the last of them) and after N (a good request in slot N).
# shellcheck source=tests/drivers/hostile/lib.sh
. "${0%/*}/lib.sh"

# refused: how a backend takes keys that it is not to connect with.
refused() {
	raw "await 20000 4 5 6" || return 0
	case $a in
	4) echo "outcome lives" ;;
	*) echo "outcome refused" ;;
	esac
}

# begin: from any state back to a backend that waits for a frontend.
begin() {
	raw "drop-all; peer state" || return 1
	[ "$a" = 2 ] || raw "state 5; state 6; await 20000 2 6" || return 1
	raw "rm tx-ring-ref rx-ring-ref ring-ref ring-ref0 ring-ref1 event-channel event-channel-tx event-channel-rx
		multi-queue-num-queues request-rx-copy ring-page-order num-ring-pages protocol
		ctrl-ring-ref event-channel-ctrl request-staged-queues tx-staged-ref rx-staged-ref
		tx-staged-descs rx-staged-descs feature-persistent; state 1; await 20000 2" ||
		{ echo "the backend does not wait for a frontend: $a"; return 1; }
}

# run_scenario NAME
run_scenario() {
	begin || return 1
	"s_$1" || { echo "scenario $1 did not run"; return 1; }
}
# again: whatever became of this connection, the next one works.
again() { begin && connect && after 0; }

# want: lives
s_good() { connect && after 0; }
# ---- indices
# want: fault
s_prod_jumps() { connect && go 1000; outcome 1000; }
# want: fault
s_prod_backwards() { connect && after 0 && go 0xfffffff0; outcome 2; }
# want: lives
s_events_without_work() { connect && raw notify ev 2000 && after 0; }
# ---- states
# Often enough for the backend to look while it is there.
# want: lives
s_state_unknown() { connect && key state "99 50" && key state 4 && after 0; }
# A state that is written 500 times: of the events no more wait than there is room for.
# want: lives
s_state_storm() { connect && key state "4 500" && after 0; }
# want: lives
s_close_in_storm() {
	connect || return 1
	raw notify ev 3000 &
	raw state 5
	wait
	again
}
# want: lives
s_reconnect_10() { for i in 1 2 3 4 5 6 7 8 9 10; do begin && connect || return 1; done; after 0; }
# ---- frozen: it goes so far and no further. The backend is then taken away and comes back (job).
# want: frozen
s_frozen_silent() { echo "outcome frozen"; }
# want: frozen
s_frozen_closing() { connect && raw state 5 && echo "outcome frozen"; }
