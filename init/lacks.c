/* SPDX-License-Identifier: MIT
 *
 * The kernel is asked, not its version: a feature may be built in and switched off.
 */
#include "lacks.h"

#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "features.h"
#include "fmt.h"

#define GET_MDWE 66 /* PR_GET_MDWE, which older headers do not have */

static bool
has(const struct init *in, enum feature f)
{
	switch (f) {
	case FEATURE_LANDLOCK: return in->launcher.landlock > 0;
	case FEATURE_MDWE: return prctl(GET_MDWE, 0, 0, 0, 0) >= 0;
	case FEATURE_MEMFD_NOEXEC: return access("/proc/sys/vm/memfd_noexec", F_OK) == 0;
	case FEATURE_DEVICES: return in->launcher.devices;
	case FEATURES: break;
	}
	return false;
}

/* "landlock, mdwe" */
static void
list(uint32_t set, char *buf, size_t cap)
{
	size_t n = 0;

	for (uint32_t f = 0; f < FEATURES; f++)
		if (set >> f & 1 && n < cap) {
			fmt(buf + n, cap - n, "%s%s", n ? ", " : "", feature_name(f));
			n += strlen(buf + n);
		}
}

int
lacks_init(struct init *in, struct err *e)
{
	char text[128] = "";

	for (uint32_t f = 0; f < FEATURES; f++)
		if (!has(in, f))
			in->s->lacks |= 1u << f;
	uint32_t refused = in->s->lacks & in->table.machine->required;
	list(refused ? refused : in->s->lacks, text, sizeof text);
	if (refused)
		return err_set(e, 0, "the image requires what this kernel lacks: %s", text);
	if (in->s->lacks)
		say("this kernel lacks %s: services are held without", text);
	return 0;
}
