/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idle.c: the smallest PV kernels there are, for stories about domains as such;
 * creating one costs the toolstack next to nothing. Built twice:
 *
 *   idle    owns no device and blocks, for ever
 *   fault   (-DFAULT) touches an address that nothing maps, with no trap table set:
 *           the hypervisor has to kill it, and only it
 *
 * They use neither stack nor data, so there is nothing to set up.
 */
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#include <stdint.h>
#include <xen/xen.h>
#include <xen/elfnote.h>
#include <xen/sched.h>

#define STR_(x) #x
#define STR(x) STR_(x)

#define NOTE(type, data)				\
	asm(".pushsection .note.xen, \"a\", @note\n"	\
	    ".balign 4\n"				\
	    ".long 4, 2f - 1f, " STR(type) "\n"		\
	    ".asciz \"Xen\"\n"				\
	    "1: " data "\n"				\
	    "2: .balign 4\n"				\
	    ".popsection")

NOTE(XEN_ELFNOTE_GUEST_OS, ".asciz \"idle\"");
NOTE(XEN_ELFNOTE_XEN_VERSION, ".asciz \"xen-3.0\"");
NOTE(XEN_ELFNOTE_LOADER, ".asciz \"generic\"");
NOTE(XEN_ELFNOTE_PAE_MODE, ".asciz \"yes\"");
NOTE(XEN_ELFNOTE_VIRT_BASE, ".quad 0");
NOTE(XEN_ELFNOTE_PADDR_OFFSET, ".quad 0");
NOTE(XEN_ELFNOTE_ENTRY, ".quad _start");

#ifdef FAULT
#define BODY "mov $0xdead000, %eax; mov (%rax), %rax;"
#else
#define BODY							\
	"mov $" STR(__HYPERVISOR_sched_op) ", %eax;"		\
	"mov $" STR(SCHEDOP_block) ", %edi;"			\
	"xor %esi, %esi; syscall;"
#endif

asm(".globl _start; _start: " BODY "jmp _start");
