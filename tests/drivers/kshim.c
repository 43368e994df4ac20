/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kshim.c: see kshim.h.
 */
#include "kshim.h"

struct task_struct {
	pthread_t thread;
	int (*fn)(void *data);
	void *data;
	atomic_bool stop;
};

int kshim_fail = -1;
_Thread_local struct task_struct *current;

void *kmalloc(size_t size, int gfp)
{
	if (kshim_fail >= 0 && !kshim_fail--)
		return NULL;
	return malloc(size);
}

void *kzalloc(size_t size, int gfp)
{
	void *p = kmalloc(size, gfp);

	return p ? memset(p, 0, size) : NULL;
}

void *kmemdup(const void *from, size_t size, int gfp)
{
	void *p = kmalloc(size, gfp);

	return p ? memcpy(p, from, size) : NULL;
}

char *kasprintf(int gfp, const char *fmt, ...)
{
	char *text = kmalloc(4096, gfp);
	va_list args;

	va_start(args, fmt);
	if (text)
		vsnprintf(text, 4096, fmt, args);
	va_end(args);
	return text;
}

static void *run(void *arg)
{
	current = arg;
	current->fn(current->data);
	return NULL;
}

struct task_struct *kthread_run(int (*fn)(void *), void *data, const char *name)
{
	struct task_struct *t = calloc(1, sizeof(*t));

	t->fn = fn;
	t->data = data;
	pthread_create(&t->thread, NULL, run, t);
	return t;
}

void kthread_stop(struct task_struct *t)
{
	atomic_store(&t->stop, true);
	pthread_join(t->thread, NULL);
	free(t);
}

bool kthread_should_stop(void)
{
	return atomic_load(&current->stop);
}

u32 get_random_u32(void)
{
	static u32 n = 0x12345;

	return n++;
}

int bind_evtchn_to_irqhandler(evtchn_port_t port, irqreturn_t (*fn)(int, void *), unsigned long flags,
			      const char *name, void *data)
{
	return 1;
}

void notify_remote_via_evtchn(evtchn_port_t port)
{
}
