/* SPDX-License-Identifier: MIT
 *
 * The words; the numbers' meaning is in ctl_proto.h.
 */
#include "sick.h"

#include "ctl_proto.h"
#include "err.h"
#include "fmt.h"

size_t
sick_text(uint32_t sick, uint32_t value, char *buf, size_t cap)
{
	switch ((enum ctl_sick)sick) {
	case CTL_SICK_ERRNO: return fmt(buf, cap, "%s", err_text((int)value));
	case CTL_SICK_HTTP:
		return value ? fmt(buf, cap, "HTTP status %u", value) : fmt(buf, cap, "the answer is not HTTP");
	case CTL_SICK_EXIT: return fmt(buf, cap, "the check exited with %u", value);
	case CTL_SICK_SIGNAL: return fmt(buf, cap, "the check was ended by signal %u", value);
	case CTL_SICK_ABSENT: return fmt(buf, cap, "the file is not there");
	case CTL_SICK_OLD: return fmt(buf, cap, "the file is too old");
	case CTL_SICK_SILENT: return fmt(buf, cap, "the watchdog was not fed");
	case CTL_SICK_SAID: return fmt(buf, cap, "it says so itself");
	case CTL_SICKS: break;
	}
	return fmt(buf, cap, "for a reason that is not known here");
}
