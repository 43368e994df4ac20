#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 600
# 45-kit: the tiny PV kernels of tests/guests as guests of xl: what they say of an
# initial domain, they say of one that the toolstack built, too.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh

destroy_all

# kit NAME: creates it, waits for its end, and wants its verdict.
kit() {
	local name=kit-$1 log=$console_dir/guest-kit-$1.log said
	cat >"/tmp/$name.cfg" <<-C
		name = '$name'
		kernel = '/job/kit/$1.elf'
		memory = 32
		vcpus = 2
		on_poweroff = 'preserve'
		on_reboot = 'preserve'
		on_crash = 'preserve'
	C
	rm -f "$log"
	xl create "/tmp/$name.cfg" || return 1
	await 40 dom_state "$name" s || echo "it did not end"
	await 5 grep -q 'KIT: verdict' "$log"
	said=$(sed -n 's/.*KIT: verdict \([a-z]*\).*/\1/p' "$log" | tail -1)
	[ "$said" = success ] || [ "$said" = skip ] || tail -20 "$log"
	xl destroy "$name"
	[ "$said" = success ] || [ "$said" = skip ]
}

for f in kit/*.elf; do
	check "$(basename "$f" .elf)" kit "$(basename "$f" .elf)"
done
