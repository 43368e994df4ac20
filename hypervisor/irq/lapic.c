/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC: by MSRs in x2APIC mode, else through its page. All processors
 * are in the same mode, the one of the boot processor. Destinations are always
 * physical APIC ids.
 *
 * Timer: one-shot, by TSC deadline where the processor has it, else by the
 * count register, whose rate is measured against now_ns() once.
 *
 * No lock: a processor touches its own LAPIC only; the two halves of an xAPIC
 * command are written with interrupts off.
 */
#include "cpu/cpu.h"
#include "cpu/features.h"
#include "cpu/percpu.h"
#include "irq/irq.h"
#include "lib/bug.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/map.h"
#include "time/time.h"

#define APIC_ID 0x020
#define APIC_TPR 0x080
#define APIC_EOI 0x0b0
#define APIC_LDR 0x0d0
#define APIC_DFR 0x0e0
#define APIC_SVR 0x0f0
#define APIC_ISR 0x100
#define APIC_ESR 0x280
#define APIC_ICR 0x300
#define APIC_ICR2 0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_THERMAL 0x330
#define APIC_LVT_PERF 0x340
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TMICT 0x380
#define APIC_TMCCT 0x390
#define APIC_TDCR 0x3e0
#define APIC_VERSION 0x030

#define LVT_MASKED (1u << 16)
#define LVT_NMI (4u << 8)
#define LVT_TSC_DEADLINE (2u << 17)
#define SVR_ENABLE (1u << 8)
#define TDCR_DIV1 0xbu
#define ICR_BUSY (1u << 12)
#define ICR_ASSERT (1u << 14)
#define ICR_LEVEL (1u << 15)
#define ICR_NMI (4u << 8)
#define ICR_INIT (5u << 8)
#define ICR_STARTUP (6u << 8)

#define APIC_BASE_BSP (1u << 8)
#define APIC_BASE_X2 (1u << 10)
#define APIC_BASE_ENABLE (1u << 11)
#define MSR_X2APIC 0x800u
#define MSR_TSC_DEADLINE 0x6e0u

static volatile u8 *mmio;
static bool x2apic;
static u64 timer_hz;			/* of the count register; 0: TSC deadline */

static u32 apic_read(u32 reg)
{
	if (x2apic)
		return (u32)rdmsr(MSR_X2APIC + (reg >> 4));
	return *(volatile u32 *)(mmio + reg);
}

static void apic_write(u32 reg, u32 v)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + (reg >> 4), v);
	else
		*(volatile u32 *)(mmio + reg) = v;
}

bool lapic_is_x2apic(void) { return x2apic; }

/* Boot CPU, before lapic_init_cpu(). Firmware may have chosen x2APIC: there is no way back. */
void lapic_detect(paddr_t base)
{
	u64 msr = rdmsr(MSR_APIC_BASE);

	x2apic = (msr & APIC_BASE_X2) || (opts.x2apic && cpu_features.x2apic);
	if (x2apic)
		return;
	if (!base)
		base = msr & PTE_MFN_MASK;
	mmio = ioremap(base & PAGE_MASK, PAGE_SIZE);
	if (!mmio)
		panic("No room to map the local APIC at %llx\n", (unsigned long long)base);
}

u32 lapic_id(void)
{
	return x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void lapic_eoi(void) { apic_write(APIC_EOI, 0); }

/* What firmware or a crashed kernel left in service would block us for ever. */
static void drop_in_service(void)
{
	for (unsigned n = 0; n < 256; n++) {
		bool any = false;

		for (unsigned i = 0; i < 8; i++)
			any |= apic_read(APIC_ISR + i * 0x10) != 0;
		if (!any)
			return;
		lapic_eoi();
	}
}

static void set_lvts(void)
{
	unsigned max_lvt = apic_read(APIC_VERSION) >> 16 & 0xff;
	bool bsp = rdmsr(MSR_APIC_BASE) & APIC_BASE_BSP;

	apic_write(APIC_LVT_TIMER, VECTOR_TIMER | LVT_MASKED);
	if (max_lvt >= 5)
		apic_write(APIC_LVT_THERMAL, LVT_MASKED);
	if (max_lvt >= 4)
		apic_write(APIC_LVT_PERF, LVT_MASKED);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
	apic_write(APIC_LVT_LINT1, bsp ? LVT_NMI : LVT_NMI | LVT_MASKED);
	apic_write(APIC_ESR, 0);
	apic_write(APIC_LVT_ERROR, VECTOR_ERROR);
}

static void timer_start(void)
{
	apic_write(APIC_TDCR, TDCR_DIV1);
	if (cpu_features.tsc_deadline)
		apic_write(APIC_LVT_TIMER, VECTOR_TIMER | LVT_TSC_DEADLINE);
	else
		apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
	/* The mode must be in force before the first deadline is written. */
	__asm__ __volatile__("mfence" ::: "memory");
}

void lapic_init_cpu(void)
{
	u64 msr = rdmsr(MSR_APIC_BASE);

	if (x2apic && !(msr & APIC_BASE_X2)) {
		/* x2APIC can only be entered from xAPIC. */
		if (!(msr & APIC_BASE_ENABLE))
			wrmsr(MSR_APIC_BASE, msr | APIC_BASE_ENABLE);
		wrmsr(MSR_APIC_BASE, msr | APIC_BASE_ENABLE | APIC_BASE_X2);
	} else if (!(msr & APIC_BASE_ENABLE)) {
		wrmsr(MSR_APIC_BASE, msr | APIC_BASE_ENABLE);
	}
	this_cpu()->apic_id = lapic_id();
	apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	if (!x2apic) {
		apic_write(APIC_DFR, 0xffffffffu);
		apic_write(APIC_LDR, (apic_read(APIC_LDR) & 0x00ffffffu) | 1u << 24);
	}
	apic_write(APIC_TPR, 0);
	drop_in_service();
	set_lvts();
	timer_start();
	if (smp_cpu_id() == 0)
		printk(LOG_INFO, "Local APIC: id %u, %s mode, timer by %s\n", lapic_id(),
		       x2apic ? "x2APIC" : "xAPIC",
		       cpu_features.tsc_deadline ? "TSC deadline" : "count");
}

void lapic_disable(void)
{
	if (!mmio && !x2apic)
		return;
	apic_write(APIC_LVT_TIMER, LVT_MASKED);
	apic_write(APIC_LVT_LINT1, LVT_MASKED);
	apic_write(APIC_LVT_ERROR, LVT_MASKED);
	apic_write(APIC_SVR, VECTOR_SPURIOUS);
}

/* ---- timer ---- */

/* The count register at a known ns: the best of some tries, as in time/platform.c. */
static u32 read_count(u64 *ns)
{
	u64 best = ~0ull;
	u32 count = 0;

	*ns = 0;

	for (unsigned i = 0; i < 8; i++) {
		u64 a = now_ns();
		u32 c = apic_read(APIC_TMCCT);
		u64 b = now_ns();

		if (b - a < best) {
			best = b - a;
			*ns = a + (b - a) / 2;
			count = c;
		}
	}
	return count;
}

void lapic_timer_calibrate(void)
{
	u64 t0, t1, f;
	u32 c0, c1;

	if (cpu_features.tsc_deadline)
		return;
	f = irq_save();
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER | LVT_MASKED);
	apic_write(APIC_TMICT, 0xffffffffu);
	c0 = read_count(&t0);
	do {
		c1 = read_count(&t1);
	} while (t1 - t0 < MILLISECS(20));
	apic_write(APIC_TMICT, 0);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
	irq_restore(f);
	timer_hz = (u64)(c0 - c1) * 1000000000ull / (t1 - t0);
	if (timer_hz < 100000)
		panic("The local APIC's timer does not count (%llu Hz)\n",
		      (unsigned long long)timer_hz);
	printk(LOG_INFO, "Local APIC timer: %llu kHz\n", (unsigned long long)timer_hz / 1000);
}

