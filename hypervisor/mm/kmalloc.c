/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Byte-sized objects. Pages are cut into objects of one size class behind a
 * header of 64 bytes, so a small object is never page-aligned; what is bigger
 * than the biggest class gets pages of its own, with the order in page->info.
 * Objects are aligned to 32 bytes, from class 64 on to 64.
 *
 * Lock: malloc_lock (irqsave), for the lists and headers. Pages come and go
 * outside it.
 */
#include "lib/bitops.h"
#include "lib/bug.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mm/heap.h"
#include "sync/spinlock.h"

#ifdef KRYPTON_HOST_TEST
void *kmalloc(size_t n)
{
	return calloc(1, n ? n : 1);
}

void kfree(void *p)
{
	free(p);
}
#else
#define HEADER_SIZE 64

struct slab {
	struct list list;	/* of its class, while an object is free */
	void *free;		/* first free object, which points at the next */
	u16 class, used, total, magic;
};
_Static_assert(sizeof(struct slab) <= HEADER_SIZE, "slab header");
#define SLAB_MAGIC 0x51ab

static const u16 class_size[] = { 32, 64, 128, 192, 256, 384, 576, 960, 1344, 1984 };
#define CLASSES ARRAY_SIZE(class_size)

static spinlock_t malloc_lock = SPINLOCK_INIT(LOCK_MALLOC);
static struct list partial[CLASSES];

static struct slab *slab_of(void *p)
{
	return (struct slab *)((u64)p & PAGE_MASK);
}

static struct slab *new_slab(unsigned class)
{
	struct slab *s = alloc_page();
	u8 *base;

	if (!s)
		return NULL;
	base = (u8 *)s + HEADER_SIZE;
	s->class = (u16)class;
	s->magic = SLAB_MAGIC;
	s->total = (u16)((PAGE_SIZE - HEADER_SIZE) / class_size[class]);
	for (unsigned i = s->total; i--;) {
		void **obj = (void **)(base + i * class_size[class]);

		*obj = s->free;
		s->free = obj;
	}
	list_init(&s->list);
	return s;
}

static void *take_object(unsigned class)
{
	struct slab *s;
	void **obj;

	if (!partial[class].next)
		list_init(&partial[class]);
	if (list_empty(&partial[class]))
		return NULL;
	s = list_entry(partial[class].next, struct slab, list);
	obj = s->free;
	s->free = *obj;
	if (++s->used == s->total)
		list_del(&s->list);
	return obj;
}

static void *alloc_large(size_t n)
{
	unsigned order = order_for(DIV_ROUND_UP(n, PAGE_SIZE));
	void *p;

	if (order > MAX_ORDER)
		return NULL;
	p = alloc_pages(order);
	if (p)
		virt_to_page(p)->info = (u16)order;
	return p;
}

void *kmalloc(size_t n)
{
	unsigned class = 0;
	struct slab *fresh;
	void *p;
	u64 flags;

	while (class < CLASSES && class_size[class] < n)
		class++;
	if (class == CLASSES)
		return alloc_large(n);
	flags = spin_lock_irqsave(&malloc_lock);
	p = take_object(class);
	spin_unlock_irqrestore(&malloc_lock, flags);
	if (!p) {
		fresh = new_slab(class);
		if (!fresh)
			return NULL;
		flags = spin_lock_irqsave(&malloc_lock);
		if (!partial[class].next)
			list_init(&partial[class]);
		list_add(&fresh->list, &partial[class]);
		p = take_object(class);
		spin_unlock_irqrestore(&malloc_lock, flags);
	}
	return memset(p, 0, class_size[class]);
}

void kfree(void *p)
{
	struct slab *s = slab_of(p), *dead = NULL;
	u64 flags;

	if (!p)
		return;
	if (!((u64)p & ~PAGE_MASK)) {
		free_pages(p, virt_to_page(p)->info);
		return;
	}
	BUG_ON(s->magic != SLAB_MAGIC ||
	       ((u64)p - (u64)s - HEADER_SIZE) % class_size[s->class]);
	flags = spin_lock_irqsave(&malloc_lock);
	if (s->used == s->total)
		list_add(&s->list, &partial[s->class]);
	*(void **)p = s->free;
	s->free = p;
	/* Keep one empty page of each class. */
	if (!--s->used && !(partial[s->class].next == &s->list && partial[s->class].prev == &s->list)) {
		list_del(&s->list);
		dead = s;
	}
	spin_unlock_irqrestore(&malloc_lock, flags);
	free_page(dead);
}
#endif
