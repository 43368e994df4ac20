/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counter.c: plugin of QEMU: counts the instructions that QEMU executes, block by block, in all domains and in the
 * hypervisor. Arguments: mark=FILE, out=PREFIX. Each time FILE has grown (a job writes its verdicts
 * there) the counts so far are written to PREFIX.N, one block a line: virtual address, host address
 * (which tells domains apart), instructions, executed instructions.
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
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op, void *ptr, uint64_t imm);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
extern void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *insn);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

#define SLOTS (1u << 21)
struct block {
	uint64_t va, ha, n, count;
};
static struct block *blocks;
static char mark[512], out[512];

static struct block *block_of(uint64_t va, uint64_t ha, uint64_t n)
{
	uint64_t h = (va * 0x9e3779b97f4a7c15ull) ^ (ha * 0xc2b2ae3d27d4eb4full) ^ (n << 13);
	uint32_t i = (h >> 40) & (SLOTS - 1);

	while (blocks[i].va && (blocks[i].va != va || blocks[i].ha != ha || blocks[i].n != n))
		i = (i + 1) & (SLOTS - 1);
	blocks[i].ha = ha;
	blocks[i].n = n;
	blocks[i].va = va;
	return &blocks[i];
}

static void translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	void *ha = qemu_plugin_insn_haddr(qemu_plugin_tb_get_insn(tb, 0));
	struct block *b = block_of(qemu_plugin_tb_vaddr(tb), (uintptr_t)ha, n);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, 0, &b->count, n);
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
			if (blocks[i].count)
				fprintf(f, "%llx %llx %llu\n", (unsigned long long)blocks[i].va,
					(unsigned long long)blocks[i].ha, (unsigned long long)blocks[i].count);
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
