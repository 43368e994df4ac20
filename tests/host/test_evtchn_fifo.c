/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO event ABI against a model of a guest: set-up, order, priorities, what
 * a port that moves does, and guests that write anything into the shared words.
 */
/* SOURCES: hypervisor/evtchn/core.c hypervisor/evtchn/ops.c hypervisor/evtchn/send.c */
/* SOURCES: hypervisor/evtchn/bind.c */
/* SOURCES: hypervisor/evtchn/two_level.c hypervisor/evtchn/fifo.c */
/* SOURCES: hypervisor/evtchn/fifo_control.c hypervisor/evtchn/notify.c */
#include "util.h"
#include "evtchn/evtchn.h"

#define OP(op, arg) host_call(hc_event_channel_op, EVTCHNOP_##op, arg, 0)
#define PENDING (1u << EVTCHN_FIFO_PENDING)
#define MASKED (1u << EVTCHN_FIFO_MASKED)
#define LINKED (1u << EVTCHN_FIFO_LINKED)
#define BUSY (1u << EVTCHN_FIFO_BUSY)

static struct domain *d;
static struct page *pages[8];
static struct evtchn_fifo_control_block *control[2];
static event_word_t *words;
static long live;
static u64 free_frames;

static int setup(void **state)
{
	unsigned i;

	live = shim_live_allocs;
	free_frames = heap_free_pages();
	d = host_domain_new(1, 2);
	assert_int_equal(evtchn_init(d, -1), 0);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = alloc_domain_pages(d, 0, 0);
		memset(page_to_virt(pages[i]), 0, PAGE_SIZE);
	}
	control[0] = page_to_virt(pages[0]);
	control[1] = (void *)((u8 *)page_to_virt(pages[1]) + 4024);
	words = page_to_virt(pages[2]);
	host_run_on(0, d->vcpu[0]);
	counts_reset();
	return 0;
}

static int teardown(void **state)
{
	unsigned i;
	int rc;

	d->is_dying = DOMDYING_dying;
	while ((rc = evtchn_destroy(d)) == -ERESTART)
		;
	assert_int_equal(rc, 0);
	assert_null(d->fifo);
	evtchn_free(d);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		/* Nobody but the domain holds its pages any more. */
		assert_int_equal(pages[i]->count & PGC_count_mask, 1);
		assert_int_equal(pages[i]->type & PGT_count_mask, 0);
		page_release(pages[i]);
	}
	assert_int_equal(d->refcnt, 1);
	host_domain_free(d);
	assert_int_equal(shim_live_allocs, live);
	assert_int_equal(heap_free_pages(), free_frames);
	return 0;
}

static long init_control(u32 vcpu, u64 gfn, u32 offset)
{
	struct evtchn_init_control op = { .control_gfn = gfn, .offset = offset, .vcpu = vcpu };
	long rc = OP(init_control, &op);

	if (!rc)
		assert_int_equal(op.link_bits, EVTCHN_FIFO_LINK_BITS);
	return rc;
}

static long expand(u64 gfn)
{
	struct evtchn_expand_array op = { .array_gfn = gfn };

	return OP(expand_array, &op);
}

static u64 gfn_of(unsigned i) { return mfn_x(page_to_mfn(pages[i])); }

static void go_fifo(void)
{
	assert_int_equal(init_control(0, gfn_of(0), 0), 0);
	assert_int_equal(init_control(1, gfn_of(1), 4024), 0);
	assert_int_equal(expand(gfn_of(2)), 0);
}

static u32 ipi(u32 vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };

	assert_int_equal(OP(bind_ipi, &op), 0);
	return op.port;
}

static void raise(u32 port)
{
	struct evtchn_send op = { port };

	assert_int_equal(OP(send, &op), 0);
}

static void priority(u32 port, u32 prio)
{
	struct evtchn_set_priority op = { .port = port, .priority = prio };

	assert_int_equal(OP(set_priority, &op), 0);
}

/*
 * What a guest does in its upcall: take the highest ready queue and its head,
 * until nothing is left. Returns the number of events, in order, in got.
 */
static unsigned guest_head[2][16];

