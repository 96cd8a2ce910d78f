# SPDX-License-Identifier: MIT
# What is measured against other programs. Programs here are built as ingot is: with musl, without sanitizers.
BENCH_BUILDER := $(filter-out builder/main.c builder/source/guest.c,$(BUILDER_SRC))

$(O)/tests/bench/%.o: private FLAVOR = $(HOST) $(BUILDER_INC) -isystem build/deps/include
$(O)/tests/bench/%.o: $(LIB_DEPS:%=build/deps/stamp/%)

$(O)/builder/libbuilder.a: $(BENCH_BUILDER:%.c=$(O)/%.o)
	$(Q)rm -f $@
	$(Q)$(AR) rcD $@ $^

build/bench/bench_writers: $(O)/tests/bench/bench_writers.o $(O)/builder/libbuilder.a $(O)/lib/libingot.a $(DEP_LIBS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(LINK) -pthread -o $@ $^

# They run in the guest, and are the same for each of the inits.
GUEST_BENCH := build/bench/init_mark build/bench/init_watch
$(O)/tests/bench/init_%.o: private FLAVOR = $(GUEST) -iquote init
$(GUEST_BENCH): build/bench/%: $(O)/tests/bench/%.o $(O)/lib/libingot.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(LINK) -o $@ $^

# Boots machines for some minutes; wants a computer that does nothing else.
bench-init: setup-run
	@$(MAKE) $(QUIETLY) all $(PROGRAMS) $(GUEST_BENCH)
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/bench/bench_init.py

LAUNCH_BENCH := build/bench/launch_time build/bench/launch_true
$(O)/tests/bench/launch_%.o: private FLAVOR = $(GUEST) -iquote init
$(LAUNCH_BENCH): build/bench/%: $(O)/tests/bench/%.o $(O)/lib/libingot.a
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(MUSL_CC) $(LINK) -o $@ $^

# The same: wants a computer that does nothing else.
bench-launch: setup-run
	@$(MAKE) $(QUIETLY) all $(PROGRAMS) $(GUEST_BENCH) $(LAUNCH_BENCH)
	@PYTHONDONTWRITEBYTECODE=1 $(PYTHON) tests/bench/bench_launch.py

bench-squashfs: build/bench/bench_writers
	@$(PYTHON) tests/bench/squashfs.py

# Wants a machine that does nothing else; and root, or a user namespace, for mmdebstrap.
bench-build:
	@builder/deps/setup.sh build run test
	@$(MAKE) $(QUIETLY) all build/bench/bench_writers
	@$(PYTHON) tests/bench/bench_build.py
	@$(PYTHON) tests/bench/squashfs.py

.PHONY: bench-init bench-launch bench-build bench-squashfs
-include $(O)/tests/bench/bench_writers.d $(patsubst build/bench/%,$(O)/tests/bench/%.d,$(GUEST_BENCH) $(LAUNCH_BENCH))
