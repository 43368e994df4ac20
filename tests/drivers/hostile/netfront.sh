# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
# netfront.sh: frontends of a network card that break the protocol. See lib.sh.
#
# Published ring (io/netif.h): 64 bytes of indices (req_prod, req_event, rsp_prod, rsp_event), then 256
# slots: tx 12 bytes {u32 gref; u16 off, flags, id, size}, rx 8 bytes {u16 id, pad; u32 gref}.
# shellcheck source=tests/drivers/hostile/lib.sh
. "${0%/*}/lib.sh"

page=4096
# A broadcast frame of 60 bytes in the page "buf": the least that a good request can send.
frame() {
	buf=$(raw area buf 1 "$@") || return 1
	buf=${buf% }
	raw poke buf 0 32 0xffffffff && raw poke buf 4 16 0xffff && raw poke buf 6 16 0x1600 &&
		raw poke buf 8 32 0x2233443e && raw poke buf 12 16 0x0608
}

rings() {
	tx=$(raw area tx 1) && rx=$(raw area rx 1) && ev=$(raw port ev) || return 1
	raw poke tx 4 32 1 && raw poke tx 12 32 1 && raw poke rx 4 32 1 && raw poke rx 12 32 1
}
publish() {
	key tx-ring-ref "${tx% }" && key rx-ring-ref "${rx% }" && key event-channel "$ev" &&
		key request-rx-copy 1 && key feature-rx-notify 1 && key feature-sg 1 &&
		key feature-gso-tcpv4 1 && key feature-gso-tcpv6 1
}
connect() {
	rings && publish && raw state 4 && await_other 4 && frame
}

# req SLOT GREF OFF FLAGS ID SIZE
req() {
	at=$((64 + $1 * 12))
	raw poke tx $at 32 "$2" && raw poke tx $((at + 4)) 16 "$3" && raw poke tx $((at + 6)) 16 "$4" &&
		raw poke tx $((at + 8)) 16 "$5" && raw poke tx $((at + 10)) 16 "$6"
}
go() { raw poke tx 0 32 "$1" && raw notify ev >/dev/null; }

# outcome N: N requests were put; what became of them. Status of the response: offset 2 of slot 0.
outcome() {
	n=100
	while [ $n -gt 0 ]; do
		case $(other_state) in 5 | 6) echo "outcome fault"; return 0 ;; esac
		if [ "$(raw peek tx 8 32)" = "$1" ]; then
			case $(raw peek tx 66 16) in
			0) echo "outcome lives" ;;
			*) echo "outcome error" ;;
			esac
			return 0
		fi
		usleep 100000
		n=$((n - 1))
	done
	echo "outcome none: state $(other_state), responses $(raw peek tx 8 32) of $1"
}
# after N: a good request in slot N after whatever came before.
after() {
	req "$1" "$buf" 0 0 "$1" 60 && go $(($1 + 1)) && outcome $(($1 + 1))
}

