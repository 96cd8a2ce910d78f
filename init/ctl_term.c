/* SPDX-License-Identifier: MIT
 *
 * Puts the terminal into the state that a live view wants, and back, whatever ends the view. It draws nothing.
 */
#include "ctl_term.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "ctl.h"

#define CURSOR_OFF "\033[?25l"
#define CURSOR_ON  "\033[?25h"

static struct termios saved;
static bool live;
static int signals = -1;

void
term_size(int *columns, int *lines)
{
	struct winsize size;

	*columns = 80;
	*lines = 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
		return;
	*columns = size.ws_col;
	*lines = size.ws_row;
}

bool
term_live_begin(void)
{
	struct termios t;
	sigset_t set;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &saved))
		return false;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	t = saved;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	t.c_cc[VSUSP] = 0; /* whoever stops us would find a terminal without echo */
	live = tcsetattr(STDIN_FILENO, TCSANOW, &t) == 0;
	out_bytes(CURSOR_OFF, strlen(CURSOR_OFF));
	return true;
}

void
term_live_end(void)
{
	struct err ignored;

	if (live)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	if (signals >= 0) {
		out_bytes(CURSOR_ON, strlen(CURSOR_ON));
		(void)out_flush(&ignored);
	}
	live = false;
}

bool
term_live_wait(int ms)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
	char key;

	if (poll(fds, 2, ms) <= 0)
		return false;
	if (fds[1].revents)
		return true;
	return fds[0].revents && (read(STDIN_FILENO, &key, 1) <= 0 || key == 'q');
}
