/* Appending: the chain goes on from whatever whole line is last, and from nothing else. */
#include "audit/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/line.h"
#include "audit/verify.h"
#include "base/fd.h"
#include "tests/unit/tap.h"

static char folder[] = "/tmp/audit-chain.XXXXXX";
static char path[64], other[64];
static struct err e;

static struct audit_log opened(const char *what)
{
	struct audit_log log;

	memset(&e, 0, sizeof(e));
	if (!ok(audit_open(path, &log, &e) == 0, "opened: %s", what))
		diag("%s", e.msg);
	return log;
}

static int append(struct audit_log *log, unsigned wait_ms)
{
	struct audit_event ev;

	audit_event_init(&ev, AUDIT_KILL);
	audit_put_word(&ev, "reason", "memory");
	memset(&e, 0, sizeof(e));
	return audit_append(log, "er-1-2", &ev, wait_ms, &e);
}

static void refuses(int rc, const char *message)
{
	ok(rc == -1 && strstr(e.msg, message) != NULL, "refused: %s: %s", message, e.msg);
}

static struct audit_verifier verified(void)
{
	static char buf[256 * 1024];
	struct audit_verifier v;
	ssize_t len = fd_read_file(AT_FDCWD, path, buf, sizeof(buf));

	audit_verify_begin(&v, NULL, 0);
	audit_verify_bytes(&v, buf, len > 0 ? (size_t)len : 0);
	audit_verify_end(&v);
	return v;
}

static void put(const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ok(write(fd, bytes, len) == (ssize_t)len, "%zu bytes", len);
	close(fd);
}

static void check_two_writers(void)
{
	struct audit_log a = opened("new"), b = opened("by another");
	struct audit_verifier v;
	struct stat st;

	is_int(a.seq, 0, "an empty log has no last line");
	for (int i = 0; i < 20; i++)
		append(i % 3 ? &a : &b, 0);
	is_int(a.own_seq + b.own_seq, 20 + 19, "their last lines");
	is_int(a.records + b.records, 20, "their lines");
	ok(verified().lines == 20 && !verified().broken, "one chain");
	v = verified();
	ok(hash_equal(&v.head, a.own_seq == 20 ? &a.own_head : &b.own_head), "one head");
	ok(fstat(a.fd, &st) == 0 && (st.st_mode & 0777) == 0600, "for the owner alone");
	ok((fcntl(a.fd, F_GETFD) & FD_CLOEXEC) != 0, "close-on-exec");
	is_int(audit_close(&a, &e), 0, "closed");
	is_int(audit_close(&b, &e), 0, "the other");
	a = opened("again");
	is_int(a.seq, 20, "goes on behind line 20");
	is_int(append(&a, 0), 0, "appended");
	ok(verified().lines == 21 && !verified().broken, "still one chain");
	audit_close(&a, &e);
}

static void check_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct audit_log log = opened("before somebody locks it");
	int fd = open(path, O_RDWR | O_CLOEXEC);

	ok(fcntl(fd, F_OFD_SETLK, &lock) == 0, "locked by another");
	refuses(append(&log, 20), "has held its lock for 20 ms");
	is_int(log.records, 0, "nothing was written");
	close(fd);
	is_int(append(&log, 0), 0, "the lock of who is gone is gone");
	audit_close(&log, &e);
}

/* Ends that nothing may follow. */
static void check_damage(void)
{
	static char line[3 * AUDIT_LINE_MAX];
	struct audit_log log = opened("good");
	ssize_t len;

	audit_close(&log, &e);
	len = fd_read_file(AT_FDCWD, path, line, sizeof(line));
	ok(len > 200, "a good log of %zd bytes", len);
	for (ssize_t cut = 1; cut < 200; cut += 13) {
		put(line, (size_t)(len - cut));
		refuses(audit_open(path, &log, &e), "torn or foreign");
	}
	put("\n", 1);
	refuses(audit_open(path, &log, &e), "torn or foreign");
	put("{}\n", 3);
	refuses(audit_open(path, &log, &e), "torn or foreign");
	memset(line, 'x', sizeof(line));
	put(line, sizeof(line));
	refuses(audit_open(path, &log, &e), "torn or foreign");
	line[sizeof(line) - 1] = '\n';
	put(line, sizeof(line));
	refuses(audit_open(path, &log, &e), "torn or foreign");
	is_int(log.fd, -1, "no descriptor is left");
}

