# SPDX-License-Identifier: GPL-2.0-only
# lint.mk: make lint: what can be said of the sources without running them.
#   floors     no include goes upward (scripts/lint-floors)
#   headers    each header of the hypervisor compiles alone
#   licences   each source has its SPDX line
#   cppcheck (without what it cannot know: linker symbols, arithmetic shifts), shellcheck

LINT_HEADERS := $(wildcard hypervisor/*.h hypervisor/*/*.h)
LINT_SHELL = $(shell git ls-files scripts tests .ci | xargs grep -lE '^\#!(/bin/(ba)?sh|/usr/bin/env (ba)?sh)')
LINT_SPDX = $(shell git ls-files '*.c' '*.h' '*.S' '*.lds' '*.mk' Makefile scripts tests .ci ':!*.md' ':!scripts/lint-floors.allow')

.PHONY: lint lint-floors lint-headers lint-licences lint-c lint-shell
lint: lint-floors lint-headers lint-licences lint-c lint-shell
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

lint-c:
	$(call say,LINT,cppcheck)
	$(Q)cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 -j$$(nproc) \
		--suppress=nullPointer --suppress=internalAstError --suppress=syntaxError --suppress=preprocessorErrorDirective \
		--suppress=comparePointers --suppress=shiftTooManyBitsSigned --suppress=zerodivcond \
		--suppress=unknownMacro --suppress=missingInclude -DDEBUG -D__x86_64__ -Ihypervisor hypervisor

lint-shell:
	$(call say,LINT,shellcheck)
	$(Q)shellcheck -x -S warning $(LINT_SHELL)
