/* SPDX-License-Identifier: MIT
 *
 * The kernel tells of each change of memory.events, a hundred times a second under pressure: it is heard once, then not
 * for ten seconds (EPOLLONESHOT, as EPOLLERR comes whatever is asked for). Nothing is read while nothing changes.
 */
#include "pressure.h"

#include <sys/epoll.h>

#include "console.h"
#include "events.h"
#include "loop.h"
#include "svc_say.h"

#define PAUSE_MS 10000

void
pressure_begin(struct init *in, uint32_t i)
{
	struct svc_run *r = &in->s->run[i];

	r->pressure = 0;
	r->pressure_ms = SVC_NEVER;
	if (tbl_svc(&in->table, i)->memory_high == 0)
		return;
	int fd = spawn_memory_events(&in->launcher, init_name(in, i));
	spawn_high(fd); /* what was never read counts as changed */
	loop_add(in, loop_svc_slot(i, SVC_FD_PRESSURE), fd, EPOLLPRI | EPOLLONESHOT);
}

void
pressure_look(struct init *in, uint32_t i)
{
	uint32_t slot = loop_svc_slot(i, SVC_FD_PRESSURE);
	struct svc_run *r = &in->s->run[i];
	long high = spawn_high(loop_fd(in, slot));
	bool more = high > (long)r->pressure, calm = r->pressure_ms == SVC_NEVER;

	if (more) {
		r->pressure = (uint32_t)high;
		events_pressure(in, i);
		if (calm)
			say("%s %s: memory pressure", svc_kind_word(in, i), init_name(in, i));
	}
	/* after a change of something else too, such as memory.max: that may come as often */
	r->pressure_ms = more || calm ? in->s->now_ms + PAUSE_MS : SVC_NEVER;
	if (r->pressure_ms == SVC_NEVER)
		loop_again(in, slot);
}
