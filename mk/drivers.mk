# SPDX-License-Identifier: GPL-2.0-only
# drivers.mk: the Linux modules under linux/drivers/xen.
#   modules          for KDIR, a kernel build tree (default: the running kernel's, else Debian's own)
#   modules-all      for every Debian kernel whose headers are installed
#   modules-inject   modules whose allocations, mappings and copies can be made to fail
#                    (linux/drivers/xen/include/xb/inject.h), into build/modules-inject
#   modules_install  into /lib/modules/VERSION/updates, where they win over the kernel's own (DESTDIR)
#   deb              the packages krypton-drivers-dkms and krypton-hotplug, into build/deb
#   fuzz             the fuzzers tests/drivers/fuzz_*.c, T seconds each (default 10, counted in make test)
#   check            (mk/host.mk) runs tests/drivers/test_*.c
# XB_DRIVERS="xenbus netback" builds some of them only. Each kernel has its own folder
# build/modules/VERSION, a copy of the sources made of links; the modules that were built last are
# also at $(MODULES_DIR)/*/*.ko.

MODULES_DIR := linux/drivers/xen
debian_headers = /usr/src/linux-headers-$(shell dpkg-query -W -f '$${Depends}' linux-headers-amd64 2>/dev/null | \
	sed -n 's/^linux-headers-\([^ ,]*\).*/\1/p')
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build $(debian_headers) \
	$(lastword $(sort $(wildcard /usr/src/linux-headers-*-amd64)))))
KDIRS_ALL = $(sort $(wildcard /usr/src/linux-headers-*-amd64))
modules_release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' $(1)/include/generated/utsrelease.h)
MODULES_OUT = $(B)/modules$(INJECT:1=-inject)/$(call modules_release,$(KDIR))

.PHONY: modules modules-all modules_install modules-clean
modules: modules-tree
	$(call say,MODULES,$(MODULES_OUT))
	$(Q)flock $(MODULES_OUT)/.lock $(MAKE) $(if $(Q),-s) -C $(KDIR) M=$(CURDIR)/$(MODULES_OUT) XB_INJECT=$(INJECT) modules
	$(Q)[ -n "$(INJECT)" ] || for m in $(MODULES_OUT)/*/xen-*.ko; do cp -f $$m $(MODULES_DIR)/$${m#$(MODULES_OUT)/}; done

# Links to what is there now, and none to what is not any more.
.PHONY: modules-tree
modules-tree:
	$(Q)[ -n "$(KDIR)" ] && [ -r "$(KDIR)/include/generated/utsrelease.h" ] || { \
		echo "modules: no kernel headers found: run scripts/deps build, or set KDIR" >&2; exit 1; }
	$(Q)mkdir -p $(MODULES_OUT) && flock $(MODULES_OUT)/.lock sh -ec \
		'[ -n "$(INJECT)" ] || rm -f $(MODULES_DIR)/*/xen-*.ko; find $(MODULES_OUT) -xtype l -delete; cp -asf $(CURDIR)/$(MODULES_DIR)/. $(MODULES_OUT)/; \
		find $(MODULES_OUT) -name "*.ko" -type l -delete'

modules-all:
	$(Q)for k in $(KDIRS_ALL); do $(MAKE) --no-print-directory modules KDIR=$$k || exit; done

.PHONY: modules-inject
modules-inject:
	$(Q)$(MAKE) --no-print-directory modules INJECT=1

modules_install: modules
	$(Q)$(MAKE) -C $(KDIR) M=$(CURDIR)/$(MODULES_OUT) INSTALL_MOD_DIR=updates \
		$(if $(DESTDIR),INSTALL_MOD_PATH=$(abspath $(DESTDIR))) modules_install

modules-clean:
	$(Q)rm -rf $(B)/modules $(B)/modules-inject

# ---- fuzzers: each names what it is linked with as the host tests do. What one finds interesting is
# kept in build/fuzz/corpus/NAME, seeds lie in tests/drivers/seeds/NAME.
FUZZ_CC ?= clang
FUZZ_OUT := $(B)/fuzz
FUZZ_FLAGS := -std=gnu11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -Wall -Wextra \
	-Werror -I linux/drivers/xen/include -I linux/drivers/xen -I tests/drivers
FUZZERS := $(patsubst tests/drivers/%.c,%,$(sort $(wildcard tests/drivers/fuzz_*.c)))
T ?= 10
FUZZ_JOBS ?= $(shell nproc)
fuzz_sources = $(shell sed -n 's,^ *[/ ]\* *SOURCES: *\([^*]*\).*,\1,p' tests/drivers/$(1).c)

.PHONY: fuzz fuzz-all test-fuzz $(FUZZERS:%=fuzz-run/%)
test-fuzz: fuzz
fuzz:
	$(Q)mkdir -p $(FUZZ_OUT) && rm -f $(FUZZ_OUT)/*.rc $(FUZZ_OUT)/*.log
	$(Q)$(MAKE) --no-print-directory -k $(if $(findstring -j,$(MAKEFLAGS)),,-j$(FUZZ_JOBS)) fuzz-all || true
	$(Q)tests/drivers/fuzz-summary $(FUZZ_OUT) $(FUZZERS)
fuzz-all: $(FUZZERS:%=fuzz-run/%)

define fuzzer
$(FUZZ_OUT)/$(1): tests/drivers/$(1).c $(filter-out tests/drivers/$(1).c,$(call fuzz_sources,$(1))) mk/drivers.mk
	@mkdir -p $(FUZZ_OUT)
	@$(FUZZ_CC) $(FUZZ_FLAGS) -MMD -MF $(FUZZ_OUT)/$(1).d -o $$@ $$(filter %.c,$$^)
endef
$(foreach f,$(FUZZERS),$(eval $(call fuzzer,$(f))))

$(FUZZERS:%=fuzz-run/%): fuzz-run/%: $(FUZZ_OUT)/%
	@tests/drivers/fuzz-one $(FUZZ_OUT) $* $(T)

-include $(wildcard $(FUZZ_OUT)/*.d)

# ---- packages: krypton-drivers-dkms and krypton-hotplug, in build/deb, made of a copy of what belongs to them.
DEB_SRC := $(B)/deb/source
.PHONY: deb
deb:
	$(Q)scripts/deps build package
	$(Q)rm -rf $(B)/deb && mkdir -p $(DEB_SRC)/linux $(DEB_SRC)/mk && cp -r debian hotplug-scripts $(DEB_SRC)/ && \
		cp mk/hotplug.mk $(DEB_SRC)/mk/ && \
		cp -r linux/drivers linux/packaging $(DEB_SRC)/linux/ && \
		find $(DEB_SRC) -name "*.ko" -delete
	$(call say,DEB,$(B)/deb)
	$(Q)cd $(DEB_SRC) && dpkg-buildpackage -b -us -uc >../build.log 2>&1 || { tail -20 ../build.log >&2; exit 1; }
	$(Q)ls $(B)/deb/*.deb
