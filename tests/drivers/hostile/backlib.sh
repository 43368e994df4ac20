# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# backlib.sh: what hostile backends share. They run in dom0 on rawpeer with side=back; the good peer is our
# frontend in the guest "evil", which is asked through guest_run (dom0-lib.sh) how it took it.
command -v usleep >/dev/null || usleep() { busybox usleep "$1"; }
# shellcheck source=tests/drivers/hostile/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=scripts/dom0-lib.sh
. "${KRYPTON_DOM0_LIB:-/job/dom0-lib.sh}"

in_guest() { guest_run evil 30 "$1"; }
fault_seen() { in_guest "cat /sys/bus/xen/devices/$front_dev/fault" 2>/dev/null; }

# back TYPE DEVID FRONTEND-DEVICE
back() {
	local id
	id=$(xl domid evil) || return 1
	front_dev=$3
	peer "$1-$id-$2" "backend/$1/$id/$2" frontend
}

# restart KEY VALUE...: the frontend's driver is bound anew and finds a backend in InitWait with these keys.
restart() {
	local t
	in_guest "d=/sys/bus/xen/devices/$front_dev; echo $front_dev >\$d/driver/unbind" >/dev/null 2>&1
	for t in tx rx ring ev more; do
		raw drop $t >/dev/null 2>&1
	done
	xenstore-ls "$dir" | sed -n 's/^\(feature[^ ]*\|max-[^ ]*\|multi[^ ]*\|sector[^ ]*\|info\|physical-sector-size\|discard[^ ]*\) = .*/\1/p' |
		while read -r t; do xenstore-rm "$dir/$t"; done
	raw state 1
	while [ $# -gt 1 ]; do
		key "$1" "$2"
		shift 2
	done
	raw state 2
	in_guest "echo $front_dev >/sys/bus/xen/drivers/${front_drv:?}/bind" >/dev/null 2>&1
	return 0
}

front_key() { xenstore-read "$other/$1"; }
front_state() { xenstore-read "$other/state" 2>/dev/null || echo 0; }

# judge: how the guest took it: fault, refused (it went to Closing or Closed by itself) or lives.
judge() {
	local n=40 f
	while [ $n -gt 0 ]; do
		f=$(fault_seen)
		[ -z "$f" ] || { echo "outcome fault ($f)"; return 0; }
		case $(front_state) in 5 | 6) echo "outcome refused"; return 0 ;; esac
		"${1:-false}" && { echo "outcome lives"; return 0; }
		usleep 250000
		n=$((n - 1))
	done
	echo "outcome none: frontend is in state $(front_state)"
}