static unsigned guest_consume(unsigned vcpu, u32 *got, unsigned max)
{
	struct evtchn_fifo_control_block *c = control[vcpu];
	unsigned n = 0, prio;
	u32 ready = __atomic_exchange_n(&c->ready, 0, __ATOMIC_SEQ_CST), head, w;

	d->vcpu[vcpu]->info->evtchn_upcall_pending = 0;
	while (ready) {
		prio = (unsigned)__builtin_ctz(ready);
		head = guest_head[vcpu][prio] ? guest_head[vcpu][prio] : c->head[prio];
		w = words[head];
		words[head] = w & ~(LINKED | EVTCHN_FIFO_LINK_MASK);
		guest_head[vcpu][prio] = w & EVTCHN_FIFO_LINK_MASK;
		if (!guest_head[vcpu][prio])
			ready &= ~(1u << prio);
		if (w & PENDING && !(w & MASKED)) {
			words[head] &= ~PENDING;
			assert_true(n < max);
			got[n++] = head;
		}
		ready |= __atomic_exchange_n(&c->ready, 0, __ATOMIC_SEQ_CST);
	}
	return n;
}

static void test_setup_refused(void **state)
{
	struct domain *other = host_domain_new(2, 1);
	struct page *foreign = alloc_domain_pages(other, 0, 0);

	assert_int_equal(expand(gfn_of(2)), -EOPNOTSUPP);
	assert_int_equal(init_control(2, gfn_of(0), 0), -ENOENT);
	assert_int_equal(init_control(0xffffffff, gfn_of(0), 0), -ENOENT);
	assert_int_equal(init_control(0, gfn_of(0), 4), -EINVAL);
	assert_int_equal(init_control(0, gfn_of(0), 4032), -EINVAL);
	assert_int_equal(init_control(0, gfn_of(0), 0xfffffff8), -EINVAL);
	assert_int_equal(init_control(0, 0, 0), -EINVAL);
	assert_int_equal(init_control(0, ~0ull, 0), -EINVAL);
	assert_int_equal(init_control(0, mfn_x(page_to_mfn(foreign)), 0), -EINVAL);
	/* A page in use as a page table cannot become one. */
	pages[0]->type = PGT_l1_page_table | PGT_validated | 1;
	assert_int_equal(init_control(0, gfn_of(0), 0), -EINVAL);
	pages[0]->type = 0;
	assert_null(d->fifo);

	assert_int_equal(init_control(0, gfn_of(0), 4024), 0);
	assert_int_equal(init_control(0, gfn_of(1), 0), -EINVAL);
	assert_int_equal(expand(mfn_x(page_to_mfn(foreign))), -EINVAL);
	assert_int_equal(expand(~0ull), -EINVAL);
	control[0] = (void *)((u8 *)page_to_virt(pages[0]) + 4024);
	page_release(foreign);
	host_domain_free(other);
}

/* A sender from another domain chose the two-level way just before the domain left it. */
static void test_late_sender(void **state)
{
	struct vcpu *v = d->vcpu[0];
	u32 port = ipi(0), got[4];

	assert_int_equal(init_control(0, gfn_of(0), 0), 0);
	assert_int_equal(init_control(1, gfn_of(1), 4024), 0);
	evtchn_2l_ops.set_pending(v, evtchn_from_port(d, port));
	assert_true(evtchn_from_port(d, port)->pending);
	assert_int_equal(expand(gfn_of(2)), 0);
	assert_false(evtchn_from_port(d, port)->pending);
	assert_int_equal(guest_consume(0, got, 4), 1);
	assert_int_equal(got[0], port);
}

static void test_array_limit(void **state)
{
	unsigned i;

	assert_int_equal(init_control(0, gfn_of(0), 0), 0);
	for (i = 0; i < 128; i++)
		assert_int_equal(expand(gfn_of(2)), 0);
	assert_int_equal(expand(gfn_of(3)), -ENOSPC);
	assert_int_equal(pages[2]->type & PGT_count_mask, 128);
}

static void test_order(void **state)
{
	u32 a, b, c, got[8];

	go_fifo();
	a = ipi(0);
	b = ipi(0);
	c = ipi(0);
	raise(b);
	assert_true(d->vcpu[0]->info->evtchn_upcall_pending);
	assert_int_equal(control[0]->ready, 1 << EVTCHN_FIFO_PRIORITY_DEFAULT);
	raise(a);
	raise(c);
	raise(a);
	assert_int_equal(guest_consume(0, got, 8), 3);
	assert_int_equal(got[0], b);
	assert_int_equal(got[1], a);
	assert_int_equal(got[2], c);
	raise(c);
	assert_int_equal(guest_consume(0, got, 8), 1);
	assert_int_equal(got[0], c);
}

