/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine as host tests see it. cpu/percpu.h and cpu/cpu.h include this
 * file instead of their hardware parts, so that the hypervisor's own sources
 * compile into a plain program that the sanitizers can watch.
 *
 * Every function of shim*.c is weak: a test that names a real source in its
 * SOURCES line gets that one instead, symbol by symbol.
 *
 * A "guest pointer" is a pointer of the test program. A test is one thread; it
 * plays several processors and vCPUs by calling host_run_on().
 */
#ifndef TESTS_HOST_SHIM_H
#define TESTS_HOST_SHIM_H

#include "lib/types.h"
#include <xen/xen.h>

struct vcpu;
struct pcpu;
struct domain;

#define SHIM_CPUS 64

struct cpu_info {
	struct cpu_user_regs regs;
	struct vcpu *vcpu;
	struct pcpu *cpu;
	unsigned cpu_id;
};

extern struct cpu_info shim_cpu_info[SHIM_CPUS];
extern unsigned shim_cpu;		/* the processor that the test plays now */

static inline struct cpu_info *cpu_info(void) { return &shim_cpu_info[shim_cpu]; }

#define current (cpu_info()->vcpu)
#define this_cpu() (cpu_info()->cpu)
#define smp_cpu_id() (cpu_info()->cpu_id)
#define guest_regs() (&cpu_info()->regs)

/* Interrupt flag of the processor played, clock, TSC; the test may set them. */
extern bool shim_irqs_on;
extern u64 shim_now, shim_tsc;

static inline u64 rdtsc(void) { return shim_tsc; }
static inline void irq_enable(void) { shim_irqs_on = true; }
static inline void irq_disable(void) { shim_irqs_on = false; }
static inline bool irqs_enabled(void) { return shim_irqs_on; }

static inline u64 irq_save(void)
{
	u64 f = shim_irqs_on ? 0x200 : 0;

	shim_irqs_on = false;
	return f;
}

static inline void irq_restore(u64 f)
{
	if (f & 0x200)
		shim_irqs_on = true;
}

/* Called where the hypervisor waits for another processor: a test may play that one. */
extern void (*shim_relax_hook)(void);
static inline void cpu_relax(void) { if (shim_relax_hook) shim_relax_hook(); }

u64 shim_msr_read(u32 msr);
void shim_msr_write(u32 msr, u64 v);
static inline u64 rdmsr(u32 msr) { return shim_msr_read(msr); }
static inline void wrmsr(u32 msr, u64 v) { shim_msr_write(msr, v); }

extern u64 shim_cr[5];
static inline u64 read_cr0(void) { return shim_cr[0]; }
static inline u64 read_cr2(void) { return shim_cr[2]; }
static inline u64 read_cr3(void) { return shim_cr[3]; }
static inline u64 read_cr4(void) { return shim_cr[4]; }
static inline void write_cr0(u64 v) { shim_cr[0] = v; }
static inline void write_cr2(u64 v) { shim_cr[2] = v; }
static inline void write_cr3(u64 v) { shim_cr[3] = v; }
static inline void write_cr4(u64 v) { shim_cr[4] = v; }
static inline void invlpg(u64 va) { }
static inline void wbinvd(void) { }

static inline void cpuid_count(u32 leaf, u32 sub, u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a = *b = *c = *d = 0;
}

/* Ports: what a test's hook answers, else all ones. size is 1, 2 or 4. */
extern u32 (*shim_port_read)(u16 port, unsigned size);
extern void (*shim_port_write)(u16 port, unsigned size, u32 v);
static inline u32 shim_in(u16 p, unsigned n) { return shim_port_read ? shim_port_read(p, n) : ~0u; }
static inline void shim_out(u16 p, unsigned n, u32 v)
{
	if (shim_port_write)
		shim_port_write(p, n, v);
}

static inline u8 inb(u16 p) { return (u8)shim_in(p, 1); }
static inline u16 inw(u16 p) { return (u16)shim_in(p, 2); }
static inline u32 inl(u16 p) { return shim_in(p, 4); }
static inline void outb(u8 v, u16 p) { shim_out(p, 1, v); }
static inline void outw(u16 v, u16 p) { shim_out(p, 2, v); }
static inline void outl(u32 v, u16 p) { shim_out(p, 4, v); }

/*
 * The machine. host_machine_init() makes RAM of that many frames (0 is never
 * given out), a frame table, 4 processors; the shim's allocator owns the frames
 * unless the real heap is linked (then call heap_init() and heap_add_range()).
 * host_machine_fini() gives all back to libc; what a test did not free before
 * shows up in the leak sanitizer.
 */
void host_machine_init(u64 frames);
void host_machine_fini(void);
extern u8 *shim_ram;			/* mfn 0 */

/*
 * A domain with vCPUs 0..vcpus-1 (not blocked, 2-level shared info, max_pages
 * unlimited) and no service initialised. Domain 0 is privileged and hardware.
 * host_domain_free() drops what host_domain_new() made.
 */
struct domain *host_domain_new(domid_t id, unsigned vcpus);
void host_domain_free(struct domain *d);
/* Continue as vCPU v (NULL: idle) on that processor. */
void host_run_on(unsigned cpu, struct vcpu *v);

/* Guest accesses. [start, end) faults; the hook runs after each copy_from_guest(). */
extern u64 shim_fault_start, shim_fault_end;
extern int shim_fault_after;		/* >= 0: that many copies work, then all fault */
extern void (*shim_copy_hook)(void *dst, const void *src, size_t n);

/* hypercall_preempt_check() is true at the n-th call from now (0: never), then each n-th. */
extern unsigned shim_preempt_every;
/* The n-th allocation from now fails (0: none). Counts kmalloc, alloc_pages, heap_alloc. */
extern unsigned shim_fail_alloc;
extern long shim_live_allocs;		/* kmalloc and alloc_pages not yet freed */

/* What happened, for tests to look at and reset. */
struct shim_counts {
	unsigned kicks[SHIM_CPUS];	/* smp_send_event_check */
	unsigned unblocks;		/* vcpu_unblock */
	unsigned tlb_flushes;
	unsigned softirqs;
	unsigned crashes;		/* domain_crash */
	unsigned virqs;
};
extern struct shim_counts shim_counts;
extern bool shim_verbose;		/* printk to stderr; from KRYPTON_VERBOSE */
unsigned shim_locks_held(void);

#endif
