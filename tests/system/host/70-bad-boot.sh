#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# time: 300
# 70-bad-boot: what cannot be booted is told in one clear line, and the machine ends.
here=$(cd "$(dirname "$0")/.." && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/system/lib.sh
. "$here/lib.sh"
: "${out:?where logs go}" "${story:?}"
images=${KRYPTON_BUILD:-$top/build}/images
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# bad TEXT REGEX OPTIONS...: boots, and wants a line that matches, in a machine that ends by itself.
bad() {
	local text=$1 regex=$2 log=$out/$story-$((++n)).log status=0
	shift 2
	"$top/scripts/boot" --hv "$KRYPTON_HV" --smp 1 --timeout 60 --idle 30 --log "$log" \
		--verdict "$work/v" "$@" 2>&1 || status=$?
	grep -aiE -m1 "$regex" "$log"
	verdict $? "$text: a clear line" "wanted: $regex"$'\n'"$(tail -5 "$log")"
	[ $status != 124 ] && [ $status != 121 ] && grep -qx '# machine: off' "$work/v"
	verdict $? "$text: the machine ends" "status $status"$'\n'"$(tail -5 "$log")"
}
n=0

head -c 100000 /dev/urandom >"$work/garbage"
bad "kernel that is no kernel" "not an? .*(ELF|kernel|image|bzImage)|(kernel|image).*(invalid|unknown|neither)" \
	--kernel "$work/garbage"

# A program for Linux is an ELF file without Xen's notes.
bad "kernel that is not a PV kernel" "will only load|not a (Xen )?PV|no Xen.* note|incompatible|could not construct" --kernel /bin/busybox

cp "$images/vmlinuz" "$work/corrupt"
printf 'krypton' | dd of="$work/corrupt" bs=1 seek=3000000 conv=notrunc status=none
bad "corrupt bzImage" "corrupt|decompress|unpack|XZ|could not|crc" --kernel "$work/corrupt"

bad "too little memory for dom0" "not enough|too (little|small)|out of memory|does not fit|alone need" \
	--mem 128 --dom0-mem 1024M

bad "missing initrd" "unable to mount root|no initrd|VFS: Cannot open root|not syncing" --initrd none
exit 0
