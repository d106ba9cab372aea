/* seccomp_notify.c - every denial of every shipped profile, made for real: a child loads both filters
 * and calls, the listener answers, the errno and the notification are compared with seccomp_rows.h.
 *
 * The child is an ordinary user without capabilities: a denial that failed must not shut us down.
 * AF_VSOCK is only ever created (and refused), never connected. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "seccomp/names.h"
#include "seccomp/notify.h"
#include "tests/unit/bpf_sim.h"
#include "tests/unit/seccomp_rows.h"
#include "tests/unit/tap.h"

#define NOBODY 65534
#define ANSWERED 0x7fff /* above every errno: the call returned something */
#define CASE_MAX 512
#define TEST_MS 10000

struct call_case {
	int nr;
	uint64_t args[4];
	uint32_t want; /* the filters' answer */
};

struct child {
	pid_t pid;
	int sock, listener;
};

/* ---------------------------------------------------------------------------------- in the child */

static void load(const struct sock_fprog *program, int sock)
{
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  sock >= 0 ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, program);

	if (fd < 0)
		_exit(101);
	if (sock < 0)
		return;
	if (fd_send(sock, "l", 1, &(int){ (int)fd }, 1) != 0 || close((int)fd) != 0)
		_exit(102);
}

static void become_nobody(void)
{
	if (geteuid() == 0 && (syscall(SYS_setgroups, 0, NULL) != 0 ||
			       syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) != 0 ||
			       syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) != 0))
		_exit(103);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		_exit(104);
}

static int make_call(const struct call_case *c)
{
	long rc = syscall(c->nr, c->args[0], c->args[1], c->args[2], c->args[3], 0, 0);

	if (rc == 0 && c->nr == SYS_clone)
		_exit(0); /* a new process, where none should be */
	return rc < 0 ? errno : ANSWERED;
}

/* One message per call, and the next call only when the parent has looked at its listener. */
static void child_calls(int sock, const struct call_case *cases, size_t count)
{
	char go;

	for (size_t i = 0; i < count; i++) {
		int errnum = make_call(&cases[i]);

		if (send(sock, &errnum, sizeof(errnum), 0) != sizeof(errnum) ||
		    recv(sock, &go, 1, 0) != 1)
			_exit(105);
	}
	_exit(0);
}

/* --------------------------------------------------------------------------------- in the parent */

/* A child behind both filters of the profile; `run` never returns. */
static bool child_start(struct child *child, const struct seccomp_profile *profile,
			void (*run)(int sock, const struct call_case *cases, size_t count),
			const struct call_case *cases, size_t count)
{
	char buf[1];
	size_t fds = 0;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	child->pid = fork();
	if (child->pid == 0) {
		become_nobody();
		load(&profile->deny, pair[1]);
		load(&profile->allow, -1);
		run(pair[1], cases, count);
	}
	close(pair[1]);
	child->sock = pair[0];
	return child->pid > 0 &&
	       fd_recv(child->sock, buf, sizeof(buf), &child->listener, 1, &fds, NULL) == 1 &&
	       fds == 1;
}

static int child_end(struct child *child)
{
	int status = -1;

	fd_close(&child->sock);
	fd_close(&child->listener);
	if (waitpid(child->pid, &status, 0) != child->pid)
		return -1;
	return status;
}

/* Answer notifications until the child reports; its errno, or -1 when it is gone. */
static int serve_one(struct child *child, struct seccomp_violations *v, int *answered)
{
	struct pollfd fds[2] = { { .fd = child->listener, .events = POLLIN },
				 { .fd = child->sock, .events = POLLIN } };
	struct err e = { 0 };
	int errnum;

	*answered = 0;
	for (;;) {
		if (poll(fds, 2, TEST_MS) <= 0)
			return -1;
		if (fds[0].revents & POLLIN) {
			int rc = seccomp_notify_answer(child->listener, v, &e);

			if (rc < 0) {
				diag("%s", e.msg);
				return -1;
			}
			*answered += rc;
		}
		if (fds[1].revents & POLLIN)
			return recv(child->sock, &errnum, sizeof(errnum), 0) == sizeof(errnum)
				       ? errnum
				       : -1;
		if (fds[1].revents & POLLHUP)
			return -1;
	}
}

