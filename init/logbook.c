/* SPDX-License-Identifier: MIT
 *
 * From a pipe into a ring by way of the stage, so that death between two instructions loses nothing and doubles
 * nothing. It opens and waits for nothing.
 */
#include "logbook.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096u

static size_t
rings_at(uint32_t places)
{
	return (sizeof(struct log_head) + places * sizeof(struct log_svc) + PAGE - 1) / PAGE * PAGE;
}

size_t
logbook_size(uint32_t places)
{
	return rings_at(places) + places * LOG_RING_SIZE;
}

void
logbook_of(struct logbook *b, void *memory, uint32_t places)
{
	b->places = places;
	b->h = memory;
	b->svc = (struct log_svc *)(b->h + 1);
	b->rings = (uint8_t *)memory + rings_at(places);
}

/* The cuts into records follow from the size alone: how far the ring's head has moved tells how much is in it. */
static void
store(struct logbook *b)
{
	struct log_staging *s = &b->h->stage;
	struct log_svc *v = &b->svc[s->svc];
	uint64_t at = s->head;

	for (uint32_t done = 0, n; done < s->size; done += n) {
		n = s->size - done < LOG_RECORD_MAX ? s->size - done : LOG_RECORD_MAX;
		struct log_record r = {
			.size = n, .stream = s->stream, .wall_ms = s->wall_ms, .boot_ms = s->boot_ms,
		};
		if (done ? s->data[done - 1] != '\n' : v->mid[s->stream])
			r.stream |= LOG_MID;
		if (v->ring.head <= at)
			logring_put(&v->ring, logbook_ring(b, s->svc), LOG_RING_SIZE, &r, s->data + done);
		at += sizeof r + n;
	}
	v->mid[s->stream] = s->data[s->size - 1] != '\n';
	s->phase = LOG_STAGE_EMPTY;
}

static int64_t
clock_ms(clockid_t clock)
{
	struct timespec ts = { 0 };

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The memory of what nobody owns goes back; where the kernel cannot do that, it waits for the next owner. */
static void
change_owner(struct logbook *b, uint32_t i)
{
	struct log_svc *v = &b->svc[i];

	v->name[TBL_NAME_MAX] = '\0';
	if (strncmp(v->owner, v->name, sizeof v->owner) == 0)
		return;
	v->ring = (struct logring){ 0 };
	v->kept = 0;
	v->since_ms = (uint64_t)clock_ms(CLOCK_MONOTONIC);
	memset(v->mid, 0, sizeof v->mid);
	memcpy(v->owner, v->name, sizeof v->owner);
	madvise(logbook_ring(b, i), LOG_RING_SIZE, MADV_REMOVE);
}

void
logbook_recover(struct logbook *b)
{
	struct log_staging *s = &b->h->stage;
	uint32_t phase = s->phase;

	if (phase == LOG_STAGE_READING) /* the read may have been done, but not the note of its size */
		for (s->size = LOG_STAGE_MAX; s->size > 0 && s->data[s->size - 1] == LOG_STAGE_FILL;)
			s->size--;
	if (phase != LOG_STAGE_EMPTY && s->svc < b->places && s->stream < LOG_STREAMS && s->size > 0 &&
	    s->size <= LOG_STAGE_MAX)
		store(b);
	memset(s->data, LOG_STAGE_FILL, sizeof s->data);
	s->size = 0;
	s->phase = LOG_STAGE_EMPTY;
	for (uint32_t i = 0; i < b->places && i < b->h->places; i++)
		change_owner(b, i);
}

size_t
logbook_read(struct logbook *b, uint32_t i, enum log_stream stream, int fd)
{
	struct log_staging *s = &b->h->stage;

	memset(s->data, LOG_STAGE_FILL, s->size);
	s->size = 0;
	s->svc = i;
	s->stream = stream;
	s->head = b->svc[i].ring.head;
	s->wall_ms = clock_ms(CLOCK_REALTIME);
	s->boot_ms = (uint64_t)clock_ms(CLOCK_MONOTONIC);
	s->phase = LOG_STAGE_READING;
	ssize_t n = read(fd, s->data, sizeof s->data);
	if (n <= 0) {
		s->phase = LOG_STAGE_EMPTY;
		return 0;
	}
	s->size = (uint32_t)n;
	s->phase = LOG_STAGE_FULL;
	store(b);
	return (size_t)n;
}

bool
logbook_still(const struct logbook *b, uint32_t i)
{
	return b->h->stage.phase == LOG_STAGE_EMPTY || b->h->stage.svc != i;
}
