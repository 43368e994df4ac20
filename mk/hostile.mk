# SPDX-License-Identifier: GPL-2.0-only
# hostile.mk: hostile peers for the Linux drivers.
#   rawpeer        build/rawpeer/rawpeer.ko, the peer that does what a script says
#   test-hostile   tests/drivers/hostile/run (HOSTILE_ARGS: see its --help)

RAWPEER_SRC := tests/drivers/modules/rawpeer
RAWPEER_OUT := $(B)/rawpeer

.PHONY: rawpeer test-hostile
rawpeer: modules
	$(call say,MODULES,$(RAWPEER_OUT)/rawpeer.ko)
	$(Q)mkdir -p $(RAWPEER_OUT) && cp -asf $(CURDIR)/$(RAWPEER_SRC)/. $(RAWPEER_OUT)/
	$(Q)$(MAKE) $(if $(Q),-s) -C $(KDIR) M=$(CURDIR)/$(RAWPEER_OUT) XB=$(CURDIR)/$(MODULES_DIR) \
		KBUILD_EXTRA_SYMBOLS=$(CURDIR)/$(MODULES_OUT)/Module.symvers modules

test-hostile:
	$(ready)
	$(Q)tests/drivers/hostile/run $(HOSTILE_ARGS)
