# SPDX-License-Identifier: MIT
# Unit tests and fuzzers are built with glibc and the sanitizers, against archives of each folder's objects, so that a
# test links only what it uses. tests/unit/FOLDER_*.c and tests/fuzz/FOLDER_*.c test FOLDER: lib, init, net or builder;
# tests/unit/support*.c is what they share. pytest runs those programs and everything else in tests/.
FOLDERS := lib init net builder
UNIT_SRC := $(sort $(wildcard $(FOLDERS:%=tests/unit/%_*.c)))
FUZZ_SRC := $(sort $(wildcard $(FOLDERS:%=tests/fuzz/%_*.c)))
SUPPORT_SRC := $(sort $(wildcard tests/unit/support*.c))
UNIT := $(UNIT_SRC:tests/unit/%.c=build/unit/%)
FUZZ := $(FUZZ_SRC:tests/fuzz/%.c=build/fuzz/%)
FUZZ_SECONDS ?= 3

TEST_BASE = $(BASE) $(WARN) -iquote init -iquote init/net $(BUILDER_INC) -g -O1 -fno-omit-frame-pointer -MMD -MP
UNIT_CC := gcc -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_CC := clang -fsanitize=address,undefined -fno-sanitize-recover=all
TEST_LIBS := -larchive -lyaml -lzstd -lmd -ljansson -lpthread

build/san/%.o: %.c build/config.h $(O)/flags
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) $(TEST_BASE) $(CFLAGS_$*) -iquote $(<D) -c -o $@ $<

build/fuzz/%.o: %.c build/config.h $(O)/flags
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer-no-link $(TEST_BASE) $(CFLAGS_$*) -iquote $(<D) -c -o $@ $<

# Not in the archives: what has a main, or carries other programs.
SAN_NET := $(filter-out init/net/main.c,$(NET_SRC))
SAN_INIT := $(filter-out init/main.c init/log_main.c,$(INIT_SRC) $(LOG_OWN))
SAN_BUILDER := $(filter-out builder/main.c builder/source/guest.c,$(BUILDER_SRC))
define test_archive
build/$(1)/$(2).a: $$(patsubst %.c,build/$(1)/%.o,$(3))
	$$(Q)rm -f $$@
	$$(Q)$$(AR) rcD $$@ $$^
endef
$(foreach kind,san fuzz,$(eval $(call test_archive,$(kind),lib,$$(LIB_SRC))))
$(foreach kind,san fuzz,$(eval $(call test_archive,$(kind),init,$$(SAN_INIT))))
$(foreach kind,san fuzz,$(eval $(call test_archive,$(kind),net,$$(SAN_NET))))
$(foreach kind,san fuzz,$(eval $(call test_archive,$(kind),builder,$$(SAN_BUILDER))))
$(eval $(call test_archive,san,support,$$(SUPPORT_SRC)))

.SECONDARY: $(UNIT_SRC:%.c=build/san/%.o) $(SIM_SRC:%.c=build/san/%.o) $(FUZZ_SRC:%.c=build/fuzz/%.o)

# A lib test links lib; the others link their own folder and lib.
archives = $(filter-out build/$(1)/lib.a,build/$(1)/$(firstword $(subst _, ,$(notdir $*))).a) build/$(1)/lib.a

.SECONDEXPANSION:
build/unit/%: build/san/tests/unit/%.o build/san/support.a $$(call archives,san)
	$(call say,TEST,$*)
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) -o $@ $^ $(TEST_LIBS) -lcmocka

$(FUZZ): build/fuzz/%: build/fuzz/tests/fuzz/%.o $$(call archives,fuzz)
	$(call say,FUZZ,$*)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer -o $@ $^ $(TEST_LIBS)

