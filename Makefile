# SPDX-License-Identifier: GPL-2.0-only
# The one Makefile: mk/*.mk hold the parts, nothing is recursive but the kernel modules.
#   make            the hypervisor (build/krypton.gz) and the Linux modules
#   make test       all tests; ends with one line "N passed, N failed"
#   make help       every target
# Variables: DEBUG=1 (assertions, frame pointers), V=1 (show commands), KDIR (kernel build tree).

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash

B := build
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),@:,@printf '  %-7s %s\n' $(1) $(2))

.PHONY: all hypervisor modules check test test-guests test-system bench lint clean help
all: hypervisor modules

include $(sort $(wildcard mk/*.mk))

# check (mk/host.mk), test-fuzz and modules (mk/drivers.mk), test-guests (mk/guests.mk), test-system (mk/system.mk)
# and bench (mk/bench.mk) live in their own files.

# Each part prints its own "N passed, N failed"; what failed, again, and the sum of them end the run.
TEST_PARTS := check test-fuzz test-guests test-system
test:
	$(Q)scripts/deps
	$(Q)mkdir -p $(B); rm -f $(B)/test.log; ok=0; \
	for part in $(TEST_PARTS); do \
		$(MAKE) --no-print-directory $$part 2>&1 | tee -a $(B)/test.log; \
		[ $${PIPESTATUS[0]} -eq 0 ] || { ok=1; echo "test: $$part failed" | tee -a $(B)/test.log >&2; }; \
	done; \
	tests/recap $(B)/test.log; \
	exit $$ok

clean:
	$(Q)rm -rf $(filter-out $(B)/cache $(B)/images,$(wildcard $(B)/*)) $(B)/.[a-z]*

help:
	@echo "Targets:"
	@echo "  run          build, make the images, boot them in QEMU, do the main job, show it"
	@echo "  hypervisor   $(B)/krypton.gz, to be loaded by GRUB's multiboot2 (DEBUG=1: with assertions)"
	@echo "  modules      the Linux modules under $(MODULES_DIR) (KDIR=kernel build tree)"
	@echo "  modules-all  ... for every Debian kernel whose headers are here; modules_install (DESTDIR)"
	@echo "  deb          the packages krypton-drivers-dkms and krypton-hotplug, into $(B)/deb"
	@echo "  check        host tests under sanitizers"
	@echo "  test-fuzz    the fuzzers of tests/drivers, 10 seconds each; fuzz T=3600 for longer"
	@echo "  test-guests  tiny PV kernels on the hypervisor in QEMU"
	@echo "  test-system  Debian dom0 and guests in QEMU"
	@echo "  test         all four; ends with the sum"
	@echo "  test-drivers of these what concerns the Linux drivers; and each of their allocations failing"
	@echo "  test-hostile hostile peers only (HOSTILE_ARGS=netfront:prod_jumps)"
	@echo "  bench-drivers  our drivers against the kernel's own; bench-net: krypton-netbench in QEMU"
	@echo "  bench-hotplug  the hotplug scripts beside Xen's: processes and time"
	@echo "  bench        instruction counts: native, real Xen, Krypton side by side"
	@echo "  install      /boot/krypton.gz and its GRUB entries (DESTDIR); uninstall takes them away; install-netbench"
	@echo "  hotplug      the hotplug scripts' compiled half; install-hotplug (DESTDIR), uninstall-hotplug"
	@echo "  deps images guests   packages, disk images, tiny kernels: made by the others when needed"
	@echo "  lint         static checks of C and shell"
	@echo "  clean        all but downloaded packages and images"
