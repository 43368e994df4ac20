# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# netback.sh: backends of a network card that break the protocol, against our netfront. See lib.sh, backlib.sh.
# shellcheck source=tests/drivers/hostile/backlib.sh
. "${BASH_SOURCE[0]%/*}/backlib.sh"

# In the guest: the interface comes up when it is there.
# shellcheck disable=SC2034,SC2016 # restart does it; it is the guest that expands it
after_probe='(n=0; until ip link set eth0 up || [ $n -gt 200 ]; do n=$((n + 1)); usleep 50000; done; ip addr add 10.9.0.66/24 dev eth0) >/dev/null 2>&1 &'
# received: a test in the guest: a packet has come, to an interface that is as new as the connection.
# shellcheck disable=SC2016 # it is the guest that expands it
received='read -r p </sys/class/net/eth0/statistics/rx_packets && [ "$p" -gt 0 ]'
# offer KEY VALUE...
offer() { restart feature-rx-copy 1 feature-rx-flip 0 feature-sg 1 feature-gso-tcpv4 1 feature-gso-tcpv6 1 "$@"; }
join() {
	raw "await 20000 4; peer tx-ring-ref; peer rx-ring-ref; peer event-channel" || return 1
	# shellcheck disable=SC2086 # a list of numbers
	set -- $a
	raw "map tx $2; map rx $3; bind ev $4; state 4; reach rx 0 32 66 20000" || return 1
	local i cmds=''
	for i in $(seq 0 69); do cmds+="peek rx $((64 + i * 8)) 16;"; done
	raw "$cmds"
	read -ra id <<<"$a"
}
connect() { offer && join; }

# rsp SLOT ID OFF FLAGS STATUS: an answer on the receive ring.
rsp() {
	local at=$((64 + $1 * 8))
	raw "poke rx $at 16 $2; poke rx $((at + 2)) 16 $3; poke rx $((at + 4)) 16 $4; poke rx $((at + 6)) 16 $5"
}
go() { raw "poke rx 8 32 $1; notify ev"; }
# good SLOT: a good packet there, after whatever came before: it gets through.
good() { rsp "$1" "${id[$1]}" 0 0 60 && go $(($1 + 1)); judge "$received"; }

# sends [COUNT SIZE]: the guest sends so many packets to somebody who is not there, when it is up.
sends() {
	in_guest "(n=0; until arp -s 10.9.0.99 02:00:00:00:00:99 || [ \$n -gt 200 ]; do n=\$((n + 1)); usleep 50000; done
		ip link set eth0 mtu 9000; ping -q -c ${1:-3} -i 0.05 -s ${2:-56} -w 4 10.9.0.99) >/dev/null 2>&1 &"
}
# asked: the guest has put a request to send, which waits for its answer.
asked() { sends && raw "reach tx 0 32 1 20000" && [ "$a" = is ]; }

