/* SPDX-License-Identifier: MIT */
#include "err.h"

#include <stdarg.h>
#include <string.h>

#include "fmt.h"

const char *
err_text(int code)
{
	return strerror(code); /* musl's and PID 1's are constant tables */
}

int
err_set(struct err *e, int code, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	size_t n = fmt_v(e->msg, sizeof e->msg, f, ap);
	va_end(ap);
	e->code = code;
	if (code)
		fmt(e->msg + n, sizeof e->msg - n, ": %s", err_text(code));
	return -1;
}

int
err_wrap(struct err *e, const char *f, ...)
{
	char old[ERR_MSG_MAX];
	va_list ap;

	memcpy(old, e->msg, sizeof old);
	va_start(ap, f);
	size_t n = fmt_v(e->msg, sizeof e->msg, f, ap);
	va_end(ap);
	fmt(e->msg + n, sizeof e->msg - n, ": %s", old);
	return -1;
}
