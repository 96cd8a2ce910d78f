/* SPDX-License-Identifier: MIT
 *
 * For tests of a console that takes nothing: block FILE turns /dev/console into a terminal that is stopped, makes FILE,
 * and stays until it is killed. One that is only full has room again now and then, as the kernel moves what it holds.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

int
main(int argc, char **argv)
{
	int unlock = 0;

	mkdir("/tmp/pts", 0700);
	if (argc != 2 || mount("devpts", "/tmp/pts", "devpts", 0, "ptmxmode=0600") < 0)
		return 2;
	int master = open("/tmp/pts/ptmx", O_RDWR | O_NOCTTY);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return 2;
	int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (peer < 0 || tcflow(peer, TCOOFF) < 0 || ioctl(peer, TIOCCONS) < 0) {
		perror("block");
		return 1;
	}
	close(open(argv[1], O_WRONLY | O_CREAT, 0600));
	for (;;)
		pause();
}
