/* SPDX-License-Identifier: MIT
 *
 * For tests of abstract sockets: abstract listen NAME listens for ever and says so on descriptor 3; abstract connect
 * NAME prints ok, or what errno says.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (argc != 3 || strlen(argv[2]) > sizeof at.sun_path - 1)
		return 2;
	memcpy(at.sun_path + 1, argv[2], strlen(argv[2]));
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(argv[2]));
	if (strcmp(argv[1], "connect") == 0) {
		puts(connect(fd, (struct sockaddr *)&at, size) ? strerror(errno) : "ok");
		return 0;
	}
	if (bind(fd, (struct sockaddr *)&at, size) || listen(fd, 8) || write(3, "\n", 1) != 1)
		return 1;
	for (;;)
		pause();
}
