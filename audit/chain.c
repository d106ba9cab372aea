/* chain.c - lock, last line, one more line. */
#include "audit/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/line.h"
#include "base/clock.h"
#include "base/fd.h"

#define LOCK_PAUSE_NS (NS_PER_MS / 2)

static int refuse(const struct audit_log *log, struct err *e, const char *why)
{
	return err_usage(e, "--audit '%s' %s", log->path, why);
}

static int set_lock(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &lock);
}

/* No queue, but tries: a wait in the kernel could not be bounded without a signal. */
static int lock(const struct audit_log *log, unsigned wait_ms, struct err *e)
{
	const struct timespec pause = { .tv_nsec = (long)LOCK_PAUSE_NS };
	uint64_t until = clock_now_ns() + wait_ms * NS_PER_MS;

	while (set_lock(log->fd, F_WRLCK) != 0) {
		if (errno != EAGAIN && errno != EACCES)
			return err_sys(e, "--audit '%s': lock", log->path);
		if (clock_now_ns() >= until)
			return err_set(e, ERR_SETUP, 0, ERR_AT,
				       "--audit '%s': somebody has held its lock for %u ms",
				       log->path, wait_ms);
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int read_exactly(int fd, char *buf, size_t len, uint64_t from)
{
	while (len > 0) {
		ssize_t n = pread(fd, buf, len, (off_t)from);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return -1;
		}
		buf += n;
		from += (size_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* The last line of a file of this size, into log->seq and log->head. */
static int take_last_line(struct audit_log *log, uint64_t size, struct err *e)
{
	static const char damaged[] =
		"ends in a torn or foreign line, and nothing is appended to damage: see "
		"'enclave-run audit verify', then move the file away";
	char buf[AUDIT_LINE_MAX + 1]; /* with the newline of the line before */
	size_t len = size < sizeof(buf) ? (size_t)size : sizeof(buf);
	struct audit_line last;
	const char *line;

	if (read_exactly(log->fd, buf, len, size - len) != 0)
		return err_sys(e, "--audit '%s': read its last line", log->path);
	line = memrchr(buf, '\n', len - 1);
	line = line ? line + 1 : buf;
	if (!audit_line_parse(line, len - (size_t)(line - buf), &last))
		return refuse(log, e, damaged);
	log->seq = last.seq;
	log->head = hash_of(line, len - (size_t)(line - buf));
	log->size = size;
	return 0;
}

/* With the lock held: who else has written? */
static int catch_up(struct audit_log *log, struct err *e)
{
	struct stat st;

	if (fstat(log->fd, &st) != 0)
		return err_sys(e, "--audit '%s'", log->path);
	if (st.st_nlink == 0)
		return refuse(log, e, "was removed while it was in use");
	if (st.st_nlink > 1)
		return refuse(log, e,
			      "has a second name (a hard link), which could be shown to a command");
	if ((uint64_t)st.st_size < log->size)
		return refuse(log, e, "became shorter while it was in use");
	if ((uint64_t)st.st_size == log->size)
		return 0;
	return take_last_line(log, (uint64_t)st.st_size, e);
}

int audit_open(const char *path, struct audit_log *out, struct err *e)
{
	struct audit_log log = { .path = path, .head = hash_none(), .own_head = hash_none() };
	struct stat st;
	/* NONBLOCK: a FIFO or a device must not keep us waiting before it can be refused. */
	autofd int fd = open(path,
			     O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
				     O_CLOEXEC,
			     0600);

	*out = (struct audit_log){ .fd = -1 };
	if (fd < 0)
		return err_set(e, ERR_USAGE, errno, ERR_AT, "--audit '%s'%s", path,
			       errno == ELOOP ? " is a symbolic link" : "");
	if (fstat(fd, &st) != 0)
		return err_sys(e, "--audit '%s'", path);
	if (!S_ISREG(st.st_mode))
		return refuse(&log, e, "is not a regular file");
	log.fd = fd;
	if (lock(&log, AUDIT_WAIT_MS, e) != 0 || catch_up(&log, e) != 0)
		return -1;
	if (set_lock(fd, F_UNLCK) != 0)
		return err_sys(e, "--audit '%s': unlock", path);
	*out = log;
	fd_take(&fd);
	return 0;
}

int audit_open_to_read(const char *path, uint64_t *out_size, struct err *e)
{
	autofd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	const struct timespec pause = { .tv_nsec = (long)LOCK_PAUSE_NS };
	uint64_t until = clock_now_ns() + AUDIT_WAIT_MS * NS_PER_MS;
	struct stat st;
	bool locked;

	if (fd < 0 || fstat(fd, &st) != 0)
		return err_set(e, ERR_USAGE, errno, ERR_AT, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_usage(e, "'%s' is not a regular file", path);
	/* A line that is being written must not look torn.  Where there are no locks, or one is never
	 * let go, the file is read as it is. */
	while (!(locked = set_lock(fd, F_RDLCK) == 0) && errno == EAGAIN && clock_now_ns() < until)
		nanosleep(&pause, NULL);
	if (fstat(fd, &st) != 0)
		return err_set(e, ERR_USAGE, errno, ERR_AT, "'%s'", path);
	if (locked)
		set_lock(fd, F_UNLCK);
	*out_size = (uint64_t)st.st_size;
	return fd_take(&fd);
}

/* With the lock held and the end of the file known. */
static int write_line(struct audit_log *log, const char *session, const struct audit_event *ev,
		      struct err *e)
{
	struct audit_line line = { .seq = log->seq + 1, .prev = log->head };
	char buf[AUDIT_LINE_MAX + 1];
	struct text t = TEXT_ON(buf);
	ssize_t n;

	audit_line_write(&t, &line, clock_realtime_ns(), session, ev);
	if (t.cut)
		return err_internal(e, "an audit event '%s' does not fit its line",
				    audit_kind_word(ev->kind));
	n = fd_write_limited(log->fd, buf, t.len);
	if (n != (ssize_t)t.len) {
		if (n >= 0)
			errno = ENOSPC;
		err_sys(e, "--audit '%s' can't be written", log->path);
		/* Half a line would end the log for everybody.  If it can't be taken back, it does. */
		if (n > 0 && ftruncate(log->fd, (off_t)log->size) != 0)
			err_wrap(e, "a torn line was left behind");
		return -1;
	}
	log->size += t.len;
	log->seq = log->own_seq = line.seq;
	log->head = log->own_head = hash_of(buf, t.len);
	log->records++;
	return 0;
}

int audit_append(struct audit_log *log, const char *session, const struct audit_event *ev,
		 unsigned wait_ms, struct err *e)
{
	int rc = -1;

	if (lock(log, wait_ms, e) != 0)
		return -1;
	if (catch_up(log, e) == 0)
		rc = write_line(log, session, ev, e);
	if (set_lock(log->fd, F_UNLCK) != 0 && rc == 0)
		rc = err_sys(e, "--audit '%s': unlock", log->path);
	return rc;
}

int audit_close(struct audit_log *log, struct err *e)
{
	int rc = 0;

	if (log->fd >= 0 && log->records > 0 && fdatasync(log->fd) != 0)
		rc = err_sys(e, "--audit '%s' can't be written", log->path);
	fd_close(&log->fd);
	return rc;
}
