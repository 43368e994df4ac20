# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# blkfront.sh: frontends of a disk that break the protocol. See lib.sh.
#
# Published ring (io/blkif.h), 64-bit layout: 64 bytes of indices, then 32 slots of 112 bytes: {u8 op, nr_segments;
# u16 handle; u32 pad; u64 id, sector; {u32 gref; u8 first, last; u16 pad} [11]}; an answer is {u64 id; u8 op;
# s16 status at 10}.
# shellcheck source=tests/drivers/hostile/frontlib.sh
. "${0%/*}/frontlib.sh"

# share PAGES: the ring, the event channel, and a page for data.
share() {
	raw "area ring $1; port ev; area buf 1; poke ring 4 32 1; poke ring 12 32 1" || return 1
	# shellcheck disable=SC2086 # a list of numbers
	set -- "$1" $a
	pages=$1 ring=$2
	if [ "$pages" = 2 ]; then ring2=$3; shift; fi
	ev=$3 buf=$4
}
# offer ABI [PERSISTENT]: the keys.
offer() {
	share 1 && raw "key ring-ref $ring; key event-channel $ev; key protocol $1; key feature-persistent ${2:-0}"
}
connected() { raw "state 3; await 20000 4; state 4"; }
connect() { offer x86_64-abi && connected; }
persistent() { offer x86_64-abi 1 && connected; }
offer2() {
	share 2 && raw "key ring-ref0 $ring; key ring-ref1 $ring2; key ring-page-order 1; key event-channel $ev;
		key protocol x86_64-abi"
}

# req SLOT OP SEGMENTS SECTOR [GREF FIRST LAST]
req() {
	at=$((64 + $1 * 112))
	raw "poke ring $at 8 $2; poke ring $((at + 1)) 8 $3; poke ring $((at + 2)) 16 51712;
		poke ring $((at + 8)) 64 $1; poke ring $((at + 16)) 64 $4;
		${5:+poke ring $((at + 24)) 32 $5; poke ring $((at + 28)) 8 $6; poke ring $((at + 29)) 8 $7}"
}
go() { raw "poke ring 0 32 $1; notify ev"; }
# outcome N [SLOTS]: N requests were put; what became of the last of them.
outcome() {
	raw "until ring 8 32 $1 10000; peek ring $((64 + ($1 - 1) % ${2:-32} * 112 + 10)) 16" || return 1
	case $a in
	closing*) echo "outcome fault" ;;
	"is 0") echo "outcome lives" ;;
	is*) echo "outcome error" ;;
	*) raw peer state; echo "outcome none: not $1 responses in 10 s; state $a" ;;
	esac
}
after() { req "$1" 0 1 0 "$buf" 0 7 && go $(($1 + 1)) && outcome $(($1 + 1)); }
# all: a good request in each of the 32 slots.
all() { i=0; while [ $i -lt 32 ]; do req $i 0 1 0 "$buf" 0 7; i=$((i + 1)); done; }

