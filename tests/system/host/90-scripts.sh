#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# time: 60
# 90-scripts: the scripts themselves: no finding of shellcheck, help that helps, errors that
# name cause and remedy.
here=$(cd "$(dirname "$0")/.." && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/system/lib.sh
. "$here/lib.sh"
cd "$top" || exit 1

# Warnings and errors; files that only exist in dom0 or on the machine are not followed (SC1091).
mapfile -t files < <(grep -lE '^#!.*sh|^# shellcheck shell' -r scripts tests/system .ci | sort)
check "shellcheck finds nothing in ${#files[@]} scripts" shellcheck -x -P . -S warning -e SC1091 "${files[@]}"
for s in deps make-images boot run; do
	expect "scripts/$s --help" "$s: " "scripts/$s" --help
done
expect "tests/system/run --help" "STORY" tests/system/run --help
check "scripts/deps has nothing to do" scripts/deps run
fails() { ! "$@"; }
expect "boot: an unknown option" "unknown option.*remedy:" fails scripts/boot --nonsense x
expect "boot: no such hypervisor" "there is no hypervisor" fails scripts/boot --hv /nonexistent
expect "boot: a number that is none" "is not a number" fails scripts/boot --smp many
expect "boot: a job without a program" "no program called run" fails scripts/boot --hv "$KRYPTON_HV" --job docs
expect "deps: an unknown group" "no such group" fails scripts/deps nonsense
exit 0
