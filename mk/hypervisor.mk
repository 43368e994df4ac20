# SPDX-License-Identifier: GPL-2.0-only
# hypervisor.mk: build/krypton.elf (with debug information and symbols) and build/krypton.gz (what GRUB loads).
# Every .c and .S under hypervisor/ belongs to it. The image is linked twice, without and with the symbol
# table, which lies behind all code; a comparison makes sure that no address moved.

HV_CC ?= gcc
HV_LD ?= ld
HV_NM ?= nm
HV_O := $(B)/$(if $(filter 1,$(DEBUG)),hypervisor-debug,hypervisor)
XEN_HEADERS ?= /usr/include/xen

HV_SRC := $(sort $(wildcard hypervisor/*.c hypervisor/*/*.c hypervisor/*/*.S))
HV_OBJ := $(patsubst hypervisor/%,$(HV_O)/%.o,$(HV_SRC))

HV_INCLUDE := -nostdinc -isystem $(shell $(HV_CC) -print-file-name=include) -isystem $(B)/abi -Ihypervisor
HV_FLAGS := -O2 -g -m64 -ffreestanding -fno-pic -fPIE -mno-red-zone -mgeneral-regs-only -fcf-protection=none \
	-ffile-prefix-map=$(CURDIR)/= $(HV_INCLUDE) -D__XEN_TOOLS__ -D__XEN_INTERFACE_VERSION__=0x00041100
HV_CFLAGS := -std=gnu11 $(HV_FLAGS) -fno-strict-aliasing -fno-common -fvisibility=hidden -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fno-jump-tables -fno-tree-loop-distribute-patterns \
	-Wall -Wextra -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Werror \
	-include hypervisor/lib/types.h $(if $(filter 1,$(DEBUG)),-DDEBUG -fno-omit-frame-pointer)
HV_AFLAGS := $(HV_FLAGS) -D__ASSEMBLY__
HV_LDFLAGS := -nostdlib -static -no-pie -z max-page-size=4096 -z noexecstack --build-id=none --orphan-handling=error \
	--no-ld-generated-unwind-info -T hypervisor/krypton.lds $(HV_LDEXTRA)
# The decoders of kernel images: Debian's static libraries, in the init sections.
HV_LIBS := $(shell $(HV_CC) -print-file-name=liblzma.a) $(shell $(HV_CC) -print-file-name=libzstd.a)

.PHONY: hypervisor
hypervisor: $(B)/krypton.gz

# Only the ABI headers are to be seen, not the rest of /usr/include.
$(B)/abi/xen:
	$(Q)mkdir -p $(B)/abi && ln -sfn $(XEN_HEADERS) $@

$(HV_O)/%.c.o: hypervisor/%.c mk/hypervisor.mk | $(B)/abi/xen
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(HV_CC) $(HV_CFLAGS) -MMD -MP -c -o $@ $<

$(HV_O)/%.S.o: hypervisor/%.S mk/hypervisor.mk | $(B)/abi/xen
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(HV_CC) $(HV_AFLAGS) -MMD -MP -c -o $@ $<

-include $(HV_OBJ:.o=.d)

# The list of objects, so that a removed file or a change of DEBUG also links anew.
$(B)/.hypervisor-objects: FORCE
	$(Q)mkdir -p $(B); echo '$(HV_OBJ) $(HV_LDEXTRA)' | cmp -s - $@ || echo '$(HV_OBJ) $(HV_LDEXTRA)' >$@
FORCE:

hv_link = $(HV_LD) $(HV_LDFLAGS) -o $(1) $(HV_OBJ) $(2) $(HV_LIBS)
hv_symbols = $(HV_NM) -n $(1) | awk -f scripts/symbols.awk >$(2).S && $(HV_CC) $(HV_AFLAGS) -c -o $(2).o $(2).S

$(B)/krypton.elf: $(HV_OBJ) $(B)/.hypervisor-objects hypervisor/krypton.lds scripts/symbols.awk
	$(call say,LINK,$@)
	$(Q)echo | awk -f scripts/symbols.awk >$(HV_O)/sym0.S && $(HV_CC) $(HV_AFLAGS) -c -o $(HV_O)/sym0.o $(HV_O)/sym0.S
	$(Q)$(call hv_link,$(HV_O)/pass1.elf,$(HV_O)/sym0.o)
	$(Q)$(call hv_symbols,$(HV_O)/pass1.elf,$(HV_O)/sym1)
	$(Q)$(call hv_link,$@,$(HV_O)/sym1.o)
	$(Q)$(call hv_symbols,$@,$(HV_O)/sym2)
	$(Q)cmp -s $(HV_O)/sym1.S $(HV_O)/sym2.S || { echo "symbol table moved the code" >&2; rm -f $@; exit 1; }

$(B)/krypton.gz: $(B)/krypton.elf
	$(call say,GZIP,$@)
	$(Q)objcopy --strip-all $< $(HV_O)/stripped.elf && gzip -9nc $(HV_O)/stripped.elf >$@
