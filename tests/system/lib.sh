# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# lib.sh: what the stories share, those in dom0 as well as those on the host.
#
# A story is a script that checks one thing after the other. Every check writes one
# line to the file $VERDICT, "ok - STORY: TEXT" or "not ok - STORY: TEXT", and shows
# what was seen when it failed. The runner counts those lines and nothing else.

story=${story:-$(basename "$0" .sh)}

# verdict STATUS TEXT [OUTPUT]
verdict() {
	local mark=ok
	[ "$1" = 0 ] || mark='not ok'
	echo "$mark - $story: $2" | tee -a "$VERDICT"
	[ "$1" = 0 ] || [ -z "${3-}" ] || sed 's/^/#   /' <<<"$3" | tail -${VERDICT_LINES:-40}
	[ "$1" = 0 ] || [ ! -d /run/krypton ] || : >/run/krypton/failed
	return "$1"
}

# check TEXT COMMAND...: passes when the command does.
check() {
	local text=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	[ $rc = 0 ] || out="status $rc of: $*"$'\n'$out
	verdict $rc "$text" "$out"
}

# refuse TEXT COMMAND...: passes when the command fails, but not by a signal or a time limit.
refuse() {
	local text=$1 out rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	[ $rc != 0 ] && [ $rc -lt 124 ]
	verdict $? "$text" "status $rc of: $*"$'\n'"$out"
}

# expect TEXT REGEX COMMAND...: passes when the command does and its output matches.
expect() {
	local text=$1 regex=$2 out rc=0
	shift 2
	out=$("$@" 2>&1) || rc=$?
	[ $rc = 0 ] && [[ $out =~ $regex ]]
	verdict $? "$text" "status $rc of: $*; wanted: $regex"$'\n'"$out"
}

# same TEXT WANTED SEEN
same() {
	[ "$2" = "$3" ]
	verdict $? "$1" "wanted: $2"$'\n'"seen: $3"
}