# want: lives
s_good_32_bit() {
	offer x86_32-abi && connected && raw "poke ring 64 8 0; poke ring 65 8 1; poke ring 68 64 5; poke ring 76 64 0;
		poke ring 84 32 $buf; poke ring 88 8 0; poke ring 89 8 7" && go 1 &&
		raw "until ring 8 32 1 10000; peek ring 64 64; peek ring 74 16"
	if [ "$a" = "is 5 0" ]; then echo "outcome lives"; else echo "outcome none: $a"; fi
}
# The second page's slots are used, too: 64 of them, the last one of which is on it.
# want: lives
s_good_2_pages() {
	offer2 && connected && all || return 1
	while [ "$i" -lt 64 ]; do req "$i" 0 1 0 "$buf" 0 7; i=$((i + 1)); done
	go 64; outcome 64 64
}
# All 16 bytes of an answer are written: nothing is left of the request, nothing is from the backend's stack.
# want: lives
s_answer_is_whole() {
	connect && req 0 0 1 0 "$buf" 0 7 && raw "poke ring 72 64 0xeeeeeeeeeeeeeeee" && go 1 &&
		raw "until ring 8 32 1 10000; peek ring 64 64; peek ring 72 64"
	if [ "$a" = "is 17216961135462248174 0" ]; then echo "outcome lives"; else echo "outcome none: $a"; fi
}
# ---- indices
# want: lives
s_rsp_prod_written() { connect && raw poke ring 8 32 77 && after 0; }
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
s_gref_revoked() { connect && raw revoke buf 0 && req 0 0 1 0 "$buf" 0 7 && go 1; outcome 1; }
# Granted to a domain that is not the backend's.
# want: error
s_gref_of_another() { connect && raw area more 1 rw 32000 && req 0 0 1 0 "$a" 0 7 && go 1; outcome 1; }
# want: error
s_read_into_read_only() {
	connect && raw area more 1 ro && req 0 0 1 0 "$a" 0 7 && go 1
	outcome 1
}
# want: lives
s_error_then_good() { connect && req 0 0 1 0 0 0 7 && go 1 && outcome 1 >/dev/null && after 1; }
# want: lives
s_same_id_32_times() {
	connect && all && raw poke ring 72 64 7 32 112
	go 32; outcome 32
}
# ---- discard
# want: error
s_discard_wraps() { connect && req 0 5 0 0xfffffffffffffff8 && raw poke ring 88 64 64 && go 1; outcome 1; }
# want: error
s_discard_past_end() { connect && req 0 5 0 0 && raw poke ring 88 64 0xffffffffffff && go 1; outcome 1; }
# ---- indirect: op 6, indirect op at 1, segments u16 at 2, grefs at 28
indirect() {
	req 0 6 "$1" "$3" && raw "poke ring 66 16 $2; poke ring 88 16 51712; poke ring 92 32 $4; poke ring 96 32 $4"
}
table() { raw "area more 1; poke more 0 32 $buf 512 8 0; poke more 4 16 0x0700 512 8 0" && more=$a; }
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
	raw "flip more 4 16 0x0700 0xffff 600 20 8" &
	for i in 1 2 3 4 5 6; do
		indirect 0 20 0 "$more"
		# Each in its own slot: the table is what flips.
		[ $i = 1 ] || raw "poke ring $((64 + (i - 1) * 112)) 8 6; poke ring $((66 + (i - 1) * 112)) 16 20;
			poke ring $((72 + (i - 1) * 112)) 64 $i; poke ring $((80 + (i - 1) * 112)) 64 0;
			poke ring $((88 + (i - 1) * 112)) 16 51712; poke ring $((92 + (i - 1) * 112)) 32 $more"
		go $i
		raw "until ring 8 32 $i 10000"
	done
	wait
	again
}
# want: lives
s_slot_flips() {
	connect && all || return 1
	raw "flip ring 65 8 1 255 600 32 112" &
	i=2; while [ $i -le 32 ]; do go $i; i=$((i + 2)); done
	wait
	again
}
# ---- keys
# want: refused
s_no_ring_keys() { raw state 3; refused; }
# want: refused
s_ring_ref_text() { offer x86_64-abi && key ring-ref banana && raw state 3; refused; }
# want: refused
s_ring_ref_empty() { offer x86_64-abi && key ring-ref && raw state 3; refused; }
# want: refused
s_ring_ref_negative() { offer x86_64-abi && key ring-ref -7 && raw state 3; refused; }
# want: refused
s_ring_ref1_missing() { offer2 && raw "rm ring-ref1; state 3"; refused; }
# want: refused
s_ring_ref_huge() { offer x86_64-abi && key ring-ref 99999999999999 && raw state 3; refused; }
# want: refused
s_port_wrong() { offer x86_64-abi && key event-channel 3999 && raw state 3; refused; }
# want: refused
s_protocol_unknown() { offer vax-abi && raw state 3; refused; }
# want: refused
s_order_20() { offer x86_64-abi && key ring-page-order 20 && raw state 3; refused; }
# want: refused
s_order_negative() { offer x86_64-abi && key ring-page-order -1 && raw state 3; refused; }
# want: refused
s_queues_1000() { offer x86_64-abi && key multi-queue-num-queues 1000 && raw state 3; refused; }
# want: refused
s_queues_0() { offer x86_64-abi && key multi-queue-num-queues 0 && raw state 3; refused; }
# want: lives
s_keys_change() { connect && key ring-ref 12345 && key protocol vax-abi && key feature-persistent 77 && after 0; }
# ---- persistent grants
# want: lives
s_persistent_revoked() {
	persistent && after 0 &&
		raw revoke buf 0; after 1
}
# 1120 grants: more than the backend keeps mapped (1056).
# want: lives
s_persistent_many() {
	persistent || return 1
	grefs='' i=0
	while [ $i -lt 28 ]; do
		raw "area more$i 40" || return 1
		grefs="$grefs $a" i=$((i + 1))
	done
	i=0
	for g in $grefs; do
		req $((i % 32)) 0 1 0 "$g" 0 7
		i=$((i + 1))
		[ $((i % 32)) != 0 ] || { go $i; raw "until ring 8 32 $i 10000"; }
	done
	req 0 0 1 0 "$buf" 0 7 && go $((i + 1)) && outcome $((i + 1))
}
# ---- states
# want: lives
s_states_repeat() { connect && raw state 3 && raw state 4 && raw state 4 && after 0; }
# want: lives
s_close_while_busy() { connect && all; go 32; raw state 6; again; }
# want: lives
s_states_skip() { offer x86_64-abi && raw state 5 && raw "await 20000 5 6" && raw state 4; again; }
# ---- frozen: it goes so far and no further. The backend is then taken away and comes back (job).
# want: frozen
s_frozen_keys() { offer x86_64-abi && echo "outcome frozen"; }
# want: frozen
s_frozen_ready() { offer x86_64-abi && raw "state 3; await 20000 4" && echo "outcome frozen"; }
# want: frozen
s_frozen_asking() { persistent && all && go 32 && echo "outcome frozen"; }

[ -z "$1" ] || { peer vbd-51712 && run_scenario "$1"; }
