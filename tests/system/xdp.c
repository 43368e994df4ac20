/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xdp.c: XDP programs for the story about the network drivers' features, one a section. What each
 * does to ICMP echo requests over IPv4 can be seen from the other end; all else passes.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#define SEC(name) __attribute__((section(name), used))

static long (*const adjust_head)(struct xdp_md *, int) = (void *)BPF_FUNC_xdp_adjust_head;
static long (*const redirect)(__u32, __u64) = (void *)BPF_FUNC_redirect;

/* Types of ICMP (RFC 792); <linux/icmp.h> wants the C library. */
enum { ICMP_ECHOREPLY = 0, ICMP_ECHO = 8 };

struct echo {
	struct ethhdr eth;
	struct iphdr ip;
	struct { __u8 type, code; __u16 checksum; } icmp;
} __attribute__((packed));

/* The packet when it is an echo request. */
static inline struct echo *echo_request(struct xdp_md *ctx)
{
	struct echo *e = (void *)(long)ctx->data;

	if ((void *)(e + 1) > (void *)(long)ctx->data_end)
		return 0;
	if (e->eth.h_proto != __builtin_bswap16(ETH_P_IP) || e->ip.ihl != 5 ||
	    e->ip.protocol != IPPROTO_ICMP || e->icmp.type != ICMP_ECHO)
		return 0;
	return e;
}

SEC("xdp_pass")
int pass(struct xdp_md *ctx)
{
	/* The head moves forth and back: the packet that is passed on is what the program left. */
	if (echo_request(ctx) && (adjust_head(ctx, -64) || adjust_head(ctx, 64)))
		return XDP_ABORTED;
	return XDP_PASS;
}

SEC("xdp_drop")
int drop(struct xdp_md *ctx)
{
	return echo_request(ctx) ? XDP_DROP : XDP_PASS;
}

/* Answers the request without the kernel: addresses change places, the sum follows the type. */
SEC("xdp_tx")
int tx(struct xdp_md *ctx)
{
	struct echo *e = echo_request(ctx);
	unsigned char mac[ETH_ALEN];
	__u32 ip, sum;

	if (!e)
		return XDP_PASS;
	__builtin_memcpy(mac, e->eth.h_dest, ETH_ALEN);
	__builtin_memcpy(e->eth.h_dest, e->eth.h_source, ETH_ALEN);
	__builtin_memcpy(e->eth.h_source, mac, ETH_ALEN);
	ip = e->ip.daddr;
	e->ip.daddr = e->ip.saddr;
	e->ip.saddr = ip;
	e->icmp.type = ICMP_ECHOREPLY;
	sum = e->icmp.checksum + __builtin_bswap16(ICMP_ECHO << 8);
	e->icmp.checksum = sum + (sum >> 16);
	return XDP_TX;
}

/* To the interface after this one. */
SEC("xdp_redirect")
int forward(struct xdp_md *ctx)
{
	return echo_request(ctx) ? redirect(ctx->ingress_ifindex + 1, 0) : XDP_PASS;
}

SEC("license")
char license_text[] = "GPL";
