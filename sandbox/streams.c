/* streams.c - copy the workload's streams without ever blocking. */
#include "sandbox/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

static const char *const stream_names[3] = { "stdin", "stdout", "stderr" };

static bool is_dev_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* The caller's descriptor n opened anew without blocking, -1 if that can't be.  Its own O_NONBLOCK flag
 * is shared with the caller's other processes, so it is never set. */
static int reopen(int n, int mode)
{
	char path[32];
	struct text t = TEXT_ON(path);

	text_fmt(&t, "/proc/self/fd/%d", n);
	return open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int open_caller_output(int n, struct relay *r, struct err *e)
{
	struct stat st;

	if (fstat(n, &st) != 0)
		return err_sys(e, "stat %s", stream_names[n]);
	r->how = S_ISSOCK(st.st_mode) ? RELAY_SOCKET : RELAY_CAREFUL;
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		r->to = reopen(n, O_WRONLY);
		if (r->to >= 0) {
			r->how = RELAY_NONBLOCK;
			return 0;
		}
	} else if (S_ISREG(st.st_mode)) {
		r->how = RELAY_NONBLOCK;
	}
	r->to = fcntl(n, F_DUPFD_CLOEXEC, 3);
	return r->to < 0 ? err_sys(e, "duplicate %s", stream_names[n]) : 0;
}

/* --stdin, --stdout, --stderr FILE: nothing that could make us wait for somebody else. */
static int open_named(const char *path, int n, int flags, struct err *e)
{
	autofd int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
	struct stat st;

	if (fd < 0 && errno != ENXIO)
		return err_sys(e, "open '%s' for %s", path, stream_names[n]);
	if (fd < 0 || fstat(fd, &st) != 0 || !(S_ISREG(st.st_mode) || is_dev_null(&st)))
		return err_unsupported(e,
				       "--%s '%s' is no regular file; use the shell's redirection",
				       stream_names[n], path);
	return fd_take(&fd);
}

static int open_output(const struct stream_plan *plan, int n, struct streams *s, struct err *e)
{
	struct relay *r = &s->relay[n];
	int ends[2];

	r->counted = true;
	if (plan->kind == STREAM_PATH) {
		r->to = open_named(plan->path, n, O_WRONLY | O_CREAT | O_TRUNC, e);
		r->how = RELAY_NONBLOCK;
		if (r->to < 0)
			return -1;
	} else if (plan->kind == STREAM_NULL) {
		r->to = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (r->to < 0)
			return err_sys(e, "open /dev/null");
	} else if (open_caller_output(n, r, e) != 0) {
		return -1;
	}
	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_sys(e, "pipe for %s", stream_names[n]);
	r->from = ends[0];
	s->workload_ends[n] = ends[1];
	if (fcntl(r->from, F_SETFL, O_NONBLOCK) != 0)
		return err_sys(e, "pipe for %s", stream_names[n]);
	return 0;
}

/* Another reader of the same pipe or terminal may be faster than we are after a poll: only a descriptor
 * of our own may be read without blocking.  Where it can't be had, poll is all there is. */
static int open_caller_input(struct relay *r, struct err *e)
{
	struct stat st;

	if (fstat(0, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)))
		r->from = reopen(0, O_RDONLY);
	if (r->from < 0)
		r->from = fcntl(0, F_DUPFD_CLOEXEC, 3);
	return r->from < 0 ? err_sys(e, "duplicate stdin") : 0;
}