# want: lives
s_good() { connect && after 0; }
# ---- indices
# want: fault
s_prod_jumps() { connect && go 1000; outcome 1000; }
# want: fault
s_prod_backwards() { connect && after 0 && go 0xfffffff0; outcome 2; }
# want: fault
s_prod_far() { connect && go 0x80000000; outcome 1; }
# want: lives
s_rsp_prod_written() { connect && raw poke tx 8 32 77 && after 0; }
# want: fault
s_rx_prod_jumps() { connect && raw poke rx 0 32 5000 && raw notify ev 3 >/dev/null; rx_kick; outcome 1; }
# want: lives
s_events_without_work() { connect && raw notify ev 2000 >/dev/null && after 0; }
# ---- one slot. Grants 0 and 8 are the console and the store: pages that dom0 may read anyway.
# want: lives
s_gref_0() { connect && req 0 0 0 0 0 60 && go 1; outcome 1; }
# want: lives
s_gref_8() { connect && req 0 8 0 0 0 60 && go 1; outcome 1; }
# want: error
s_gref_huge() { connect && req 0 0xfffffff0 0 0 0 60 && go 1; outcome 1; }
# want: error
s_gref_revoked() { connect && raw revoke buf 0 >/dev/null && req 0 "$buf" 0 0 0 60 && go 1; outcome 1; }
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
s_read_only_page() { rings && publish && raw state 4 && await_other 4 && frame ro && after 0; }
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
	connect && for i in $(seq 0 99); do req "$i" "$buf" 0 0 "$i" 60; done
	raw flip tx 74 16 60 65535 300 & go 50; wait; case $(other_state) in 5 | 6) echo "outcome lives"; return ;; esac
	raw poke tx 74 16 60; go 100; n=50
	while [ $n -gt 0 ] && [ "$(raw peek tx 8 32)" != 100 ]; do usleep 100000; n=$((n - 1)); done
	echo "outcome lives"
}
# ---- keys
# want: refused
s_no_ring_keys() { raw state 4; refused; }
# want: refused
s_ring_ref_text() { rings && publish && key tx-ring-ref banana && raw state 4; refused; }
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
s_states_skip() { rings && publish && raw state 5 && raw state 4; usleep 300000; begin && connect && after 0; }
# want: lives
s_state_unknown() { connect && xenstore-write "$dir/state" 99 && xenstore-write "$dir/state" 4 && after 0; }
# want: lives
s_close_while_busy() { connect && go 200; raw state 6; begin && connect && after 0; }
# want: lives
s_reconnect_20() { for i in $(seq 1 20); do begin && connect || return 1; done; after 0; }
# ---- staged channels
chan() {
	tx=$(raw area tx "${1:-40}") && rx=$(raw area rx 40) && more=$(raw area more 2) && ev=$(raw port ev) || return 1
	# The directories: count, 0, then the grants, which raw answers up to 40.
	# shellcheck disable=SC2086 # a list of numbers
	set -- $tx
	raw poke more 0 32 $#; i=8; for g; do raw poke more $i 32 "$g"; i=$((i + 4)); done
	# shellcheck disable=SC2086
	set -- $rx
	raw poke more 4096 32 $#; i=4104; for g; do raw poke more $i 32 "$g"; i=$((i + 4)); done
	key request-staged-queues 1 && key tx-staged-ref "${more%% *}" && more=${more#* } &&
		key rx-staged-ref "${more%% *}" && key tx-staged-descs 128 && key rx-staged-descs 128 &&
		key event-channel "$ev" && key request-rx-copy 1 && key feature-rx-notify 1 && key feature-sg 1
}
chan_connect() { chan && raw state 4 && await_other 4; }
# put SLOT OFF LEN [FLAGS GSO_SIZE GSO_TYPE]: a descriptor, page 1 on.
put() {
	at=$((page + $1 * 32))
	raw poke tx $at 32 "$2" && raw poke tx $((at + 4)) 32 "$3" && raw poke tx $((at + 8)) 16 "${4:-0}" &&
		raw poke tx $((at + 10)) 16 "${5:-0}" && raw poke tx $((at + 12)) 8 "${6:-0}"
}
chan_frame() {
	raw poke tx $((2 * page)) 32 0xffffffff && raw poke tx $((2 * page + 4)) 16 0xffff &&
		raw poke tx $((2 * page + 6)) 16 0x1600 && raw poke tx $((2 * page + 8)) 32 0x2233443e &&
		raw poke tx $((2 * page + 12)) 16 0x0608
}
# consumed N: the consumer's index (offset 64) comes to N, or the device is stopped.
consumed() {
	raw notify ev >/dev/null
	n=100
	while [ $n -gt 0 ]; do
		case $(other_state) in 5 | 6) echo "outcome fault"; return 0 ;; esac
		[ "$(raw peek tx 64 32)" != "$1" ] || { echo "outcome lives"; return 0; }
		usleep 100000
		n=$((n - 1))
	done
	echo "outcome none: state $(other_state), consumed $(raw peek tx 64 32)"
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
s_chan_cons_jumps() { chan_connect && raw poke rx 64 32 500 && raw notify ev 3 >/dev/null; rx_kick; consumed 1; }
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
rx_kick() { xenstore-write data/kick "$(date +%s)$$"; usleep 500000; }

[ -z "$1" ] || { peer vif-0 device/vif/0 && run_scenario "$1"; }