static uint64_t count_of(const struct seccomp_violations *v, int nr)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->entries[i].nr == nr)
			return v->entries[i].count;
	return v->more;
}

static int wanted_errno(const struct call_case *c)
{
	if (c->want != NOTIFY)
		return (int)(c->want & SECCOMP_RET_DATA);
	if (c->nr == SYS_socketpair)
		return EAFNOSUPPORT;
	if (c->nr != SYS_socket)
		return EPERM;
	if ((uint32_t)c->args[0] == AF_NETLINK && (uint32_t)c->args[2] != 0)
		return EPROTONOSUPPORT;
	if (((uint32_t)c->args[0] == AF_INET || (uint32_t)c->args[0] == AF_INET6) &&
	    (c->args[1] & 0xf) != SOCK_STREAM && (c->args[1] & 0xf) != SOCK_DGRAM)
		return EPROTONOSUPPORT;
	return EAFNOSUPPORT;
}

/* ------------------------------------------------------------------------------ every denial */

static void add_case(struct call_case *cases, size_t *count, const char *name, const uint64_t *args,
		     uint32_t want)
{
	struct call_case c = { .nr = seccomp_syscall_number(name), .want = want };

	if (c.nr < 0 || want == ALLOW || *count == CASE_MAX)
		return;
	memcpy(c.args, args, sizeof(c.args));
	cases[(*count)++] = c;
}

static size_t collect_cases(struct call_case *cases, int column)
{
	const uint64_t zeros[4] = { 0 };
	char copy[8192], *save;
	size_t count = 0;

	for (size_t i = 0; i < COUNT(lists); i++) {
		snprintf(copy, sizeof(copy), "%s", lists[i].names);
		save = NULL;
		for (char *s = strtok_r(copy, " ", &save); s; s = strtok_r(NULL, " ", &save))
			add_case(cases, &count, s, zeros, lists[i].answer[column]);
	}
	for (size_t i = 0; i < COUNT(rows); i++)
		add_case(cases, &count, rows[i].call, rows[i].args, rows[i].want[column]);
	for (uint64_t family = 0; family < 50; family++)
		if (family != AF_UNIX && family != AF_INET && family != AF_INET6 &&
		    family != AF_NETLINK)
			add_case(cases, &count, "socket",
				 (const uint64_t[4]){ family, SOCK_SEQPACKET }, NOTIFY);
	return count;
}

static void check_case(struct child *child, const struct call_case *c, struct seccomp_violations *v)
{
	uint64_t total = v->total, counted = count_of(v, c->nr);
	int want = wanted_errno(c), notified = c->want == NOTIFY, answered, got;
	char name[32];

	got = serve_one(child, v, &answered);
	ok(got == want && answered == notified && v->total - total == (uint64_t)notified &&
		   count_of(v, c->nr) - counted == (uint64_t)notified,
	   "%s(%#jx, %#jx, %#jx, %#jx): errno %d, %d notified",
	   seccomp_syscall_name(c->nr, name, sizeof(name)), (uintmax_t)c->args[0],
	   (uintmax_t)c->args[1], (uintmax_t)c->args[2], (uintmax_t)c->args[3], want, notified);
	if (got != want || answered != notified)
		diag("got errno %d, %d notified", got, answered);
	send(child->sock, "g", 1, MSG_NOSIGNAL);
}

static void check_names(const struct seccomp_violations *v, const struct call_case *cases,
			size_t count)
{
	int wrong = 0;
	char name[32];

	for (size_t i = 0; i < v->count; i++) {
		bool known = false;

		for (size_t c = 0; c < count; c++)
			known |= cases[c].nr == v->entries[i].nr && cases[c].want == NOTIFY;
		seccomp_syscall_name(v->entries[i].nr, name, sizeof(name));
		wrong += !known || strncmp(name, "syscall_", 8) == 0;
	}
	is_int(wrong, 0, "every violation is one that was made, and has a name");
}

