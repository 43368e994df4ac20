# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034 # what it shares with job: here, ask_guest, guest_complaints
# inject.sh: every allocation, mapping and copy of the drivers fails once; part of job.
#
# One end has the modules of "make modules-inject", in which each such place is a site that can be told to
# fail (linux/drivers/xen/include/xb/inject.h); the other end has those that are installed. For each site that
# a connection with traffic reaches: the same again while it fails, where only no kernel may complain, and then
# once more without, where everything has to work. Sites that need other keys are reached by other settings, then
# by a guest with two queues that hashes and filters (see cycle), then by the drivers being loaded anew.
inject=/sys/kernel/debug/krypton/inject
settings=('staged=Y feature_persistent=Y trusted=Y' 'staged=N feature_persistent=N trusted=Y' 'staged=N feature_persistent=Y trusted=N')

# at COMMAND: where the modules are that fail. One line of output.
at() {
	if [ "$side" = back ]; then bash -c "$1"; else domain_run "$EVIL_ID" 60 "$1"; fi
}
# rebind net|blk|both: the backends of the guest are taken away and come back.
rebind() {
	local d bus=/sys/bus/xen-backend
	for d in "vif-$EVIL_ID-0" "vbd-$EVIL_ID-51712"; do
		case $d$1 in vif*blk | vbd*net) continue ;; esac
		[ ! -e "$bus/devices/$d/driver" ] || echo "$d" >"$bus/devices/$d/driver/unbind"
		echo "$d" >$bus/drivers_probe
	done 2>/dev/null
	[ "$1" = blk ] || [ ! -e "/sys/class/net/vif$EVIL_ID.0" ] || hotplug
}
# round TENTHS [net|blk|both]: everything, or one device, is bound anew and used; $load, a driver, is loaded anew.
round() {
	local dir=/m
	[ "$side" = front ] || dir=/lib/modules/$(uname -r)/updates
	[ -z "$load" ] || at "rmmod xen_$load; insmod $dir/xen-$load.ko" >/dev/null 2>&1
	[ "$side" = front ] || rebind "${2:-both}"
	domain_run "$EVIL_ID" 90 "sh /tmp/cycle $1 ${2:-both} $setting; $ask_guest"
}
# works OUTPUT: of a round.
works() { [ "${1%%$'\n'*}" = works ]; }
# try TEXT WHAT: while WHAT (see inject.c) is told to fail, and then when nothing is.
try() {
	local out good error begun=$EPOCHREALTIME took failed device=both
	case $1 in xen_net*) device=net ;; xen_blk*) device=blk ;; esac
	at "echo zero >$inject; echo $2 >$inject"
	out=$(round 20 $device)
	failed=$(at "echo off >$inject; awk '{ n += \$3 } END { print n + 0 }' $inject")
	guest_complaints=$(grep '^complaints' <<<"$out")
	error=$(complaints)
	good=$(round 200 $device)
	guest_complaints=$(grep '^complaints' <<<"$good")
	error+=$(complaints)
	took=$(((${EPOCHREALTIME//./} - ${begun//./}) / 1000))
	[ -z "$error" ] && works "$good" && [ "$failed" -gt 0 ]
	verdict $? "$side $1 fails $failed times, and then works ($took ms; meanwhile: ${out%%$'\n'*})" "$good"$'\n'"$error"
}

# reached: the sites that were. In parts: what a guest answers is 1500 bytes at most.
reached() {
	local i
	for i in 0 1 2 3; do at "awk 'NR % 4 == $i && \$2 { printf \"%s \", \$1 }' $inject"; done
}
# chosen SITE: it was asked for, or all were.
chosen() { [[ -z $only || ,$only, = *",$1,"* ]]; }
# inject_sites: all that are reached as it is set now, and were not before.
inject_sites() {
	local site
	at "echo zero >$inject"
	check "$side ($setting${load:+, $load is loaded}): all works while nothing fails" works_round
	for site in $(reached); do
		case "$done" in *" $site "*) continue ;; esac
		done+="$site "
		chosen "$site" || continue
		try "$site" "$site"
	done
}
# inject_one SIDE [SITE,SITE...]   random-SEED: every eighth call, whatever it is
inject_one() {
	local side=$1 only=${2-} setting load='' site seed done=' ' all
	all=$(grep -E "^(xen_xenbus|xen_net$side|xen_blk$side)/" "$here/inject/sites" | sort -u)
	for setting in "${settings[@]}"; do inject_sites; done
	check "a guest with two processors is up" inject_two || return
	EVIL_ID=$(xl domid one)
	for setting in "${settings[@]:0:2}"; do inject_sites; done
	for load in "net$side" "blk$side"; do inject_sites; done
	load=''
	setting=${settings[0]}
	check "$side: all works after that" works_round
	for seed in $(seq 1 10); do
		chosen "random-$seed" || continue
		try "every eighth, seed $seed," "random $seed"
	done
	[ -z "$only" ] || return 0
	for site in $all; do case "$done" in *" $site "*) ;; *) echo "# not reached: $site" ;; esac; done
}
works_round() {
	local out
	out=$(round 200)
	echo "$out"
	works "$out"
}

# inject_start SIDE: the modules are exchanged, and the guest is up with them.
inject_start() {
	local updates ours=$here/inject
	updates=/lib/modules/$(uname -r)/updates
	[ "$1" = back ] || ours=.
	cp "$ours"/drivers/*.ko "$updates/" && depmod
	await 30 unloaded || return
	[ ! -e /sys/module/xen_xenbus ] || rmmod xen_xenbus || return
	modprobe -a xen-netback xen-blkback || return 1
	# The guest's ramdisk is made of the folder "drivers" where it is asked for.
	rm -f /tmp/guest-ours*.cpio
	[ "$1" = back ] || cd "$here/inject" || return
	inject_guest
}
inject_guest() {
	local rc=0
	guest_start one || rc=1
	rm -f /tmp/guest-ours*.cpio
	EVIL_ID=$(xl domid one) && domain_run "$EVIL_ID" 30 "mount -t debugfs none /sys/kernel/debug
cat >/tmp/cycle <<'EOF'
$(cat "$here/cycle")
EOF"
	return $rc
}
inject_two() {
	guests_go && guest_vcpus=2 guest_memory=256 guest_tools='ethtool ip /job/xdp.o' inject_guest
}
