/* SPDX-License-Identifier: MIT
 *
 * For tests of sd_notify: say MESSAGE [COUNT [SIZE]] sends MESSAGE, in which a + stands for a newline, COUNT times to
 * the socket of NOTIFY_SOCKET, or /run/notify, filled up with A to SIZE bytes. It prints why it could not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int
main(int argc, char **argv)
{
	static char message[65536];
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), count = argc > 2 ? atoi(argv[2]) : 1;
	size_t n = argc > 1 ? strlen(argv[1]) : 0, size = argc > 3 ? (size_t)atoi(argv[3]) : n;

	if (n == 0 || n > size || size > sizeof message)
		return 2;
	snprintf(to.sun_path, sizeof to.sun_path, "%s", path ? path : "/run/notify");
	memset(message, 'A', size);
	memcpy(message, argv[1], n);
	for (size_t i = 0; i < n; i++)
		if (message[i] == '+')
			message[i] = '\n';
	while (count-- > 0) {
		if (sendto(fd, message, size, 0, (struct sockaddr *)&to, sizeof to) < 0) {
			perror("say");
			return 1;
		}
	}
	return 0;
}
