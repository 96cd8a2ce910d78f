/* SPDX-License-Identifier: MIT
 *
 * The names of a service's states, for PID 1's lines and for ingotctl's.
 */
#include <assert.h>

#include "svc.h"

const char *
svc_state_name(uint32_t state)
{
	static const char *const names[] = {
		[SVC_DOWN] = "down", [SVC_STARTING] = "starting", [SVC_UP] = "up", [SVC_STOPPING] = "stopping",
		[SVC_BACKOFF] = "backoff", [SVC_WAITING] = "waiting", [SVC_DONE] = "done", [SVC_FAILED] = "failed",
	};

	static_assert(sizeof names / sizeof names[0] == SVC_STATES, "every state has its name");
	return state < SVC_STATES ? names[state] : "?";
}
