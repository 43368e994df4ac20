# SPDX-License-Identifier: GPL-2.0-only
# bench-drivers.mk: the drivers measured, and the users' own benchmark; see docs/benchmarks.md.
#   bench-drivers     ours on both ends against the kernel's own on both ends, on both hypervisors, with the
#                     native floor beside it. BENCH_ARGS: see tests/bench/drivers/run --help
#   bench-net         krypton-netbench in QEMU: dom0 and two guests with our drivers. NETBENCH_ARGS: see tests/bench/net/in-qemu --help
#   install-netbench  krypton-netbench for this machine (DESTDIR, PREFIX); uninstall-netbench

PREFIX ?= /usr/local
NETBENCH_LIB = $(PREFIX)/lib/krypton-netbench

.PHONY: bench-drivers bench-net install-netbench uninstall-netbench
bench-drivers:
	$(Q)scripts/deps build run && scripts/make-images
	$(Q)$(MAKE) --no-print-directory $(B)/krypton.gz
	$(Q)tests/bench/drivers/run $(BENCH_ARGS)

bench-net:
	$(Q)scripts/deps build run && scripts/make-images
	$(Q)$(MAKE) --no-print-directory $(B)/krypton.gz
	$(Q)tests/bench/net/in-qemu $(NETBENCH_ARGS)

install-netbench:
	install -d $(DESTDIR)$(NETBENCH_LIB) $(DESTDIR)$(PREFIX)/bin
	install -m 755 tests/bench/net/krypton-netbench $(DESTDIR)$(NETBENCH_LIB)/
	install -m 644 tests/bench/net/*.py $(DESTDIR)$(NETBENCH_LIB)/
	ln -sfn ../lib/krypton-netbench/krypton-netbench $(DESTDIR)$(PREFIX)/bin/krypton-netbench

uninstall-netbench:
	rm -rf $(DESTDIR)$(NETBENCH_LIB) $(DESTDIR)$(PREFIX)/bin/krypton-netbench
