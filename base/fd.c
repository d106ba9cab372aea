/* fd.c - descriptors: scope ownership, small files, passing over SEQPACKET sockets. */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void fd_closep(int *fd)
{
	fd_close(fd);
}

void fd_freep(void *p)
{
	void *held;

	memcpy(&held, p, sizeof(held));
	free(held);
}

int fd_reopen(int fd, int flags)
{
	char path[32];
	struct text t = TEXT_ON(path);

	text_fmt(&t, "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC);
}

int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

ssize_t fd_pread_all(int fd, char *buf, size_t cap)
{
	size_t len = 0;

	while (len + 1 < cap) {
		ssize_t n = pread(fd, buf + len, cap - len - 1, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	if (len + 1 == cap) {
		errno = EFBIG;
		return -1;
	}
	return (ssize_t)len;
}

ssize_t fd_read_file(int dirfd, const char *path, char *buf, size_t cap)
{
	autofd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : fd_pread_all(fd, buf, cap);
}

ssize_t fd_read_once(int dirfd, const char *path, char *buf, size_t cap)
{
	autofd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	do
		n = pread(fd, buf, cap - 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	buf[n] = '\0';
	if ((size_t)n + 1 == cap) {
		errno = EFBIG;
		return -1;
	}
	return n;
}

int fd_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

ssize_t fd_write_limited(int fd, const void *buf, size_t len)
{
	static const struct timespec now = { 0 };
	sigset_t size_signal, before, pending;
	ssize_t n;
	int saved;

	/* Blocked, not ignored: an ignored signal would be inherited by the workload. */
	sigemptyset(&size_signal);
	sigaddset(&size_signal, SIGXFSZ);
	if (sigpending(&pending) != 0 || sigprocmask(SIG_BLOCK, &size_signal, &before) != 0)
		return -1;
	do
		n = write(fd, buf, len);
	while (n < 0 && errno == EINTR);
	saved = errno;
	if (n < 0 && saved == EFBIG && !sigismember(&pending, SIGXFSZ))
		sigtimedwait(&size_signal, NULL, &now);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return n;
}

int fd_write_file(int dirfd, const char *path, const char *text)
{
	autofd int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : fd_write_all(fd, text, strlen(text));
}

/* Kept numbers are few: sorted by insertion. */
int fd_close_except(int *keep, size_t count)
{
	unsigned next = 3;

	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k > 0 && keep[k - 1] > keep[k]; k--) {
			int swap = keep[k];

			keep[k] = keep[k - 1];
			keep[k - 1] = swap;
		}
	for (size_t i = 0; i < count; i++) {
		if (keep[i] < (int)next)
			continue;
		if (keep[i] > (int)next && close_range(next, (unsigned)keep[i] - 1, 0) != 0)
			return -1;
		next = (unsigned)keep[i] + 1;
	}
	return close_range(next, ~0u, 0);
}

int fd_send(int sock, const void *buf, size_t len, const int *fds, size_t fd_count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * FD_PASS_MAX)] = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)buf, .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	if (fd_count > FD_PASS_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (fd_count > 0) {
		struct cmsghdr *c;

		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		memcpy(CMSG_DATA(c), fds, sizeof(int) * fd_count);
	}
	do
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)len ? 0 : -1;
}

static size_t fd_take_rights(struct cmsghdr *c, int *fds, size_t fd_cap, bool *cut)
{
	size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int), kept = 0;

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
		if (kept < fd_cap) {
			fds[kept++] = fd;
		} else {
			close(fd);
			*cut = true;
		}
	}
	return kept;
}

ssize_t fd_recv(int sock, void *buf, size_t cap, int *fds, size_t fd_cap, size_t *out_fd_count,
		pid_t *out_pid)
{
	_Alignas(struct cmsghdr) char
		control[CMSG_SPACE(sizeof(int) * FD_PASS_MAX) + CMSG_SPACE(sizeof(struct ucred))];
	struct iovec iov = { .iov_base = buf, .iov_len = cap };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	size_t fd_count = 0;
	pid_t pid = 0;
	bool cut;
	ssize_t n;

	do
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	cut = msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS) {
			fd_count += fd_take_rights(c, fds + fd_count, fd_cap - fd_count, &cut);
		} else if (c->cmsg_type == SCM_CREDENTIALS) {
			struct ucred cred;

			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
			pid = cred.pid;
		}
	}
	if (cut) {
		while (fd_count > 0)
			close(fds[--fd_count]);
		errno = EMSGSIZE;
		return -1;
	}
	if (out_fd_count)
		*out_fd_count = fd_count;
	if (out_pid)
		*out_pid = pid;
	return n;
}
