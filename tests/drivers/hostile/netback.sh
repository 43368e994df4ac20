# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# netback.sh: backends of a network card that break the protocol, against our netfront. See lib.sh, backlib.sh.
# shellcheck source=tests/drivers/hostile/backlib.sh
. "${BASH_SOURCE[0]%/*}/backlib.sh"
front_drv=${NETFRONT_DRIVER:-xen_netfront}

offer() { restart feature-rx-copy 1 feature-rx-flip 0 feature-sg 1 feature-gso-tcpv4 1 feature-gso-tcpv6 1 "$@"; }
join() {
	await_other 4 15 || { echo "the frontend does not connect: state $(front_state)"; return 1; }
	raw map tx "$(front_key tx-ring-ref)" && raw map rx "$(front_key rx-ring-ref)" &&
		raw bind ev "$(front_key event-channel)" && raw state 4 || return 1
	in_guest "ip link set eth0 up" >/dev/null
	received=$(in_guest "cat /sys/class/net/eth0/statistics/rx_packets")
}
connect() { offer "$@" && join; }

# rsp SLOT ID OFF FLAGS STATUS: an answer on the receive ring.
rsp() {
	local at=$((64 + $1 * 8))
	raw poke rx $at 16 "$2" && raw poke rx $((at + 2)) 16 "$3" && raw poke rx $((at + 4)) 16 "$4" &&
		raw poke rx $((at + 6)) 16 "$5"
}
# id SLOT: what the frontend has put there.
id() { raw peek rx $((64 + $1 * 8)) 16; }
go() { raw poke rx 8 32 "$1" && raw notify ev >/dev/null; }
more_received() { [ "$(in_guest "cat /sys/class/net/eth0/statistics/rx_packets")" -gt "$received" ] 2>/dev/null; }
more_errors() { [ "$(in_guest "cat /sys/class/net/eth0/statistics/rx_errors /sys/class/net/eth0/statistics/rx_dropped | awk '{s+=\$1} END {print s}'")" -gt 0 ] 2>/dev/null; }
reached() { in_guest "ip -o link show eth0" | grep -q LOWER_UP; }

