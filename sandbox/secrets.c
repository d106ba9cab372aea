/* secrets.c - the supervisor's part: read every value once, into the one place it may be. */
#include "sandbox/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sandbox/outcome.h"

const char *secret_source_word(enum secret_source source)
{
	static const char *const words[SECRET_SOURCE_COUNT] = {
#define SECRET_SOURCE_WORD(id, word) [SECRET_##id] = word,
		SECRET_SOURCE_TABLE(SECRET_SOURCE_WORD)
#undef SECRET_SOURCE_WORD
	};

	return words[source];
}

/* One byte more than may be used, so that a value that is too long is seen to be. */
static int make_store(struct secret_store *store, size_t count, struct err *e)
{
	size_t size = count * SECRET_BYTES_MAX;

	size = (size < SECRET_TOTAL_BYTES ? size : SECRET_TOTAL_BYTES) + 1;
	store->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (store->bytes == MAP_FAILED) {
		store->bytes = NULL;
		return err_sys(e, "make room for the secrets");
	}
	store->size = size;
	if (madvise(store->bytes, size, MADV_DONTDUMP) != 0)
		return err_sys(e, "keep the secrets out of core dumps");
	/* For the few milliseconds until init has wiped it; RLIMIT_MEMLOCK may forbid it. */
	(void)mlock2(store->bytes, size, MLOCK_ONFAULT);
	return 0;
}

static int open_file(const struct secret *s, struct stat *st, struct err *e)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
				.resolve = RESOLVE_NO_MAGICLINKS };
	autofd int fd = (int)syscall(SYS_openat2, AT_FDCWD, s->path, &how, sizeof(how));

	if (fd < 0 && errno == ELOOP)
		return err_usage(e,
				 "--secret %s: '%s' leads through a link to an open file of a process; "
				 "hand in a descriptor with fd:N",
				 s->name, s->path);
	if (fd < 0 || fstat(fd, st) != 0)
		return err_set(e, ERR_USAGE, errno, ERR_AT, "--secret %s: open '%s'", s->name,
			       s->path);
	if (!S_ISREG(st->st_mode))
		return err_usage(e,
				 "--secret %s: '%s' is not a regular file; a pipe can be handed in "
				 "with fd:N",
				 s->name, s->path);
	return fd_take(&fd);
}

/* What has an end and is nobody's terminal. */
static int check_descriptor(const struct secret *s, struct err *e)
{
	int flags = fcntl(s->fd, F_GETFL);
	struct stat st;

	if (flags < 0 || fstat(s->fd, &st) != 0)
		return err_usage(e, "--secret %s: descriptor %d is not open", s->name, s->fd);
	if ((flags & O_ACCMODE) == O_WRONLY || flags & O_PATH)
		return err_usage(e, "--secret %s: descriptor %d can't be read", s->name, s->fd);
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
		return err_usage(e,
				 "--secret %s: descriptor %d is neither a file nor a pipe nor a socket",
				 s->name, s->fd);
	return 0;
}

static int wait_readable(const struct secret *s, int fd, const struct secret_wake *wake,
			 uint64_t deadline_ns, struct err *e)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN },
				 { .fd = wake->fd, .events = POLLIN } };

	for (;;) {
		uint64_t now = clock_now_ns();
		int left_ms = now < deadline_ns ? (int)((deadline_ns - now) / NS_PER_MS) + 1 : 0;
		int rc = poll(fds, 2, left_ms);

		if (rc < 0 && errno != EINTR)
			return err_sys(e, "--secret %s: wait for its value", s->name);
		if (rc > 0 && fds[1].revents && wake->woken(wake->arg, e) != 0)
			return -1;
		if (rc > 0 && fds[0].revents)
			return 0;
		if (left_ms == 0)
			return err_usage(e,
					 "--secret %s: descriptor %d did not reach its end within %d s; "
					 "does somebody still hold the other end open?",
					 s->name, fd, SECRET_WAIT_MS / 1000);
	}
}

static int too_large(const struct secret *s, size_t cap, struct err *e)
{
	if (cap < SECRET_BYTES_MAX)
		return err_usage(e, "--secret %s: all secrets together are larger than %u KiB",
				 s->name, SECRET_TOTAL_BYTES >> 10);
	return err_usage(e, "--secret %s: larger than %u KiB; show a file of that size with --ro",
			 s->name, SECRET_BYTES_MAX >> 10);
}

static int read_value(const struct secret *s, int fd, const struct secret_wake *wake,
		      uint64_t deadline_ns, struct secret_store *store, size_t *out_len,
		      struct err *e)
{
	size_t left = store->size - 1 - store->used, len = 0;
	size_t cap = left < SECRET_BYTES_MAX ? left : SECRET_BYTES_MAX;

	for (;;) {
		ssize_t n;

		if (wait_readable(s, fd, wake, deadline_ns, e) != 0)
			return -1;
		n = read(fd, store->bytes + store->used + len, cap + 1 - len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return err_set(e, ERR_USAGE, errno, ERR_AT, "--secret %s: read its value",
				       s->name);
		if (n == 0)
			break;
		len += n > 0 ? (size_t)n : 0;
		store->touched = store->used + len;
		if (len > cap)
			return too_large(s, cap, e);
	}
	*out_len = len;
	return 0;
}

static int read_secret(const struct secret *s, const struct secret_wake *wake, uint64_t deadline_ns,
		       struct secret_store *store, size_t *out_len, struct outcome *o, struct err *e)
{
	struct stat st = { 0 };
	autofd int fd = -1;

	if (s->source == SECRET_FD) {
		if (check_descriptor(s, e) != 0)
			return -1;
		fd = s->fd;
	} else {
		fd = open_file(s, &st, e);
		if (fd < 0)
			return -1;
	}
	if (st.st_mode & S_IROTH)
		outcome_warn(o,
			     "secret %s: its file has a mode that lets every user of this host read it",
			     s->name);
	return read_value(s, fd, wake, deadline_ns, store, out_len, e);
}

int secrets_read(const struct secret *list, size_t count, const struct secret_wake *wake,
		 struct secret_store *store, struct outcome *o, struct err *e)
{
	uint64_t deadline_ns = clock_now_ns() + (uint64_t)SECRET_WAIT_MS * NS_PER_MS;
	int rc = make_store(store, count, e);

	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = read_secret(&list[i], wake, deadline_ns, store, &store->len[i], o, e);
		store->used += rc == 0 ? store->len[i] : 0;
	}
	if (rc != 0)
		secrets_wipe(store);
	return rc;
}