/* A deadline too far for the counter ends early; timer_interrupt() then asks again. */
void lapic_timer_set(u64 deadline_ns)
{
	u64 now, delta, count;

	if (cpu_features.tsc_deadline) {
		wrmsr(MSR_TSC_DEADLINE, deadline_ns ? time_tsc_at(deadline_ns) + 1 : 0);
		return;
	}
	if (!deadline_ns || !timer_hz) {
		apic_write(APIC_TMICT, 0);
		return;
	}
	now = now_ns();
	delta = deadline_ns > now ? min(deadline_ns - now, SECONDS(1)) : 0;
	count = delta * (timer_hz / 1000) / 1000000 + 1;
	apic_write(APIC_TMICT, (u32)min(count, (u64)0xffffffffu));
}

/* ---- interprocessor interrupts ---- */

static void icr_wait(void)
{
	for (unsigned i = 0; i < 1000000; i++) {
		if (!(apic_read(APIC_ICR) & ICR_BUSY))
			return;
		cpu_relax();
	}
}

static void icr_write(u32 apic_id, u32 cmd)
{
	u64 f;

	if (x2apic) {
		/* The MSR write does not wait for earlier stores that the target is to see. */
		__asm__ __volatile__("mfence; lfence" ::: "memory");
		wrmsr(MSR_X2APIC + (APIC_ICR >> 4), (u64)apic_id << 32 | cmd);
		return;
	}
	f = irq_save();
	icr_wait();
	apic_write(APIC_ICR2, apic_id << 24);
	apic_write(APIC_ICR, cmd);
	irq_restore(f);
}

void lapic_send_ipi(cpumask_t mask, u8 vector)
{
	unsigned cpu;

	for_each_cpu(cpu, mask)
		if (pcpus[cpu])
			icr_write(pcpus[cpu]->apic_id, vector | ICR_ASSERT);
}

void lapic_send_nmi(cpumask_t mask)
{
	unsigned cpu;

	if (!mmio && !x2apic)
		return;
	for_each_cpu(cpu, mask)
		if (pcpus[cpu])
			icr_write(pcpus[cpu]->apic_id, ICR_NMI | ICR_ASSERT);
}

int lapic_start_cpu(u32 apic_id, paddr_t trampoline)
{
	if (trampoline & ~PAGE_MASK || trampoline >= 0x100000)
		return -EINVAL;
	if (!x2apic && apic_id > 0xff)
		return -ENODEV;
	apic_write(APIC_ESR, 0);
	icr_write(apic_id, ICR_INIT | ICR_LEVEL | ICR_ASSERT);
	udelay(200);
	icr_write(apic_id, ICR_INIT | ICR_LEVEL);
	udelay(10000);
	for (unsigned i = 0; i < 2; i++) {
		icr_write(apic_id, ICR_STARTUP | (u32)(trampoline >> PAGE_SHIFT));
		udelay(300);
	}
	apic_write(APIC_ESR, 0);
	return apic_read(APIC_ESR) & 0xef ? -EIO : 0;
}

void lapic_handle_error(void)
{
	u32 esr;

	apic_write(APIC_ESR, 0);
	esr = apic_read(APIC_ESR);
	lapic_eoi();
	printk(LOG_WARN, "CPU%u: local APIC error %#x\n", smp_cpu_id(), esr);
}
