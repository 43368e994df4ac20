# SPDX-License-Identifier: GPL-2.0-only
# guests.mk: the tiny PV kernels under tests/guests, one a folder; needs gcc and the ABI headers.
#   guests       build them all into build/guests/NAME.elf
#   test-guests  run them on the hypervisor (HV=FILE another image, HV=xen the real one in XEN=FILE;
#                NAMES="..." only these)

GUESTS_OUT := build/guests
GUESTS_KIT := tests/guests/kit
GUESTS := $(filter-out kit,$(patsubst tests/guests/%/main.c,%,$(wildcard tests/guests/*/main.c)))
XEN_HEADERS ?= /usr/include/xen

GUESTS_CC ?= gcc
GUESTS_CFLAGS := -std=gnu11 -O2 -g -m64 -ffreestanding -nostdinc -fno-pic -fno-pie -mcmodel=kernel \
	-mno-red-zone -mno-sse -mno-mmx -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fcf-protection=none -fno-common -fno-strict-aliasing -fno-tree-loop-distribute-patterns \
	-Wall -Wextra -Werror -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-D__XEN_INTERFACE_VERSION__=0x00040e00 \
	-isystem $(shell $(GUESTS_CC) -print-file-name=include) -isystem $(GUESTS_OUT)/include \
	-I$(GUESTS_KIT)
GUESTS_LDFLAGS := -nostdlib -static -no-pie -Wl,-T,$(GUESTS_KIT)/kit.lds -Wl,--build-id=none \
	-Wl,-z,max-page-size=4096

GUESTS_KIT_OBJ := $(GUESTS_OUT)/kit/start.o \
	$(patsubst $(GUESTS_KIT)/%.c,$(GUESTS_OUT)/kit/%.o,$(wildcard $(GUESTS_KIT)/*.c))
GUESTS_DEPS := $(wildcard $(GUESTS_KIT)/*.h) mk/guests.mk

.PHONY: guests test-guests
guests: $(GUESTS:%=$(GUESTS_OUT)/%.elf)

# Only the ABI headers are to be seen, not the rest of /usr/include.
$(GUESTS_OUT)/include/xen:
	$(Q)mkdir -p $(GUESTS_OUT)/include $(GUESTS_OUT)/kit
	$(Q)ln -sfn $(XEN_HEADERS) $@

$(GUESTS_OUT)/kit/%.o: $(GUESTS_KIT)/%.c $(GUESTS_DEPS) | $(GUESTS_OUT)/include/xen
	$(call say,GUEST,$@)
	$(Q)$(GUESTS_CC) $(GUESTS_CFLAGS) -c -o $@ $<

$(GUESTS_OUT)/kit/%.o: $(GUESTS_KIT)/%.S $(GUESTS_DEPS) | $(GUESTS_OUT)/include/xen
	$(call say,GUEST,$@)
	$(Q)$(GUESTS_CC) $(GUESTS_CFLAGS) -c -o $@ $<

$(GUESTS_OUT)/%.elf: tests/guests/%/main.c $(GUESTS_KIT_OBJ) $(GUESTS_KIT)/kit.lds $(GUESTS_DEPS)
	$(call say,GUEST,$@)
	$(Q)$(GUESTS_CC) $(GUESTS_CFLAGS) $(GUESTS_LDFLAGS) -o $@ $< $(GUESTS_KIT_OBJ)

test-guests: guests $(if $(HV),,hypervisor)
	$(Q)tests/guests/run --hv $(or $(HV),build/krypton.gz) $(NAMES)
