# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# lib.sh: what the hostile peers share. They run under busybox in a guest (as frontends) and in dom0
# (as backends), on rawpeer (tests/drivers/modules/rawpeer), which writes what it is told.
#
# A scenario is a function s_NAME. Before it, "# want: OUTCOME" says how a good peer takes it:
#   fault    it stops the device and says why (sysfs "fault", error key), and everything else goes on
#   refused  it does not connect, and says why in the error key
#   error    it answers the request with an error, and the device goes on
#   lives    it takes no harm: a good request after it is served
# run_scenario NAME prints "outcome WORD" as seen from here; who called it compares and looks at the kernel.

raw() {
	echo "$*" >"$cmd" 2>/dev/null || { echo "raw $*: $(cat "$cmd")" >&2; return 1; }
	cat "$cmd"
}

# peer DEVICE DIR: the device to be, and our directory in the store.
peer() {
	cmd=/sys/kernel/debug/rawpeer/$1/cmd dir=$2
	[ -e "$cmd" ] || { echo "there is no $cmd"; return 1; }
	other=$(xenstore-read "$dir/${3:-backend}") || return 1
}

key() { xenstore-write "$dir/$1" "$2"; }
other_state() { xenstore-read "$other/state" 2>/dev/null || echo 0; }

# await_other "4 5" SECONDS: until the other end is in one of these states.
await_other() {
	n=$((${2:-10} * 20))
	while [ $n -gt 0 ]; do
		case " $1 " in *" $(other_state) "*) return 0 ;; esac
		usleep 50000
		n=$((n - 1))
	done
	return 1
}

# refused: how a backend takes keys that it is not to connect with.
refused() {
	if await_other "5 6" 3; then echo "outcome refused"
	elif [ "$(other_state)" = 4 ]; then echo "outcome lives"
	else echo "outcome refused"; fi
}

# begin: from any state back to a backend that waits for a frontend.
begin() {
	for t in tx rx ring ev ctl buf buf2 more; do
		raw drop $t >/dev/null 2>&1
	done
	case $(other_state) in
	2) ;;
	*)
		raw state 5 && raw state 6 && await_other "6 2" 15
		;;
	esac
	for k in tx-ring-ref rx-ring-ref ring-ref event-channel event-channel-tx event-channel-rx \
		multi-queue-num-queues request-rx-copy ring-page-order num-ring-pages protocol \
		ctrl-ring-ref event-channel-ctrl request-staged-queues tx-staged-ref rx-staged-ref \
		tx-staged-descs rx-staged-descs feature-persistent; do
		xenstore-rm "$dir/$k" 2>/dev/null
	done
	raw state 1
	await_other 2 15 || { echo "the backend is in state $(other_state), not waiting"; return 1; }
}

# run_scenario NAME
run_scenario() {
	begin || return 1
	"s_$1" || { echo "scenario $1 did not run"; return 1; }
}
