# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# blkfront.sh: frontends of a disk that break the protocol. See lib.sh.
#
# Published ring (io/blkif.h), 64-bit layout: 64 bytes of indices, then 32 slots of 112 bytes: {u8 op, nr_segments;
# u16 handle; u32 pad; u64 id, sector; {u32 gref; u8 first, last; u16 pad} [11]}; an answer is {u64 id; u8 op;
# s16 status at 10}.
# shellcheck source=tests/drivers/hostile/lib.sh
. "${0%/*}/lib.sh"


connect_as() {
	ring=$(raw area ring "${2:-1}") && ev=$(raw port ev) && buf=$(raw area buf 1) || return 1
	buf=${buf% }
	raw poke ring 4 32 1 && raw poke ring 12 32 1 || return 1
	if [ "${2:-1}" = 1 ]; then key ring-ref "${ring% }"; else
		i=0; for g in $ring; do key ring-ref$i "$g"; i=$((i + 1)); done
		key ring-page-order 1; fi
	key event-channel "$ev" && key protocol "$1" && key feature-persistent "${3:-0}"
}
connect() { connect_as x86_64-abi && raw state 3 && await_other 4 && raw state 4; }

# req SLOT OP SEGMENTS SECTOR [GREF FIRST LAST]
req() {
	at=$((64 + $1 * 112))
	raw poke ring $at 8 "$2" && raw poke ring $((at + 1)) 8 "$3" && raw poke ring $((at + 2)) 16 51712 &&
		raw poke ring $((at + 8)) 64 "$1" && raw poke ring $((at + 16)) 64 "$4" || return 1
	[ $# -lt 5 ] || { raw poke ring $((at + 24)) 32 "$5" && raw poke ring $((at + 28)) 8 "$6" &&
		raw poke ring $((at + 29)) 8 "$7"; }
}
go() { raw poke ring 0 32 "$1" && raw notify ev >/dev/null; }
outcome() {
	n=100
	while [ $n -gt 0 ]; do
		case $(other_state) in 5 | 6) echo "outcome fault"; return 0 ;; esac
		if [ "$(raw peek ring 8 32)" = "$1" ]; then
			s=$(raw peek ring $((64 + ($1 - 1) % 32 * 112 + 10)) 16)
			if [ "$s" = 0 ]; then echo "outcome lives"; else echo "outcome error"; fi
			return 0
		fi
		usleep 100000
		n=$((n - 1))
	done
	echo "outcome none: state $(other_state), responses $(raw peek ring 8 32) of $1"
}
after() { req "$1" 0 1 0 "$buf" 0 7 && go $(($1 + 1)) && outcome $(($1 + 1)); }

