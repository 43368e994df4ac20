/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * time-info: the clock of vcpu_info, the wall clock, run states, and the secondary time area.
 *
 * What: monotony and speed of the system time against the TSC and the timer; the wall clock;
 * get_runstate_info and both kinds of registered area.
 * Why: all of a guest's time.
 * Expected: system time never goes back and advances as the multiplier says; versions are even at
 * rest; run state times add up to the age of the vCPU; a registered run state area is kept up to
 * date across sleeping.
 */
#include "event.h"
#include "trap.h"

const char test_name[] = "time-info";

static void clock(void)
{
	u64 last = system_time(), now, start = last;
	unsigned int back = 0;

	for (int i = 0; i < 200000; i++) {
		now = system_time();
		back += now < last;
		last = now;
	}
	expect(back, 0);
	check(last > start);
	expect(vcpu0_info()->time.version & 1, 0);
	check(vcpu0_info()->time.tsc_shift > -32 && vcpu0_info()->time.tsc_shift < 32);
}

/* Time as the hypervisor counts it while we sleep. */
static void sleeping(void)
{
	struct sched_poll poll = { .nr_ports = 0 };
	u64 before = system_time(), after;

	poll.timeout = before + 30000000;
	expect(hc_sched_op(SCHEDOP_poll, &poll), 0);
	after = system_time();
	check(after >= before + 30000000);
	check(after < before + 500000000);
}

static void wall_clock(void)
{
	u32 version = shared_info->wc_version;

	expect(version & 1, 0);
	/* After 2020 and before 2100. */
	check(shared_info->wc_sec > 1577836800 && shared_info->wc_sec < 4102444800);
	expect(shared_info->wc_sec_hi, 0);
	check(shared_info->wc_nsec < 1000000000);
}

static void run_states(void)
{
	struct vcpu_runstate_info now, later;
	struct sched_poll poll = { .nr_ports = 0 };
	u64 sum;

	expect(hc_vcpu_op(VCPUOP_get_runstate_info, 0, &now), 0);
	expect(now.state, RUNSTATE_running);
	sum = now.time[0] + now.time[1] + now.time[2] + now.time[3];
	check(sum <= system_time() + 1000000000);
	check(now.time[RUNSTATE_running] > 0);
	poll.timeout = system_time() + 20000000;
	must(hc_sched_op(SCHEDOP_poll, &poll));
	expect(hc_vcpu_op(VCPUOP_get_runstate_info, 0, &later), 0);
	check(later.time[RUNSTATE_blocked] >= now.time[RUNSTATE_blocked] + 10000000);
	check(later.time[RUNSTATE_running] > now.time[RUNSTATE_running]);
	expect(hc_vcpu_op(VCPUOP_get_runstate_info, 0, (void *)0x1000), -XEN_EFAULT);
	expect(hc_vcpu_op(VCPUOP_get_runstate_info, 4096, &now), -XEN_ENOENT);
}

static void run_state_area(void)
{
	static struct vcpu_runstate_info area;
	struct vcpu_register_runstate_memory_area reg;
	struct sched_poll poll = { .nr_ports = 0 };
	u64 blocked;

	reg.addr.v = &area;
	expect(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg), 0);
	expect(READ_ONCE(area.state), RUNSTATE_running);
	check(READ_ONCE(area.time[RUNSTATE_running]) > 0);
	blocked = READ_ONCE(area.time[RUNSTATE_blocked]);
	must(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag));
	poll.timeout = system_time() + 10000000;
	must(hc_sched_op(SCHEDOP_poll, &poll));
	check(READ_ONCE(area.time[RUNSTATE_blocked]) >= blocked + 5000000);
	expect(READ_ONCE(area.state), RUNSTATE_running);
	/* No update is under way. */
	expect(READ_ONCE(area.state_entry_time) & XEN_RUNSTATE_UPDATE, 0);
	expect(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, (void *)0x1000), -XEN_EFAULT);
	reg.addr.v = (void *)HYPERVISOR_VIRT_START;
	check(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg) < 0);
	/* An address where nothing is: accepted, updates go nowhere. Then none at all. */
	reg.addr.v = (void *)0x1000;
	hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg);
	poll.timeout = system_time() + 1000000;
	must(hc_sched_op(SCHEDOP_poll, &poll));
	reg.addr.v = NULL;
	expect(hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &reg), 0);
}

static void time_area(void)
{
	static struct vcpu_time_info area ALIGNED(64);
	struct vcpu_register_time_memory_area reg;

	reg.addr.v = &area;
	expect(hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &reg), 0);
	hc_sched_op(SCHEDOP_yield, NULL);
	expect(READ_ONCE(area.tsc_to_system_mul), vcpu0_info()->time.tsc_to_system_mul);
	expect(READ_ONCE(area.version) & 1, 0);
	check(READ_ONCE(area.system_time));
	reg.addr.v = NULL;
	hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &reg);
	expect(hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, (void *)0x1000), -XEN_EFAULT);
}

void test_main(void)
{
	hush_toolstack();
	clock();
	sleeping();
	wall_clock();
	run_states();
	run_state_area();
	time_area();
	expect_no_trap();
}
