# SPDX-License-Identifier: GPL-2.0-only
# hostile.mk: hostile peers for the Linux drivers.
#   rawpeer, xbtest  build/NAME/NAME.ko: the modules of tests (tests/drivers/modules), for KDIR; against
#                    the drivers built here, or those whose symbols are in SYMVERS
#   test-hostile     tests/drivers/hostile/run (HOSTILE_ARGS: see its --help)

TEST_MODULES := rawpeer xbtest
SYMVERS ?= $(CURDIR)/$(MODULES_OUT)/Module.symvers

.PHONY: $(TEST_MODULES) test-hostile
$(TEST_MODULES): $(if $(filter file,$(origin SYMVERS)),modules)
	$(call say,MODULES,$(B)/$@/$@.ko)
	$(Q)mkdir -p $(B)/$@ && cp -asf $(CURDIR)/tests/drivers/modules/$@/. $(B)/$@/
	$(Q)$(MAKE) $(if $(Q),-s) -C $(KDIR) M=$(CURDIR)/$(B)/$@ XB=$(CURDIR)/$(MODULES_DIR) \
		KBUILD_EXTRA_SYMBOLS=$(SYMVERS) modules

test-hostile:
	$(ready)
	$(Q)tests/drivers/hostile/run $(HOSTILE_ARGS)
