/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug keys: one letter, one dump; by `xl debug-keys` or on the serial line. */
#ifndef DEV_KEYS_H
#define DEV_KEYS_H

void key_register(char key, void (*fn)(char key), const char *help);
void key_press(char key);
void key_press_soon(char key);		/* from an interrupt handler: in a tasklet */
void keys_init(void);			/* the built-in ones: h, R */

#endif
