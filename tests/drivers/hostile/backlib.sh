# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# backlib.sh: what hostile backends share. They run in dom0 on rawpeer with side=back; the good peer is our
# frontend in the guest "evil" (domain EVIL_ID), which is asked how it took it.
# shellcheck source=tests/drivers/hostile/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=scripts/dom0-lib.sh
. "${KRYPTON_DOM0_LIB:-/job/dom0-lib.sh}"

in_guest() { domain_run "${EVIL_ID:?}" 60 "$1"; }

# domain_run ID SECONDS COMMAND: fails when the guest does not answer; what the command says is in its output.
domain_run() {
	guest-run "$@"
	[ $? -lt 124 ]
}

# What a guest is to run after each scenario: one line.
# shellcheck disable=SC2016 # it is the guest that expands it
ask_guest='echo complaints $(dmesg -c | grep -E -A8 "BUG|WARNING:|Oops|Call Trace|general protection|unable to handle|blocked for|stall|pagealloc: " | head -c 700)'

# back TYPE DEVID FRONTEND-DEVICE
back() {
	front_dev=$3
	peer "$1-$EVIL_ID-$2"
}

# restart KEY VALUE...: the frontend's driver is bound anew and finds a backend in InitWait with these keys.
# What $after_probe says is then done in the guest, behind our back.
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
	in_guest "echo $front_dev >/sys/bus/xen/drivers_probe; ${after_probe-:}"
}

# until_guest TENTHS TEST: waits in the guest until TEST, a command there, succeeds ($ok is "yes"), the device
# is stopped ($fault says why), or the time is over. What its kernel has complained about is printed.
until_guest() {
	local out
	out=$(in_guest "d=/sys/bus/xen/devices/$front_dev; n=0 f= ok=no
while :; do
	if { $2; } 2>/dev/null; then ok=yes; break; fi
	{ read -r f <\$d/fault; } 2>/dev/null
	[ -z \"\$f\" ] && [ \$n -lt $1 ] || break
	n=\$((n + 1)); usleep 100000
done
echo ok \$ok; echo fault \$f; $ask_guest")
	ok=${out#*ok } ok=${ok%%$'\n'*}
	fault=${out#*fault} fault=${fault%%$'\n'*} fault=${fault# }
	echo "complaints${out#*complaints}"
}

# judge [TEST]: how the guest took it: fault, refused (it went to Closing or Closed by itself) or, when TEST,
# a command there, succeeds, lives.
judge() {
	local ok fault
	if [ $# = 0 ]; then
		raw "await 20000 5 6" || return 0
		until_guest 0 false
	else
		until_guest 100 "$1"
	fi
	if [ -n "$fault" ]; then
		echo "outcome fault ($fault)"
	elif closes; then
		echo "outcome refused"
	elif [ "$ok" = yes ]; then
		echo "outcome lives"
	else
		raw peer state
		echo "outcome none: the frontend is in state $a, and not: $1"
	fi
}

# want: refused
s_closed_at_once() { offer && raw state 6; judge; }