static void test_denials(int column)
{
	const struct seccomp_profile *profile = seccomp_profile_find(profile_names[column]);
	struct call_case *cases = calloc(CASE_MAX, sizeof(*cases));
	struct seccomp_violations v = { 0 };
	struct child child = { .sock = -1, .listener = -1 };
	size_t count = collect_cases(cases, column);
	uint64_t sum = 0;

	diag("%s: %zu denials", profile->name, count);
	ok(count < CASE_MAX, "all cases fit");
	if (!ok(child_start(&child, profile, child_calls, cases, count), "both filters load"))
		exit(done());
	for (size_t i = 0; i < count; i++)
		check_case(&child, &cases[i], &v);
	for (size_t i = 0; i < v.count; i++)
		sum += v.entries[i].count;
	is_int(sum + v.more, v.total, "counts add up to the total");
	is_int(v.count, SECCOMP_VIOLATION_MAX, "the table of violations is full");
	ok(v.more > 0, "what does not fit is counted");
	is_int(v.entries[0].pid, child.pid, "the offender is named");
	check_names(&v, cases, count);
	is_int(child_end(&child), 0, "%s: the child ends by itself", profile->name);
	free(cases);
}

/* ------------------------------------------------------------------------- what must still work */

static const struct call_case allowed_calls[] = {
	{ SYS_socket, { AF_UNIX, SOCK_STREAM, 0 }, ALLOW },
	{ SYS_socket, { AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0 }, ALLOW },
	{ SYS_socket, { AF_INET6, SOCK_DGRAM, 17 }, ALLOW },
	{ SYS_socket, { AF_NETLINK, SOCK_RAW, 0 }, ALLOW },
	{ SYS_personality, { 0xffffffff }, ALLOW },
	{ SYS_personality, { UINT64_MAX }, ALLOW },
	{ SYS_prctl, { PR_GET_DUMPABLE }, ALLOW },
	{ SYS_umask, { 022 }, ALLOW },
	{ SYS_memfd_create, { (uintptr_t) "m", 0 }, ALLOW },
	{ SYS_open, { (uintptr_t) "/dev/null", O_RDONLY, 06777 }, ALLOW },
	{ SYS_fcntl, { 0, F_GETFL }, ALLOW },
	{ SYS_sched_yield, { 0 }, ALLOW },
};

static void test_allowed(void)
{
	struct seccomp_violations v = { 0 };
	struct child child = { .sock = -1, .listener = -1 };
	struct err e = { 0 };
	char name[32];
	int answered;

	if (!ok(child_start(&child, seccomp_profile_find("default"), child_calls, allowed_calls,
			    COUNT(allowed_calls)),
		"both filters load"))
		return;
	for (size_t i = 0; i < COUNT(allowed_calls); i++) {
		int got = serve_one(&child, &v, &answered);

		ok((got == ANSWERED || got == EAFNOSUPPORT) && answered == 0, "%s(%#jx, %#jx) works",
		   seccomp_syscall_name(allowed_calls[i].nr, name, sizeof(name)),
		   (uintmax_t)allowed_calls[i].args[0], (uintmax_t)allowed_calls[i].args[1]);
		is_int(seccomp_notify_answer(child.listener, &v, &e), 0, "nothing pends");
		send(child.sock, "g", 1, MSG_NOSIGNAL);
	}
	is_int(v.total, 0, "no violation");
	is_int(child_end(&child), 0, "the child ends by itself");
}

/* A session of its own with a terminal of its own, a new process, a nested filter. */
static void child_works(int sock, const struct call_case *cases, size_t count)
{
	struct sock_filter all[] = { { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW } };
	struct sock_fprog nested = { 1, all };
	int unlock = 0, number = -1, master, slave, status;
	char path[32];
	pid_t pid;

	(void)sock;
	(void)cases;
	(void)count;
	if (setsid() < 0)
		_exit(1);
	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) != 0 ||
	    ioctl(master, TIOCGPTN, &number) != 0)
		_exit(2);
	snprintf(path, sizeof(path), "/dev/pts/%d", number);
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) != 0)
		_exit(3);
	pid = fork();
	if (pid == 0)
		_exit(setpgid(0, 0) == 0 ? 7 : 8);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 7 << 8)
		_exit(4);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &nested) != 0)
		_exit(5);
	if (mkdir("/nonexistent/x", 01777) != -1 || errno != ENOENT)
		_exit(6);
	_exit(0);
}

static void test_works(void)
{
	for (int i = 0; i < PROFILE_COUNT; i++) {
		struct child child = { .sock = -1, .listener = -1 };
		int status = -1;

		if (!ok(child_start(&child, seccomp_profile_find(profile_names[i]), child_works,
				    NULL, 0),
			"both filters load"))
			continue;
		waitpid(child.pid, &status, 0);
		is_int(status, 0, "%s: terminal, fork, process group, nested filter",
		       profile_names[i]);
		fd_close(&child.sock);
		fd_close(&child.listener);
	}
}

