# SPDX-License-Identifier: GPL-2.0-only
# make check: the hypervisor's own sources as host programs under sanitizers, and the plain-C parts of
# the Linux drivers.
#
# Each tests/host/test_X.c names what it tests in lines of the form
#   /* SOURCES: hypervisor/evtchn/core.c hypervisor/evtchn/notify.c */
# and is linked with them and the shim, whose symbols are weak. One test alone:
#   make -f mk/host.mk host-run/test_X
# tests/drivers/test_X.c does the same for files of linux/drivers/xen, without the shim:
#   make -f mk/host.mk host-run/drivers-test_X
# tests/hotplug has both: test_X.c for parts of hotplug-scripts (hotplug-test_X), and X.bats, which
# call the scripts in name spaces of their own (hotplug-X).

HOST_BUILD ?= build/host
HOST_CC ?= gcc
HOST_CFLAGS := -std=gnu11 -O1 -g1 -fno-strict-aliasing -fno-common -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-Wall -Wextra -Wno-unused-parameter -Wno-unused-function -Wshadow -Werror \
	-DKRYPTON_HOST_TEST -DDEBUG -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00041100 \
	-I hypervisor -I tests/host -include tests/host/prefix.h
HOST_TESTS := $(sort $(basename $(notdir $(wildcard tests/host/test_*.c))))
HOST_DRIVER_TESTS := $(patsubst tests/drivers/%.c,drivers-%,$(sort $(wildcard tests/drivers/test_*.c)))
HOST_DRIVER_CFLAGS := -std=gnu11 -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined -Wall -Wextra -Werror \
	-I linux/drivers/xen/include -I linux/drivers/xen -I tests/drivers
HOST_HOTPLUG_TESTS := $(patsubst tests/hotplug/%.c,hotplug-%,$(sort $(wildcard tests/hotplug/test_*.c)))
HOST_HOTPLUG_BATS := $(patsubst tests/hotplug/%.bats,hotplug-%,$(sort $(wildcard tests/hotplug/*.bats)))
HOST_HOTPLUG_CFLAGS := -std=gnu11 -D_GNU_SOURCE -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined -Wall -Wextra -Wno-unused-parameter -Wshadow -Werror -I hotplug-scripts
HOST_SHIM := $(patsubst %.c,$(HOST_BUILD)/%.o,$(wildcard tests/host/shim*.c))
HOST_JOBS ?= $(shell nproc)

HOST_ALL := $(HOST_TESTS) $(HOST_DRIVER_TESTS) $(HOST_HOTPLUG_TESTS) $(HOST_HOTPLUG_BATS)

.PHONY: check host-all $(HOST_ALL:%=host-run/%)

check:
	@mkdir -p $(HOST_BUILD)
	@flock $(HOST_BUILD)/.lock $(MAKE) --no-print-directory -f mk/host.mk host-all

# One run at a time in a build directory. -k: a test that does not build stops no other.
host-all:
	@rm -rf $(HOST_BUILD)/log && mkdir -p $(HOST_BUILD)/log
	@$(MAKE) --no-print-directory -k $(if $(findstring -j,$(MAKEFLAGS)),,-j$(HOST_JOBS)) \
		-f mk/host.mk $(HOST_ALL:%=host-run/%) || true
	@sh tests/host/summary $(HOST_BUILD)/log $(HOST_ALL)

$(HOST_ALL:%=host-run/%): host-run/%: $(HOST_BUILD)/%
	@sh tests/host/run $(HOST_BUILD)/log $(HOST_BUILD)/$*

host_sources = $(shell sed -n 's,^ *[/ ]\* *SOURCES: *\([^*]*\).*,\1,p' $(1))

define host_test
$(HOST_BUILD)/$(1): $(HOST_BUILD)/tests/host/$(1).o $(HOST_SHIM) \
		$(patsubst %.c,$(HOST_BUILD)/%.o,$(call host_sources,tests/host/$(1).c))
	@$(HOST_CC) -fsanitize=address,undefined -o $$@ $$^ -lcmocka
endef
$(foreach t,$(HOST_TESTS),$(eval $(call host_test,$(t))))

define host_driver_test
$(HOST_BUILD)/drivers-$(1): $(patsubst %.c,$(HOST_BUILD)/plain/%.o,tests/drivers/$(1).c \
		$(filter-out tests/drivers/$(1).c,$(call host_sources,tests/drivers/$(1).c)))
	@$(HOST_CC) -fsanitize=address,undefined -o $$@ $$^ -lcmocka
endef
$(foreach t,$(HOST_DRIVER_TESTS:drivers-%=%),$(eval $(call host_driver_test,$(t))))

define host_hotplug_test
$(HOST_BUILD)/hotplug-$(1): $(patsubst %.c,$(HOST_BUILD)/hotplug/%.o,tests/hotplug/$(1).c \
		$(call host_sources,tests/hotplug/$(1).c))
	@$(HOST_CC) -fsanitize=address,undefined -o $$@ $$^ -lcmocka -lxenstore
endef
$(foreach t,$(HOST_HOTPLUG_TESTS:hotplug-%=%),$(eval $(call host_hotplug_test,$(t))))

# The whole program, and a store for it to talk to.
$(HOST_BUILD)/krypton-hotplug: $(patsubst %.c,$(HOST_BUILD)/hotplug/%.o,$(wildcard hotplug-scripts/*.c))
	@$(HOST_CC) -fsanitize=address,undefined -o $@ $^ -lxenstore

$(HOST_BUILD)/stored: tests/hotplug/stored.c
	@mkdir -p $(@D)
	@$(HOST_CC) $(HOST_HOTPLUG_CFLAGS) -o $@ $<

# A test that is a script: run like the others.
$(HOST_HOTPLUG_BATS:%=$(HOST_BUILD)/%): $(HOST_BUILD)/hotplug-%: tests/hotplug/%.bats tests/hotplug/run-bats \
		$(HOST_BUILD)/krypton-hotplug $(HOST_BUILD)/stored
	@printf '#!/bin/sh\nexec tests/hotplug/run-bats %s %s\n' $(HOST_BUILD) $< >$@ && chmod 755 $@

$(HOST_BUILD)/hotplug/%.o: %.c
	@mkdir -p $(@D)
	@$(HOST_CC) $(HOST_HOTPLUG_CFLAGS) -MMD -MP -c $< -o $@

$(HOST_BUILD)/plain/%.o: %.c
	@mkdir -p $(@D)
	@$(HOST_CC) $(HOST_DRIVER_CFLAGS) -MMD -MP -c $< -o $@

$(HOST_BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@$(HOST_CC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

-include $(shell test -d $(HOST_BUILD) && find $(HOST_BUILD) -name '*.d')
