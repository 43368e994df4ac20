/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * free-pages.c: prints how many pages of memory the hypervisor has free; xl info
 * tells it in MiB only, which would hide a leak of a few pages. Runs in dom0.
 */
#include <stdio.h>
#include <xenctrl.h>

int main(void)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	xc_physinfo_t info = { 0 };

	if (!xch || xc_physinfo(xch, &info)) {
		perror("free-pages: physinfo");
		return 1;
	}
	printf("%llu\n", (unsigned long long)info.free_pages);
	return 0;
}
