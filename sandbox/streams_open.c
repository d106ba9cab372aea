/* streams_open.c - where the workload's streams come from and go to, decided by what the caller's are.
 *
 * An anonymous pipe itself is handed in only with --output-max none, and only by root: the workload then
 * has a uid that may not reopen it through /proc/self/fd, with the other mode.  An ordinary user's
 * workload has the user's uid and could read back what others wrote into the same pipe.  Sockets are
 * never handed in: they are two-way, and a unix one carries descriptors. */
#include "sandbox/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"

static const char *const stream_names[3] = { "stdin", "stdout", "stderr" };

static bool is_dev_null(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* The caller's descriptor n opened anew without blocking, -1 if that can't be.  Its own O_NONBLOCK flag
 * is shared with the caller's other processes, so it is never set. */
static int reopen(int n, int mode)
{
	return fd_reopen(n, mode | O_NONBLOCK | O_NOCTTY);
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

static int make_output_pipe(int n, struct streams *s, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_sys(e, "pipe for %s", stream_names[n]);
	s->relay[n].from = ends[0];
	s->workload_ends[n] = ends[1];
	return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0
		       ? 0
		       : err_sys(e, "pipe for %s", stream_names[n]);
}

/* The caller's own pipe for --output-max none.  A description of its own for the workload, so that it shares no flag with the caller. */
static bool open_passed(const struct plan *plan, int n, struct streams *s)
{
	struct statfs fs;
	struct stat st;

	if (!plan->root || plan->strip_escapes || plan->limits.value[LIMIT_OUTPUT] != LIMIT_NONE ||
	    fstat(n, &st) != 0 || !S_ISFIFO(st.st_mode) || (st.st_mode & 077) != 0 ||
	    fstatfs(n, &fs) != 0 || fs.f_type != PIPEFS_MAGIC)
		return false;
	s->workload_ends[n] = fd_reopen(n, O_WRONLY);
	s->relay[n].passed = s->workload_ends[n] >= 0;
	return s->relay[n].passed;
}

static int open_output(const struct plan *p, const struct stream_plan *plan, int n,
		       struct streams *s, struct err *e)
{
	struct relay *r = &s->relay[n];

	r->counted = true;
	r->strip = p->strip_escapes;
	r->to_terminal = plan->terminal;
	if (plan->kind == STREAM_PATH) {
		r->to = open_named(plan->path, n, O_WRONLY | O_CREAT | O_TRUNC, e);
		r->how = RELAY_NONBLOCK;
		if (r->to < 0)
			return -1;
	} else if (plan->kind == STREAM_NULL) {
		r->to = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (r->to < 0)
			return err_sys(e, "open /dev/null");
	} else if (!p->on_tty[n] && open_passed(p, n, s)) {
		return 0;
	} else if (open_caller_output(n, r, e) != 0) {
		return -1;
	}
	return p->on_tty[n] ? 0 : make_output_pipe(n, s, e);
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

static int make_input_pipe(struct streams *s, struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_sys(e, "pipe for stdin");
	s->workload_ends[0] = ends[0];
	s->relay[0].to = ends[1];
	return fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0 ? 0 : err_sys(e, "pipe for stdin");
}

static int open_input(const struct stream_plan *plan, struct streams *s, struct err *e)
{
	struct relay *r = &s->relay[0];
	struct stat st = { 0 };

	r->how = RELAY_NONBLOCK;
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
	r->regular_from = S_ISREG(st.st_mode);
	if (s->tty)
		return 0; /* from /dev/null too: its end is the end of what is typed */
	if (r->from >= 0 && !is_dev_null(&st))
		return make_input_pipe(s, e);
	fd_close(&r->from);
	s->workload_ends[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return s->workload_ends[0] < 0 ? err_sys(e, "open /dev/null") : 0;
}

/* Until it has its terminal, the workload's process gets /dev/null there. */
static int open_placeholders(const struct plan *plan, struct streams *s, struct err *e)
{
	for (int i = 0; i < 3; i++) {
		if (!plan->on_tty[i])
			continue;
		s->workload_ends[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (s->workload_ends[i] < 0)
			return err_sys(e, "open /dev/null");
	}
	return 0;
}

int streams_open(const struct plan *plan, struct streams *s, struct err *e)
{
	streams_init(s);
	s->tty = plan->tty;
	s->output_left = plan->limits.value[LIMIT_OUTPUT];
	terminal_init(&s->terminal, plan);
	if (open_input(&plan->stdin_from, s, e) != 0 ||
	    open_output(plan, &plan->stdout_to, 1, s, e) != 0 || open_placeholders(plan, s, e) != 0)
		return -1;
	if (plan->on_tty[2])
		return 0;
	if (!plan->stderr_to_stdout)
		return open_output(plan, &plan->stderr_to, 2, s, e);
	s->workload_ends[2] = fcntl(s->workload_ends[1], F_DUPFD_CLOEXEC, 3);
	return s->workload_ends[2] < 0 ? err_sys(e, "duplicate stdout") : 0;
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
