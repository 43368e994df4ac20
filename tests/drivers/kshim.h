/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kshim.h: as much of the kernel's interface as the ring provider's client needs, on threads, so that
 * it runs in a host test against the fake store. Waiting is looking again and again; an allocation may
 * be made to fail. The folders linux/ and xen/ beside this file lead here.
 */
#ifndef KSHIM_H
#define KSHIM_H

#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wpointer-sign"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xb/plain.h>

#ifndef __printf
#define __printf(a, b) __attribute__((format(printf, a, b)))
#endif
#define __weak		__attribute__((weak))
#define READ_ONCE(x)	(*(volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define struct_size(p, member, n) (sizeof(*(p)) + (n) * sizeof((p)->member[0]))
#define pr_info(...)	((void)0)
#define pr_warn(...)	((void)0)
#define pr_err(...)	((void)0)
#define pr_warn_ratelimited(fmt, ...) ((void)sizeof(printf(fmt, ##__VA_ARGS__)))

/* ---- memory: the next allocation but KSHIM_FAIL fails, when it is not negative */
extern int kshim_fail;
#define GFP_KERNEL	0
#define GFP_NOIO	0
#define __GFP_HIGH	0
void *kmalloc(size_t size, int gfp);
void *kzalloc(size_t size, int gfp);
void *kmemdup(const void *from, size_t size, int gfp);
#define kfree(p)	free((void *)(p))
#define kvmalloc(size, gfp) kmalloc(size, gfp)
#define kvfree(p)	kfree(p)
#define ERR_PTR(e)	((void *)(long)(e))
#define PTR_ERR(p)	((long)(p))
#define ERR_CAST(p)	((void *)(p))
#define IS_ERR(p)	((unsigned long)(p) > -4096UL)
#define PTR_ERR_OR_ZERO(p) (IS_ERR(p) ? PTR_ERR(p) : 0)
static inline long strscpy(char *to, const char *from, size_t size)
{
	return snprintf(to, size, "%s", from);
}

/* ---- lists */
struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name)	struct list_head name = { &(name), &(name) }
#define list_entry(p, type, member) container_of(p, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_for_each_entry(pos, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member); &pos->member != (head); \
	     pos = list_entry(pos->member.next, __typeof__(*pos), member))
#define list_for_each_entry_safe(pos, n, head, member) \
	for (pos = list_entry((head)->next, __typeof__(*pos), member), \
	     n = list_entry(pos->member.next, __typeof__(*pos), member); &pos->member != (head); \
	     pos = n, n = list_entry(n->member.next, __typeof__(*n), member))
static inline void INIT_LIST_HEAD(struct list_head *l)
{
	l->next = l->prev = l;
}

static inline void list_add_tail(struct list_head *n, struct list_head *head)
{
	n->prev = head->prev;
	n->next = head;
	head->prev->next = n;
	head->prev = n;
}

static inline void list_del(struct list_head *n)
{
	n->prev->next = n->next;
	n->next->prev = n->prev;
}

static inline void list_del_init(struct list_head *n)
{
	list_del(n);
	INIT_LIST_HEAD(n);
}

static inline void list_move(struct list_head *n, struct list_head *head)
{
	list_del(n);
	list_add_tail(n, head->next);
}

static inline bool list_empty(const struct list_head *l)
{
	return l->next == l;
}

static inline bool list_empty_careful(const struct list_head *l)
{
	return READ_ONCE(l->next) == l;
}

static inline void list_move_tail(struct list_head *n, struct list_head *head)
{
	list_del(n);
	list_add_tail(n, head);
}

static inline void list_splice_tail_init(struct list_head *from, struct list_head *to)
{
	while (!list_empty(from))
		list_move_tail(from->next, to);
}

static inline void list_splice_init(struct list_head *from, struct list_head *to)
{
	list_splice_tail_init(from, to->next);
}

/* ---- locks and threads */
typedef pthread_mutex_t spinlock_t;
struct mutex {
	pthread_mutex_t m;
};

#define spin_lock_init(l) pthread_mutex_init(l, NULL)
#define spin_lock(l)	pthread_mutex_lock(l)
#define spin_unlock(l)	pthread_mutex_unlock(l)
#define mutex_init(x)	pthread_mutex_init(&(x)->m, NULL)
#define mutex_lock(x)	pthread_mutex_lock(&(x)->m)
#define mutex_unlock(x)	pthread_mutex_unlock(&(x)->m)

typedef struct {
	atomic_int n;
} refcount_t;
#define refcount_set(r, v) atomic_store(&(r)->n, v)
#define refcount_inc(r)	atomic_fetch_add(&(r)->n, 1)
#define refcount_add(v, r) atomic_fetch_add(&(r)->n, v)
#define refcount_dec_and_test(r) (atomic_fetch_sub(&(r)->n, 1) == 1)

struct task_struct;
extern _Thread_local struct task_struct *current;
struct task_struct *kthread_run(int (*fn)(void *), void *data, const char *name);
void kthread_stop(struct task_struct *t);
bool kthread_should_stop(void);

/* ---- waiting */
typedef struct {
	int unused;
} wait_queue_head_t;
#define HZ		1000L
#define init_waitqueue_head(w) ((void)(w))
#define wake_up(w)	((void)(w))
#define wake_up_all(w)	((void)(w))
#define wait_event_idle(w, cond) do { while (!(cond)) usleep(20); } while (0)
#define wait_event_interruptible(w, cond) wait_event_idle(w, cond)
#define wait_event_killable(w, cond) ({ wait_event_idle(w, cond); 0; })
#define wait_event_idle_timeout(w, cond, ms) ({					\
	long left_ = (ms) * 50;							\
	while (!(cond) && --left_ > 0)						\
		usleep(20);							\
	left_ > 0; })
#define wait_event_interruptible_timeout(w, cond, ms) wait_event_idle_timeout(w, cond, ms)

struct completion {
	atomic_int done;
};

#define DECLARE_COMPLETION(name) struct completion name
#define complete_all(c)	atomic_store(&(c)->done, 1)
#define wait_for_completion_timeout(c, ms) wait_event_idle_timeout(0, atomic_load(&(c)->done), ms)

u32 get_random_u32(void);
char *kasprintf(int gfp, const char *fmt, ...) __printf(2, 3);

/* ---- the rest of what headers name */
struct device {
	bool registered;
	int refs;
};

#define device_is_registered(d) ((d)->registered)
#define put_device(d)	((void)(d)->refs--)

struct module;
struct attribute_group;
struct kobj_uevent_env;
typedef u16 domid_t;
typedef u32 evtchn_port_t;
enum xenbus_state { XenbusStateUnknown, XenbusStateInitialising };
typedef int irqreturn_t;
#define IRQ_HANDLED	1
int bind_evtchn_to_irqhandler(evtchn_port_t port, irqreturn_t (*fn)(int, void *), unsigned long flags,
			      const char *name, void *data);
#define free_irq(irq, data) ((void)(irq), (void)(data))
void notify_remote_via_evtchn(evtchn_port_t port);

#endif
