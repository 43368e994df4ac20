# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# netfront.sh: frontends of a network card that break the protocol. See lib.sh.
#
# Published ring (io/netif.h): 64 bytes of indices (req_prod, req_event, rsp_prod, rsp_event), then 256
# slots: tx 12 bytes {u32 gref; u16 off, flags, id, size}, rx 8 bytes {u16 id, pad; u32 gref}.
# shellcheck source=tests/drivers/hostile/frontlib.sh
. "${0%/*}/frontlib.sh"

page=4096
# frame [ro|rw [DOMAIN]]: a broadcast frame of 60 bytes in the page "buf", the least that a good request can send.
frame() {
	raw "area buf 1 $*; poke buf 0 32 0xffffffff; poke buf 4 16 0xffff; poke buf 6 16 0x1600;
		poke buf 8 32 0x2233443e; poke buf 12 16 0x0608" && buf=$a
}

# rings [ro]: the receive buffers' page is what "ro" is about.
rings() {
	raw "area tx 1; area rx 1; port ev; poke tx 4 32 1; poke tx 12 32 1; poke rx 4 32 1; poke rx 12 32 1" || return 1
	# shellcheck disable=SC2086 # a list of numbers
	set -- $a
	tx=$1 rx=$2 ev=$3
}
publish() {
	raw "key tx-ring-ref $tx; key rx-ring-ref $rx; key event-channel $ev; key request-rx-copy 1;
		key feature-rx-notify 1; key feature-sg 1; key feature-gso-tcpv4 1; key feature-gso-tcpv6 1"
}
connected() { raw "state 4; await 20000 4"; }
connect() { rings && publish && connected && frame; }

# req SLOT GREF OFF FLAGS ID SIZE
req() {
	at=$((64 + $1 * 12))
	raw "poke tx $at 32 $2; poke tx $((at + 4)) 16 $3; poke tx $((at + 6)) 16 $4; poke tx $((at + 8)) 16 $5;
		poke tx $((at + 10)) 16 $6"
}
go() { raw "poke tx 0 32 $1; notify ev"; }

# outcome N: N requests were put; what became of the last of them.
outcome() {
	raw "until tx 8 32 $1 10000; peek tx $((66 + ($1 - 1) % 256 * 12)) 16" || return 1
	case $a in
	closing*) echo "outcome fault" ;;
	"is 0") echo "outcome lives" ;;
	is*) echo "outcome error" ;;
	*) raw peer state; echo "outcome none: not $1 responses in 10 s; state $a" ;;
	esac
}
# after N: a good request in slot N after whatever came before.
after() { req "$1" "$buf" 0 0 "$1" 60 && go $(($1 + 1)) && outcome $(($1 + 1)); }

