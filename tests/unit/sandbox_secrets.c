/* Reading secrets: what is taken, how much, and that nothing stays behind. */
#include "sandbox/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/outcome.h"
#include "tests/unit/tap.h"

static int never_woken(void *arg, struct err *e)
{
	(void)arg;
	return err_internal(e, "woken");
}

static const struct secret_wake asleep = { -1, never_woken, NULL };

static int memfd(const char *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	for (size_t i = 0; i < len; i++)
		if (write(fd, &bytes[i % strlen(bytes)], 1) != 1)
			fail("write");
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static struct secret from_fd(const char *name, int fd)
{
	return (struct secret){ .name = name, .source = SECRET_FD, .fd = fd };
}

static void refuses(const struct secret *list, size_t count, const char *message)
{
	struct secret_store store = { 0 };
	struct outcome o = { 0 };
	struct err e = { 0 };

	is_int(secrets_read(list, count, &asleep, &store, &o, &e), -1, "refused: %s", message);
	ok(strstr(e.msg, message) != NULL, "%s", e.msg);
	is_int(e.kind, ERR_USAGE, "as a usage error");
	ok(!store.bytes && store.used == 0, "nothing stays behind");
}

static void check_values(void)
{
	struct secret list[3] = { from_fd("a", memfd("one", 3)), from_fd("b", memfd("x", 0)),
				  from_fd("c", memfd("y", SECRET_BYTES_MAX)) };
	struct secret_store store = { 0 };
	struct outcome o = { 0 };
	struct err e = { 0 };
	unsigned char resident;

	ok(secrets_read(list, 3, &asleep, &store, &o, &e) == 0, "three values");
	ok(store.len[0] == 3 && store.len[1] == 0 && store.len[2] == SECRET_BYTES_MAX,
	   "their lengths");
	ok(memcmp(store.bytes, "oney", 4) == 0, "one behind the other");
	for (int i = 0; i < 3; i++)
		is_int(fcntl(list[i].fd, F_GETFD), -1, "descriptor %d was closed", i);
	is_int((int)o.warning_count, 0, "no warning");
	char *was = store.bytes;
	secrets_wipe(&store);
	ok(!store.bytes && mincore(was, 1, &resident) == -1 && errno == ENOMEM, "unmapped");
	secrets_wipe(&store);
	ok(!store.bytes, "twice is once");
}

static void check_sizes(void)
{
	struct secret one = from_fd("big", memfd("z", SECRET_BYTES_MAX + 1)), many[SECRET_MAX];

	refuses(&one, 1, "larger than 64 KiB");
	for (int i = 0; i < 17; i++)
		many[i] = from_fd("m", memfd("z", i < 16 ? SECRET_BYTES_MAX : 1));
	refuses(many, 17, "all secrets together are larger than 1024 KiB");
	close(many[16].fd);
}

static void check_kinds(void)
{
	struct secret s = from_fd("s", open("/dev/null", O_RDONLY | O_CLOEXEC));
	int ends[2];

	refuses(&s, 1, "is neither a file nor a pipe nor a socket");
	close(s.fd);
	refuses(&s, 1, "is not open");
	s = from_fd("s", open("/", O_RDONLY | O_CLOEXEC));
	refuses(&s, 1, "is neither");
	if (pipe2(ends, O_CLOEXEC) != 0)
		fail("pipe");
	s = from_fd("s", ends[1]);
	refuses(&s, 1, "can't be read");
	close(ends[0]);
	s = (struct secret){ .name = "s", .source = SECRET_FILE, .path = "/nowhere", .fd = -1 };
	refuses(&s, 1, "open '/nowhere': No such file");
	s.path = "/dev/null";
	refuses(&s, 1, "is not a regular file");
	s.path = "/proc/self/fd/0";
	refuses(&s, 1, "fd:N");
	s.path = "/proc/self/exe";
	refuses(&s, 1, "fd:N");
}

static void check_warning(void)
{
	char path[] = "/tmp/secret-test-XXXXXX";
	struct secret s = { .name = "s", .source = SECRET_FILE, .path = path, .fd = -1 };
	struct secret_store store = { 0 };
	struct outcome o = { 0 };
	struct err e = { 0 };

	close(mkstemp(path));
	ok(secrets_read(&s, 1, &asleep, &store, &o, &e) == 0 && store.len[0] == 0, "an empty file");
	is_int((int)o.warning_count, 0, "0600: no warning");
	secrets_wipe(&store);
	chmod(path, 0644);
	ok(secrets_read(&s, 1, &asleep, &store, &o, &e) == 0, "a file of mode 0644");
	is_int((int)o.warning_count, 1, "0644: a warning");
	secrets_wipe(&store);
	unlink(path);
}

/* A signal while a pipe stays silent: the callback decides; here it gives up at the second one. */
struct waker {
	int fd, count;
	int pipe_end;
};

static int woken(void *arg, struct err *e)
{
	struct waker *w = arg;
	struct signalfd_siginfo info;

	if (read(w->fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		fail("signalfd");
	if (++w->count == 2)
		return err_set(e, ERR_USAGE, 0, ERR_AT, "given up");
	if (write(w->pipe_end, "part", 4) != 4)
		fail("write");
	raise(SIGUSR1);
	return 0;
}

static void check_wake(void)
{
	struct waker w = { 0 };
	struct secret_wake wake = { .woken = woken, .arg = &w };
	struct secret_store store = { 0 };
	struct outcome o = { 0 };
	struct err e = { 0 };
	struct secret s;
	sigset_t set;
	int ends[2];

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	wake.fd = w.fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (pipe2(ends, O_CLOEXEC) != 0)
		fail("pipe");
	w.pipe_end = ends[1];
	s = from_fd("s", ends[0]);
	raise(SIGUSR1);
	is_int(secrets_read(&s, 1, &wake, &store, &o, &e), -1, "given up by the callback");
	is_str(e.msg, "given up", "with its message");
	is_int(w.count, 2, "after it let the first wait go on");
	ok(!store.bytes, "what had come is gone");
	close(ends[1]);
	close(w.fd);
}

int main(void)
{
	check_values();
	check_sizes();
	check_kinds();
	check_warning();
	check_wake();
	return done();
}
