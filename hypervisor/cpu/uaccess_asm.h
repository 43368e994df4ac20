/* SPDX-License-Identifier: GPL-2.0-only */
/* What cpu/uaccess.S offers; for cpu/ and pv/ only. */
#ifndef CPU_UACCESS_ASM_H
#define CPU_UACCESS_ASM_H

#include "lib/types.h"

size_t raw_copy(void *dst, const void *src, size_t n);
int raw_copy_9(void *dst, const void *src);	/* nine words, as iret's frame has: 0 or -EFAULT */
size_t raw_clear(void *dst, size_t n);
int xsetbv_safe(u64 v);
int xrstor_safe(const void *area, u64 mask);
int fxrstor_safe(const void *area);
int load_ds_safe(u16 sel);
int load_es_safe(u16 sel);
int load_fs_safe(u16 sel);
int load_gs_safe(u16 sel);
u32 lar_safe(u16 sel);
void uaccess_enable_smap(void);		/* boot: turn the NOPs of the sites into STAC and CLAC */

#endif
