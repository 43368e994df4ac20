/* SPDX-License-Identifier: GPL-2.0-only */
/* xen_version: who we are, and what a PV guest may count on; vm_assist: what it wants. */
#include "core/domain.h"
#include "core/hypercall.h"
#include "core/rights.h"
#include "cpu/uaccess.h"
#include "krypton.h"
#include "lib/bitops.h"
#include "lib/cmdline.h"
#include "lib/string.h"
#include "mm/map.h"
#include <xen/features.h>
#include <xen/version.h>

#define CAPABILITIES "xen-3.0-x86_64 "

/* A string in a field of fixed size, the rest zero. */
static long put_string(void __guest *p, const char *s, size_t size)
{
	size_t n = min(strlen(s) + 1, size);

	if (copy_to_guest(p, s, n) || clear_guest((char *)p + n, size - n))
		return -EFAULT;
	return 0;
}

static long put_compile_info(void __guest *p)
{
	struct xen_compile_info info;

	memset(&info, 0, sizeof(info));
	strlcpy(info.compiler, "gcc " __VERSION__, sizeof(info.compiler));
	strlcpy(info.compile_by, "krypton", sizeof(info.compile_by));
	strlcpy(info.compile_domain, "localdomain", sizeof(info.compile_domain));
	strlcpy(info.compile_date, __DATE__ " " __TIME__, sizeof(info.compile_date));
	return copy_to_guest(p, &info, sizeof(info));
}

static long put_features(void __guest *p)
{
	const struct domain *d = current_domain();
	struct xen_feature_info fi;

	if (copy_from_guest(&fi, p, sizeof(fi)))
		return -EFAULT;
	if (fi.submap_idx >= XENFEAT_NR_SUBMAPS)
		return -EINVAL;
	fi.submap = 1u << XENFEAT_mmu_pt_update_preserve_ad | 1u << XENFEAT_highmem_assist |
		    1u << XENFEAT_gnttab_map_avail_bits | 1u << XENFEAT_memory_op_vnode_supported |
		    1u << XENFEAT_direct_mapped;
	if (d->is_hardware)
		fi.submap |= 1u << XENFEAT_dom0;
	if (d->vm_assist & (1ull << VMASST_TYPE_pae_extended_cr3))
		fi.submap |= 1u << XENFEAT_pae_pgdir_above_4gb;
	return copy_to_guest(p, &fi, sizeof(fi));
}

long hc_xen_version(struct hc_args *a)
{
	void __guest *p = (void *)a->arg[1];
	const struct xen_platform_parameters pp = { .virt_start = HV_VIRT_START };

	switch ((u32)a->arg[0]) {
	case XENVER_version:
		return XEN_ABI_MAJOR << 16 | XEN_ABI_MINOR;
	case XENVER_extraversion:
		return put_string(p, XEN_ABI_EXTRAVERSION, sizeof(xen_extraversion_t));
	case XENVER_compile_info:
		return put_compile_info(p);
	case XENVER_capabilities:
		return put_string(p, CAPABILITIES, sizeof(xen_capabilities_info_t));
	case XENVER_changeset:
		return put_string(p, "krypton " KRYPTON_VERSION, sizeof(xen_changeset_info_t));
	case XENVER_platform_parameters:
		return copy_to_guest(p, &pp, sizeof(pp));
	case XENVER_get_features:
		return put_features(p);
	case XENVER_pagesize:
		return p ? -EINVAL : (long)PAGE_SIZE;
	case XENVER_guest_handle:
		return copy_to_guest(p, current_domain()->handle, sizeof(xen_domain_handle_t));
	case XENVER_commandline:
		return put_string(p, rights_control() ? "<denied>" : cmdline_saved,
				  sizeof(xen_commandline_t));
	case XENVER_build_id:
		return rights_control() ? -EPERM : -ENODATA;
	}
	return -ENOSYS;
}

long hc_vm_assist(struct hc_args *a)
{
	struct domain *d = current_domain();
	u32 cmd = (u32)a->arg[0], type = (u32)a->arg[1];

	if (type >= 64 || !(VM_ASSIST_VALID >> type & 1))
		return -EINVAL;
	switch (cmd) {
	case VMASST_CMD_enable:
		set_bit(type, &d->vm_assist);
		return 0;
	case VMASST_CMD_disable:
		clear_bit(type, &d->vm_assist);
		return 0;
	}
	return -ENOSYS;
}