# want: lives
s_good() { connect && rsp 0 "$(id 0)" 0 0 60 && go 1; judge more_received; }
# want: fault
s_rx_jumps() { connect && go 1000; judge; }
# want: fault
s_rx_backwards() { connect && go 0xffffff00; judge; }
# want: fault
s_rx_id_unknown() { connect && rsp 0 0xffff 0 0 60 && go 1; judge; }
# want: fault
s_rx_id_repeated() { connect && i=$(id 0) && rsp 0 "$i" 0 0 60 && rsp 1 "$i" 0 0 60 && go 2; judge; }
# want: lives
s_rx_status_negative() { connect && rsp 0 "$(id 0)" 0 0 0xffff && go 1; judge reached; }
# want: lives
s_rx_status_32767() { connect && rsp 0 "$(id 0)" 0 0 32767 && go 1; judge reached; }
# want: lives
s_rx_over_page() { connect && rsp 0 "$(id 0)" 4090 0 60 && go 1; judge reached; }
# want: lives
s_rx_off_65535() { connect && rsp 0 "$(id 0)" 65535 0 60 && go 1; judge reached; }
# want: lives
s_rx_size_0() { connect && rsp 0 "$(id 0)" 0 0 0 && go 1; judge reached; }
# want: lives
s_rx_short_frame() { connect && rsp 0 "$(id 0)" 0 0 5 && go 1; judge reached; }
# want: lives
s_rx_30_pieces() {
	connect || return 1
	local i
	for i in $(seq 0 29); do rsp "$i" "$(id "$i")" 0 4 100; done
	rsp 30 "$(id 30)" 0 0 100 && go 31
	judge reached
}
# want: lives
s_rx_chain_never_ends() {
	connect || return 1
	local i
	for i in $(seq 0 63); do rsp "$i" "$(id "$i")" 0 4 100; done
	go 64
	judge reached
}
# want: fault
s_rx_extra_unknown() { connect && rsp 0 "$(id 0)" 0 8 60 && raw poke rx 72 8 0xff && go 2; judge more_errors; }
# want: lives
s_rx_gso_size_0() { connect && rsp 0 "$(id 0)" 0 8 60 && raw poke rx 72 64 0x100000001 && go 2; judge reached; }
# want: fault
s_tx_id_unknown() { connect && raw poke tx 64 16 0xffff && raw poke tx 8 32 1 && raw notify ev >/dev/null; judge; }
# want: fault
s_tx_jumps() { connect && raw poke tx 8 32 5000 && raw notify ev >/dev/null; judge; }
# want: lives
s_events_without_work() { connect && raw notify ev 3000 >/dev/null && rsp 0 "$(id 0)" 0 0 60 && go 1; judge more_received; }
# want: lives
s_frozen() { connect && in_guest "ping -c 2 -W 1 10.9.0.99 >/dev/null; true" && rsp 0 "$(id 0)" 0 0 60 && go 1; judge more_received; }
# want: lives
s_queues_text() { connect multi-queue-max-queues banana && rsp 0 "$(id 0)" 0 0 60 && go 1; judge more_received; }
# want: lives
s_queues_0() { connect multi-queue-max-queues 0 && rsp 0 "$(id 0)" 0 0 60 && go 1; judge more_received; }
# want: lives
s_staged_text() { connect feature-staged-queues banana max-staged-pages -1 && rsp 0 "$(id 0)" 0 0 60 && go 1; judge more_received; }
# want: refused
s_no_rx_copy() { restart feature-rx-copy 0 feature-sg 1; judge; }
# want: lives
s_states_repeat() { connect && raw state 2 && raw state 4 && raw state 3 && raw state 4 && rsp 0 "$(id 0)" 0 0 60 && go 1; judge more_received; }
# want: lives
s_connected_at_once() { offer && raw state 4 && usleep 500000; raw state 1; connect && rsp 0 "$(id 0)" 0 0 60 && go 1; judge more_received; }
# want: refused
s_closed_at_once() { offer && raw state 6; judge; }
# want: refused
s_closed_when_connected() { connect && raw state 6; judge; }

# ---- staged
connect_staged() {
	offer feature-staged-queues 1 max-staged-pages 512 && await_other 4 15 || return 1
	raw map more "$(front_key rx-staged-ref)" || return 1
	local n i all=()
	n=$(raw peek more 0 32)
	[ "$n" -le 60 ] || n=60
	for i in $(seq 0 $((n - 1))); do all+=("$(raw peek more $((8 + i * 4)) 32)"); done
	raw map rx "${all[@]}" && raw map tx "$(tx_first)" && raw bind ev "$(front_key event-channel)" && raw state 4 || return 1
	in_guest "ip link set eth0 up" >/dev/null
	received=$(in_guest "cat /sys/class/net/eth0/statistics/rx_packets")
}
tx_first() { raw map ring "$(front_key tx-staged-ref)" >/dev/null && raw peek ring 8 32; }
# put SLOT OFF LEN [FLAGS GSO_SIZE GSO_TYPE]
put() {
	local at=$((4096 + $1 * 32))
	raw poke rx $at 32 "$2" && raw poke rx $((at + 4)) 32 "$3" && raw poke rx $((at + 8)) 16 "${4:-0}" &&
		raw poke rx $((at + 10)) 16 "${5:-0}" && raw poke rx $((at + 12)) 8 "${6:-0}"
}
chan_go() { raw poke rx 0 32 "$1" && raw notify ev >/dev/null; }
# want: lives
s_chan_good() { connect_staged && put 0 0 60 && chan_go 1; judge more_received; }
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
s_chan_short_frame() { connect_staged && put 0 0 5 && chan_go 1; judge reached; }
# want: lives
s_chan_gso_on_garbage() { connect_staged && put 0 0 60 1 500 1 && chan_go 1; judge reached; }
# want: fault
s_chan_cons_jumps() {
	connect_staged && raw poke tx 64 32 5000 && raw notify ev >/dev/null
	in_guest "ping -c 1 -W 1 10.9.0.99 >/dev/null; true"
	judge
}

[ -z "${1-}" ] || { back vif 0 vif-0 && "s_$1"; }
