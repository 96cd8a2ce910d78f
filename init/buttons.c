/* SPDX-License-Identifier: MIT
 *
 * The power button: how a VM's host and a person in front of a machine ask for an orderly end. It reaches PID 1 as a
 * key of an input device, never as a signal.
 */
#include "buttons.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/input.h>

#include "fmt.h"
#include "loop.h"
#include "shutdown.h"

#define DEVICES_MAX 32

static bool
has_power_key(int fd)
{
	uint8_t keys[KEY_MAX / 8 + 1] = { 0 };

	return ioctl(fd, EVIOCGBIT(EV_KEY, sizeof keys), keys) >= 0 && (keys[KEY_POWER / 8] >> KEY_POWER % 8 & 1);
}

/* A keyboard has that key too; PID 1 shall not wake for every other one. Kernels before 4.4 cannot do it. */
static void
only_power_key(int fd)
{
	uint8_t keys[KEY_MAX / 8 + 1] = { [KEY_POWER / 8] = 1 << KEY_POWER % 8 };
	struct input_mask mask = { .type = EV_KEY, .codes_size = sizeof keys, .codes_ptr = (uintptr_t)keys };

	ioctl(fd, EVIOCSMASK, &mask);
}

void
buttons_init(struct init *in)
{
	uint32_t used = 0;

	for (int i = 0; CFG_POWER_BUTTON && i < DEVICES_MAX && used < BUTTONS_MAX; i++) {
		char path[32];
		fmt(path, sizeof path, "/dev/input/event%d", i);
		int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!has_power_key(fd)) {
			close(fd);
			continue;
		}
		only_power_key(fd);
		if (loop_add(in, WATCH_BUTTON + used, fd, EPOLLIN) == 0)
			used++;
	}
}

void
buttons_event(struct init *in, uint32_t i)
{
	struct input_event ev[16];
	ssize_t n = read(loop_fd(in, WATCH_BUTTON + i), ev, sizeof ev);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		loop_drop(in, WATCH_BUTTON + i); /* the device is gone */
	for (ssize_t k = 0; k < n / (ssize_t)sizeof ev[0]; k++)
		if (ev[k].type == EV_KEY && ev[k].code == KEY_POWER && ev[k].value == 1)
			shutdown_begin(in, DOWN_POWEROFF, "power button");
}
