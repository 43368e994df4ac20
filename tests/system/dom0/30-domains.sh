#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 240
# 30-domains: domains as such, with a kernel that only blocks: create -p, unpause, pause,
# domid, domname, rename, vcpu-list, vcpu-pin, sched-credit, cpupool-list, mem-max, top, destroy.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh

guest_config idle /job/idle
check "xl create -p" xl create -p /tmp/idle.cfg
id=$(xl domid idle)
check "the domain is paused" dom_state idle p
same "it has not run yet" 0.0 "$(dom_field idle 6)"
same "its memory is what was asked for" 32 "$(dom_field idle 3)"
check "xl unpause" xl unpause idle
check "it runs, and blocks" await 10 dom_state idle b
check "xl pause" xl pause idle
check "the domain is paused again" dom_state idle p
check "xl unpause again" xl unpause idle
check "it is not paused any more" await 10 bash -c '! xl list idle | grep -q -- "--p---"'
same "xl domid" "$(xenstore-list /local/domain | sort -n | tail -1)" "$id"
same "xl domname" idle "$(xl domname "$id")"
refuse "xl domid of a name that there is not" xl domid nobody
check "xl rename" xl rename idle other
same "xl domname after it" other "$(xl domname "$id")"
same "xl domid after it" "$id" "$(xl domid other)"
refuse "the old name is gone" xl domid idle
refuse "a second domain of the same name" xl create -p /tmp/idle.cfg 'name="other"'
expect "xl vcpu-list" "other +$id +0 +[0-9-]+ +[-rb]+ +[0-9.]+ +all" xl vcpu-list other
check "xl vcpu-pin" xl vcpu-pin other 0 1
expect "xl vcpu-list shows the pin" "other +$id +0 .* 1 / all" xl vcpu-list other
expect "xl vcpu-list shows dom0's" "Domain-0 +0 +1 " xl vcpu-list
check "xl vcpu-pin all" xl vcpu-pin other 0 all
expect "xl vcpu-list shows no pin" "all / all" xl vcpu-list other
expect "xl sched-credit: defaults" "other +$id +256 +0" xl sched-credit
check "xl sched-credit sets weight and cap" xl sched-credit -d other -w 512 -c 50
expect "xl sched-credit shows them" "other +$id +512 +50" xl sched-credit -d other
expect "xl sched-credit -s: slice" "tslice=30ms" xl sched-credit -s
refuse "xl sched-credit: a weight out of range" xl sched-credit -d other -w 70000
same "weight is as before" 512 "$(xl sched-credit -d other | awk '$1 == "other" { print $3 }')"
expect "xl cpupool-list" "Pool-0 +2 +credit +y +$(($(xl list | wc -l) - 1))" xl cpupool-list
expect "xl cpupool-list -c" "Pool-0 +0,1" xl cpupool-list -c
check "xl mem-max" xl mem-max other 48
top=$(xentop -b -f -i 1 2>&1)
expect "xentop shows the new maximum" "other .* (49152|50176) " echo "$top"
expect "xentop shows dom0 running" "Domain-0 +-+r" echo "$top"
refuse "xl mem-max below what it has" xl mem-max other 0
expect "xl list -l" '"name": "other"' xl list -l other
check "xl destroy" xl destroy other
check "it is gone" await 60 guest_gone other
refuse "xl destroy of a domain that there is not" xl destroy other
exit 0
