#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# time: 60
# 80-install: make install and uninstall with a DESTDIR, and the GRUB entries that come of it.
here=$(cd "$(dirname "$0")/.." && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/system/lib.sh
. "$here/lib.sh"
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT

# The fragment alone, with any hypervisor in the place of ours: what is tested is the copying.
makefile=$d/Makefile
printf 'build/krypton.gz:\n\t@true\ninclude %s/mk/system.mk\n' "$top" >"$makefile"
mkdir -p "$d/src/build"
cp "$KRYPTON_HV" "$d/src/build/krypton.gz"
ln -s "$top/scripts" "$top/mk" "$d/src/"
run_make() { make -s -C "$d/src" -f "$makefile" DESTDIR="$d/root" "$@"; }

check "make install" run_make install
check "the hypervisor is in place" cmp "$KRYPTON_HV" "$d/root/boot/krypton.gz"
check "the GRUB script is in place, and runs" test -x "$d/root/etc/grub.d/20_krypton"
check "make install a second time" run_make install

# Two kernels that can be dom0 and one that cannot.
for v in 6.1.0-9-amd64 6.1.0-10-amd64 6.1.0-11-custom; do
	: >"$d/root/boot/vmlinuz-$v"
	: >"$d/root/boot/initrd.img-$v"
	echo CONFIG_XEN_PV_DOM0=y >"$d/root/boot/config-$v"
done
echo "# CONFIG_XEN_PV_DOM0 is not set" >"$d/root/boot/config-6.1.0-11-custom"
rm "$d/root/boot/initrd.img-6.1.0-9-amd64"
# shellcheck disable=SC2016 # expanded by the default file's reader
printf 'KRYPTON_CMDLINE="dom0_mem=1G,max:1G"\nKRYPTON_DOM0_CMDLINE="nomodeset"\n' >"$d/root/etc/default/krypton"
printf '#!/bin/sh\nexit 1\n' >"$d/probe"
chmod +x "$d/probe"
entries() {
	PATH=$PATH:/usr/sbin GRUB_DEVICE=/dev/sda1 GRUB_DEVICE_UUID=1234-5678 GRUB_DISTRIBUTOR=Debian \
		GRUB_CMDLINE_LINUX=quiet KRYPTON_BOOT=$d/root/boot KRYPTON_DEFAULTS=$d/root/etc/default/krypton \
		grub_probe=$d/probe grub_mkrelpath="echo" pkgdatadir=/usr/share/grub \
		"$d/root/etc/grub.d/20_krypton"
}
cfg=$(entries 2>"$d/err") || cat "$d/err"
echo "$cfg"
echo "$cfg" >"$d/grub.cfg"
check "GRUB takes the entries" grub-script-check "$d/grub.cfg"
same "an entry of its own and one for each kernel" 3 "$(grep -c 'menuentry ' <<<"$cfg")"
expect "the newest kernel comes first" "^[^}]*vmlinuz-6\.1\.0-10-amd64" echo "$cfg"
expect "the hypervisor's words are passed" "multiboot2 .*/krypton\.gz placeholder dom0_mem=1G,max:1G" echo "$cfg"
expect "the kernel's words are passed" "module2 .* placeholder root=UUID=1234-5678 ro quiet .*nomodeset" echo "$cfg"
same "initrds are passed unpacked by nobody" 2 "$(grep -c 'module2 --nounzip .*/initrd.img-6.1.0-10-amd64' <<<"$cfg")"
check "a kernel that cannot be dom0 is left out" bash -c '! grep custom "$1"' _ "$d/grub.cfg"

check "make uninstall" run_make uninstall
check "the hypervisor is gone" test ! -e "$d/root/boot/krypton.gz"
check "the GRUB script is gone" test ! -e "$d/root/etc/grub.d/20_krypton"
check "an edited default file stays" test -e "$d/root/etc/default/krypton"
rm "$d/root/etc/default/krypton"
run_make install && run_make uninstall
same "no file of ours is left" "" "$(find "$d/root" -name '*krypton*')"
exit 0