/* ------------------------------------------------------------------------------------- kills */

#ifdef __x86_64__
static void child_int80(int sock, const struct call_case *cases, size_t count)
{
	long rc = 20; /* getpid of i386 */

	(void)sock;
	(void)cases;
	(void)count;
	__asm__ volatile("int $0x80" : "+a"(rc) : : "memory");
	_exit(0);
}

static void child_x32(int sock, const struct call_case *cases, size_t count)
{
	(void)sock;
	(void)cases;
	(void)count;
	syscall(0x40000000 | SYS_getpid);
	_exit(0);
}

static void test_foreign(void)
{
	static const struct {
		const char *what;
		void (*run)(int sock, const struct call_case *cases, size_t count);
	} ways[] = { { "int 0x80", child_int80 }, { "x32", child_x32 } };

	for (int i = 0; i < PROFILE_COUNT; i++)
		for (size_t w = 0; w < COUNT(ways); w++) {
			struct child child = { .sock = -1, .listener = -1 };
			int status = -1;

			if (!ok(child_start(&child, seccomp_profile_find(profile_names[i]),
					    ways[w].run, NULL, 0),
				"both filters load"))
				continue;
			waitpid(child.pid, &status, 0);
			fd_close(&child.sock);
			fd_close(&child.listener);
			ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: %s is killed",
			   profile_names[i], ways[w].what);
		}
}
#endif

/* ------------------------------------------------------------------------------------ our init */

static int run_init(long nr)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		become_nobody();
		load(&seccomp_profile_find("init")->allow, -1);
		syscall(nr, -1, 0, 0, 0, 0);
		syscall(SYS_exit_group, 9);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void test_init(void)
{
	static const long lives[] = { SYS_waitid, SYS_wait4, SYS_sendmsg, SYS_write, SYS_read };
	static const long dies[] = { SYS_openat, SYS_execve, SYS_kill,
				     SYS_socket, SYS_mmap,   SYS_getuid };

	for (size_t i = 0; i < COUNT(lives); i++)
		is_int(run_init(lives[i]), 9 << 8, "init: call %ld is allowed", lives[i]);
	for (size_t i = 0; i < COUNT(dies); i++) {
		int status = run_init(dies[i]);

		ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "init: call %ld kills",
		   dies[i]);
	}
}

/* ------------------------------------------------------------------------- callers that vanish */

static void child_mounts(int sock, const struct call_case *cases, size_t count)
{
	(void)sock;
	(void)cases;
	(void)count;
	syscall(SYS_mount, 0, 0, 0, 0, 0);
	_exit(0);
}

static void test_vanished(void)
{
	struct child child = { .sock = -1, .listener = -1 };
	struct seccomp_violations v = { 0 };
	struct err e = { 0 };
	struct pollfd ready;
	int status;

	if (!ok(child_start(&child, seccomp_profile_find("default"), child_mounts, NULL, 0),
		"both filters load"))
		return;
	ready = (struct pollfd){ .fd = child.listener, .events = POLLIN };
	is_int(poll(&ready, 1, TEST_MS), 1, "a notification pends");
	kill(child.pid, SIGKILL);
	waitpid(child.pid, &status, 0);
	is_int(seccomp_notify_answer(child.listener, &v, &e), 0,
	       "its caller was killed: nothing to do");
	is_int(v.total, 0, "and nothing was received");
	fd_close(&child.listener);
	fd_close(&child.sock);
	is_int(seccomp_notify_answer(-1, &v, &e), 0, "no descriptor: nothing pends");
}

static void test_not_a_listener(void)
{
	struct seccomp_violations v = { 0 };
	struct err e = { 0 };
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) != 0 || write(pipes[1], "x", 1) != 1)
		return;
	is_int(seccomp_notify_answer(pipes[0], &v, &e), -1, "a pipe is no listener");
	is_int(e.kind, ERR_SETUP, "and the error says so");
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	for (int i = 0; i < PROFILE_COUNT; i++)
		test_denials(i);
	test_allowed();
	test_works();
#ifdef __x86_64__
	test_foreign();
#endif
	test_init();
	test_vanished();
	test_not_a_listener();
	return done();
}
