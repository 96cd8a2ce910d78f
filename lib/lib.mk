# SPDX-License-Identifier: MIT
# What both programs share.
LIB_SRC := $(sort $(wildcard lib/*.c))

$(O)/lib/libingot.a: $(LIB_SRC:%.c=$(O)/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcD $@ $^

# Names and numbers of system calls, sorted by name.
build/syscalls.inc: build/deps/stamp/kernel-headers
	$(call say,GEN,$@)
	$(Q)awk '$$1 == "#define" && sub("^__NR_", "", $$2) { printf "{ \"%s\", %s },\n", $$2, $$3 }' \
		build/deps/kernel-headers/asm/unistd_64.h | LC_ALL=C sort >$@.new && mv $@.new $@
# Every byte of an image goes through it.
CFLAGS_lib/sha256 := -O2
CFLAGS_lib/syscalls := -iquote . -DSYSCALL_LIST='"build/syscalls.inc"'
$(O)/lib/syscalls.o build/san/lib/syscalls.o build/fuzz/lib/syscalls.o: \
	build/syscalls.inc
