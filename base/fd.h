/* fd.h - descriptors: owned by scope, born close-on-exec, passed between our own processes.
 *
 * `autofd int fd = -1;` closes at the end of the scope; hand over with fd_take(&fd).  Everything here
 * is safe in children after clone: no allocation. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

void fd_closep(int *fd);
void fd_freep(void *p); /* for autofree: p is the address of a pointer */

#define autofd __attribute__((cleanup(fd_closep)))
#define autofree __attribute__((cleanup(fd_freep)))

int fd_take(int *fd);	/* returns *fd and sets it to -1 */
void fd_close(int *fd); /* closes if open, sets -1; keeps errno */

/* fd_read_file() - read a small file relative to dirfd (AT_FDCWD allowed) into buf, NUL-terminated.
 * Returns the length; -1 with errno set (EFBIG if it does not fit).  For /proc and cgroup files. */
ssize_t fd_read_file(int dirfd, const char *path, char *buf, size_t cap);

/* fd_read_once() - the same in one read, for files that the kernel makes in one piece (single_open() in
 * seq_file.h: /proc/PID/status, stat and cgroup): there less than was asked for is all of it, and the
 * read that would find the end is spared. */
ssize_t fd_read_once(int dirfd, const char *path, char *buf, size_t cap);

/* fd_pread_all() - the same as fd_read_file() for an open descriptor, from offset 0. */
ssize_t fd_pread_all(int fd, char *buf, size_t cap);

/* fd_write_file() - write all of text to an existing file; -1 with errno. */
int fd_write_file(int dirfd, const char *path, const char *text);

/* fd_write_all() - write everything to a blocking descriptor; -1 with errno. */
int fd_write_all(int fd, const void *buf, size_t len);

/* fd_reopen() - the file behind an open descriptor opened anew (close-on-exec), so that the flags of the
 * first description stay untouched; -1 with errno. */
int fd_reopen(int fd, int flags);

/* fd_write_limited() - one write to a regular file.  Where it would grow beyond the caller's limit
 * (RLIMIT_FSIZE) this is EFBIG or a short count, and never the end of the program by SIGXFSZ.
 * Not for children. */
ssize_t fd_write_limited(int fd, const void *buf, size_t len);

/* fd_close_except() - close every descriptor from 3 on but keep[0..count), which is sorted in place
 * (entries below 3 do no harm); -1 with errno. */
int fd_close_except(int *keep, size_t count);

#define FD_PASS_MAX 64

/* fd_send() - one SEQPACKET message with up to FD_PASS_MAX descriptors; MSG_NOSIGNAL.  -1 + errno.
 * fd_recv() - the counterpart; descriptors arrive close-on-exec.  Returns bytes received (0 = EOF),
 * -1 with errno; EMSGSIZE when the message or its descriptors were cut (those received are closed).
 * *out_pid: sender's pid in our pid namespace if SO_PASSCRED is set on sock, else 0; may be NULL. */
int fd_send(int sock, const void *buf, size_t len, const int *fds, size_t fd_count);
ssize_t fd_recv(int sock, void *buf, size_t cap, int *fds, size_t fd_cap, size_t *out_fd_count,
		pid_t *out_pid);

#endif
