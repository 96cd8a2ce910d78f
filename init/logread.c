/* SPDX-License-Identifier: MIT
 *
 * Puts lines together again, for each stream by itself: both may be in the middle of one at the same time.
 */
#include "logread.h"

#include <string.h>

void
logread_init(struct logread *r, void (*line)(void *ctx, const struct log_line *line), void *ctx)
{
	memset(r, 0, sizeof *r);
	r->line = line;
	r->ctx = ctx;
}

static void
hand_out(struct logread *r, enum log_stream k, bool whole)
{
	struct logread_stream *s = &r->stream[k];
	struct log_line line = {
		.wall_ms = s->wall_ms, .boot_ms = s->boot_ms, .stream = k, .text = s->text, .size = s->used, .whole = whole,
	};

	s->used = 0;
	r->line(r->ctx, &line);
}

static void
put(struct logread *r, enum log_stream k, const char *p, size_t size)
{
	struct logread_stream *s = &r->stream[k];

	while (size > 0) {
		if (s->used == 0) {
			s->wall_ms = r->record.wall_ms;
			s->boot_ms = r->record.boot_ms;
		}
		const char *end = memchr(p, '\n', size);
		size_t n = end ? (size_t)(end - p) : size, room = sizeof s->text - s->used;
		bool cut = n > room;
		if (cut)
			n = room;
		memcpy(s->text + s->used, p, n);
		s->used += n;
		if (cut || end)
			hand_out(r, k, !cut);
		n += end && !cut;
		p += n;
		size -= n;
	}
}

/* Where the oldest record goes on with a line, the rest of that line is left out; binary data without a newline within
 * the record is shown as it is. */
static void
take(struct logread *r, const char *p, size_t size)
{
	enum log_stream k = (r->record.stream & 0xff) == LOG_ERR ? LOG_ERR : LOG_OUT;
	struct logread_stream *s = &r->stream[k];
	const char *end = s->skip ? memchr(p, '\n', size) : NULL;

	if (end) {
		size -= (size_t)(end + 1 - p);
		p = end + 1;
		s->skip = false;
	}
	put(r, k, p, size);
}

static bool
is_note(const struct logread *r)
{
	uint32_t kind = r->record.stream;

	return r->note && r->record.size == sizeof r->number && (kind == LOG_NOTE_LOST || kind == LOG_NOTE_POS);
}

static void
end_note(struct logread *r)
{
	uint32_t kind = r->record.stream;

	r->got = 0;
	if (kind == LOG_NOTE_LOST)
		logread_lost(r);
	r->note(r->ctx, kind, r->number);
}

static void
begin_record(struct logread *r)
{
	uint32_t k = r->record.stream & 0xff;

	if (is_note(r))
		return;
	if (r->record.size == 0 || r->record.size > LOG_RECORD_MAX || k >= LOG_STREAMS ||
	    (r->record.stream & ~(LOG_MID | 0xffu))) {
		r->damaged = true;
		return;
	}
	if (!r->stream[k].begun)
		r->stream[k].skip = r->record.stream & LOG_MID;
	r->stream[k].begun = true;
}

void
logread_feed(struct logread *r, const void *data, size_t size)
{
	const char *p = data;

	while (size > 0 && !r->damaged) {
		size_t head = sizeof r->record, n;
		if (r->got < head) {
			n = head - r->got < size ? head - r->got : size;
			memcpy((char *)&r->record + r->got, p, n);
			r->got += n;
			if (r->got == head)
				begin_record(r);
		} else {
			size_t left = head + r->record.size - r->got;
			n = left < size ? left : size;
			if (is_note(r))
				memcpy((char *)&r->number + (r->got - head), p, n);
			else
				take(r, p, n);
			r->got += n;
			if (n == left && is_note(r)) {
				end_note(r);
			} else if (n == left) {
				r->stream[r->record.stream & 0xff].skip = false;
				r->got = 0;
			}
		}
		p += n;
		size -= n;
	}
}

void
logread_lost(struct logread *r)
{
	logread_end(r);
	r->got = 0;
	r->damaged = false;
	for (int k = 0; k < LOG_STREAMS; k++)
		r->stream[k].begun = false;
}

void
logread_end(struct logread *r)
{
	for (enum log_stream k = 0; k < LOG_STREAMS; k++)
		if (r->stream[k].used)
			hand_out(r, k, false);
}
