# SPDX-License-Identifier: GPL-2.0-only
# bench.mk: make bench: instruction counts on the bare machine, the real Xen and this hypervisor, side by
# side; see docs/benchmarks.md. The kernel of the small measurements is linked with the kit of
# tests/guests. BENCH_ARGS: see tests/bench/run --help.

BENCH_OUT := $(B)/bench
BENCH_MICRO_OBJ := $(patsubst tests/bench/micro/%,$(BENCH_OUT)/micro/%.o,$(wildcard tests/bench/micro/*.[cS]))

# The names of mk/guests.mk are known only after this file was read.
.SECONDEXPANSION:
$(BENCH_OUT)/micro/%.o: tests/bench/micro/% tests/bench/micro/micro.h $$(GUESTS_DEPS) mk/bench.mk \
		| $$(GUESTS_OUT)/include/xen
	$(call say,BENCH,$@)
	$(Q)mkdir -p $(@D) && $(GUESTS_CC) $(GUESTS_CFLAGS) -Itests/bench/micro -c -o $@ $<

$(BENCH_OUT)/micro.elf: $(BENCH_MICRO_OBJ) $$(GUESTS_KIT_OBJ) $$(GUESTS_KIT)/kit.lds
	$(call say,BENCH,$@)
	$(Q)$(GUESTS_CC) $(GUESTS_CFLAGS) $(GUESTS_LDFLAGS) -o $@ $(BENCH_MICRO_OBJ) $(GUESTS_KIT_OBJ)
	$(Q)strip --strip-debug $@

# Static: it runs in dom0's own system.
$(BENCH_OUT)/probe: tests/bench/probe.c mk/bench.mk
	$(call say,BENCH,$@)
	$(Q)mkdir -p $(@D) && gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -o $@ $<

.PHONY: bench bench-files
bench-files: $(BENCH_OUT)/micro.elf $(BENCH_OUT)/probe
# The compiler comes first, so the files are built by a make of their own.
bench:
	$(Q)scripts/deps build run && scripts/make-images && scripts/make-images --xen
	$(Q)$(MAKE) --no-print-directory $(B)/krypton.gz bench-files
	$(Q)tests/bench/run $(BENCH_ARGS)
