#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# time: 300
# 86-hotplug-deb: the package krypton-hotplug in dom0's Debian: over the scripts of xen-utils-common, when those are
# installed anew, upgraded, and back when it is removed; and the same by make install-hotplug.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/system/lib.sh
. "$here/lib.sh"
# shellcheck source=scripts/lib.sh
. "$here/../../scripts/lib.sh"
cache=${KRYPTON_CACHE:-$build/cache}
PATH=$PATH:/usr/sbin:/sbin

work=$(mktemp -d "$build/hotplug-deb.XXXXXX")
space=(unshare --mount --pid --fork --kill-child)
[ "$(id -u)" = 0 ] || space=(unshare --map-root-user --map-auto --mount --pid --fork --kill-child)
# shellcheck disable=SC2329 # called by the trap
cleanup() { "${space[@]}" rm -rf "$work"; }
trap cleanup EXIT
within() {
	"${space[@]}" sh -ec '
		cd "$1"; shift
		mount --rbind /dev dev
		mount -t proc proc proc
		exec chroot . env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"' _ "$work/root" "$@"
}

"$top/scripts/deps" build package
check "the package is built" make --no-print-directory -C "$top" deb || exit 0
# The image's root: Debian with xen-utils-common as packaged.
tar=$(ls -t "$cache"/root-*.tar 2>/dev/null | head -1)
mkdir "$work/root"
check "dom0's Debian" "${space[@]}" tar -xf "${tar:-none}" --exclude='./dev/*' -C "$work/root" || exit 0
cp "$build"/deb/krypton-hotplug_*.deb "$work/root/tmp/"
within sh -c 'cd /etc/xen/scripts && sha256sum *' >"$work/before"
ours='block block-dummy vif-bridge vif-nat vif-openvswitch vif-route'

check "it installs" within sh -c 'dpkg -i /tmp/krypton-hotplug_*.deb' || exit 0
are_ours() {
	local s
	for s in $ours; do
		[ "$(readlink "$work/root/etc/xen/scripts/$s")" = "/usr/lib/krypton/scripts/$s" ] || { echo "$s is not"; return 1; }
	done
}
are_ours
verdict $? "the scripts are ours"
expect "they run: without a store they say so" "there is no XenStore; *|there is no XenStore: .*remedy" \
	within sh -c 'XENBUS_PATH=backend/vif/1/0 /etc/xen/scripts/vif-bridge online 2>&1 || true'
check "its program finds its libraries" within sh -c '! ldd /usr/lib/krypton/krypton-hotplug | grep "not found"'
check "the rules are there" within test -s /lib/udev/rules.d/60-krypton-hotplug.rules
# What other scripts source is Xen's own still.
check "block-common.sh is Xen's" within sh -c 'test -f /etc/xen/scripts/block-common.sh -a ! -L /etc/xen/scripts/block-common.sh'

check "it installs a second time" within sh -c 'dpkg -i /tmp/krypton-hotplug_*.deb'
are_ours
verdict $? "the scripts are still ours"
common() { (cd "$work/root/tmp" && apt-get -qq download xen-utils-common) && ls "$work"/root/tmp/xen-utils-common_*.deb; }
if check "xen-utils-common from the mirror" common; then
	check "... is installed anew" within sh -c 'dpkg -i --force-confnew --force-confmiss --force-depends /tmp/xen-utils-common_*.deb'
	are_ours
	verdict $? "the scripts are ours after that"
fi

check "it is removed" within dpkg -r krypton-hotplug
within sh -c 'cd /etc/xen/scripts && sha256sum *' >"$work/after"
same "Xen's scripts are back, and nothing else" "$(cat "$work/before")" "$(cat "$work/after")"
same "no diversion is left" "" "$(within dpkg-divert --list 'krypton-hotplug' | grep krypton)"
check "it is purged" within dpkg -P krypton-hotplug
same "nothing of it is left" "" "$(within sh -c 'ls -d /usr/lib/krypton /lib/udev/rules.d/60-krypton* 2>/dev/null')"

# Without a package manager.
check "make install-hotplug" make --no-print-directory -C "$top" install-hotplug DESTDIR="$work/dest"
same "its files" "$(printf '%s\n' ./etc/xen/scripts/{block,block-dummy,vif-bridge,vif-nat,vif-openvswitch,vif-route} \
	./lib/udev/rules.d/60-krypton-hotplug.rules ./usr/lib/krypton/krypton-hotplug ./usr/sbin/krypton-network)" "$(cd "$work/dest" && find . -type f | sort)"
check "make uninstall-hotplug" make --no-print-directory -C "$top" uninstall-hotplug DESTDIR="$work/dest"
same "it leaves no file" "" "$(find "$work/dest" -type f)"
exit 0
