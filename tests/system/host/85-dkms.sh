# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# time: 900
# 85-dkms: the package krypton-drivers-dkms is built, and installed into a fresh Debian that has the
# kernels 6.1 and 6.12: both get all five modules, modprobe finds them first, the initramfs has them.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/system/lib.sh
. "$here/lib.sh"
# shellcheck source=scripts/lib.sh
. "$here/../../scripts/lib.sh"
cache=${KRYPTON_CACHE:-$build/cache}
PATH=$PATH:/usr/sbin:/sbin
modules='xen-xenbus xen-netfront xen-netback xen-blkfront xen-blkback'

# The Debian root, downloaded once. Of the kernels' modules only those which matter here.
packages=dkms,kmod,initramfs-tools,zstd,linux-image-amd64,linux-headers-amd64,linux-image-6.12-amd64,linux-headers-6.12-amd64
roottar=$cache/dkms-$(echo "$packages" | sha256sum | cut -c1-16).tar
make_root() {
	[ ! -e "$roottar" ] || return 0
	mkdir -p "$cache"
	mmdebstrap --format=tar --variant=minbase --include="$packages" \
		--setup-hook='mkdir -p "$1"/etc/initramfs-tools/conf.d && echo "MODULES=most" >"$1"/etc/initramfs-tools/conf.d/k' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/lib/modules/*/kernel/*' \
		--dpkgopt='path-include=/lib/modules/*/kernel/drivers/block/*' \
		--dpkgopt='path-include=/lib/modules/*/kernel/drivers/net/xen*' \
		--dpkgopt='path-include=/lib/modules/*/kernel/fs/ext4*' \
		--customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin' \
		bookworm "$roottar.new" "deb http://deb.debian.org/debian bookworm main" \
		"deb http://deb.debian.org/debian-security bookworm-security main" 2>&1 &&
		mv "$roottar.new" "$roottar"
}

work=$(mktemp -d "$build/dkms.XXXXXX")
space=(unshare --mount --pid --fork --kill-child)
[ "$(id -u)" = 0 ] || space=(unshare --map-root-user --map-auto --mount --pid --fork --kill-child)
# shellcheck disable=SC2329 # called by the trap
cleanup() { "${space[@]}" rm -rf "$work"; }
trap cleanup EXIT

# within COMMAND...: runs it in the Debian root.
within() {
	"${space[@]}" sh -ec '
		cd "$1"; shift
		mount --rbind /dev dev
		mount -t proc proc proc
		exec chroot . env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"' _ "$work/root" "$@"
}

"$top/scripts/deps" package
check "the package is built" make --no-print-directory -C "$top" deb || exit 0
check "a fresh Debian with both kernels" make_root || exit 0
mkdir "$work/root"
check "... is unpacked" "${space[@]}" tar -xf "$roottar" --exclude='./dev/*' -C "$work/root" || exit 0
cp "$build"/deb/krypton-drivers-dkms_*_all.deb "$work/root/tmp/"
install_it() { within sh -c 'dpkg -i /tmp/krypton-drivers-dkms_*.deb'; }
check "the package installs" install_it || exit 0
kernels=$(cd "$work/root/lib/modules" && echo *)
same "there are two kernels" 2 "$(wc -w <<<"$kernels")"

version=$(dpkg-deb -f "$build"/deb/krypton-drivers-dkms_*_all.deb Version)
for k in $kernels; do
	expect "$k: DKMS says it is installed" "krypton-drivers/$version, ${k//+/\\+}, x86_64: installed" within dkms status
	for m in $modules; do
		expect "$k: modprobe finds our $m" "insmod .*/updates/dkms/$m.ko" \
			within modprobe -S "$k" --ignore-install --show-depends "$m"
	done
	# It has a line of its own, see /lib/modprobe.d/krypton-drivers.conf.
	expect "$k: xen-blkfront brings xen-xenbus" 'krypton-drivers load xen-xenbus' \
		within modprobe -S "$k" --ignore-install --show-depends xen-blkfront
	expect "$k: an alias goes through the chooser" 'install /usr/sbin/krypton-drivers load xen-netfront' \
		within modprobe -S "$k" --show-depends xen:vif
	list=$(within lsinitramfs "/boot/initrd.img-$k")
	for f in updates/dkms/xen-xenbus.ko updates/dkms/xen-blkfront.ko updates/dkms/xen-netfront.ko \
		kernel/drivers/block/xen-blkfront.ko sbin/krypton-drivers modprobe.d/krypton-drivers.conf; do
		grep -q "$f" <<<"$list"
		verdict $? "$k: the initramfs has $f" "$(grep -i xen <<<"$list")"
	done
done
# Kept for the story of a guest whose root is on our blkfront.
first=${kernels%% *}
cp "$work/root/boot/initrd.img-$first" "$work/root/boot/vmlinuz-$first" "${out:?}/" 2>/dev/null

check "krypton-drivers stock" within krypton-drivers stock
for k in $kernels; do
	expect "$k: then modprobe finds the kernel's own" "insmod .*/kernel/drivers/block/xen-blkfront.ko" \
		within modprobe -S "$k" --ignore-install --show-depends xen-blkfront
	expect "$k: ... and netback" "insmod .*/kernel/drivers/net/xen-netback/xen-netback.ko" \
		within modprobe -S "$k" --ignore-install --show-depends xen-netback
done
expect "krypton-drivers status says so" 'chosen: stock' within krypton-drivers status
check "krypton-drivers ours" within krypton-drivers ours
expect "... brings ours back" "insmod .*/updates/dkms/xen-blkfront.ko" \
	within modprobe -S "$first" --ignore-install --show-depends xen-blkfront
check "the package goes" within dpkg --purge krypton-drivers-dkms
gone() { [ -z "$(find "$work/root/lib/modules" "$work/root/var/lib/dkms" -name 'xen-*.ko*' -path '*/updates/*')" ]; }
check "... and leaves no module behind" gone
exit 0