static void check_while_open(void)
{
	struct audit_log log;

	put("", 0);
	log = opened("empty");
	append(&log, 0);
	append(&log, 0);
	ok(truncate(path, (off_t)(log.size / 2)) == 0, "cut in the middle");
	refuses(append(&log, 0), "became shorter");
	ok(truncate(path, 0) == 0, "emptied");
	refuses(append(&log, 0), "became shorter");
	audit_close(&log, &e);
	log = opened("emptied");
	append(&log, 0);
	ok(link(path, other) == 0, "a second name");
	refuses(append(&log, 0), "second name");
	refuses(audit_open(path, &(struct audit_log){ .fd = -1 }, &e), "second name");
	unlink(other);
	is_int(append(&log, 0), 0, "gone again");
	ok(rename(path, other) == 0 && append(&log, 0) == 0, "renamed: goes on in its file");
	unlink(other);
	refuses(append(&log, 0), "was removed");
	audit_close(&log, &e);
}

static void check_kinds(void)
{
	struct audit_log log;

	unlink(path);
	ok(symlink("/dev/null", path) == 0, "a link");
	refuses(audit_open(path, &log, &e), "symbolic link");
	unlink(path);
	ok(mkfifo(path, 0600) == 0, "a FIFO");
	refuses(audit_open(path, &log, &e), "not a regular file");
	unlink(path);
	ok(mkdir(path, 0700) == 0, "a directory");
	refuses(audit_open(path, &log, &e), "EISDIR");
	rmdir(path);
	refuses(audit_open("/dev/full", &log, &e), "not a regular file");
	refuses(audit_open("/nonexistent/log", &log, &e), "ENOENT");
}

/* With a limit on the size of files, which holds for the output of this test as well: no check inside. */
static int append_limited(struct audit_log *log, uint64_t size)
{
	struct rlimit before, limit;
	int rc;

	getrlimit(RLIMIT_FSIZE, &before);
	limit = before;
	limit.rlim_cur = size;
	setrlimit(RLIMIT_FSIZE, &limit);
	rc = append(log, 0);
	setrlimit(RLIMIT_FSIZE, &before);
	return rc;
}

/* A write that ends half way, and the signal that would end us. */
static void check_no_room(void)
{
	struct audit_log log = opened("with a limit");
	uint64_t size;

	append(&log, 0);
	size = log.size;
	refuses(append_limited(&log, size + 10), "can't be written");
	refuses(append_limited(&log, size), "EFBIG");
	ok(log.size == size && log.records == 1 && !verified().broken, "no half line is left");
	is_int(append(&log, 0), 0, "and it goes on");
	ok(verified().lines == 2 && !verified().broken, "as one chain");
	audit_close(&log, &e);
}

static void check_too_much(void)
{
	struct audit_log log = opened("for a long line");
	struct audit_event ev;
	char *words[1000];

	for (int i = 0; i < 1000; i++)
		words[i] = path;
	audit_event_init(&ev, AUDIT_START);
	audit_put_words(&ev, "argv", words, 1000, 4000);
	ok(!ev.body.cut && ev.body.len < 4100, "an array ends where there is no more room");
	ok(strstr(ev.buf, "],\"argv_total\":1000") != NULL, "and says how many words there were");
	is_int(audit_append(&log, "", &ev, 0, &e), 0, "such a line is written");
	while (!ev.body.cut)
		audit_put_number(&ev, "n", 1);
	refuses(audit_append(&log, "", &ev, 0, &e), "does not fit");
	ok(!verified().broken, "nothing of it is in the log");
	audit_close(&log, &e);
	ok(!audit_line_parse("", 0, &(struct audit_line){ 0 }), "nothing is no line");
}

int main(void)
{
	if (!ok(mkdtemp(folder) != NULL, "a folder"))
		return done();
	snprintf(path, sizeof(path), "%s/log", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	check_two_writers();
	check_lock();
	check_damage();
	check_while_open();
	check_kinds();
	check_no_room();
	check_too_much();
	unlink(path);
	rmdir(folder);
	return done();
}
