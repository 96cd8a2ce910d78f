/* SPDX-License-Identifier: MIT */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content.h"
#include "probe_abi.h"

/* The assembler takes the files in as they are; the make fragment gives their folder and the dependency. */
#define CARRY(symbol, file)                                                                                     \
	__asm__(".section .rodata\n.balign 16\n.global " #symbol "_start\n" #symbol "_start:\n.incbin \"" file  \
		"\"\n.global " #symbol "_end\n" #symbol "_end:\n.byte 0\n.previous\n");                         \
	extern const unsigned char symbol##_start[], symbol##_end[]

CARRY(guest_init, GUEST_DIR "/ingot-init");
CARRY(guest_stub, GUEST_DIR "/ingot-stub");
CARRY(guest_ctl, GUEST_DIR "/ingotctl");
CARRY(guest_log, GUEST_DIR "/ingot-log");
CARRY(guest_pack, GUEST_DIR "/ingot-pack");
CARRY(guest_probe, GUEST_DIR "/ingot-probe");
CARRY(guest_dhcp, SOURCE_DIR "/init/udhcpc.sh");
#if CFG_NET
CARRY(guest_net, GUEST_DIR "/ingot-net");
#else
static const unsigned char guest_net_start[1], *const guest_net_end = guest_net_start; /* no image asks for it */
#endif
#if CFG_DRIFT
CARRY(guest_drift, GUEST_DIR "/ingot-drift");
#else
static const unsigned char guest_drift_start[1], *const guest_drift_end = guest_drift_start; /* the same */
#endif

static const struct {
	const char *path;
	const unsigned char *start, *end;
} programs[GUEST_PROGRAMS] = {
	[GUEST_INIT] = { "/init", guest_init_start, guest_init_end },
	[GUEST_STUB] = { "/ingot/stub", guest_stub_start, guest_stub_end },
	[GUEST_CTL] = { "/usr/bin/ingotctl", guest_ctl_start, guest_ctl_end },
	[GUEST_DHCP_SCRIPT] = { "/ingot/udhcpc", guest_dhcp_start, guest_dhcp_end },
	[GUEST_LOG] = { "/ingot/log", guest_log_start, guest_log_end },
	[GUEST_PACK] = { "/ingot/pack", guest_pack_start, guest_pack_end },
	[GUEST_DRIFT] = { "/ingot/drift", guest_drift_start, guest_drift_end },
	[GUEST_NET] = { "/usr/bin/ingot-net", guest_net_start, guest_net_end },
	[GUEST_PROBE] = { PROBE_MACHINE, guest_probe_start, guest_probe_end },
};

const char *
guest_path(enum guest_program g)
{
	return programs[g].path;
}

void
guest_content(enum guest_program g, struct content *out)
{
	content_of_mem(out, programs[g].start, (size_t)(programs[g].end - programs[g].start));
}

void
guest_digest(uint8_t out[DIGEST_SIZE])
{
	struct sha256 h;

	sha256_init(&h);
	for (size_t i = 0; i < GUEST_PROGRAMS; i++) {
		uint64_t size = (uint64_t)(programs[i].end - programs[i].start);
		sha256_update(&h, programs[i].path, strlen(programs[i].path) + 1);
		sha256_update(&h, &size, sizeof size);
		sha256_update(&h, programs[i].start, size);
	}
	sha256_final(&h, out);
}

/* A file beside the running program. */
static int
beside(struct arena *a, const char *name, const char **out, struct err *e)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	if (n < 0)
		return err_set(e, errno, "cannot tell where ingot itself is: /proc/self/exe");
	exe[n] = '\0';
	char *slash = strrchr(exe, '/');
	*out = arena_printf(a, "%.*s/%s", (int)(slash - exe), exe, name);
	if (access(*out, R_OK) != 0)
		return err_set(e, errno, "no %s beside ingot, where the busybox source looks (%s): build it with `make`", name, *out);
	return 0;
}

const char *const guest_busybox_names[GUEST_BUSYBOX_FILES] = { "busybox", "busybox.links" };

int
guest_busybox_files(struct arena *a, struct content out[GUEST_BUSYBOX_FILES], struct err *e)
{
	for (size_t i = 0; i < GUEST_BUSYBOX_FILES; i++) {
		const char *path;
		if (beside(a, guest_busybox_names[i], &path, e) || content_of_file(&out[i], path, e))
			return -1;
	}
	return 0;
}

int
guest_busybox(struct arena *a, struct content *out, const char *const **links, size_t *n, struct err *e)
{
	struct content files[GUEST_BUSYBOX_FILES];

	if (guest_busybox_files(a, files, e))
		return -1;
	char *text = content_load(&files[1], e), *save, **v;
	if (!text)
		return -1;
	*out = files[0];
	size_t count = 0;
	v = arena_alloc(a, (files[1].size / 2 + 1) * sizeof *v); /* a line is two bytes at least */
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		v[count++] = arena_strdup(a, line);
	free(text);
	*links = (const char *const *)v;
	*n = count;
	return 0;
}
