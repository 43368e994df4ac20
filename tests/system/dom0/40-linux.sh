#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 500
# 40-linux: what xl does to a Linux guest: create -c, console, pause, vcpu-set, mem-set,
# sysrq, trigger nmi, reboot, shutdown, destroy.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh

log=$console_dir/guest-three.log
guest_config three /boot/vmlinux

# talk SECONDS SEND REGEX COMMAND: a console command on a terminal of its own (without one it does
# not read): sends the text, waits until the output matches, and leaves with Ctrl-].
talk() {
	local limit=$1 send=$2 regex=$3 rc=1 pid
	rm -f talk.in talk.out
	mkfifo talk.in
	: >talk.out
	script -qefc "$4" talk.out <talk.in >/dev/null 2>&1 &
	pid=$!
	exec 5<>talk.in
	[ -z "$send" ] || printf '%s' "$send" >&5
	await "$limit" grep -qE "$regex" talk.out && rc=0
	printf '\035' >&5
	await 15 bash -c "! kill -0 $pid" || { echo "the console command does not end at Ctrl-]"; rc=1; kill "$pid"; }
	exec 5>&-
	cat talk.out
	return $rc
}

check "xl create -c shows the guest's console" talk 90 "" "guest: up after" "xl create -c /tmp/three.cfg"
check "the guest is up" guest_wait three 30
check "xl console carries both ways" talk 30 $'echo $((6 * 7))th try\n' "42th try" "xl console three"
expect "a command in the guest" "^6\.1" guest_run three 30 'uname -r'

check "xl pause" xl pause three
t0=$(dom_field three 6)
refuse "a paused guest does not answer" bash -c '. ./dom0-lib.sh; guest_run three 3 true || exit 1'
same "and uses no time" "$t0" "$(dom_field three 6)"
check "xl unpause" xl unpause three
check "it answers again" guest_run three 30 true

same "two processors are online" 0-1 "$(guest_run three 30 'cat /sys/devices/system/cpu/online')"
check "xl vcpu-set to 1" xl vcpu-set three 1
online() { [ "$(guest_run three 30 'cat /sys/devices/system/cpu/online')" = "$1" ]; }
check "one is online" await 40 online 0
check "xl vcpu-set to 2" xl vcpu-set three 2
# The kernel takes note of the processor; to bring it up is udev's business, which is not in this guest.
check "the second can be brought up again" await 40 guest_run three 30 'echo 1 >/sys/devices/system/cpu/cpu1/online'
check "two are online again" await 40 online 0-1
expect "xl vcpu-list shows both" "three +[0-9]+ +0 .*three +[0-9]+ +1 " xl vcpu-list three

before=$(guest_run three 30 "awk '/MemTotal/ { print \$2 }' /proc/meminfo")
check "xl mem-set to 160 MiB" xl mem-set three 160
has_mem() { [ "$(dom_field three 3)" -le "$1" ] && [ "$(dom_field three 3)" -ge "$2" ]; }
check "the guest has given memory back" await 60 has_mem 160 158
after=$(guest_run three 30 "awk '/MemTotal/ { print \$2 }' /proc/meminfo")
[ $((before - after)) -ge 30000 ]
verdict $? "the guest sees less memory" "before $before KiB, after $after KiB"
check "xl mem-set to 192 MiB" xl mem-set three 192
check "the guest has it back" await 60 has_mem 193 191

check "xl sysrq h" xl sysrq three h
check "the guest's kernel has got the key" await 20 grep -q 'sysrq: HELP' "$log"
nmi() { guest_run three 30 "awk '\$1 == \"NMI:\" { print \$2 + \$3 }' /proc/interrupts"; }
n0=$(nmi)
check "xl trigger nmi" xl trigger three nmi
more_nmi() { [ "$(nmi)" -gt "$n0" ]; }
check "the guest has taken the NMI" await 20 more_nmi

old=$(xl domid three)
check "xl reboot" xl reboot three
back() { local id; id=$(xl domid three 2>/dev/null) && [ "$id" -gt "$old" ]; }
check "a new domain takes its place" await 60 back
check "the guest is up again" guest_wait three 90
check "xl shutdown -w" guest_shutdown three
expect "it powered off in order" "reboot: (Power down|System halted)" tail -5 "$log"
exit 0
