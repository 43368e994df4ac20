# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# lib.sh: what the host-side scripts share. Sourced, never run.
#
# Owns: the look of progress lines (elapsed time first, always on stderr), the
# way errors are told (cause, then remedy), and the names of the folders.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${KRYPTON_BUILD:-$top/build}
# shellcheck disable=SC2034 # for those who source this
images=$build/images
me=${0##*/}

# say TEXT...: one progress line. KRYPTON_T0 keeps one clock over nested scripts.
: "${KRYPTON_T0:=$(date +%s)}"
export KRYPTON_T0
say() {
	printf '[%4d s] %s: %s\n' $(($(date +%s) - KRYPTON_T0)) "$me" "$*" >&2
}

# die CAUSE [REMEDY]: ends the script with status 2.
die() {
	printf '%s: error: %s\n' "$me" "$1" >&2
	[ $# -lt 2 ] || printf '%s: remedy: %s\n' "$me" "$2" >&2
	exit 2
}

# need PROGRAM...: every one of them must be there.
need() {
	local p
	for p; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$p" >/dev/null ||
			die "the program '$p' is not installed" "run scripts/deps"
	done
}

# usage FILE: prints the leading comment block of a script, without the licence line.
usage() {
	sed -n '2,/^[^#]/{/^# SPDX/d;/^#/!q;s/^# \{0,1\}//;p}' "$1"
}

# kernel_release: the version of the kernel that the images have.
kernel_release() { sed 's/-[0-9a-f]*$//' "$images/vmlinuz.key"; }

# kernel_headers: the build tree that belongs to it.
kernel_headers() {
	local d
	for d in "/lib/modules/$(kernel_release)/build" "/usr/src/linux-headers-$(kernel_release)"; do
		if [ -e "$d/include/generated/utsrelease.h" ]; then
			echo "$d"
			return
		fi
	done
	die "there are no headers for kernel $(kernel_release)" "run scripts/deps build"
}
