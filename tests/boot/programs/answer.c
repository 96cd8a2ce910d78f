/* SPDX-License-Identifier: MIT
 *
 * For tests of networks: answer [PORT...] serves the sockets that it was given (LISTEN_FDS), and TCP at each PORT on
 * all addresses of IPv4 and IPv6. Whoever comes is told the name of the socket, or the port, and from where he comes; a
 * datagram is answered by the same. What was given is written to standard output first.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS 16

static struct {
	char name[64];
	int type;
} sockets[SOCKETS];
static struct pollfd fds[SOCKETS];
static nfds_t n;

static void
add(int fd, const char *name)
{
	socklen_t size = sizeof sockets[n].type;

	if (n == SOCKETS || getsockopt(fd, SOL_SOCKET, SO_TYPE, &sockets[n].type, &size) < 0) {
		perror(name);
		exit(1);
	}
	snprintf(sockets[n].name, sizeof sockets[n].name, "%s", name);
	fds[n++] = (struct pollfd){ fd, POLLIN, 0 };
}

static void
take_given(void)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	char *names = getenv("LISTEN_FDNAMES");

	names = names ? strdup(names) : NULL; /* what the environment says is looked at later */
	for (int i = 0; count && pid && names && atoi(pid) == getpid() && i < atoi(count); i++) {
		add(3 + i, strsep(&names, ":"));
		printf("given %d %s, %sblocking\n", 3 + i, sockets[n - 1].name,
		       fcntl(3 + i, F_GETFL) & O_NONBLOCK ? "non-" : "");
	}
}

static void
open_port(const char *port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons((in_port_t)atoi(port)) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 16) < 0) {
		perror(port);
		exit(1);
	}
	add(fd, port);
}

static void
answer(nfds_t i)
{
	struct sockaddr_storage from;
	char text[256], host[INET6_ADDRSTRLEN] = "?";
	socklen_t size = sizeof from;
	int fd = fds[i].fd;

	if (sockets[i].type == SOCK_STREAM)
		fd = accept(fd, (struct sockaddr *)&from, &size);
	else if (recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)&from, &size) < 0)
		return;
	if (from.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&from)->sin6_addr, host, sizeof host);
	else
		inet_ntop(AF_INET, &((struct sockaddr_in *)&from)->sin_addr, host, sizeof host);
	int length = snprintf(text, sizeof text, "%s asked by %s\n", sockets[i].name, host);
	if (sockets[i].type == SOCK_STREAM) {
		(void)!write(fd, text, (size_t)length);
		close(fd);
	} else {
		sendto(fd, text, (size_t)length, 0, (struct sockaddr *)&from, size);
	}
}

int
main(int argc, char **argv)
{
	take_given();
	for (int i = 1; i < argc; i++)
		open_port(argv[i]);
	fflush(stdout);
	while (n && poll(fds, n, -1) > 0)
		for (nfds_t i = 0; i < n; i++)
			if (fds[i].revents)
				answer(i);
	return 1;
}
