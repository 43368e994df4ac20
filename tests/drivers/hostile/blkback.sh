# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# blkback.sh: backends of a disk that break the protocol, against our blkfront. See lib.sh, backlib.sh.
# shellcheck source=tests/drivers/hostile/backlib.sh
. "${BASH_SOURCE[0]%/*}/backlib.sh"

offer() { restart "$@"; }
good_keys=(sectors 16384 sector-size 512 info 0)
map_ring() {
	raw "await 20000 3 4; peer ring-ref; peer event-channel" || return 1
	# shellcheck disable=SC2086 # a list of numbers
	set -- $a
	raw "map ring $2; bind ev $3"
}
connect() { offer max-ring-page-order 0 "${good_keys[@]}" && map_ring && raw "state 4; await 20000 4"; }

# read_in_guest [BYTES]: starts a read there, when the disk has come, whose end is not waited for.
read_in_guest() {
	in_guest "rm -f /tmp/dd.out
		(n=0; until [ -b /dev/xvda ] || [ \$n -gt 200 ]; do n=\$((n + 1)); usleep 50000; done
		timeout 30 dd if=/dev/xvda of=/dev/null bs=${1:-4096} count=1 iflag=direct >/tmp/dd.new 2>&1
		echo done \$? >>/tmp/dd.new; mv /tmp/dd.new /tmp/dd.out) >/dev/null 2>&1 &"
}
# asked N: the frontend has put N requests.
asked() { raw "reach ring 0 32 $1 20000" && [ "$a" = is ]; }
# answer SLOT ID OP STATUS
answer() {
	local at=$((64 + $1 * 112))
	raw "poke ring $at 64 $2; poke ring $((at + 8)) 8 $3; poke ring $((at + 10)) 16 $4"
}
go() { raw "poke ring 8 32 $1; notify ev"; }
# request SLOT: its op and id.
request() {
	raw "peek ring $((64 + $1 * 112)) 8; peek ring $((72 + $1 * 112)) 64"
	op=${a% *} id=${a#* }
}
# serve [STATUS]: answers every request so, as a disk of zeroes would, until none has come for a second.
served=0
serve() {
	while raw "reach ring 0 32 $((served + 1)) 1000" && [ "$a" = is ]; do
		request $((served % 32))
		answer $((served % 32)) "$id" "$op" "${1:-0}"
		served=$((served + 1))
		go $served
	done
}
# Tests in the guest: the read has come to its end, or to a good one.
read_ended='grep -q "^done" /tmp/dd.out' read_good='grep -q "^done 0" /tmp/dd.out'
# works: the disk is read, after whatever came before.
works() { read_in_guest; serve; judge "$read_good"; }
# first: the first request waits for its answer.
first() { connect && read_in_guest && asked 1 && request 0; }

# want: lives
s_good() { connect && works; }
# want: fault
s_rsp_jumps() { first && go 500; judge; }
# want: fault
s_rsp_backwards() { first && go 0xfffffff0; judge; }
# want: fault
s_id_unknown() { first && answer 0 0xfffff "$op" 0 && go 1; judge; }
# want: fault
s_id_huge() { first && answer 0 0xffffffffffffffff "$op" 0 && go 1; judge; }
# Of two requests that wait for their answers, one gets both.
# want: fault
s_id_repeated() {
	connect && asked 1 && serve && read_in_guest 131072 && asked $((served + 2)) && request $((served % 32)) &&
		answer $((served % 32)) "$id" "$op" 0 && answer $(((served + 1) % 32)) "$id" "$op" 0 && go $((served + 2))
	judge
}
# want: fault
s_op_differs() { first && answer 0 "$id" 1 0 && go 1; judge; }
# want: lives
s_status_error() { connect && read_in_guest && serve 0xffff; judge "$read_ended"; }
# want: fault
s_status_unknown() { first && answer 0 "$id" "$op" 12345 && go 1; judge; }
# want: lives
s_never_answered() { first || return 1; closes || echo "outcome lives"; }
# want: lives
s_events_without_work() { connect && raw notify ev 3000 && works; }
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
		"${good_keys[@]}" && map_ring && raw "state 4; await 20000 4" && works
}
# want: lives
s_indirect_huge() {
	offer max-ring-page-order 0 feature-max-indirect-segments 4294967295 "${good_keys[@]}" && map_ring &&
		raw "state 4; await 20000 4" && works
}
# want: lives
s_keys_change() { connect && raw "key sector-size 513; key info 7; key feature-persistent 9" && works; }
# want: lives
s_closed_when_busy() {
	local ok fault
	first && raw "state 5; state 6" || return 1
	until_guest 300 "$read_ended"
	if [ "$ok" = yes ]; then echo "outcome lives"; else echo "outcome none: the read does not end ($fault)"; fi
}

[ -z "${1-}" ] || { back vbd 51712 vbd-51712 && "s_$1"; }
