/* SPDX-License-Identifier: MIT
 *
 * Texts of signals and of the errors that PID 1 can meet, for ingot-init alone; of any other error it has the number.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "fmt.h"

#define ERRORS(X) \
	X(EPERM, "Operation not permitted") \
	X(ENOENT, "No such file or directory") \
	X(ESRCH, "No such process") \
	X(EINTR, "Interrupted system call") \
	X(EIO, "I/O error") \
	X(ENXIO, "No such device or address") \
	X(E2BIG, "Argument list too long") \
	X(ENOEXEC, "Exec format error") \
	X(EBADF, "Bad file descriptor") \
	X(ECHILD, "No child process") \
	X(EAGAIN, "Resource temporarily unavailable") \
	X(ENOMEM, "Out of memory") \
	X(EACCES, "Permission denied") \
	X(EFAULT, "Bad address") \
	X(ENOTBLK, "Block device wanted") \
	X(EBUSY, "Resource busy") \
	X(EEXIST, "File exists") \
	X(EXDEV, "Cross-device link") \
	X(ENODEV, "No such device") \
	X(ENOTDIR, "Not a directory") \
	X(EISDIR, "Is a directory") \
	X(EINVAL, "Invalid argument") \
	X(ENFILE, "Too many open files") \
	X(EMFILE, "No file descriptors left") \
	X(ENOTTY, "Not a tty") \
	X(ETXTBSY, "Text file busy") \
	X(EFBIG, "File too large") \
	X(ENOSPC, "No space left on device") \
	X(ESPIPE, "Cannot seek") \
	X(EROFS, "Read-only file system") \
	X(EMLINK, "Too many links") \
	X(EPIPE, "Broken pipe") \
	X(ERANGE, "Out of range") \
	X(EDEADLK, "Deadlock would occur") \
	X(ENAMETOOLONG, "Filename too long") \
	X(ENOLCK, "No locks available") \
	X(ENOSYS, "Function not implemented") \
	X(ENOTEMPTY, "Directory not empty") \
	X(ELOOP, "Symbolic link loop") \
	X(ENODATA, "No data") \
	X(EPROTO, "Protocol error") \
	X(EBADMSG, "Bad message") \
	X(EOVERFLOW, "Value too large") \
	X(ELIBBAD, "Damaged library") \
	X(ENOTSOCK, "Not a socket") \
	X(EMSGSIZE, "Message too large") \
	X(EPROTOTYPE, "Wrong protocol for socket") \
	X(ENOPROTOOPT, "No such protocol option") \
	X(EPROTONOSUPPORT, "Protocol not supported") \
	X(EOPNOTSUPP, "Not supported") \
	X(EAFNOSUPPORT, "Address family not supported") \
	X(EADDRINUSE, "Address in use") \
	X(EADDRNOTAVAIL, "Address not available") \
	X(ENETDOWN, "Network is down") \
	X(ENETUNREACH, "Network unreachable") \
	X(ECONNABORTED, "Connection aborted") \
	X(ECONNRESET, "Connection reset by peer") \
	X(ENOBUFS, "No buffer space") \
	X(EISCONN, "Socket is connected") \
	X(ENOTCONN, "Socket not connected") \
	X(ETIMEDOUT, "Operation timed out") \
	X(ECONNREFUSED, "Connection refused") \
	X(EHOSTDOWN, "Host is down") \
	X(EHOSTUNREACH, "Host unreachable") \
	X(EALREADY, "Already in progress") \
	X(EINPROGRESS, "In progress") \
	X(ESTALE, "Stale file handle") \
	X(EUCLEAN, "File system wants repair") \
	X(EREMOTEIO, "Remote I/O error") \
	X(EDQUOT, "Quota exceeded") \
	X(ENOMEDIUM, "No medium") \
	X(ECANCELED, "Cancelled") \
	X(ENOKEY, "Key not available") \
	X(EKEYREJECTED, "Key was rejected")

/* Those that can end a process. */
#define SIGNALS(X) \
	X(SIGHUP, "Hangup") \
	X(SIGINT, "Interrupt") \
	X(SIGQUIT, "Quit") \
	X(SIGILL, "Illegal instruction") \
	X(SIGTRAP, "Trace/breakpoint trap") \
	X(SIGABRT, "Aborted") \
	X(SIGBUS, "Bus error") \
	X(SIGFPE, "Arithmetic exception") \
	X(SIGKILL, "Killed") \
	X(SIGUSR1, "User signal 1") \
	X(SIGSEGV, "Segmentation fault") \
	X(SIGUSR2, "User signal 2") \
	X(SIGPIPE, "Broken pipe") \
	X(SIGALRM, "Alarm clock") \
	X(SIGTERM, "Terminated") \
	X(SIGSTKFLT, "Stack fault") \
	X(SIGXCPU, "CPU time limit exceeded") \
	X(SIGXFSZ, "File size limit exceeded") \
	X(SIGVTALRM, "Virtual timer") \
	X(SIGPROF, "Profiling timer") \
	X(SIGIO, "I/O possible") \
	X(SIGPWR, "Power failure") \
	X(SIGSYS, "Bad system call")

/* Bytes without padding: a number, its text and a NUL, one after the other. */
#define MEMBER(name, text) uint8_t number_##name; char text_##name[sizeof text];
#define VALUE(name, text) name, text,

static const struct {
	ERRORS(MEMBER)
} errors = { ERRORS(VALUE) };

static const struct {
	SIGNALS(MEMBER)
} signals = { SIGNALS(VALUE) };

static char *
find(const void *table, size_t size, int number)
{
	const char *at = table;

	for (const char *end = at + size; at < end; at += strlen(at) + 1)
		if ((uint8_t)*at++ == number)
			return (char *)(uintptr_t)at;
	return NULL;
}

char *
strerror(int number)
{
	static char other[24];
	char *text = find(&errors, sizeof errors, number);

	if (text)
		return text;
	fmt(other, sizeof other, "error %d", number);
	return other;
}

char *
strsignal(int number)
{
	char *text = find(&signals, sizeof signals, number);

	return text ? text : (char *)(uintptr_t)(number < 32 ? "unknown" : "real-time");
}