static void test_priority(void **state)
{
	struct evtchn_set_priority op;
	u32 a, b, c, got[8];

	go_fifo();
	a = ipi(0);
	b = ipi(0);
	c = ipi(0);
	priority(b, 0);
	priority(c, 15);
	raise(c);
	raise(a);
	raise(b);
	assert_int_equal(control[0]->ready, 1 | 1 << 7 | 1 << 15);
	assert_int_equal(guest_consume(0, got, 8), 3);
	assert_int_equal(got[0], b);
	assert_int_equal(got[1], a);
	assert_int_equal(got[2], c);
	op = (struct evtchn_set_priority){ .port = a, .priority = 16 };
	assert_int_equal(OP(set_priority, &op), -EINVAL);
	op.priority = 0xffffffff;
	assert_int_equal(OP(set_priority, &op), -EINVAL);
	op = (struct evtchn_set_priority){ .port = 200000, .priority = 1 };
	assert_int_equal(OP(set_priority, &op), -EINVAL);
}

/* A tail that moves to another queue must not have others linked behind it. */
static void test_moved_tail(void **state)
{
	u32 a, b, got[8];

	go_fifo();
	a = ipi(0);
	b = ipi(0);
	raise(a);
	assert_int_equal(guest_consume(0, got, 8), 1);
	priority(a, 3);
	raise(a);
	raise(b);
	assert_int_equal(control[0]->ready, 1 << 3 | 1 << 7);
	assert_int_equal(guest_consume(0, got, 8), 2);
	assert_int_equal(got[0], a);
	assert_int_equal(got[1], b);
}

static void test_other_vcpu(void **state)
{
	struct evtchn_bind_virq bv = { .virq = VIRQ_CONSOLE };
	struct evtchn_bind_vcpu mv;
	u32 got[4];

	go_fifo();
	assert_int_equal(OP(bind_virq, &bv), 0);
	send_guest_domain_virq(d, VIRQ_CONSOLE);
	assert_int_equal(guest_consume(0, got, 4), 1);
	mv = (struct evtchn_bind_vcpu){ .port = bv.port, .vcpu = 1 };
	assert_int_equal(OP(bind_vcpu, &mv), 0);
	send_guest_domain_virq(d, VIRQ_CONSOLE);
	assert_int_equal(control[0]->ready, 0);
	assert_true(d->vcpu[1]->info->evtchn_upcall_pending);
	assert_int_equal(guest_consume(1, got, 4), 1);
	assert_int_equal(got[0], bv.port);
}

static void test_mask(void **state)
{
	struct evtchn_unmask op;
	u32 a, got[4];

	go_fifo();
	a = ipi(0);
	words[a] = MASKED;
	raise(a);
	assert_int_equal(words[a], MASKED | PENDING);
	assert_int_equal(control[0]->ready, 0);
	assert_int_equal(evtchn_port_is_pending(d, a), 1);
	op.port = a;
	assert_int_equal(OP(unmask, &op), 0);
	assert_int_equal(guest_consume(0, got, 4), 1);
	assert_int_equal(words[a], 0);
	/* Nothing pending: just the mask goes. */
	words[a] = MASKED;
	assert_int_equal(OP(unmask, &op), 0);
	assert_int_equal(words[a], 0);
	assert_int_equal(control[0]->ready, 0);
}

/* Raised under two-level or before their page exists: not lost. */
static void test_early_events(void **state)
{
	u32 a = ipi(0), b, got[4];

	raise(a);
	assert_true(test_bit(a, d->shared_info->evtchn_pending));
	assert_int_equal(init_control(0, gfn_of(0), 0), 0);
	b = ipi(0);
	raise(b);
	assert_int_equal(evtchn_port_is_pending(d, b), 1);
	assert_int_equal(expand(gfn_of(2)), 0);
	assert_int_equal(guest_consume(0, got, 4), 2);
	assert_int_equal(got[0], a);
	assert_int_equal(got[1], b);
}

/* An event for a vCPU without a control block is lost, and nothing else. */
static void test_no_control_block(void **state)
{
	u32 a, b, got[4];

	assert_int_equal(init_control(0, gfn_of(0), 0), 0);
	assert_int_equal(expand(gfn_of(2)), 0);
	a = ipi(1);
	b = ipi(0);
	raise(a);
	assert_int_equal(words[a], PENDING);
	raise(b);
	assert_int_equal(guest_consume(0, got, 4), 1);
	assert_int_equal(init_control(1, gfn_of(1), 4024), 0);
	raise(a);
	assert_int_equal(guest_consume(1, got, 4), 1);
}

