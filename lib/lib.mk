# SPDX-License-Identifier: MIT
# What both programs share.
LIB_SRC := $(sort $(wildcard lib/*.c))

$(O)/lib/libingot.a: $(LIB_SRC:%.c=$(O)/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcD $@ $^
