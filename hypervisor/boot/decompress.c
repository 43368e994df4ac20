/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decoders of liblzma and libzstd in a place that has no C library. The
 * linker puts them into the init sections. They need: SSE, which the rest of the
 * hypervisor never uses; a stack-protector canary at %fs:0x28; the red zone,
 * hence no interrupts; and malloc, which comes from the heap, with every block
 * remembered so that nothing stays behind.
 */
#include "boot/bzimage.h"
#include "cpu/cpu.h"
#include "lib/bug.h"
#include "lib/string.h"
#include "mm/heap.h"

/* From lzma.h and zstd.h, whose own headers need a C library. */
enum { LZMA_OK = 0, LZMA_MEM_ERROR = 5, LZMA_MEMLIMIT_ERROR = 6 };
int lzma_stream_buffer_decode(u64 *memlimit, u32 flags, const void *allocator, const u8 *in, size_t *in_pos,
			      size_t in_size, u8 *out, size_t *out_pos, size_t out_size);
size_t ZSTD_decompress(void *dst, size_t dst_size, const void *src, size_t src_size);

/* What they call. */
void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void free(void *p);
void __noreturn __stack_chk_fail(void);
u64 ZSTD_trace_decompress_begin(const void *ctx);
void ZSTD_trace_decompress_end(u64 id, const void *trace);
/* Their constructors (liblzma chooses its CRC64 function in one). */
extern void (*const __init_array_start[])(void), (*const __init_array_end[])(void);

#define MAX_BLOCKS 32

static struct {
	struct page *pg;
	u64 pages;
} blocks[MAX_BLOCKS] __initdata;

static u64 canary[8] __initdata = { [5] = 0x5eed5afe00ff1ce5ull };	/* %fs:0x28 */

void *__init malloc(size_t n)
{
	u64 pages = DIV_ROUND_UP(n, PAGE_SIZE);

	for (unsigned i = 0; i < MAX_BLOCKS && n; i++) {
		if (blocks[i].pg)
			continue;
		blocks[i].pg = heap_alloc_exact(pages);
		blocks[i].pages = pages;
		return blocks[i].pg ? page_to_virt(blocks[i].pg) : NULL;
	}
	return NULL;
}

/* heap_alloc_exact() gives zeroes. */
void *__init calloc(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : malloc(bytes);
}

void __init free(void *p)
{
	for (unsigned i = 0; p && i < MAX_BLOCKS; i++)
		if (blocks[i].pg && page_to_virt(blocks[i].pg) == p) {
			heap_free_exact(blocks[i].pg, blocks[i].pages);
			blocks[i].pg = NULL;
			return;
		}
}

void __init __stack_chk_fail(void)
{
	panic("The decompressor overran its stack.");
}

/* Tracing hooks of libzstd; 0: not wanted. */
u64 __init ZSTD_trace_decompress_begin(const void *ctx)
{
	return 0;
}

void __init ZSTD_trace_decompress_end(u64 id, const void *trace)
{
}

static const char *__init decode_xz(void *out, u64 out_size, const void *in, u64 in_size)
{
	size_t in_pos = 0, out_pos = 0;
	u64 memlimit = 256ull << 20;
	int rc;

	rc = lzma_stream_buffer_decode(&memlimit, 0, NULL, in, &in_pos, in_size, out, &out_pos, out_size);
	if (rc == LZMA_MEM_ERROR || rc == LZMA_MEMLIMIT_ERROR)
		return "there is too little memory to unpack it";
	if (rc != LZMA_OK || out_pos != out_size)
		return "its XZ data is corrupt";
	return NULL;
}

static const char *__init decode_zstd(void *out, u64 out_size, const void *in, u64 in_size)
{
	return ZSTD_decompress(out, out_size, in, in_size) == out_size ? NULL
								       : "its Zstandard data is corrupt";
}

const char *__init decompress(enum payload_kind kind, void *out, u64 out_size, const void *in, u64 in_size)
{
	u64 cr0 = read_cr0(), cr4 = read_cr4(), fs = rdmsr(MSR_FS_BASE), flags = irq_save();
	const char *why;

	write_cr4(cr4 | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT);
	write_cr0((cr0 & ~(u64)(X86_CR0_EM | X86_CR0_TS)) | X86_CR0_MP);
	wrmsr(MSR_FS_BASE, (u64)canary);
	for (unsigned i = 0; i < __init_array_end - __init_array_start; i++)
		__init_array_start[i]();
	if (kind == PAYLOAD_XZ)
		why = decode_xz(out, out_size, in, in_size);
	else
		why = decode_zstd(out, out_size, in, in_size);
	wrmsr(MSR_FS_BASE, fs);
	write_cr0(cr0);
	write_cr4(cr4);
	irq_restore(flags);
	for (unsigned i = 0; i < MAX_BLOCKS; i++)
		if (blocks[i].pg)
			free(page_to_virt(blocks[i].pg));
	return why;
}
