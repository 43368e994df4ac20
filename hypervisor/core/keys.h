/* SPDX-License-Identifier: GPL-2.0-only */
/* What the core has to register at boot: its debug keys and the console's hooks. */
#ifndef CORE_KEYS_H
#define CORE_KEYS_H

void core_keys_init(void);	/* q r 0 d e g: see keys.c */
void console_io_init(void);	/* core/console_io.c: VIRQ_CONSOLE and VIRQ_CON_RING */

#endif