/* A closed port is not given out again while the guest has it in a queue. */
static void test_reuse_waits(void **state)
{
	struct evtchn_close op;
	u32 a, b, got[4];

	go_fifo();
	a = ipi(0);
	raise(a);
	op.port = a;
	assert_int_equal(OP(close, &op), 0);
	assert_int_equal(words[a] & PENDING, 0);
	b = ipi(0);
	assert_int_not_equal(a, b);
	assert_int_equal(guest_consume(0, got, 4), 0);
	assert_int_equal(ipi(0), a);
}

static void test_many_ports(void **state)
{
	unsigned i, n;
	u32 got[900];

	go_fifo();
	for (i = 0; i < 900; i++)
		ipi(0);
	for (i = 1; i <= 900; i++)
		raise(i);
	n = guest_consume(0, got, 900);
	assert_int_equal(n, 900);
	for (i = 0; i < n; i++)
		assert_int_equal(got[i], i + 1);
	/* More ports than two-level has: the limit is another one now. */
	for (i = 900; i < 5000; i++)
		ipi(0);
	assert_non_null(evtchn_from_port(d, 5000));
	raise(5000);
	assert_int_equal(evtchn_port_is_pending(d, 5000), 1);
	for (i = 0; i < 4; i++)
		assert_int_equal(expand(gfn_of(3 + i)), 0);
	assert_true(((event_word_t *)page_to_virt(pages[6]))[5000 % 1024] & PENDING);
}

/* Whatever is in the words, we neither loop, nor leave our pages, nor break a lock. */
static void test_hostile_words(void **state)
{
	u32 ports[32], r = 12345;
	unsigned i, j;

	go_fifo();
	for (i = 0; i < 32; i++)
		ports[i] = ipi(i & 1);
	for (i = 0; i < 20000; i++) {
		u32 p = ports[(r = r * 1664525 + 1013904223) >> 27];
		struct evtchn_unmask um = { p };
		struct evtchn_close cl = { p };
		u32 v = r = r * 1664525 + 1013904223;

		for (j = 0; j < 64; j++)
			if (v >> (j & 31) & 1)
				words[j] = r = r * 1664525 + 1013904223;
		memset(page_to_virt(pages[0]), (int)v, 128);
		switch (v >> 29) {
		case 0:
			OP(unmask, &um);
			break;
		case 1:
			priority(p, v & 15);
			break;
		case 2:
			OP(close, &cl);
			words[p] = 0;
			for (j = 0; j < 32; j++)
				if (ports[j] == p)
					ports[j] = ipi(j & 1);
			break;
		default:
			raise(p);
		}
	}
}

static event_word_t *evil_word;
static void evil_copy(void *dst, const void *src, size_t n) { *evil_word ^= LINKED; }

static void test_guest_flips_during_calls(void **state)
{
	u32 a, b;
	unsigned i;

	go_fifo();
	a = ipi(0);
	b = ipi(0);
	evil_word = &words[a];
	shim_copy_hook = evil_copy;
	for (i = 0; i < 100; i++) {
		raise(a);
		raise(b);
	}
	shim_copy_hook = NULL;
}

static void test_reset_goes_back(void **state)
{
	struct evtchn_reset op = { .dom = DOMID_SELF };
	u32 a;

	go_fifo();
	a = ipi(0);
	raise(a);
	assert_int_equal(OP(reset, &op), 0);
	assert_null(d->fifo);
	assert_null(d->vcpu[0]->fifo);
	assert_int_equal(pages[2]->type & PGT_count_mask, 0);
	a = ipi(0);
	raise(a);
	assert_true(test_bit(a, d->shared_info->evtchn_pending));
	memset(words, 0, PAGE_SIZE);
	go_fifo();
	assert_true(words[a] & PENDING);
}

static void test_no_memory(void **state)
{
	shim_fail_alloc = 1;
	assert_int_equal(init_control(0, gfn_of(0), 0), -ENOMEM);
	assert_int_equal(pages[0]->type & PGT_count_mask, 0);
	go_fifo();
}

static int reset_model(void **state)
{
	memset(guest_head, 0, sizeof(guest_head));
	return setup(state);
}

#define T(x) cmocka_unit_test_setup_teardown(x, reset_model, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_setup_refused), T(test_late_sender), T(test_array_limit), T(test_order),
		T(test_priority), T(test_moved_tail), T(test_other_vcpu), T(test_mask), T(test_early_events),
		T(test_no_control_block), T(test_reuse_waits), T(test_many_ports),
		T(test_hostile_words), T(test_guest_flips_during_calls), T(test_reset_goes_back),
		T(test_no_memory),
	};
	int rc;

	host_machine_init(512);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	host_machine_fini();
	return rc;
}