# ---- indices
# want: fault
s_prod_far() { connect && go 0x80000000; outcome 1; }
# want: lives
s_rsp_prod_written() { connect && raw poke tx 8 32 77 && after 0; }
# want: fault
s_rx_prod_jumps() { connect && raw poke rx 0 32 5000 && raw notify ev 3; rx_kick; outcome 1; }
# ---- one slot. Grants 0 and 1 are the console and the store: pages that dom0 may read anyway.
# want: lives
s_gref_0() { connect && req 0 0 0 0 0 60 && go 1; outcome 1; }
# want: lives
s_gref_1() { connect && req 0 1 0 0 0 60 && go 1; outcome 1; }
# The first that a kernel hands out, whatever it may be for.
# want: lives
s_gref_8() { connect && req 0 8 0 0 0 60 && go 1 && outcome 1 >/dev/null && after 1; }
# want: error
s_gref_huge() { connect && req 0 0xfffffff0 0 0 0 60 && go 1; outcome 1; }
# want: error
s_gref_revoked() { connect && raw revoke buf 0 && req 0 "$buf" 0 0 0 60 && go 1; outcome 1; }
# Granted to a domain that is not the backend's.
# want: error
s_gref_of_another() { rings && publish && connected && frame rw 32000 && req 0 "$buf" 0 0 0 60 && go 1; outcome 1; }
# want: error
s_size_0() { connect && req 0 "$buf" 0 0 0 0 && go 1; outcome 1; }
# want: error
s_size_13() { connect && req 0 "$buf" 0 0 0 13 && go 1; outcome 1; }
# want: fault
s_over_page() { connect && req 0 "$buf" 4090 0 0 60 && go 1; outcome 1; }
# want: fault
s_size_65535() { connect && req 0 "$buf" 0 0 0 65535 && go 1; outcome 1; }
# want: fault
s_off_65535() { connect && req 0 "$buf" 65535 0 0 60 && go 1; outcome 1; }
# want: lives
s_read_only_page() { rings && publish && connected && frame ro && after 0; }
# want: lives
s_flags_unknown() { connect && req 0 "$buf" 0 0xfff0 0 60 && go 1; outcome 1; }
# ---- chains: flag 4 is "more data", 8 is "extra info"
# want: fault
s_chain_never_ends() {
	connect && for i in $(seq 0 39); do req "$i" "$buf" 0 4 "$i" 200; done && go 40
	outcome 40
}
# want: fault
s_chain_cut_short() { connect && req 0 "$buf" 0 4 0 200 && go 1; outcome 1; }
# want: error
s_chain_sum_over_total() { connect && req 0 "$buf" 0 4 0 100 && req 1 "$buf" 0 0 1 200 && go 2; outcome 2; }
# want: lives
s_chain_empty_piece() { connect && req 0 "$buf" 0 4 0 200 && req 1 "$buf" 0 0 1 0 && go 2; outcome 2; }
# want: error
s_19_slots() {
	connect && req 0 "$buf" 0 4 0 20000 &&
		for i in $(seq 1 18); do req "$i" "$buf" 0 4 "$i" 100; done && req 19 "$buf" 0 0 19 100 && go 20
	outcome 20
}
# want: lives
s_18_tiny_pieces() {
	connect && req 0 "$buf" 0 4 0 77 && for i in $(seq 1 16); do req "$i" "$buf" 0 4 "$i" 1; done &&
		req 17 "$buf" 0 0 17 1 && go 18
	outcome 18
}
# want: lives
s_first_piece_1_byte() { connect && req 0 "$buf" 0 4 0 60 && req 1 "$buf" 1 0 1 59 && go 2; outcome 2; }
# want: fault
s_extra_unknown() { connect && req 0 "$buf" 0 8 0 60 && raw poke tx 76 8 0xff && go 2; outcome 2; }
# want: fault
s_extra_type_0() { connect && req 0 "$buf" 0 8 0 60 && go 2; outcome 2; }
# want: fault
s_extra_repeats() {
	connect && req 0 "$buf" 0 8 0 60 && raw poke tx 76 8 1 60 12 0 && raw poke tx 77 8 1 60 12 0 && go 60
	outcome 60
}
# want: fault
s_gso_size_0() { connect && req 0 "$buf" 0 8 0 60 && raw poke tx 76 8 1 && raw poke tx 80 16 0x0100 && go 2; outcome 2; }
# want: fault
s_gso_type_unknown() { connect && req 0 "$buf" 0 8 0 60 && raw poke tx 76 8 1 && raw poke tx 78 16 1000 && raw poke tx 80 8 0xff && go 2; outcome 2; }
# want: lives
s_slots_flip() {
	connect || return 1
	i=0; while [ $i -lt 100 ]; do req $i "$buf" 0 0 $i 60; i=$((i + 1)); done
	# Every request's size, while the backend reads them a few at a time.
	raw "flip tx 74 16 60 65535 600 100 12" &
	i=4; while [ $i -le 100 ]; do go $i; i=$((i + 4)); done
	wait
	again
}
# ---- receive buffers: slot N at 64 + 8 N, {u16 id, pad; u32 gref}
# give GREF: 64 of them.
give() { raw "poke rx 64 16 0 64 8 1; poke rx 68 32 $1 64 8; poke rx 0 32 64; notify ev"; }
# received N: the backend has answered N of them, and its status of the first is what it is.
received() {
	rx_kick
	raw "reach rx 8 32 $1 20000; peek rx 70 16" || return 1
	case $a in
	closing*) echo "outcome fault" ;;
	"is "*) [ "${a#is }" -lt 32768 ] || echo "outcome error"; [ "${a#is }" -ge 32768 ] || echo "outcome lives" ;;
	*) echo "outcome none: $a, not $1 answers" ;;
	esac
}
# want: lives
s_rx_good() { connect && raw area more 1 && give "$a" && received 1; }
# want: error
s_rx_read_only() { connect && raw area more 1 ro && give "$a" && received 1; }
# want: error
s_rx_gref_huge() { connect && give 0xfffffff0 && received 1; }
# Nothing is ever taken while much is sent: what waits in dom0 has a bound.
# want: lives
s_rx_never_taken() { connect && xenstore-write data/kick flood && raw "await 1 4" && after 0; }
# ---- control ring: 64 bytes of indices, then slots of 16 bytes: {u16 id, type; u32 data[3]}, answers
# {u16 id, type; u32 status, data}; status 1 is "not supported", 2 "invalid", 3 "too much".
ctl_connect() {
	rings && publish && raw "area ctl 1; port ctlev; poke ctl 4 32 1; poke ctl 12 32 1" || return 1
	raw "key ctrl-ring-ref ${a% *}; key event-channel-ctrl ${a#* }" && connected && frame
}
# ctl SLOT TYPE DATA0 DATA1 DATA2: its status is in $a then.
ctl() {
	at=$((64 + $1 * 16))
	raw "poke ctl $at 16 $1; poke ctl $((at + 2)) 16 $2; poke ctl $((at + 4)) 32 $3; poke ctl $((at + 8)) 32 $4;
		poke ctl $((at + 12)) 32 $5; poke ctl 0 32 $(($1 + 1)); notify ctlev; until ctl 8 32 $(($1 + 1)) 10000;
		peek ctl $((at + 4)) 32" && a=${a#* }
}
# answers WORD WANTED: the control ring's answer was that one.
answers() { [ "$a" = "$1" ] || { echo "outcome none: $2: $a, not $1"; return 1; }; }
# want: lives
s_ctl_good() { ctl_connect && ctl 0 7 1 0 0 && answers "is 0" "algorithm" && ctl 1 5 64 0 0 && answers "is 0" "table's size" && after 0; }
# want: lives
s_ctl_table_huge() { ctl_connect && ctl 0 7 1 0 0 && ctl 1 5 0xffffffff 0 0 && answers "is 2" "size of 4 Gi" && after 0; }
# want: lives
s_ctl_overrun() {
	ctl_connect && ctl 0 7 1 0 0 && ctl 1 5 64 0 0 && ctl 2 6 "$buf" 64 1 && answers "is 2" "one entry too many" &&
		ctl 3 6 "$buf" 1 0xffffffff && answers "is 2" "an offset that wraps" &&
		ctl 4 6 "$buf" 0x40000001 0 && answers "is 3" "a count whose bytes wrap" && after 0
}
# want: lives
s_ctl_key_huge() { ctl_connect && ctl 0 7 1 0 0 && ctl 1 3 "$buf" 41 0 && answers "is 3" "a key of 41 bytes" && after 0; }
# want: lives
s_ctl_bad_gref() { ctl_connect && ctl 0 7 1 0 0 && ctl 1 3 0xfffffff0 40 0 && answers "is 2" "a key that is not granted" && after 0; }
# want: lives
s_ctl_queue_unknown() {
	ctl_connect && ctl 0 7 1 0 0 && ctl 1 5 4 0 0 && raw poke buf 0 32 77 && ctl 2 6 "$buf" 4 0 &&
		answers "is 2" "queue 77 of 1" && after 0
}
# want: lives
s_ctl_type_unknown() { ctl_connect && ctl 0 99 0 0 0 && answers "is 1" "type 99" && after 0; }
# want: fault
s_ctl_prod_jumps() { ctl_connect && raw "poke ctl 0 32 5000; notify ctlev"; outcome 1; }
# want: refused
s_ctl_port_wrong() { rings && publish && raw area ctl 1 && raw "key ctrl-ring-ref $a; key event-channel-ctrl 3999; state 4"; refused; }
# ---- keys
# want: refused
s_no_ring_keys() { raw state 4; refused; }
# want: refused
s_ring_ref_text() { rings && publish && key tx-ring-ref banana && raw state 4; refused; }
# want: refused
s_ring_ref_empty() { rings && publish && key tx-ring-ref && raw state 4; refused; }
# want: refused
s_ring_ref_negative() { rings && publish && key tx-ring-ref -5 && raw state 4; refused; }
# want: refused
s_ring_ref_huge() { rings && publish && key rx-ring-ref 99999999999999 && raw state 4; refused; }
# want: refused
s_port_0() { rings && publish && key event-channel 0 && raw state 4; refused; }
# want: refused
s_port_wrong() { rings && publish && key event-channel 3999 && raw state 4; refused; }
# want: refused
s_queues_0() { rings && publish && key multi-queue-num-queues 0 && raw state 4; refused; }
# want: refused
s_queues_1000() { rings && publish && key multi-queue-num-queues 1000 && raw state 4; refused; }
# want: refused
s_no_rx_copy() { rings && publish && key request-rx-copy 0 && raw state 4; refused; }
# want: lives
s_keys_change() { connect && key tx-ring-ref 12345 && key event-channel 99 && key feature-sg 7 && after 0; }
# ---- states
# want: lives
s_states_repeat() { connect && raw state 4 && raw state 3 && raw state 4 && after 0; }
# want: lives
s_states_skip() { rings && publish && raw state 5 && raw "await 20000 5 6" && raw state 4; again; }
# want: lives
s_close_while_busy() { connect && go 200; raw state 6; again; }
# ---- frozen: it goes so far and no further. The backend is then taken away and comes back (job).
# want: frozen
s_frozen_keys() { rings && publish && echo "outcome frozen"; }
# want: frozen
s_frozen_connected() { connect && echo "outcome frozen"; }
# want: frozen
s_frozen_asking() { connect && req 0 "$buf" 0 4 0 200 && req 1 "$buf" 0 0 1 100 && go 2 && echo "outcome frozen"; }
# want: frozen
s_frozen_chan() { chan_connect && chan_frame && put 0 0 60 && raw poke tx 0 32 1 && echo "outcome frozen"; }
# ---- staged channels
chan() {
	raw "area tx 40; area rx 40; area more 2; port ev" || return 1
	# The directories: count, 0, then the grants.
	i=0 dirs="poke more 0 32 40; poke more 4096 32 40"
	for g in $a; do
		case $i in
		[0-9] | [123][0-9]) dirs="$dirs; poke more $((8 + i * 4)) 32 $g" ;;
		[4567][0-9]) dirs="$dirs; poke more $((4104 + (i - 40) * 4)) 32 $g" ;;
		80) dirs="$dirs; key tx-staged-ref $g" ;;
		81) dirs="$dirs; key rx-staged-ref $g" ;;
		82) dirs="$dirs; key event-channel $g" ;;
		esac
		i=$((i + 1))
	done
	raw "$dirs" && raw "key request-staged-queues 1; key tx-staged-descs 128; key rx-staged-descs 128;
		key request-rx-copy 1; key feature-rx-notify 1; key feature-sg 1"
}
chan_connect() { chan && connected; }
# put SLOT OFF LEN [FLAGS GSO_SIZE GSO_TYPE]: a descriptor, page 1 on.
put() {
	at=$((page + $1 * 32))
	raw "poke tx $at 32 $2; poke tx $((at + 4)) 32 $3; poke tx $((at + 8)) 16 ${4:-0};
		poke tx $((at + 10)) 16 ${5:-0}; poke tx $((at + 12)) 8 ${6:-0}"
}
chan_frame() {
	raw "poke tx $((2 * page)) 32 0xffffffff; poke tx $((2 * page + 4)) 16 0xffff; poke tx $((2 * page + 6)) 16 0x1600;
		poke tx $((2 * page + 8)) 32 0x2233443e; poke tx $((2 * page + 12)) 16 0x0608"
}
# consumed N: the consumer's index (offset 64) comes to N, or the device is stopped.
consumed() {
	raw "notify ev; until tx 64 32 $1 10000" || return 1
	case $a in
	*closing) echo "outcome fault" ;;
	*is) echo "outcome lives" ;;
	*) echo "outcome none: consumed ${a#* } of $1" ;;
	esac
}
# want: lives
s_chan_good() { chan_connect && chan_frame && put 0 0 60 && raw poke tx 0 32 1 && consumed 1; }
# want: fault
s_chan_prod_jumps() { chan_connect && raw poke tx 0 32 129 && consumed 129; }
# want: fault
s_chan_prod_backwards() { chan_connect && raw poke tx 0 32 0xffffffff && consumed 1; }
# want: fault
s_chan_len_0() { chan_connect && put 0 0 0 && raw poke tx 0 32 1 && consumed 1; }
# want: fault
s_chan_len_huge() { chan_connect && put 0 0 65536 && raw poke tx 0 32 1 && consumed 1; }
# want: fault
s_chan_off_outside() { chan_connect && put 0 0x7fffffc0 60 && raw poke tx 0 32 1 && consumed 1; }
# want: fault
s_chan_off_wraps() { chan_connect && put 0 0xffffffc0 128 && raw poke tx 0 32 1 && consumed 1; }
# want: fault
s_chan_flags_unknown() { chan_connect && chan_frame && put 0 0 60 0x8000 && raw poke tx 0 32 1 && consumed 1; }
# want: fault
s_chan_gso_unknown() { chan_connect && chan_frame && put 0 0 60 0 1000 9 && raw poke tx 0 32 1 && consumed 1; }
# want: lives
s_chan_short_frame() { chan_connect && put 0 0 5 && raw poke tx 0 32 1 && consumed 1; }
# want: lives
s_chan_gso_on_arp() { chan_connect && chan_frame && put 0 0 60 1 1000 1 && raw poke tx 0 32 1 && consumed 1; }
# want: fault
s_chan_cons_jumps() { chan_connect && raw poke rx 64 32 500 && xenstore-write data/kick flood; consumed 1; }
# want: refused
s_chan_dir_empty() { chan && raw poke more 0 32 0 && raw state 4; refused; }
# want: refused
s_chan_dir_huge() { chan && raw poke more 0 32 0xffffffff && raw state 4; refused; }
# want: refused
s_chan_dir_bad_gref() { chan && raw poke more 60 32 0x7fffffff && raw state 4; refused; }
# want: refused
s_chan_descs_odd() { chan && key tx-staged-descs 129 && raw state 4; refused; }
# want: refused
s_chan_descs_huge() { chan && key tx-staged-descs 4294967295 && raw state 4; refused; }

# rx_kick: dom0 sends something towards us when this key changes; see the story.
rx_kick() { xenstore-write data/kick $$; }

[ -z "$1" ] || { peer vif-0 && run_scenario "$1"; }
