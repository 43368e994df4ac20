# SPDX-License-Identifier: GPL-2.0-only
# lint.mk: make lint: what can be said of the sources without running them.
#   floors     no include goes upward (scripts/lint-floors)
#   headers    each header of the hypervisor compiles alone
#   licences   each source has its SPDX line
#   modules    sparse on the Linux modules, for each kernel whose headers are here; checkpatch --strict
#   hotplug    checkpatch --strict on the hotplug scripts' C
#   cppcheck (without what it cannot know: linker symbols, arithmetic shifts), shellcheck

LINT_HEADERS := $(wildcard hypervisor/*.h hypervisor/*/*.h)
LINT_SHELL = $(shell git ls-files scripts tests .ci linux debian hotplug-scripts | xargs grep -lE '^\#!(/bin/(ba)?sh|/usr/bin/env (ba)?sh)')
LINT_SPDX = $(shell git ls-files '*.c' '*.h' '*.S' '*.lds' '*.mk' Makefile scripts tests .ci linux debian hotplug-scripts \
	':!*.md' ':!scripts/lint-floors.allow' ':!debian/changelog' ':!debian/control' ':!debian/copyright' ':!debian/source/format' ':!tests/drivers/seeds')
LINT_MODULES = $(sort $(wildcard $(MODULES_DIR)/*/*.[ch] $(MODULES_DIR)/*/*/*.[ch]))
CHECKPATCH_DIR := $(B)/cache/checkpatch
# Ours: the licence line is a /* */ comment in every file, and Xen's headers have names such as XenbusStateClosed.
# A tracepoint's macros are laid out as in all of the kernel, which the script does not know; compat.h has macros that
# are whole functions.
CHECKPATCH := perl $(CHECKPATCH_DIR)/scripts/checkpatch.pl --no-tree --strict --terse --quiet --no-summary \
	--ignore SPDX_LICENSE_TAG,CAMELCASE

.PHONY: lint lint-floors lint-headers lint-licences lint-modules lint-sparse lint-checkpatch lint-hotplug lint-c lint-shell
lint: lint-floors lint-headers lint-licences lint-modules lint-hotplug lint-c lint-shell
	@echo "lint: nothing found"

lint-floors:
	$(call say,LINT,floors)
	$(Q)scripts/lint-floors

lint-headers: | $(B)/abi/xen
	$(call say,LINT,headers)
	$(Q)for h in $(LINT_HEADERS); do \
		echo "#include \"$${h#hypervisor/}\"" | $(HV_CC) $(filter-out -Wmissing-prototypes,$(HV_CFLAGS)) \
			-x c -fsyntax-only - || { echo "$$h does not compile alone" >&2; exit 1; }; \
	done

lint-licences:
	$(call say,LINT,licences)
	$(Q)bad=$$(grep -L SPDX-License-Identifier: $(LINT_SPDX)); \
		[ -z "$$bad" ] || { echo "no SPDX line: $$bad" >&2; exit 1; }

lint-modules: lint-checkpatch lint-sparse

# A folder of their own, so that every file is looked at and no build is disturbed.
lint-sparse:
	$(Q)scripts/deps lint
	$(Q)for k in $(KDIRS_ALL); do \
		$(MAKE) --no-print-directory modules KDIR=$$k B=$(B)/lint C=2 CHECK=sparse >$(B)/sparse.log 2>&1 || { \
			cat $(B)/sparse.log >&2; exit 1; }; \
		! grep -E '(warning|error):' $(B)/sparse.log >&2 || exit 1; \
		printf '  %-7s %s\n' SPARSE "$${k##*/}"; \
	done

# Debian has the script in the kernel's sources only.
$(CHECKPATCH_DIR)/scripts/checkpatch.pl:
	$(call say,UNPACK,$@)
	$(Q)scripts/deps lint
	$(Q)mkdir -p $(CHECKPATCH_DIR) && tar -xf $(lastword $(sort $(wildcard /usr/src/linux-source-6.1.tar.xz))) \
		-C $(CHECKPATCH_DIR) --strip-components=1 --occurrence=1 linux-source-6.1/scripts/checkpatch.pl \
		linux-source-6.1/scripts/spelling.txt linux-source-6.1/scripts/const_structs.checkpatch
	$(Q)touch $@

lint-checkpatch: $(CHECKPATCH_DIR)/scripts/checkpatch.pl
	$(call say,LINT,checkpatch)
	$(Q)out=$$(for f in $(LINT_MODULES); do case $$f in \
		*/trace.h) $(CHECKPATCH),PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE -f $$f ;; \
		*/compat.h | */inject.h) $(CHECKPATCH),MACRO_WITH_FLOW_CONTROL,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE -f $$f ;; \
		*) $(CHECKPATCH) -f $$f ;; \
		esac; done); rm -f .checkpatch-camelcase.*; [ -z "$$out" ] || { echo "$$out" >&2; exit 1; }

# Programs, not the kernel: its own types and attributes are not there.
LINT_HOTPLUG = $(wildcard hotplug-scripts/*.[ch] tests/hotplug/*.[ch])
lint-hotplug: $(CHECKPATCH_DIR)/scripts/checkpatch.pl
	$(call say,LINT,hotplug)
	$(Q)out=$$($(CHECKPATCH),PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,VOLATILE,STATIC_CONST_CHAR_ARRAY,EMBEDDED_FUNCTION_NAME \
		-f $(LINT_HOTPLUG)); rm -f .checkpatch-camelcase.*; [ -z "$$out" ] || { echo "$$out" >&2; exit 1; }

lint-c:
	$(call say,LINT,cppcheck)
	$(Q)cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 -j$$(nproc) \
		--suppress=nullPointer --suppress=internalAstError --suppress=syntaxError --suppress=preprocessorErrorDirective \
		--suppress=comparePointers --suppress=shiftTooManyBitsSigned --suppress=zerodivcond \
		--suppress=unknownMacro --suppress=missingInclude -DDEBUG -D__x86_64__ -Ihypervisor hypervisor

lint-shell:
	$(call say,LINT,shellcheck)
	$(Q)shellcheck -x -S warning $(LINT_SHELL)
