/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * poll.c: interrupts, the queue's NAPI, and the last steps of a received packet.
 *
 * INVARIANTS
 *  - An event is answered by one EOI, when NAPI has gone to sleep: until then the channel is masked
 *    and costs nothing. An event counts as spurious only if there was no work at all since the
 *    channel's last EOI: work found by polling just before its event arrived is work.
 *  - NAPI sleeps only after it has asked for an event and looked once more.
 *  - A queue that is not up, or whose backend lied, is neither polled nor answered.
 */
#include <linux/ktime.h>
#include <net/gro.h>

#include "netfront.h"
#include "trace.h"

static irqreturn_t interrupt(struct nf_queue *q, int ch)
{
	set_bit(ch, &q->eoi);
	napi_schedule_irqoff(&q->napi);
	return IRQ_HANDLED;
}

irqreturn_t nf_interrupt_rx(int irq, void *data)
{
	return interrupt(data, NF_CH_RX);
}

irqreturn_t nf_interrupt_tx(int irq, void *data)
{
	return interrupt(data, NF_CH_TX);
}

enum hrtimer_restart nf_moderate_timer(struct hrtimer *t)
{
	struct nf_queue *q = container_of(t, struct nf_queue, moderate);

	napi_schedule(&q->napi);
	return HRTIMER_NORESTART;
}

void nf_napi_on(struct nf_queue *q)
{
	if (q->napi_on)
		return;
	q->napi_on = true;
	napi_enable(&q->napi);
	local_bh_disable();
	napi_schedule(&q->napi);
	local_bh_enable();
}

void nf_napi_off(struct nf_queue *q)
{
	if (!q->napi_on)
		return;
	q->napi_on = false;
	napi_disable(&q->napi);
	hrtimer_cancel(&q->moderate);
}

/* Something to do after all? Else the backend will send an event; below 0: never poll again. */
static int arm(struct nf_queue *q)
{
	if (q->staged)
		return nf_staged_rx_arm(q);
	return nf_classic_tx_arm(q) | nf_classic_rx_arm(q);
}

/* Go to sleep; EOIs are for the next poll if there is one already. */
static void sleep(struct nf_queue *q, int done)
{
	unsigned long due;
	u8 worked;

	worked = q->worked;
	due = READ_ONCE(q->eoi);
	/* From napi_complete_done on, another processor may run this queue's NAPI. */
	q->worked = worked & ~due;
	if (!napi_complete_done(&q->napi, done)) {
		q->worked |= worked;
		return;
	}
	if (due & BIT(NF_CH_RX) && test_and_clear_bit(NF_CH_RX, &q->eoi))
		xb_evtchn_eoi(&q->ch[NF_CH_RX], worked & BIT(NF_CH_RX));
	if (due & BIT(NF_CH_TX) && test_and_clear_bit(NF_CH_TX, &q->eoi))
		xb_evtchn_eoi(&q->ch[NF_CH_TX], worked & BIT(NF_CH_TX));
}

static int work(struct nf_queue *q, int budget)
{
	int done;

	if (q->staged) {
		if (unlikely(netif_tx_queue_stopped(q->txq)))
			nf_staged_tx_wake(q);
		done = nf_staged_rx(q, budget);
	} else {
		if (nf_classic_tx_clean(q)) {
			q->worked |= BIT(NF_CH_RX) | BIT(NF_CH_TX);
			nf_busy_hit(&q->busy);
		}
		done = nf_classic_rx(q, budget);
	}
	if (unlikely(q->xdp_kick || q->xdp_flush))
		nf_xdp_finish(q);
	return done;
}

