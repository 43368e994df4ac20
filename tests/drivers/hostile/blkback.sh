# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# blkback.sh: backends of a disk that break the protocol, against our blkfront. See lib.sh, backlib.sh.
# shellcheck source=tests/drivers/hostile/backlib.sh
. "${BASH_SOURCE[0]%/*}/backlib.sh"
front_drv=${BLKFRONT_DRIVER:-xen_blkfront}

offer() { restart "$@"; }
good_keys=(sectors 16384 sector-size 512 info 0)
map_ring() {
	await_other "3 4" 15 || { echo "the frontend does not offer a ring: state $(front_state)"; return 1; }
	raw map ring "$(front_key ring-ref)" && raw bind ev "$(front_key event-channel)"
}
connect() { offer max-ring-page-order 0 "${good_keys[@]}" && map_ring && raw state 4 && await_other 4 15; }

# read_in_guest: starts a read there whose end is not waited for.
read_in_guest() { in_guest "(timeout 20 dd if=/dev/xvda of=/dev/null bs=4096 count=1 iflag=direct >/tmp/dd.out 2>&1; echo done \$? >>/tmp/dd.out) >/dev/null 2>&1 &" >/dev/null; }
# asked N: the frontend has put N requests.
asked() {
	local n=100
	while [ $n -gt 0 ]; do
		[ "$(raw peek ring 0 32)" -lt "$1" ] || return 0
		usleep 50000
		n=$((n - 1))
	done
	return 1
}
# answer SLOT ID OP STATUS
answer() {
	local at=$((64 + $1 * 112))
	raw poke ring $at 64 "$2" && raw poke ring $((at + 8)) 8 "$3" && raw poke ring $((at + 10)) 16 "$4"
}
go() { raw poke ring 8 32 "$1" && raw notify ev >/dev/null; }
op() { raw peek ring $((64 + $1 * 112)) 8; }
id() { raw peek ring $((72 + $1 * 112)) 64; }
# serve: answers every request with success for a while, as a disk of zeroes would.
serve() {
	local done=${1:-0} prod n=${2:-30} i o
	while [ $n -gt 0 ]; do
		prod=$(raw peek ring 0 32)
		while [ "$done" -lt "$prod" ]; do
			i=$(id $((done % 32))) o=$(op $((done % 32)))
			answer $((done % 32)) "$i" "$o" 0
			done=$((done + 1))
			go "$done"
		done
		usleep 50000
		n=$((n - 1))
	done
}
read_ended() { in_guest "cat /tmp/dd.out" | grep -q '^done'; }
read_good() { in_guest "cat /tmp/dd.out" | grep -q '^done 0'; }

# want: lives
s_good() { connect && serve 0 20 & local s=$!; usleep 1500000; read_in_guest; wait $s; judge read_good; }
# want: fault
s_rsp_jumps() { connect && read_in_guest && asked 1 && go 500; judge; }
# want: fault
s_rsp_backwards() { connect && read_in_guest && asked 1 && go 0xfffffff0; judge; }
# want: fault
s_id_unknown() { connect && read_in_guest && asked 1 && answer 0 0xfffff 0 0 && go 1; judge; }
# want: fault
s_id_huge() { connect && read_in_guest && asked 1 && answer 0 0xffffffffffffffff 0 0 && go 1; judge; }
# want: fault
s_op_differs() { connect && read_in_guest && asked 1 && answer 0 "$(id 0)" 1 0 && go 1; judge; }
# want: lives
s_status_error() { connect && read_in_guest && serve_errors; judge read_ended; }
serve_errors() {
	local n=40 done=0 i o
	while [ $n -gt 0 ]; do
		while [ $done -lt "$(raw peek ring 0 32)" ]; do
			i=$(id $((done % 32))) o=$(op $((done % 32)))
			answer $((done % 32)) "$i" "$o" 0xffff && done=$((done + 1)) && go $done
		done
		usleep 50000
		n=$((n - 1))
	done
}
# want: lives
s_events_without_work() { connect && raw notify ev 3000 >/dev/null; [ "$(front_state)" = 4 ] && echo "outcome lives"; }
# want: refused
s_sectors_0() { offer sectors 0 sector-size 512 info 0 && map_ring && raw state 4; judge; }
# want: refused
s_sectors_text() { offer sectors many sector-size 512 info 0 && map_ring && raw state 4; judge; }
# want: refused
s_sectors_wrap() { offer sectors 18446744073709551615 sector-size 512 info 0 && map_ring && raw state 4; judge; }
# want: refused
s_sector_size_0() { offer sectors 16384 sector-size 0 info 0 && map_ring && raw state 4; judge; }
# want: refused
s_sector_size_513() { offer sectors 16384 sector-size 513 info 0 && map_ring && raw state 4; judge; }
# want: refused
s_sector_size_huge() { offer sectors 16384 sector-size 1073741824 info 0 && map_ring && raw state 4; judge; }
# want: refused
s_no_keys() { offer && map_ring && raw state 4; judge; }
# want: lives
s_features_text() {
	offer max-ring-page-order banana feature-max-indirect-segments -3 feature-persistent yes multi-queue-max-queues 0 \
		"${good_keys[@]}" && map_ring && raw state 4 && await_other 4 15 && echo "outcome lives"
}
# want: lives
s_indirect_huge() {
	offer max-ring-page-order 0 feature-max-indirect-segments 4294967295 "${good_keys[@]}" && map_ring && raw state 4 &&
		await_other 4 15 && echo "outcome lives"
}
# want: refused
s_closed_at_once() { offer && raw state 6; judge; }
# want: lives
s_closed_when_busy() { connect && read_in_guest && asked 1 && raw state 5 && raw state 6; judge read_ended; }

[ -z "${1-}" ] || { back vbd 51712 vbd-51712 && "s_$1"; }
