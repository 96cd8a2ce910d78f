# SPDX-License-Identifier: MIT
# The build tool, and the libraries below it (see builder/deps). A file's name is unique over all of its folders, which
# stand in the order of the pipeline: docs/design.md says what each owns.
BUILDER_DIRS := builder $(addprefix builder/,base tree seccomp model source fetch check output explain vm)
BUILDER_SRC := $(sort $(wildcard $(BUILDER_DIRS:%=%/*.c)))
BUILDER_INC := $(BUILDER_DIRS:%=-iquote %)

# In the order they should start: libarchive waits for the first three.
DEPS := zlib xz-utils libzstd libarchive busybox libyaml libmd jansson
LIB_DEPS := $(filter-out busybox,$(DEPS))
DEP_LIBS := build/deps/lib/libarchive.a build/deps/lib/libyaml.a build/deps/lib/libzstd.a build/deps/lib/liblzma.a \
	build/deps/lib/libz.a build/deps/lib/libmd.a build/deps/lib/libjansson.a

build/deps/stamp/fetch: builder/deps/debian.lock builder/deps/orig.sha256 builder/deps/fetch.sh
	@builder/deps/fetch.sh

build/deps/stamp/kernel-headers: builder/deps/kernel-headers.sh
	@builder/deps/kernel-headers.sh

$(DEPS:%=build/deps/stamp/%): build/deps/stamp/%: builder/deps/%.sh builder/deps/dep.sh build/deps/stamp/fetch \
		build/deps/stamp/kernel-headers
	@builder/deps/dep.sh $*

build/deps/stamp/libarchive: build/deps/stamp/zlib build/deps/stamp/xz-utils build/deps/stamp/libzstd
build/deps/stamp/busybox: builder/deps/busybox.config

# A deleted result is built again: dep.sh looks.
build/busybox build/busybox.links: build/deps/stamp/busybox
	@test -f $@ || builder/deps/dep.sh busybox
$(DEP_LIBS): $(LIB_DEPS:%=build/deps/stamp/%) ;
$(BUILDER_SRC:%.c=$(O)/%.o): $(LIB_DEPS:%=build/deps/stamp/%)

# The guest's programs are carried inside ingot (guest.c); busybox lies beside it.
CFLAGS_builder/source/guest := -DGUEST_DIR='"$(O)"' -DSOURCE_DIR='"."'
GUEST_PARTS := $(addprefix $(O)/,ingot-init ingot-stub ingotctl ingot-log ingot-pack ingot-net ingot-probe \
	ingot-drift) init/udhcpc.sh
build/ingot: | build/busybox build/busybox.links
$(O)/builder/source/guest.o build/san/builder/source/guest.o build/fuzz/builder/source/guest.o: $(GUEST_PARTS)

build/ingot: $(BUILDER_SRC:%.c=$(O)/%.o) $(O)/lib/libingot.a $(DEP_LIBS)
	$(call say,LD,$@)
	$(Q)$(MUSL_CC) $(LINK) -pthread -o $@ $^