# want: lives
s_good() { connect && good 0; }
# want: fault
s_rx_jumps() { connect && go 1000; judge; }
# want: fault
s_rx_backwards() { connect && go 0xffffff00; judge; }
# want: fault
s_rx_id_unknown() { connect && rsp 0 0xffff 0 0 60 && go 1; judge; }
# want: fault
s_rx_id_repeated() { connect && rsp 0 "${id[0]}" 0 0 60 && rsp 1 "${id[0]}" 0 0 60 && go 2; judge; }
# want: lives
s_rx_status_negative() { connect && rsp 0 "${id[0]}" 0 0 0xffff && go 1; good 1; }
# want: fault
s_rx_status_32767() { connect && rsp 0 "${id[0]}" 0 0 32767 && go 1; judge; }
# want: fault
s_rx_over_page() { connect && rsp 0 "${id[0]}" 4090 0 60 && go 1; judge; }
# want: fault
s_rx_off_65535() { connect && rsp 0 "${id[0]}" 65535 0 60 && go 1; judge; }
# want: lives
s_rx_size_0() { connect && rsp 0 "${id[0]}" 0 0 0 && go 1; good 1; }
# want: lives
s_rx_short_frame() { connect && rsp 0 "${id[0]}" 0 0 5 && go 1; good 1; }
# pieces N FLAGS: N slots that say that more follows, and one more with these flags.
pieces() {
	connect || return 1
	local i
	for i in $(seq 0 $(($1 - 1))); do rsp "$i" "${id[$i]}" 0 4 100; done
	rsp "$1" "${id[$1]}" 0 "$2" 100 && go $(($1 + 1))
}
# want: fault
s_rx_30_pieces() { pieces 30 0; judge; }
# want: fault
s_rx_chain_never_ends() { pieces 63 4; judge; }
# An extra slot of a kind that is not known spoils the packet, not the connection.
# want: lives
s_rx_extra_unknown() { connect && rsp 0 "${id[0]}" 0 8 60 && raw poke rx 72 8 0xff && go 2; good 2; }
# want: lives
s_rx_gso_size_0() { connect && rsp 0 "${id[0]}" 0 8 60 && raw poke rx 72 64 0x100000001 && go 2; good 2; }
# want: fault
s_tx_id_unknown() { connect && asked && raw "poke tx 64 16 0xffff; poke tx 8 32 1; notify ev"; judge; }
# tx_answer SLOT: the request there is done.
tx_answer() {
	local at=$((64 + $1 * 12))
	raw "peek tx $((at + 8)) 16" && raw "poke tx $at 16 $a; poke tx $((at + 2)) 16 0; poke tx 8 32 $(($1 + 1)); notify ev"
}
# Two requests wait, those of a large packet, and both answers are for the first. No packet is sent before the
# one before it was answered, and those that the interface sends by itself are of one request.
# want: fault
s_tx_id_repeated() {
	local n=0 at
	connect && sends 3 8000 || return 1
	while raw "reach tx 0 32 $((n + 1)) 20000; peek tx 0 32" && [ "${a#* }" = $((n + 1)) ]; do
		tx_answer $n || return 1
		n=$((n + 1))
	done
	[ "${a#* }" -gt $((n + 1)) ] || return 1
	at=$((64 + n * 12))
	raw "peek tx $((at + 8)) 16" || return 1
	raw "poke tx $at 16 $a; poke tx $((at + 2)) 16 0; poke tx $((at + 12)) 16 $a; poke tx $((at + 14)) 16 0;
		poke tx 8 32 $((n + 2)); notify ev"
	judge
}
# want: fault
s_tx_jumps() { connect && raw "poke tx 8 32 5000; notify ev"; judge; }
# want: lives
s_events_without_work() { connect && raw notify ev 3000 && good 0; }
# want: lives
s_frozen() { connect && sends && good 0; }
# want: refused
s_queues_text() { offer multi-queue-max-queues banana; judge; }
# want: refused
s_queues_0() { offer multi-queue-max-queues 0; judge; }
# want: refused
s_staged_text() { offer feature-staged-queues banana max-staged-pages -1; judge; }
# want: refused
s_no_rx_copy() { restart feature-rx-copy 0 feature-sg 1; judge; }
# want: lives
s_states_repeat() { connect && raw state 2 && raw state 4 && raw state 3 && raw state 4 && good 0; }
# want: lives
s_connected_at_once() { offer && raw "state 4; await 20000 3 4 5 6"; raw state 1; connect && good 0; }
# want: refused
s_closed_when_connected() { connect && raw state 6; judge; }

# ---- staged
connect_staged() {
	offer feature-staged-queues 1 max-staged-pages 512 &&
		raw "await 20000 4; peer rx-staged-ref; peer tx-staged-ref; peer event-channel" || return 1
	# shellcheck disable=SC2086 # a list of numbers
	set -- $a
	local port=$4 cmds='peek ring 8 32; peek more 0 32;' i
	for i in $(seq 0 59); do cmds+="peek more $((8 + i * 4)) 32;"; done
	raw "map more $2; map ring $3" && raw "$cmds" || return 1
	# shellcheck disable=SC2086 # a list of numbers
	set -- $a
	local tx=$1 n=$2
	shift 2
	[ "$n" -le 60 ] || n=60
	raw "map rx ${*:1:$n}; map tx $tx; bind ev $port; state 4"
}
# put SLOT OFF LEN [FLAGS GSO_SIZE GSO_TYPE]
put() {
	local at=$((4096 + $1 * 32))
	raw "poke rx $at 32 $2; poke rx $((at + 4)) 32 $3; poke rx $((at + 8)) 16 ${4:-0}; poke rx $((at + 10)) 16 ${5:-0};
		poke rx $((at + 12)) 8 ${6:-0}"
}
chan_go() { raw "poke rx 0 32 $1; notify ev"; }
# want: lives
s_chan_good() { connect_staged && put 0 0 60 && chan_go 1; judge "$received"; }
# want: fault
s_chan_jumps() { connect_staged && chan_go 100000; judge; }
# want: fault
s_chan_backwards() { connect_staged && chan_go 0xffffffff; judge; }
# want: fault
s_chan_len_0() { connect_staged && put 0 0 0 && chan_go 1; judge; }
# want: fault
s_chan_len_huge() { connect_staged && put 0 0 0x10000 && chan_go 1; judge; }
# want: fault
s_chan_off_outside() { connect_staged && put 0 0x7fffffc0 60 && chan_go 1; judge; }
# want: fault
s_chan_flags_unknown() { connect_staged && put 0 0 60 0x4000 && chan_go 1; judge; }
# want: lives
s_chan_short_frame() { connect_staged && put 0 0 5 && put 1 0 60 && chan_go 2; judge "$received"; }
# want: lives
s_chan_gso_on_garbage() { connect_staged && put 0 0 60 1 500 1 && put 1 0 60 && chan_go 2; judge "$received"; }
# The index is looked at when the pool is full.
# want: fault
s_chan_cons_jumps() { connect_staged && raw "poke tx 64 32 5000; notify ev" && sends 60 60000; judge; }

[ -z "${1-}" ] || { back vif 0 vif-0 && "s_$1"; }
