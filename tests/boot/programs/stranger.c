/* SPDX-License-Identifier: MIT
 *
 * Asks PID 1 over AF_VSOCK from a port that anyone may have, and prints what it answers: the text of the first packet.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

#define PORT 921
#define HEAD 16 /* bytes of a packet before its text */

int
main(void)
{
	struct sockaddr_vm to = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = PORT };
	char packet[4096];
	int fd = socket(AF_VSOCK, SOCK_SEQPACKET, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to)) {
		perror("vsock");
		return 1;
	}
	ssize_t n = recv(fd, packet, sizeof packet - 1, 0);
	if (n < HEAD) {
		puts("no answer");
		return 1;
	}
	packet[n] = '\0';
	puts(packet + HEAD);
	return 0;
}