# want: lives
s_good() { connect && after 0; }
# want: lives
s_good_32_bit() {
	connect_as x86_32-abi && raw state 3 && await_other 4 && raw state 4 &&
		raw poke ring 64 8 0 && raw poke ring 65 8 1 && raw poke ring 68 64 5 && raw poke ring 76 64 0 &&
		raw poke ring 84 32 "$buf" && raw poke ring 88 8 0 && raw poke ring 89 8 7 && go 1
	n=50
	while [ $n -gt 0 ] && [ "$(raw peek ring 8 32)" != 1 ]; do usleep 100000; n=$((n - 1)); done
	if [ "$(raw peek ring 74 16)" = 0 ] && [ "$(raw peek ring 64 64)" = 5 ]; then echo "outcome lives"; else
		echo "outcome none: $(raw peek ring 64 64) $(raw peek ring 74 16)"; fi
}
# ---- indices
# want: fault
s_prod_jumps() { connect && go 1000; outcome 1000; }
# want: fault
s_prod_backwards() { connect && after 0 && go 0xfffffff0; outcome 2; }
# want: lives
s_rsp_prod_written() { connect && raw poke ring 8 32 77 && after 0; }
# want: lives
s_events_without_work() { connect && raw notify ev 2000 >/dev/null && after 0; }
# ---- requests
# want: error
s_op_unknown() { connect && req 0 99 1 0 "$buf" 0 7 && go 1; outcome 1; }
# want: error
s_segments_0() { connect && req 0 0 0 0 && go 1; outcome 1; }
# want: error
s_segments_12() { connect && req 0 0 12 0 "$buf" 0 7 && go 1; outcome 1; }
# want: error
s_segments_255() { connect && req 0 0 255 0 "$buf" 0 7 && go 1; outcome 1; }
# want: error
s_first_over_last() { connect && req 0 0 1 0 "$buf" 5 2 && go 1; outcome 1; }
# want: error
s_last_8() { connect && req 0 0 1 0 "$buf" 0 8 && go 1; outcome 1; }
# want: error
s_last_255() { connect && req 0 0 1 0 "$buf" 255 255 && go 1; outcome 1; }
# want: error
s_sector_past_end() { connect && req 0 0 1 0x10000000 "$buf" 0 7 && go 1; outcome 1; }
# want: error
s_sector_wraps() { connect && req 0 0 1 0xfffffffffffffffc "$buf" 0 7 && go 1; outcome 1; }
# want: lives
s_gref_0() { connect && req 0 0 1 0 0 0 7 && go 1; outcome 1; }
# want: error
s_gref_huge() { connect && req 0 0 1 0 0xfffffff0 0 7 && go 1; outcome 1; }
# want: error
s_gref_revoked() { connect && raw revoke buf 0 >/dev/null && req 0 0 1 0 "$buf" 0 7 && go 1; outcome 1; }
# want: error
s_read_into_read_only() {
	connect && more=$(raw area more 1 ro) && req 0 0 1 0 "${more% }" 0 7 && go 1
	outcome 1
}
# want: lives
s_error_then_good() { connect && req 0 0 1 0 0 0 7 && go 1 && outcome 1 >/dev/null && after 1; }
# want: lives
s_same_id_32_times() {
	connect && for i in $(seq 0 31); do req "$i" 0 1 0 "$buf" 0 7 && raw poke ring $((64 + i * 112 + 8)) 64 7; done
	go 32; outcome 32
}
# ---- discard
# want: error
s_discard_wraps() { connect && req 0 5 0 0xfffffffffffffff8 && raw poke ring 88 64 64 && go 1; outcome 1; }
# want: error
s_discard_past_end() { connect && req 0 5 0 0 && raw poke ring 88 64 0xffffffffffff && go 1; outcome 1; }
# ---- indirect: op 6, indirect op at 1, segments u16 at 2, grefs at 28
indirect() {
	req 0 6 "$1" "$3" && raw poke ring 66 16 "$2" && raw poke ring 88 16 51712 && raw poke ring 92 32 "$4" &&
		raw poke ring 96 32 "$4"
}
table() { more=$(raw area more 1) && more=${more% } && raw poke more 0 32 "$buf" 512 8 0 && raw poke more 4 16 0x0700 512 8 0; }
# want: lives
s_indirect_good() { connect && table && indirect 0 20 0 "$more" && go 1; outcome 1; }
# want: error
s_indirect_0() { connect && table && indirect 0 0 0 "$more" && go 1; outcome 1; }
# want: error
s_indirect_257() { connect && table && indirect 0 257 0 "$more" && go 1; outcome 1; }
# want: error
s_indirect_65535() { connect && table && indirect 0 65535 0 "$more" && go 1; outcome 1; }
# want: error
s_indirect_in_indirect() { connect && table && indirect 6 20 0 "$more" && go 1; outcome 1; }
# want: error
s_indirect_bad_table() { connect && table && indirect 0 20 0 0x7ffffff0 && go 1; outcome 1; }
# want: error
s_indirect_bad_segment() { connect && table && raw poke more 44 16 0x0005 && indirect 0 20 0 "$more" && go 1; outcome 1; }
# want: lives
s_indirect_flips() {
	connect && table || return 1
	raw flip more 44 16 0x0700 0xffff 400 &
	for i in 1 2 3 4 5 6; do indirect 0 20 0 "$more"; go "$i"; usleep 50000; done
	wait
	[ "$(other_state)" = 4 ] && echo "outcome lives"
}
# want: lives
s_slot_flips() {
	connect || return 1
	for i in $(seq 0 31); do req "$i" 0 1 0 "$buf" 0 7; done
	raw flip ring 65 8 1 255 400 & go 16; usleep 200000; go 32; wait
	[ "$(other_state)" = 4 ] && echo "outcome lives"
}
# ---- keys
# want: refused
s_no_ring_keys() { raw state 3; refused; }
# want: refused
s_ring_ref_text() { connect_as x86_64-abi && key ring-ref banana && raw state 3; refused; }
# want: refused
s_ring_ref_huge() { connect_as x86_64-abi && key ring-ref 99999999999999 && raw state 3; refused; }
# want: refused
s_port_wrong() { connect_as x86_64-abi && key event-channel 3999 && raw state 3; refused; }
# want: refused
s_protocol_unknown() { connect_as vax-abi && raw state 3; refused; }
# want: refused
s_order_20() { connect_as x86_64-abi && key ring-page-order 20 && raw state 3; refused; }
# want: refused
s_order_negative() { connect_as x86_64-abi && key ring-page-order -1 && raw state 3; refused; }
# want: refused
s_queues_1000() { connect_as x86_64-abi && key multi-queue-num-queues 1000 && raw state 3; refused; }
# want: refused
s_queues_0() { connect_as x86_64-abi && key multi-queue-num-queues 0 && raw state 3; refused; }
# want: lives
s_keys_change() { connect && key ring-ref 12345 && key protocol vax-abi && key feature-persistent 77 && after 0; }
# ---- persistent grants
# want: lives
s_persistent_revoked() {
	connect_as x86_64-abi 1 1 && raw state 3 && await_other 4 && raw state 4 && after 0 &&
		raw revoke buf 0 >/dev/null; after 1
}
# want: lives
s_persistent_many() {
	connect_as x86_64-abi 1 1 && raw state 3 && await_other 4 && raw state 4 && more=$(raw area more 1000) || return 1
	first=${more%% *} i=0
	while [ $i -lt 320 ]; do
		s=0
		while [ $s -lt 32 ]; do
			req $s 0 1 0 $((first + i)) 0 7
			s=$((s + 1)) i=$((i + 1))
		done
		go $i; outcome $i >/dev/null
	done
	req 0 0 1 0 "$buf" 0 7 && go 321 && outcome 321
}
# ---- states
# want: lives
s_states_repeat() { connect && raw state 3 && raw state 4 && raw state 4 && after 0; }
# want: lives
s_close_while_busy() { connect && for i in $(seq 0 31); do req "$i" 0 1 0 "$buf" 0 7; done; go 32; raw state 6; begin && connect && after 0; }
# want: lives
s_reconnect_20() { for i in $(seq 1 20); do begin && connect || return 1; done; after 0; }

[ -z "$1" ] || { peer vbd-51712 device/vbd/51712 && run_scenario "$1"; }
