#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# boot: 2
# time: 600
# 75-drivers-keys: what xl's vif= and disk= can say, with our drivers at both ends.
# shellcheck source=tests/system/lib.sh
. ./lib.sh
# shellcheck source=scripts/dom0-lib.sh
. ./dom0-lib.sh
# shellcheck source=tests/system/drivers-lib.sh
. ./drivers-lib.sh

take "our drivers at both ends" ours ours || exit 0
ip link add xenbr1 type bridge forward_delay 0 && ip link set xenbr1 up
cat >/etc/xen/scripts/vif-krypton <<'S'
#!/bin/bash
dir=$(dirname "$0")
. "$dir/vif-common.sh"
case "$command" in
online) echo "$vif" >/tmp/vif-krypton.ran; ip link set dev "$vif" up; success ;;
esac
S
chmod 755 /etc/xen/scripts/vif-krypton

# A disk for each way to give one. The loop device and the file behind it can discard.
truncate -s 8M /tmp/d1.img
head -c 8M /dev/urandom >/tmp/d2.img
ro=$(losetup -f --show /tmp/d2.img)
guest_config one
sed -i '/^vif\|^disk/d' /tmp/one.cfg
cat >>/tmp/one.cfg <<'C'
vif = ['mac=00:16:3e:12:34:56,bridge=xenbr0,vifname=front-door,rate=80Mb/s@20ms',
       'mac=00:16:3e:12:34:57,bridge=xenbr1,mtu=1400,type=vif',
       'mac=00:16:3e:12:34:58,script=vif-krypton']
C
cat >>/tmp/one.cfg <<C
disk = ['phy:$ro,xvdb,r', 'file:/tmp/d2.img,xvdf5,r', 'format=raw,vdev=xvdd,access=rw,discard,target=/tmp/d1.img']
C
check "xl create with all of that" eval 'xl create /tmp/one.cfg && guest_wait one' || exit 0
id=$(xl domid one)

# What the guest sees, asked for once.
seen=$(guest_run one 40 'cd /sys; echo "mac $(cat class/net/eth0/address)"; echo "mtu $(cat class/net/eth1/mtu)"
	echo "ro $(cat block/xvdb/ro)"; echo "size $(cat block/xvdd/size)"; echo "part $(cd class/block; echo xvdf*)"
	echo "discard $(cat block/xvdd/queue/discard_max_bytes)"')
expect "mac" 'mac 00:16:3e:12:34:56' echo "$seen"
check "vifname: dom0's end has that name" test -e /sys/class/net/front-door
check "bridge: it is in xenbr0" test -e /sys/class/net/xenbr0/brif/front-door
check "bridge: the second is in xenbr1" test -e "/sys/class/net/xenbr1/brif/vif$id.1"
same "mtu: dom0's end has it" 1400 "$(cat "/sys/class/net/vif$id.1/mtu")"
expect "mtu: the guest's end has it" 'mtu 1400' echo "$seen"
expect "script: it was run" "vif$id.2" cat /tmp/vif-krypton.ran
check "the guest can be reached" ping -c 3 -i 0.2 -W 5 -q "${guest_ip[one]}"
# 80 Mb/s: the limit holds for what the guest sends; not more than 120 is seen for it.
rate_of() { guest_run one 60 "iperf3 -c $DOM0_IP -t 4 -f m | grep receiver" | iperf_mbits; }
iperf3 -s -D -1
mbits=$(rate_of)
[ -n "$mbits" ] && [ "${mbits%%.*}" -ge 20 ] && [ "${mbits%%.*}" -le 120 ]
verdict $? "rate: what the guest sends is limited" "$mbits Mbit/s seen, 80 wanted"

expect "disk r: the guest sees it read-only" 'ro 1' echo "$seen"
refuse "disk r: it cannot be written" guest_run one 30 'dd if=/dev/zero of=/dev/xvdb bs=4k count=1 conv=fsync 2>&1'
expect "disk r: it reads" "^$(sha256sum </tmp/d2.img | cut -c1-64)" guest_run one 60 'sha256sum </dev/xvdb'
expect "disk file: sizes agree" 'size 16384' echo "$seen"
expect "disk xvdf5: a partition's name, and no whole disk" 'part xvdf5'$'\n' echo "$seen"
expect "discard: the guest's disk can" 'discard [1-9]' echo "$seen"
discard() {
	guest_run one 30 'dd if=/dev/urandom of=/dev/xvdd bs=1M count=4 conv=fsync 2>/dev/null' || return 1
	local full empty
	full=$(du -k /tmp/d1.img | cut -f1)
	guest_run one 30 'blkdiscard -o 0 -l 4194304 /dev/xvdd' || return 1
	sync
	empty=$(du -k /tmp/d1.img | cut -f1)
	echo "$full KiB before, $empty KiB after"
	[ "$empty" -lt "$full" ]
}
check "discard: space in dom0 becomes free" discard
check "resize: the guest sees the new size" eval 'truncate -s 16M /tmp/d1.img &&
	for l in $(losetup -j /tmp/d1.img -O NAME -n); do losetup -c $l; done && await 20 guest_run one 20 "grep -q 32768 /sys/block/xvdd/size"'
check "dom0's kernel has no complaint" dom0_clean
check "the guest's kernel has no complaint" guest_clean one
check "xl shutdown -w" guest_shutdown one
losetup -d "$ro"
ip link del xenbr1
take "back to the kernel's own" stock stock
exit 0
