/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counter.c: plugin of QEMU: counts the instructions that QEMU executes, block by block, in all domains and in the
 * hypervisor. Arguments: mark=FILE, out=PREFIX. Each time FILE has grown (a job writes its verdicts
 * there) the counts so far are written to PREFIX.N, one block a line: virtual address, instructions
 * executed for dom0, and for guests.
 *
 * Whose a block is, is known for the kernel's text only: dom0's is the first that runs, and lies in
 * one piece. All else, user mode and modules, is the domain's whose kernel ran last, as every way there
 * leads through its kernel.
 *
 * QEMU's header for plugins is not packaged; what is used of it is declared here.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*cb)(plugin_id, struct qemu_plugin_tb *));
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*cb)(unsigned int, void *),
						 int flags, void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
extern void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

#define SLOTS (1u << 21)
#define TEXT 0xffffffff81000000ull
#define TEXT_END 0xffffffff82000000ull
enum { DOM0, GUEST, UNKNOWN };
struct block {
	uint64_t va, ha, count[2];
	uint32_t n;
	int domain;
};
static struct block *blocks;
static uint64_t dom0_delta;	/* host address less virtual address of dom0's kernel */
static int current;
static char mark[512], out[512];

static struct block *block_of(uint64_t va, uint64_t ha, uint64_t n)
{
	uint64_t h = (va * 0x9e3779b97f4a7c15ull) ^ (ha * 0xc2b2ae3d27d4eb4full) ^ (n << 13);
	uint32_t i = (h >> 40) & (SLOTS - 1);

	while (blocks[i].va && (blocks[i].va != va || blocks[i].ha != ha || blocks[i].n != n))
		i = (i + 1) & (SLOTS - 1);
	blocks[i].ha = ha;
	blocks[i].n = n;
	blocks[i].domain = UNKNOWN;
	if (va >= TEXT && va < TEXT_END) {
		if (!dom0_delta)
			dom0_delta = ha - va;
		blocks[i].domain = ha - va == dom0_delta ? DOM0 : GUEST;
	}
	blocks[i].va = va;
	return &blocks[i];
}

static void executed(unsigned int cpu, void *data)
{
	struct block *b = data;

	(void)cpu;
	if (b->domain != UNKNOWN)
		current = b->domain;
	b->count[current] += b->n;
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	void *ha = qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(tb, 0));
	struct block *b = block_of(qemu_plugin_tb_vaddr(tb), (uintptr_t)ha, n);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, 0, b);
}

static void *watch(void *unused)
{
	long long size = -1;
	int number = 0;

	(void)unused;
	for (;;) {
		struct stat st;
		char name[600];
		FILE *f;

		usleep(10000);
		if (stat(mark, &st) || st.st_size == size)
			continue;
		size = st.st_size;
		snprintf(name, sizeof(name), "%s.%d", out, number++);
		f = fopen(name, "w");
		if (!f)
			continue;
		fprintf(f, "mark %lld\n", size);
		for (uint32_t i = 0; i < SLOTS; i++)
			if (blocks[i].count[DOM0] || blocks[i].count[GUEST])
				fprintf(f, "%llx %llu %llu\n", (unsigned long long)blocks[i].va,
					(unsigned long long)blocks[i].count[DOM0],
					(unsigned long long)blocks[i].count[GUEST]);
		fclose(f);
	}
	return NULL;
}

__attribute__((visibility("default")))
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	pthread_t t;

	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "mark=", 5))
			snprintf(mark, sizeof(mark), "%s", argv[i] + 5);
		if (!strncmp(argv[i], "out=", 4))
			snprintf(out, sizeof(out), "%s", argv[i] + 4);
	}
	blocks = calloc(SLOTS, sizeof(*blocks));
	if (!blocks || pthread_create(&t, NULL, watch, NULL))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