static int open_input(const struct stream_plan *plan, struct streams *s, struct err *e)
{
	struct relay *r = &s->relay[0];
	struct stat st = { 0 };
	int ends[2];

	if (plan->kind == STREAM_PATH) {
		r->from = open_named(plan->path, 0, O_RDONLY, e);
		if (r->from < 0)
			return -1;
	} else if (plan->kind == STREAM_INHERIT && open_caller_input(r, e) != 0) {
		return -1;
	}
	if (r->from >= 0 && fstat(r->from, &st) != 0)
		return err_sys(e, "stat stdin");
	if (S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
		return err_unsupported(e, "stdin is a %s: not handed to a sandbox",
				       S_ISDIR(st.st_mode) ? "directory" : "block device");
	if (r->from < 0 || is_dev_null(&st)) {
		fd_close(&r->from);
		s->workload_ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return s->workload_ends[0] < 0 ? err_sys(e, "open /dev/null") : 0;
	}
	r->regular_from = S_ISREG(st.st_mode);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_sys(e, "pipe for stdin");
	s->workload_ends[0] = ends[0];
	r->to = ends[1];
	r->how = RELAY_NONBLOCK;
	if (fcntl(r->to, F_SETFL, O_NONBLOCK) != 0)
		return err_sys(e, "pipe for stdin");
	return 0;
}

int streams_open(const struct plan *plan, struct streams *s, struct err *e)
{
	*s = (struct streams){ .workload_ends = { -1, -1, -1 },
			       .output_left = plan->limits.value[LIMIT_OUTPUT] };
	for (int i = 0; i < 3; i++)
		s->relay[i].from = s->relay[i].to = -1;
	if (open_input(&plan->stdin_from, s, e) != 0 || open_output(&plan->stdout_to, 1, s, e) != 0)
		return -1;
	if (!plan->stderr_to_stdout)
		return open_output(&plan->stderr_to, 2, s, e);
	s->workload_ends[2] = fcntl(s->workload_ends[1], F_DUPFD_CLOEXEC, 3);
	return s->workload_ends[2] < 0 ? err_sys(e, "duplicate stdout") : 0;
}

bool streams_is_pipe(const struct streams *s, int n)
{
	return n > 0 || s->relay[0].from >= 0;
}

void streams_started(struct streams *s)
{
	for (int i = 0; i < 3; i++)
		fd_close(&s->workload_ends[i]);
}

static void relay_close(struct relay *r)
{
	fd_close(&r->from);
	fd_close(&r->to);
	r->len = 0;
}

void streams_poll(const struct streams *s, struct pollfd *fds)
{
	for (int i = 0; i < 3; i++) {
		const struct relay *r = &s->relay[i];

		fds[i] = (struct pollfd){ .fd = -1 };
		if (r->len > 0)
			fds[i] = (struct pollfd){ .fd = r->to, .events = POLLOUT };
		else if (r->from >= 0)
			fds[i] = (struct pollfd){ .fd = r->from, .events = POLLIN };
	}
}

/* At the limit one more byte is asked for: only its presence says that the limit was exceeded. */
static size_t relay_room(const struct streams *s, const struct relay *r)
{
	if (!r->counted || s->output_left == LIMIT_NONE || s->output_left >= RELAY_BUFFER_BYTES)
		return RELAY_BUFFER_BYTES;
	return s->output_left > 0 ? (size_t)s->output_left : 1;
}

static void relay_read(struct streams *s, struct relay *r)
{
	ssize_t n;

	if (!r->buf)
		r->buf = malloc(RELAY_BUFFER_BYTES);
	if (!r->buf) {
		relay_close(r); /* no memory for us: the workload sees a closed pipe */
		return;
	}
	n = read(r->from, r->buf, relay_room(s, r));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		relay_close(r);
		return;
	}
	if (r->counted && s->output_left == 0) {
		s->output_over = true;
		relay_close(r);
		return;
	}
	if (r->counted && s->output_left != LIMIT_NONE)
		s->output_left -= (uint64_t)n;
	r->off = 0;
	r->len = (size_t)n;
}

static void relay_write(struct relay *r)
{
	const char *at = r->buf + r->off;
	ssize_t n;

	if (r->how == RELAY_SOCKET)
		n = send(r->to, at, r->len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		n = write(r->to, at,
			  r->how == RELAY_CAREFUL && r->len > PIPE_BUF ? PIPE_BUF : r->len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		relay_close(r); /* the reader is gone: the workload gets EPIPE in turn */
		return;
	}
	r->off += (size_t)n;
	r->len -= (size_t)n;
	r->bytes += (uint64_t)n;
}

static void relay_step(struct streams *s, struct relay *r, const struct pollfd *fd)
{
	if (fd->fd < 0 || !fd->revents)
		return;
	if (r->len == 0)
		relay_read(s, r);
	/* Try at once what was just read; a careful descriptor waits for its own POLLOUT. */
	if (r->len > 0 && (r->how != RELAY_CAREFUL || (fd->events & POLLOUT)))
		relay_write(r);
}

void streams_step(struct streams *s, const struct pollfd *fds)
{
	for (int i = 0; i < 3; i++)
		relay_step(s, &s->relay[i], &fds[i]);
}

bool streams_output_done(const struct streams *s)
{
	return s->relay[1].from < 0 && s->relay[2].from < 0;
}

void streams_stop_input(struct streams *s)
{
	relay_close(&s->relay[0]);
}

void streams_release(struct streams *s)
{
	streams_started(s);
	for (int i = 0; i < 3; i++) {
		relay_close(&s->relay[i]);
		free(s->relay[i].buf);
		s->relay[i].buf = NULL;
	}
}

/* A connected internet stream; every other socket leads to names or descriptors of the host. */
static bool is_connected_stream(int fd)
{
	socklen_t peer_len = sizeof(struct sockaddr_storage), len = sizeof(int);
	struct sockaddr_storage peer;
	int domain = 0, type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
		return false;
	return (domain == AF_INET || domain == AF_INET6) && type == SOCK_STREAM &&
	       getpeername(fd, (struct sockaddr *)&peer, &peer_len) == 0;
}

int streams_check_passed(int fd, struct err *e)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (flags < 0 || fstat(fd, &st) != 0)
		return err_set(e, ERR_USAGE, errno, ERR_AT, "--pass-fd %d", fd);
	if (!(flags & O_PATH) &&
	    (S_ISFIFO(st.st_mode) || (S_ISSOCK(st.st_mode) && is_connected_stream(fd))))
		return 0;
	return err_usage(e,
			 "--pass-fd %d is neither a pipe nor a connected tcp socket: anything else could "
			 "be a way out (use --ro for a file)",
			 fd);
}
