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
#
# Starting a process is what takes time in an emulated machine: rawpeer waits and writes keys itself.

# raw COMMAND[; COMMAND]...: what they answer is in $a afterwards.
raw() {
	# shellcheck disable=SC2048,SC2086 # on one line, which is one write
	if echo $* 2>/dev/null >"$cmd"; then
		read -r a <"$cmd" || :
		return 0
	fi
	read -r a <"$cmd" || :
	echo "raw $*: $a" >&2
	return 1
}

# peer DEVICE: the device to be.
peer() {
	cmd=/sys/kernel/debug/rawpeer/$1/cmd
	[ -e "$cmd" ] || { echo "there is no $cmd"; return 1; }
}

key() { raw "key $1 ${2:--}"; }
# closes: the other end is on its way out.
closes() {
	raw peer state
	case $a in 5 | 6) ;; *) return 1 ;; esac
}
