/* SPDX-License-Identifier: MIT
 *
 * Capabilities by name, in the kernel's order, and those that no service can be held by anything against.
 */
#include <string.h>

#include "model.h"

const struct key_word capability_words[] = {
	{ "CHOWN", 0 }, { "DAC_OVERRIDE", 0 }, { "DAC_READ_SEARCH", 0 }, { "FOWNER", 0 },
	{ "FSETID", 0 }, { "KILL", 0 }, { "SETGID", 0 }, { "SETUID", 0 },
	{ "SETPCAP", 0 }, { "LINUX_IMMUTABLE", 0 }, { "NET_BIND_SERVICE", 0 }, { "NET_BROADCAST", 0 },
	{ "NET_ADMIN", 0 }, { "NET_RAW", 0 }, { "IPC_LOCK", 0 }, { "IPC_OWNER", 0 },
	{ "SYS_MODULE", 0 }, { "SYS_RAWIO", 0 }, { "SYS_CHROOT", 0 }, { "SYS_PTRACE", 0 },
	{ "SYS_PACCT", 0 }, { "SYS_ADMIN", 0 }, { "SYS_BOOT", 0 }, { "SYS_NICE", 0 },
	{ "SYS_RESOURCE", 0 }, { "SYS_TIME", 0 }, { "SYS_TTY_CONFIG", 0 }, { "MKNOD", 0 },
	{ "LEASE", 0 }, { "AUDIT_WRITE", 0 }, { "AUDIT_CONTROL", 0 }, { "SETFCAP", 0 },
	{ "MAC_OVERRIDE", 0 }, { "MAC_ADMIN", 0 }, { "SYSLOG", 0 }, { "WAKE_ALARM", 0 },
	{ "BLOCK_SUSPEND", 0 }, { "AUDIT_READ", 0 }, { "PERFMON", 0 }, { "BPF", 0 },
	{ "CHECKPOINT_RESTORE", 0 },
	{ NULL, 0 },
};

const struct key_word escape_words[] = {
	{ "DAC_READ_SEARCH", 0 }, /* opens files by handle, of any mount */
	{ "SYS_MODULE", 0 },
	{ "SYS_RAWIO", 0 },
	{ "SYS_PTRACE", 0 },
	{ "SYS_ADMIN", 0 },
	{ "BPF", 0 },
	{ NULL, 0 },
};

static size_t
index_of(const struct key_word *words, const char *word)
{
	size_t i = 0;

	while (words[i].text && strcmp(words[i].text, word) != 0)
		i++;
	return i;
}

uint64_t
model_capability(const char *word, bool *escapes)
{
	size_t i = index_of(capability_words, word);

	*escapes = escape_words[index_of(escape_words, word)].text != NULL;
	return capability_words[i].text ? 1ull << i : 0;
}