# The supervisor's own sources on a simulated kernel: tests/sim/sim.h.
SIM_SRC := $(sort $(wildcard tests/sim/*.c))
SIM := build/sim/supervisor
$(SIM): $(SIM_SRC:%.c=build/san/%.o) build/san/init.a build/san/lib.a
	$(call say,SIM,$(@F))
	@mkdir -p $(@D)
	$(Q)$(UNIT_CC) -o $@ $^

# Programs that tests put into images: build/guest holds nothing else.
PROGRAMS := $(patsubst tests/boot/programs/%.c,build/guest/%,$(wildcard tests/boot/programs/*.c))
$(PROGRAMS): build/guest/%: tests/boot/programs/%.c
	$(call say,GUEST,$*)
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) -Os -Wall -Wextra $(LINK) -o $@ $<

# Lets calls of PID 1 fail, inside a machine: tests/boot/test_fault.py. A program like the guest's own.
TRACER := build/boot/fault
$(TRACER): $(O)/tests/boot/fault.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(LINK) -o $@ $^
$(O)/tests/boot/%.o: private FLAVOR = $(GUEST)

# The last line is the count, whatever happens: N passed, N failed, N skipped. Nothing is written beside the tests.
# Debian's own python, which python3-pytest belongs to, whatever PATH says.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
PYTEST = FUZZ_SECONDS=$(FUZZ_SECONDS) LONG=$(LONG) PYTHONDONTWRITEBYTECODE=1 \
	$(PYTHON) -m pytest -c tests/pytest.ini --basetemp=build/pytest
NOT_BUILT = { echo '0 passed, 1 failed, 0 skipped'; exit 1; }

check-unit: $(UNIT)
	@$(PYTEST) tests/unit $(PYTEST_ARGS)

check-fuzz: $(FUZZ)
	@$(PYTEST) tests/fuzz $(PYTEST_ARGS)

# Tests wait for half of their time, for machines that boot and for deadlines: with pytest-xdist and two processors, two
# run at a time. No more of them on more processors: a build in a test takes all of those. WORKERS= is one at a time.
WORKERS ?= $(shell $(PYTHON) -c 'import xdist' 2>/dev/null && [ "$$(nproc)" -gt 1 ] && echo 2)
SIDE_BY_SIDE = $(if $(WORKERS),-n$(WORKERS) --dist=loadfile --max-worker-restart=0)

# The programs first, on all processors.
check:
	@$(MAKE) $(QUIETLY) all $(UNIT) $(FUZZ) $(SIM) $(PROGRAMS) $(TRACER) build/bench/bench_writers || $(NOT_BUILT)
	@$(PYTEST) $(SIDE_BY_SIDE) tests $(PYTEST_ARGS)

test:
	@builder/deps/setup.sh build run test || $(NOT_BUILT)
	@$(MAKE) $(QUIETLY) check

test-long:
	@$(MAKE) $(QUIETLY) test FUZZ_SECONDS=300 LONG=1
	@tests/fresh-root.sh

# What a service can reach, tried from inside: two images under QEMU and User Mode Linux.
attack:
	@builder/deps/setup.sh build run test || $(NOT_BUILT)
	@$(MAKE) $(QUIETLY) all $(PROGRAMS) || $(NOT_BUILT)
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/attack/attack.py

# Each prints `ratio NAME VALUE` and `figure NAME VALUE UNIT` lines, from runs in turn on this computer.
bench-edit: setup-run
	@$(MAKE) $(QUIETLY) all
	@$(PYTHON) tests/bench/bench_edit.py

.PHONY: attack bench-edit check-unit check-fuzz
# What a root as squashfs gives, against one that is unpacked: minutes, under QEMU.
bench-root: setup-run
	@$(MAKE) $(QUIETLY) build/ingot $(PROGRAMS)
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/bench/root.py

.PHONY: check-unit check-fuzz bench-root
-include $(patsubst %.c,build/san/%.d,$(LIB_SRC) $(INIT_SRC) $(NET_SRC) $(BUILDER_SRC) $(UNIT_SRC) $(SUPPORT_SRC) \
	$(SIM_SRC))
-include $(patsubst %.c,build/fuzz/%.d,$(LIB_SRC) $(INIT_SRC) $(NET_SRC) $(BUILDER_SRC) $(FUZZ_SRC))
