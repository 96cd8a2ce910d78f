# SPDX-License-Identifier: MIT
# The guest's programs. CTL_SHARED are sources of ingot-init that ingotctl is linked with too.
STUB_SRC := init/stub.c
CTL_OWN := $(sort $(wildcard init/ctl*.c))
CTL_SHARED := $(addprefix init/,identity.c landlock.c launch_step.c logread.c net_ask.c reload_machine.c \
	sick.c svc_name.c visible.c)
CTL_SRC := $(CTL_OWN) $(CTL_SHARED)
NET_SRC := $(sort $(wildcard init/net/*.c)) init/ctl_out.c
DRIFT_SRC := $(sort $(wildcard init/drift/*.c)) \
	$(addprefix init/,ctl_client.c ctl_files.c ctl_out.c ctl_port.c svc_name.c visible.c)
LOG_OWN := $(sort $(wildcard init/log_*.c))
LOG_SRC := $(LOG_OWN) $(addprefix init/,console.c identity.c logbook.c logread.c logring.c visible.c)
PACK_SRC := init/pack.c
PROBE_SRC := $(sort $(wildcard init/probe/*.c))
INIT_SRC := $(filter-out $(CTL_OWN) $(LOG_OWN) $(PACK_SRC) $(STUB_SRC),$(sort $(wildcard init/*.c)))
LIBC_SRC := $(sort $(wildcard init/libc/*.c))

$(O)/ingot-init: $(INIT_SRC:%.c=$(O)/%.o) $(LIBC_SRC:%.c=$(O)/%.o) $(O)/lib/libingot.a
$(O)/ingotctl: $(CTL_SRC:%.c=$(O)/%.o) $(O)/lib/libingot.a
$(O)/ingot-log: $(LOG_SRC:%.c=$(O)/%.o) $(O)/lib/libingot.a
$(O)/ingot-drift: $(DRIFT_SRC:%.c=$(O)/%.o) $(O)/lib/libingot.a
$(O)/ingot-net: $(NET_SRC:%.c=$(O)/%.o) $(O)/lib/libingot.a
# The C library gives PID 1 its headers alone: its functions are for programs with threads, and were a fifth of it. What
# init/libc/ does not have is an undefined reference: a system call is one line of calls.c.
$(O)/ingot-init: private LINK += -nostdlib
# Text, constants and data each on pages of their own would cost two pages of padding in the file.
$(O)/ingot-init $(O)/ingotctl $(O)/ingot-log $(O)/ingot-net $(O)/ingot-drift:
	$(call say,LD,$@)
	$(Q)$(MUSL_CC) $(GUEST) $(LINK) -Wl,-z,noseparate-code -Wl,-z,norelro -o $@ $^

# Not part of the one unit: there the linker would drop what the compiler itself calls, and see no use in assembly.
CFLAGS_init/libc/calls := -fno-lto
CFLAGS_init/libc/strings := -fno-lto -ffreestanding -fno-tree-loop-distribute-patterns

# The one program of the guest that needs a library, for machines that keep logs on a disk.
CFLAGS_init/pack := -fno-lto -isystem build/deps/include
$(O)/init/pack.o: build/deps/stamp/libzstd
$(O)/ingot-pack: $(PACK_SRC:%.c=$(O)/%.o) build/deps/lib/libzstd.a
	$(call say,LD,$@)
	$(Q)$(MUSL_CC) $(LINK) -pthread -o $@ $^

# What `ingot selftest` puts into the roots of services: an ordinary program.
$(O)/ingot-probe: $(PROBE_SRC:%.c=$(O)/%.o) $(O)/lib/libingot.a
	$(call say,LD,$@)
	$(Q)$(MUSL_CC) $(GUEST) $(LINK) -Wl,-z,noseparate-code -Wl,-z,norelro -o $@ $^

# No libc, no data, and one segment for everything: a page of padding would double its size.
CFLAGS_init/stub := -fno-lto -ffreestanding -fno-stack-protector -fno-builtin
$(O)/ingot-stub: $(STUB_SRC:%.c=$(O)/%.o)
	$(call say,LD,$@)
	$(Q)$(MUSL_CC) $(LINK) -nostdlib -Wl,-z,noseparate-code -Wl,-z,norelro -o $@ $^
