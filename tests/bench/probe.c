/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * probe: runs in dom0, or on the bare machine, and tells instruction counts (under -icount).
 *
 *	probe clock	"TSC IDLE": the TSC, and how long the processor was idle: by the hypervisor's
 *			account if there is one, else by the kernel's (to 10 ms)
 *	probe lat	"# bench: NAME COUNT" lines: the least cost of some system calls
 *
 * With -icount shift=0 the TSC ticks once a nanosecond, which is one instruction; a processor
 * with nothing to do makes time jump, hence the idle time.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/sysctl.h>

#define PAGE 4096UL
#define PAGES 256

struct privcmd_hypercall {
	uint64_t op, arg[5];
};
#define IOCTL_PRIVCMD_HYPERCALL _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

static inline uint64_t tsc(void)
{
	uint32_t lo, hi;

	__asm__ __volatile__ ("rdtsc" : "=a" (lo), "=d" (hi) :: "memory");
	return (uint64_t)hi << 32 | lo;
}

static uint64_t kernel_idle_ns(void)
{
	FILE *f = fopen("/proc/uptime", "r");
	double up, idle = 0;

	if (f) {
		if (fscanf(f, "%lf %lf", &up, &idle) != 2)
			idle = 0;
		fclose(f);
	}
	return idle * 1e9;
}

static uint64_t idle_ns(void)
{
	static struct xen_sysctl ctl __attribute__((aligned(4096)));
	static struct xen_sysctl_cpuinfo info __attribute__((aligned(4096)));
	struct privcmd_hypercall hc = { .op = __HYPERVISOR_sysctl, .arg = { (uintptr_t)&ctl } };
	int fd = open("/dev/xen/privcmd", O_RDWR);

	if (fd < 0)
		return kernel_idle_ns();
	ctl.cmd = XEN_SYSCTL_getcpuinfo;
	ctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	ctl.u.getcpuinfo.max_cpus = 1;
	set_xen_guest_handle(ctl.u.getcpuinfo.info, &info);
	memset(&info, 0, sizeof(info));
	if (mlockall(MCL_CURRENT) || ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &hc) < 0)
		info.idletime = 0;
	close(fd);
	return info.idletime;
}

static void clock_line(void)
{
	uint64_t idle = idle_ns();

	printf("%llu %llu\n", (unsigned long long)tsc(), (unsigned long long)idle);
}

#define BENCH(name, repeat, setup, op, undo) do {				\
	uint64_t best_ = ~0ULL;							\
	for (int i = 0; i < (repeat); i++) {					\
		uint64_t t_;							\
		setup;								\
		t_ = tsc();							\
		op;								\
		t_ = tsc() - t_;						\
		undo;								\
		best_ = t_ < best_ ? t_ : best_;				\
	}									\
	printf("# bench: %s %llu\n", name, (unsigned long long)best_);		\
} while (0)

static void fork_and_wait(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

/* A byte there and back between two processes: two switches at least. */
static void ping_pong(void)
{
	int there[2], back[2];
	char c = 0;
	pid_t pid;

	if (pipe(there) || pipe(back))
		return;
	pid = fork();
	if (!pid) {
		while (read(there[0], &c, 1) == 1 && c == 0)
			if (write(back[1], &c, 1) != 1)
				break;
		_exit(0);
	}
	BENCH("linux_pipe_round_trip", 300, , if (write(there[1], &c, 1) == 1)
	      (void)!read(back[0], &c, 1), );
	c = 1;
	(void)!write(there[1], &c, 1);
	waitpid(pid, NULL, 0);
}

static void *fresh(void)
{
	return mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void latencies(void)
{
	volatile char *m = fresh();

	madvise((void *)m, PAGES * PAGE, MADV_NOHUGEPAGE);
	m[0] = 1;
	BENCH("linux_getpid", 1000, , syscall(SYS_getpid), );
	BENCH("linux_page_fault_anon", PAGES - 8, , m[(i + 4) * PAGE] = 1, );
	BENCH("linux_mprotect_and_fault", 200, ,
	      mprotect((void *)m, PAGE, PROT_READ); mprotect((void *)m, PAGE, PROT_READ | PROT_WRITE);
	      m[0] = 1, );
	BENCH("linux_mmap_touch_256_munmap", 10, volatile char *p,
	      p = fresh(); for (int k = 0; k < PAGES; k++) p[k * PAGE] = 1;
	      munmap((void *)p, PAGES * PAGE), );
	BENCH("linux_fork_exit_wait", 20, , fork_and_wait(), );
	ping_pong();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "clock"))
		clock_line();
	else if (argc == 2 && !strcmp(argv[1], "lat"))
		latencies();
	else
		return 2;
	return 0;
}
