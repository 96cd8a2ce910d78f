# SPDX-License-Identifier: MIT
# One make for all folders; each has a fragment. Results go to build/, images to out/. `make help` lists the targets.
VERSION := 0.1.0

# All processors unless -j says otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
# V, O and the like steer this make only, not the ones of the libraries below it.
MAKEOVERRIDES =
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

O := build
PORT ?= 8080
Q := $(if $(V),,@)
QUIETLY = --no-print-directory $(if $(V),,--silent)
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $(2))

MUSL_CC := musl-gcc -idirafter build/deps/kernel-headers
AR := ar
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 $(if $(DEV),-Werror)
# What decides the bytes of an object; WARN does not.
BASE := -std=c11 -D_GNU_SOURCE -DINGOT_VERSION='"$(VERSION)"' -include build/config.h -iquote lib
CODEGEN := -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-pie -ffile-prefix-map=$(CURDIR)=.
# As one unit, what PID 1's sources have in common stands in it once; the objects can be read by nm all the same. No
# floating point and no vectors, and what gives speed for bytes is off: the kernel is where the guest's time goes.
GUEST := -Oz $(CODEGEN) -flto=auto -flto-partition=one -ffat-lto-objects -mgeneral-regs-only -fno-jump-tables \
	-fno-caller-saves -fno-ident
HOST := -O2 $(CODEGEN)
LINK := -static -no-pie -s -Wl,--gc-sections -Wl,--build-id=none

all: build/ingot build/ingot-init build/ingot-stub build/ingotctl build/ingot-log build/ingot-pack build/ingot-net \
	build/ingot-probe build/ingot-drift build/busybox

include lib/lib.mk
include init/init.mk
include builder/builder.mk
include tests/tests.mk
include tests/bench/bench.mk

# build/flags changes only when the flags do: objects made with others are stale.
FLAGS := $(MUSL_CC) $(BASE) $(GUEST) $(HOST) $(LINK)
$(shell mkdir -p $(O); printf '%s\n' '$(subst ','\'',$(FLAGS))' | cmp -s - $(O)/flags || \
	printf '%s\n' '$(subst ','\'',$(FLAGS))' >$(O)/flags)

READY := $(O)/flags build/config.h build/deps/stamp/kernel-headers

$(O)/lib/%.o $(O)/init/%.o: private FLAVOR = $(GUEST)
$(O)/init/net/%.o $(O)/init/drift/%.o: private FLAVOR = $(GUEST) -iquote init
$(O)/builder/%.o: private FLAVOR = $(HOST) $(BUILDER_INC) -isystem build/deps/include
$(O)/%.o: %.c $(READY)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(BASE) -iquote $(<D) $(FLAVOR) $(WARN) $(CFLAGS_$*) -MMD -MP -c -o $@ $<

# Configuration of the programs: see Kconfig.

KCONF := KCONFIG_CONFIG=build/.config kconfig-conf

build/.config:
	$(Q)builder/deps/setup.sh --check build
	@mkdir -p build
	$(Q)$(KCONF) --alldefconfig Kconfig >/dev/null

# The asked-for lines are compared after kconfig-conf has brought the file up to date: it drops what it does not know.
build/config.h: build/.config Kconfig builder/deps/config.awk
	$(call say,CONF,$@)
	$(Q)cp build/.config build/.config.asked
	$(Q)$(KCONF) --olddefconfig Kconfig >/dev/null 2>&1
	$(Q)awk -f builder/deps/config-check.awk Kconfig build/.config.asked build/.config || :
	$(Q)awk -f builder/deps/config.awk Kconfig build/.config >$@.new
	$(Q)mv $@.new $@

# `make allnoconfig all` configures first.
build/config.h: $(filter menuconfig allnoconfig allyesconfig randconfig defconfig,$(MAKECMDGOALS))

menuconfig: build/.config
	@test -t 0 || { echo "menuconfig wants a terminal; make defconfig FROM=file does not" >&2; exit 1; }
	$(Q)KCONFIG_CONFIG=build/.config kconfig-mconf Kconfig

allnoconfig allyesconfig randconfig:
	@mkdir -p build
	$(Q)$(KCONF) --$@ Kconfig >/dev/null

defconfig:
	@mkdir -p build
ifdef FROM
	$(Q)$(KCONF) --defconfig='$(FROM)' Kconfig >/dev/null
	$(Q)awk -f builder/deps/config-check.awk Kconfig '$(FROM)' build/.config
else
	$(Q)$(KCONF) --alldefconfig Kconfig >/dev/null
endif

savedefconfig: build/.config
	$(Q)$(KCONF) --savedefconfig=build/defconfig Kconfig >/dev/null
	@echo build/defconfig

# exec hands SIGTERM and Ctrl-C to ingot itself, which ends the guest in order.
run: setup-run
	@$(MAKE) $(QUIETLY) build/ingot
	@exec build/ingot run images/web.yml -p $(PORT):80 $(INGOT_ARGS)

setup-run:
	@builder/deps/setup.sh build run

setup-test:
	@builder/deps/setup.sh build run test

update-pins:
	@builder/deps/update-pins.sh

size: setup-run
	@$(MAKE) $(QUIETLY) all
	@tests/size.sh

# The reference of the keys in ingot.yml(5), from the key tables.
docs: build/ingot
	@docs/update-keys.sh

PROGRAM_SRC = $(LIB_SRC) $(INIT_SRC) $(LIBC_SRC) $(CTL_OWN) $(LOG_OWN) $(PACK_SRC) $(STUB_SRC) \
	$(filter init/net/%,$(NET_SRC)) $(PROBE_SRC) $(BUILDER_SRC)

objects: $(patsubst %.c,$(O)/%.o,$(PROGRAM_SRC))

# Compiled apart, from nothing, so that no warning is missed; a warning is an error.
lint:
	$(Q)rm -rf build/lint
	$(Q)$(MAKE) $(QUIETLY) O=build/lint DEV=1 objects
	$(Q)tests/lint.sh

clean:
	$(Q)find build -mindepth 1 -maxdepth 1 ! -name deps ! -name busybox ! -name busybox.links ! -name .config \
		-exec rm -rf {} + 2>/dev/null || :

distclean:
	$(Q)rm -rf build out

help:
	@cat builder/deps/help

.PHONY: all docs run test test-long check size objects lint clean distclean help setup-run setup-test update-pins \
	menuconfig allnoconfig allyesconfig randconfig defconfig savedefconfig

-include $(patsubst %.c,$(O)/%.d,$(PROGRAM_SRC))
