# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# lib.bash: what the .bats files share: a store, links that stand for a guest's cards, and the calls
# that a toolstack makes. The scripts are called as they are; only their other half is the one under test.

scripts=$HOTPLUG_TOP/hotplug-scripts
be=/local/domain/0/backend

start_store() {
	export XENSTORED_PATH=$BATS_TEST_TMPDIR/socket KRYPTON_HOTPLUG_RUN=$BATS_TEST_TMPDIR/run
	export KRYPTON_HOTPLUG_LOG=$BATS_TEST_TMPDIR/log KRYPTON_HOTPLUG_SYS=/sys
	export KRYPTON_HOTPLUG_HOOKS=$BATS_TEST_TMPDIR/hooks
	ASAN_OPTIONS=detect_leaks=0 "$HOTPLUG_BUILD/stored" "$XENSTORED_PATH" >/dev/null 2>&1 3>&- &
	store_pid=$!
	until xenstore-exists /local/domain/0 2>/dev/null; do kill -0 $store_pid || return 1; done
}

stop_store() {
	kill "$store_pid"
	wait "$store_pid" 2>/dev/null || true
}

# guest N: a domain in the store.
guest() {
	xenstore-write "/local/domain/$1/vm" "/vm/$1" "/vm/$1/name" "guest$1" "/vm/$1/uuid" "uuid-$1"
}

# vif DOM DEV [KEY VALUE]...: a network card as libxl announces it, and its link (peer: p DOM.DEV).
vif() {
	local dom=$1 dev=$2
	shift 2
	[ -e "/sys/class/net/vif$dom.$dev" ] || ip link add "vif$dom.$dev" type veth peer name "p$dom.$dev"
	vif_keys "$dom" "$dev" "$@"
}
vif_keys() {
	local dom=$1 dev=$2 at=$be/vif/$1/$2
	shift 2
	xenstore-write "$at/frontend" "/local/domain/$dom/device/vif/$dev" "$at/frontend-id" "$dom" \
		"$at/handle" "$dev" "$at/state" 2 "$at/mac" 00:16:3e:00:00:01 \
		"/local/domain/$dom/device/vif/$dev/state" 1
	while [ $# -gt 0 ]; do
		xenstore-write "$at/$1" "$2"
		shift 2
	done
}

# net SCRIPT COMMAND DOM DEV [WORD]...: the call that libxl makes.
net() {
	local script=$1 command=$2 dom=$3 dev=$4
	shift 4
	env vif="vif$dom.$dev" XENBUS_PATH="backend/vif/$dom/$dev" XENBUS_TYPE=vif XENBUS_BASE_PATH=backend \
		"$@" "$scripts/$script" "$command" type_if=vif
}

# vbd DOM DEV MODE PARAMS [KEY VALUE]...
vbd() {
	local dom=$1 dev=$2 at=$be/vbd/$1/$2
	xenstore-write "$at/frontend" "/local/domain/$dom/device/vbd/$dev" "$at/frontend-id" "$dom" "$at/state" 2 \
		"$at/mode" "$3" "$at/params" "$4" "$at/type" phy "$at/device-type" disk
	shift 4
	while [ $# -gt 0 ]; do
		xenstore-write "$at/$1" "$2"
		shift 2
	done
}

# disk COMMAND DOM DEV [SCRIPT]
disk() {
	XENBUS_PATH=backend/vbd/$2/$3 XENBUS_TYPE=vbd XENBUS_BASE_PATH=backend "$scripts/${4:-block}" "$1"
}

# key PATH VALUE: the store has it.
key() {
	local seen
	seen=$(xenstore-read "$1") || { echo "no $1"; return 1; }
	[ "$seen" = "$2" ] || { echo "$1 is '$seen', not '$2'"; return 1; }
}
no_key() { not xenstore-exists "$1"; }

# not COMMAND...: fails when it does not. (A line with ! in front fails no test.)
not() {
	! "$@" || { echo "it did not fail: $*"; return 1; }
}

# refused TEXT COMMAND...: fails, says TEXT on stderr, with a remedy.
refused() {
	local text=$1 out
	shift
	! out=$("$@" 2>&1) || { echo "it did not fail: $*"; return 1; }
	echo "$out"
	[[ $out == *"$text"* && $out == *error:* && $out != *Sanitizer* ]]
}
# told TYPE/DOM/DEV TEXT: the store tells that failure.
told() {
	key "$be/$1/hotplug-status" error && xenstore-read "$be/$1/hotplug-error" | grep -F -- "$2"
}

# All links of this name space but lo: as a group, since each one alone takes the kernel a long time.
drop_links() {
	local l
	for l in /sys/class/net/*; do
		[ "${l##*/}" = lo ] || echo "link set ${l##*/} group 9"
	done | ip -force -batch - 2>/dev/null || true
	ip link del group 9 2>/dev/null || true
}
needs_loops() { [ "$(id -u)" = 0 ] && losetup -f >/dev/null 2>&1 || skip "no loop devices for this user"; }
loops_of() { losetup -n -O NAME -j "$1" 2>/dev/null; }
nr_loops() { loops_of "$img" | wc -l; }
# A block device that is always there: a loop device over another file.
make_dev() {
	truncate -s 4M "$BATS_TEST_TMPDIR/dev.img"
	dev=$(losetup -f --show "$BATS_TEST_TMPDIR/dev.img")
	number=$(stat -c %t:%T "$dev")
}
drop_dev() { losetup -d "$dev"; }
master_of() { basename "$(readlink "/sys/class/net/$1/master")"; }
is_up() { ip -o link show dev "$1" | grep -q '<[^>]*\bUP\b'; }
mtu_of() { cat "/sys/class/net/$1/mtu"; }
no_records() { [ -z "$(ls "$KRYPTON_HOTPLUG_RUN" 2>/dev/null)" ] || { ls "$KRYPTON_HOTPLUG_RUN"; return 1; }; }
