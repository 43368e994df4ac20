/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen-version: every sub-operation of the version hypercall.
 *
 * What: version numbers, strings, platform parameters, features, page size, guest handle.
 * Why: Linux panics without the features mmu_pt_update_preserve_ad and gnttab_map_avail_bits, and
 * the tools parse the strings.
 * Expected: 4.17; extra version ".N" style string, zero-terminated in its 16 bytes; virt_start
 * 0xffff800000000000; feature set of a 64-bit PV guest, index 0 only; page size 4096; unknown
 * sub-operations -ENOSYS; a NULL argument is fine for version, -EFAULT for the rest.
 */
#include "kit.h"

#include <xen/version.h>

const char test_name[] = "xen-version";

static bool terminated(const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (!s[i])
			return true;
	}
	return false;
}

static void strings(void)
{
	static xen_extraversion_t extra;
	static xen_compile_info_t compile;
	static xen_capabilities_info_t caps;
	static xen_changeset_info_t changes;
	static xen_commandline_t line;

	expect(hc_xen_version(XENVER_extraversion, extra), 0);
	check(terminated(extra, sizeof(extra)));
	check(extra[0] == '.');
	expect(hc_xen_version(XENVER_compile_info, &compile), 0);
	check(terminated(compile.compiler, sizeof(compile.compiler)));
	check(terminated(compile.compile_date, sizeof(compile.compile_date)));
	check(compile.compiler[0] && compile.compile_date[0]);
	expect(hc_xen_version(XENVER_capabilities, caps), 0);
	check(terminated(caps, sizeof(caps)));
	/* The word that makes libxl willing to build a 64-bit PV guest. */
	expect(strncmp(caps, "xen-3.0-x86_64 ", 15), 0);
	expect(hc_xen_version(XENVER_changeset, changes), 0);
	check(terminated(changes, sizeof(changes)));
	if (is_dom0()) {
		expect(hc_xen_version(XENVER_commandline, line), 0);
		check(terminated(line, sizeof(line)));
		check(strlen(line) > 10);
	}
}

static void features(void)
{
	struct xen_feature_info fi = { .submap_idx = 0 };
	const u32 must_have = 1 << XENFEAT_mmu_pt_update_preserve_ad | 1 << XENFEAT_highmem_assist |
			      1 << XENFEAT_gnttab_map_avail_bits |
			      1 << XENFEAT_memory_op_vnode_supported;
	const u32 must_not = 1 << XENFEAT_writable_page_tables |
			     1 << XENFEAT_writable_descriptor_tables |
			     1 << XENFEAT_auto_translated_physmap |
			     1 << XENFEAT_supervisor_mode_kernel | 1 << XENFEAT_hvm_callback_vector;

	expect(hc_xen_version(XENVER_get_features, &fi), 0);
	expect(fi.submap & must_have, must_have);
	expect(fi.submap & must_not, 0);
	expect(!!(fi.submap & 1 << XENFEAT_dom0), is_dom0());
	/* pae_pgdir_above_4gb comes and goes with the assist of that name. */
	must(hc_vm_assist(VMASST_CMD_disable, VMASST_TYPE_pae_extended_cr3));
	expect(hc_xen_version(XENVER_get_features, &fi), 0);
	expect(fi.submap & 1 << XENFEAT_pae_pgdir_above_4gb, 0);
	must(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_pae_extended_cr3));
	expect(hc_xen_version(XENVER_get_features, &fi), 0);
	expect(!!(fi.submap & 1 << XENFEAT_pae_pgdir_above_4gb), 1);
	fi.submap_idx = 1;
	fi.submap = ~0U;
	expect(hc_xen_version(XENVER_get_features, &fi), -XEN_EINVAL);
}

void test_main(void)
{
	struct xen_platform_parameters pp = { 0 };
	static xen_domain_handle_t handle;
	static const unsigned int faulting[] = {
		XENVER_extraversion, XENVER_compile_info, XENVER_capabilities, XENVER_changeset,
		XENVER_platform_parameters, XENVER_get_features, XENVER_guest_handle,
	};

	expect(hc_xen_version(XENVER_version, NULL), 4 << 16 | 17);
	expect(hc_xen_version(XENVER_pagesize, NULL), 4096);
	expect(hc_xen_version(XENVER_platform_parameters, &pp), 0);
	expect(pp.virt_start, HYPERVISOR_VIRT_START);
	expect(hc_xen_version(XENVER_guest_handle, handle), 0);
	strings();
	features();
	for (unsigned int i = 0; i < ARRAY_SIZE(faulting); i++) {
		if (!expect(hc_xen_version(faulting[i], (void *)0x1000), -XEN_EFAULT))
			printf("  sub-operation %u\n", faulting[i]);
	}
	expect(hc_xen_version(11, NULL), -XEN_ENOSYS);
	expect(hc_xen_version(~0U, NULL), -XEN_ENOSYS);
}
