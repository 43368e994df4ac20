# SPDX-License-Identifier: GPL-2.0-only
# hotplug.mk: the hotplug scripts of hotplug-scripts/ and their compiled half; see docs/hotplug.md.
#   hotplug            build/hotplug/krypton-hotplug
#   install-hotplug    it, the scripts, krypton-network and udev's rules (DESTDIR, XEN_SCRIPTS, UDEV_RULES, ...);
#                      uninstall-hotplug
#   bench-hotplug      what they cost beside Xen's, in QEMU (BENCH_ARGS: see tests/bench/hotplug/run --help)
#   check              (mk/host.mk) runs tests/hotplug

HOTPLUG_DIR := hotplug-scripts
HOTPLUG_SCRIPTS := $(addprefix $(HOTPLUG_DIR)/,vif-bridge vif-route vif-nat vif-openvswitch block block-dummy)
HOTPLUG_SOURCES := $(sort $(wildcard $(HOTPLUG_DIR)/*.c))
HOTPLUG_CFLAGS := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Werror
HOTPLUG_BIN := $(B)/hotplug/krypton-hotplug
HOTPLUG_LIB ?= /usr/lib/krypton
XEN_SCRIPTS ?= /etc/xen/scripts
UDEV_RULES ?= /lib/udev/rules.d
HOTPLUG_SBIN ?= /usr/sbin

.PHONY: hotplug install-hotplug uninstall-hotplug bench-hotplug
all: hotplug
hotplug: $(HOTPLUG_BIN)

$(HOTPLUG_BIN): $(HOTPLUG_SOURCES:$(HOTPLUG_DIR)/%.c=$(B)/hotplug/%.o)
	$(call say,LINK,$@)
	$(Q)gcc $(CFLAGS) $(LDFLAGS) -o $@ $^ -lxenstore

$(B)/hotplug/%.o: $(HOTPLUG_DIR)/%.c mk/hotplug.mk
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)gcc -O2 -g $(CPPFLAGS) $(HOTPLUG_CFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

-include $(wildcard $(B)/hotplug/*.d)

# The scripts name the place of the other half.
install-hotplug: $(HOTPLUG_BIN)
	$(Q)install -d $(DESTDIR)$(HOTPLUG_LIB) $(DESTDIR)$(XEN_SCRIPTS)
	$(Q)install -m 755 $(HOTPLUG_BIN) $(DESTDIR)$(HOTPLUG_LIB)/krypton-hotplug
	$(Q)for s in $(HOTPLUG_SCRIPTS); do \
		sed 's,/usr/lib/krypton,$(HOTPLUG_LIB),' $$s >$(DESTDIR)$(XEN_SCRIPTS)/$${s##*/}.new && \
		chmod 755 $(DESTDIR)$(XEN_SCRIPTS)/$${s##*/}.new && \
		mv $(DESTDIR)$(XEN_SCRIPTS)/$${s##*/}.new $(DESTDIR)$(XEN_SCRIPTS)/$${s##*/} || exit; \
	done
	$(Q)install -d $(DESTDIR)$(UDEV_RULES)
	$(Q)sed 's,/usr/lib/krypton,$(HOTPLUG_LIB),' $(HOTPLUG_DIR)/60-krypton-hotplug.rules \
		>$(DESTDIR)$(UDEV_RULES)/60-krypton-hotplug.rules
	$(Q)install -D -m 755 $(HOTPLUG_DIR)/krypton-network $(DESTDIR)$(HOTPLUG_SBIN)/krypton-network

uninstall-hotplug:
	rm -f $(DESTDIR)$(HOTPLUG_SBIN)/krypton-network $(DESTDIR)$(UDEV_RULES)/60-krypton-hotplug.rules $(DESTDIR)$(HOTPLUG_LIB)/krypton-hotplug $(HOTPLUG_SCRIPTS:$(HOTPLUG_DIR)/%=$(DESTDIR)$(XEN_SCRIPTS)/%)

bench-hotplug:
	$(Q)scripts/deps build run && scripts/make-images
	$(Q)$(MAKE) --no-print-directory $(B)/krypton.gz
	$(Q)tests/bench/hotplug/run $(BENCH_ARGS)
