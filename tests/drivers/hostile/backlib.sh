# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# backlib.sh: what hostile backends share. They run in dom0 on rawpeer with side=back; the good peer is our
# frontend in the guest "evil" (domain EVIL_ID), which is asked how it took it.
# shellcheck source=tests/drivers/hostile/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=scripts/dom0-lib.sh
. "${KRYPTON_DOM0_LIB:-/job/dom0-lib.sh}"

in_guest() { domain_run "${EVIL_ID:?}" 60 "$1"; }

# domain_run ID SECONDS COMMAND: as guest_run, with fewer processes.
domain_run() {
	local dir=/local/domain/$1/data n
	n=$(xenstore-read "$dir/cmd" 2>/dev/null)
	n=$((${n%% *} + 1))
	xenstore-write -R "$dir/cmd" "$n $3" || return 125
	xs_await "$dir/ret" "^$n [0-9]" "$2" || { echo "the guest did not answer in $2 s to: $3"; return 124; }
	xenstore-read -R "$dir/out"
}

# back TYPE DEVID FRONTEND-DEVICE
back() {
	front_dev=$3
	peer "$1-$EVIL_ID-$2"
}

# restart KEY VALUE...: the frontend's driver is bound anew and finds a backend in InitWait with these keys.
restart() {
	local keys='' d=/sys/bus/xen/devices/$front_dev
	while [ $# -gt 1 ]; do
		keys+="key $1 $2; "
		shift 2
	done
	# A frontend waits for seconds for the backend's goodbye.
	raw "state 5; state 6"
	in_guest "[ ! -e $d/driver ] || echo $front_dev >$d/driver/unbind"
	raw "drop-all; rm feature-rx-copy feature-rx-flip feature-sg feature-gso-tcpv4 feature-gso-tcpv6 feature-staged-queues
		max-staged-pages multi-queue-max-queues max-ring-page-order feature-max-indirect-segments feature-persistent
		feature-split-event-channels feature-ctrl-ring sectors sector-size physical-sector-size info; state 1;
		$keys state 2" || return 1
	in_guest "echo $front_dev >/sys/bus/xen/drivers_probe"
}

front_key() { raw peer "$1" && echo "$a"; }

# ended: the frontend went away; because of a fault or by itself?
ended() {
	local f
	f=$(in_guest "cat /sys/bus/xen/devices/$front_dev/fault 2>/dev/null")
	if [ -n "$f" ]; then echo "outcome fault ($f)"; else echo "outcome refused"; fi
}

# judge [TEST]: how the guest took it: fault, refused (it went to Closing or Closed by itself) or, when TEST
# passes, lives.
judge() {
	local end=$((SECONDS + 20))
	if [ $# = 0 ]; then
		raw "await 20000 5 6" || return 0
		ended
		return
	fi
	while [ $SECONDS -lt $end ]; do
		if closes; then
			ended
			return
		fi
		"$1" && { echo "outcome lives"; return; }
	done
	echo "outcome none: frontend is in state $(front_key state), and not: $1"
}