int nf_poll(struct napi_struct *napi, int budget)
{
	struct nf_queue *q = container_of(napi, struct nf_queue, napi);
	struct nf_dev *nf = q->nf;
	int done = 0, more;

	if (unlikely(!READ_ONCE(q->up) || READ_ONCE(nf->broken)))
		goto out;
	q->rx.polls++;
	done = work(q, budget);
	if (done) {
		q->worked |= BIT(NF_CH_RX);
		nf_busy_hit(&q->busy);
	} else {
		q->rx.idle_polls++;
	}
	if (done >= budget)
		return budget;
	if (unlikely(READ_ONCE(nf->broken)))
		goto out;
	if (nf_busy_wanted(&q->busy) && !need_resched() && nf_busy_idle(&q->busy, ktime_get_ns()))
		return budget;
	if (unlikely(nf->rx_usecs) && done && !q->moderated) {
		q->moderated = true;
		if (napi_complete_done(napi, done))
			hrtimer_start(&q->moderate, ns_to_ktime(nf->rx_usecs * NSEC_PER_USEC),
				      HRTIMER_MODE_REL_PINNED);
		return done;
	}
	q->moderated = false;
	more = arm(q);
	trace_nf_poll(nf->dev->name, q->id, done, !more);
	if (more > 0)
		return budget;
	if (likely(!more))
		sleep(q, done);
	else
		napi_complete_done(napi, done);
	return done;
out:
	/* Who disables NAPI waits for this. */
	if (budget)
		napi_complete_done(napi, done);
	return done;
}

/* ---- received packets */

/*
 * A tiny packet gets a tiny head: what a socket is charged for decides how large a burst it can
 * take before the program that reads it has run.
 */
struct sk_buff *nf_rx_skb(struct nf_queue *q, u32 len)
{
	const unsigned int pad = NET_SKB_PAD + NET_IP_ALIGN;
	struct sk_buff *skb;

	if (len > NF_SMALL_MAX)
		return napi_alloc_skb(&q->napi, len);
	skb = __alloc_skb(len + pad, GFP_ATOMIC | __GFP_NOWARN, SKB_ALLOC_NAPI, NUMA_NO_NODE);
	if (unlikely(!skb))
		return NULL;
	skb_reserve(skb, pad);
	skb->dev = q->nf->dev;
	return skb;
}

static const enum pkt_hash_types hash_types[] = {
	PKT_HASH_TYPE_NONE, PKT_HASH_TYPE_L3, PKT_HASH_TYPE_L4, PKT_HASH_TYPE_L3, PKT_HASH_TYPE_L4,
};

/* Checksum and segmentation, as far as the bytes bear out what the backend said. */
static int rx_offloads(struct nf_queue *q, struct sk_buff *skb, const struct nf_meta *m)
{
	bool fixup = false;

	if (m->csum_blank)
		skb->ip_summed = CHECKSUM_PARTIAL;
	else if (m->csum_valid)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (m->gso_size) {
		struct skb_shared_info *info = skb_shinfo(skb);

		info->gso_size = m->gso_size;
		info->gso_type = m->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 ? SKB_GSO_TCPV4 :
								      SKB_GSO_TCPV6;
		/* The stack looks at the headers itself and counts the segments. */
		info->gso_type |= SKB_GSO_DODGY;
		info->gso_segs = 0;
		if (skb->ip_summed != CHECKSUM_PARTIAL) {
			q->rx.gso_fixup++;
			skb->ip_summed = CHECKSUM_PARTIAL;
			fixup = true;
		}
	}
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return 0;
	return skb_checksum_setup(skb, fixup);
}

void nf_rx_deliver(struct nf_queue *q, struct sk_buff *skb, struct nf_meta *m,
		   const struct nf_hdr *hdr)
{
	struct bpf_prog *prog;
	u32 len = skb->len;

	if (unlikely(len < ETH_HLEN || nf_meta_check(m, hdr, len)))
		goto bad;
	skb->protocol = eth_type_trans(skb, q->nf->dev);
	skb_reset_network_header(skb);
	if (rx_offloads(q, skb, m))
		goto bad;
	if (m->hash_type && m->hash_type < ARRAY_SIZE(hash_types))
		skb_set_hash(skb, m->hash, hash_types[m->hash_type]);
	skb_record_rx_queue(skb, q->id);
	trace_nf_rx(q->nf->dev->name, q->id, len, m->gso_size, q->staged);
	q->rx.packets++;
	q->rx.bytes += len;
	prog = rcu_dereference_bh(q->nf->xdp_prog);
	if (unlikely(prog) && !m->xdp_done && !nf_xdp_generic(q, prog, &skb))
		return;
	/* A segmented packet is never merged; with none held back, it can not overtake either. */
	if (m->gso_size && !q->napi.gro_bitmask && !q->napi.rx_count)
		netif_receive_skb(skb);
	else
		napi_gro_receive(&q->napi, skb);
	return;
bad:
	q->rx.errors++;
	dev_kfree_skb_any(skb);
}
