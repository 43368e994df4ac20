# SPDX-License-Identifier: GPL-2.0-only
#
# system.mk: targets around the running system; included by the top Makefile, which
# makes build/krypton.gz. HV=xen runs the same on Debian's own Xen, for comparison.

HV ?= build/krypton.gz

# Built by a make of its own, after the compiler was installed: all that a machine needs
# to begin with is git and make.
ready = scripts/deps build run $(if $(filter build/krypton.gz,$(HV)),&& \
	$(MAKE) --no-print-directory build/krypton.gz)

# Tests run on the hypervisors that they name, or all on the one that is asked for.
on_hv = $(if $(filter file,$(origin HV)),,--hv $(HV))

.PHONY: deps images run test-system test-drivers install uninstall

deps:
	scripts/deps

images:
	scripts/deps run
	scripts/make-images

run:
	$(ready)
	scripts/run --hv $(HV) $(RUN_ARGS)

test-system:
	$(ready)
	tests/system/run $(on_hv) $(TEST_ARGS)

# What concerns the Linux drivers, and every place of theirs that can fail: an hour.
driver_stories = 68 69 70-drivers 71 72 73 74 75 76 77 78 85 87 88
test-drivers:
	$(ready)
	scripts/deps
	KRYPTON_ROUNDS=100 tests/system/run $(on_hv) $(TEST_ARGS) $(driver_stories)
	tests/drivers/hostile/run --hv $(HV) inject_back inject_front

# On a real machine: the hypervisor, and the script that makes its GRUB entries.
install: build/krypton.gz
	install -d $(DESTDIR)/boot $(DESTDIR)/etc/grub.d $(DESTDIR)/etc/default
	install -m 644 build/krypton.gz $(DESTDIR)/boot/krypton.gz
	install -m 755 scripts/grub.d/20_krypton $(DESTDIR)/etc/grub.d/20_krypton
	test -e $(DESTDIR)/etc/default/krypton || \
		install -m 644 scripts/grub.d/default $(DESTDIR)/etc/default/krypton
	scripts/grub.d/refresh "$(DESTDIR)"

uninstall:
	rm -f $(DESTDIR)/boot/krypton.gz $(DESTDIR)/etc/grub.d/20_krypton
	if cmp -s scripts/grub.d/default $(DESTDIR)/etc/default/krypton; then \
		rm -f $(DESTDIR)/etc/default/krypton; fi
	scripts/grub.d/refresh "$(DESTDIR)"
