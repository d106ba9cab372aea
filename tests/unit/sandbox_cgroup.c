/* sandbox_cgroup.c - the cgroup layer: one run's life on the kernel we are on.
 *
 *	sandbox_cgroup [PARENT]			PARENT as for --cgroup-parent
 *	sandbox_cgroup absent WORDS		there must be none here, and `why` holds WORDS
 *	sandbox_cgroup refused PARENT WORDS	an error that holds WORDS
 *
 * On v2 without PARENT the test must be alone in its cgroup (tests/vm/cgroup-unit starts it so). */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "sandbox/cgroup_ops.h"
#include "tests/unit/tap.h"

#define MIB (UINT64_C(1) << 20)
#define WHY_CAP 256

/* ------------------------------------------------------------------------------------- helpers */

static struct cgroup_spec spec_of(const char *parent)
{
	return (struct cgroup_spec){ .slot = 60000,
				     .parent = parent,
				     .memory_bytes = 48 * MIB,
				     .cpus_milli = 1500,
				     .pids_count = 8 };
}

static struct cgroup *make(const struct cgroup_spec *spec)
{
	struct cgroup *cg = NULL;
	char why[WHY_CAP];
	struct err e = { 0 };

	if (cgroup_create(spec, &cg, why, sizeof(why), &e) != 0)
		diag("cgroup_create: %s", e.msg);
	else if (!cg)
		diag("absent: %s", why);
	return cg;
}

/* A child inside the run's cgroup that calls body() and exits with what it returns. */
static pid_t start_inside(const struct cgroup *cg, int (*body)(void))
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct err e;
	pid_t pid;

	if (cgroup_clone_fd(cg) >= 0) {
		args.flags = CLONE_INTO_CGROUP;
		args.cgroup = (uint32_t)cgroup_clone_fd(cg);
	}
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (cgroup_enter(cg, &e) != 0)
		_exit(99);
	_exit(body());
}

static int wait_status(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static int run_inside(const struct cgroup *cg, int (*body)(void))
{
	return wait_status(start_inside(cg, body));
}

static bool gone(const struct cgroup_dir *dir)
{
	return access(dir->path, F_OK) != 0 && errno == ENOENT;
}

static unsigned count_gone(const struct cgroup *saved)
{
	unsigned count = 0;

	for (size_t i = 0; i < saved->dir_count; i++)
		count += gone(&saved->dir[i]);
	return count;
}

/* ------------------------------------------------------------------------------ bodies inside */

static const struct cgroup *asked; /* for body_where: the run it should be in */

static int body_where(void)
{
	char text[4096];

	return fd_read_file(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text)) > 0 &&
			       cgroup_contains(asked, text)
		       ? 0
		       : 1;
}

/* Fork until refused, bounded; returns how many children were there. */
static int body_fork(void)
{
	pid_t pids[20];
	int n = 0, refused = 0;

	while (n < 20) {
		pids[n] = fork();
		if (pids[n] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pause();
			_exit(0);
		}
		if (pids[n] < 0) {
			refused = errno;
			break;
		}
		n++;
	}
	for (int i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
		wait_status(pids[i]);
	}
	return refused == EAGAIN ? n : 100;
}

static int body_eat(void)
{
	size_t len = 96 * MIB;
	volatile char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
				0);

	if (p == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < len; i += 4096)
		p[i] = 1;
	return 0;
}

static int body_spin(void)
{
	struct timespec used = { 0 };

	while (used.tv_sec == 0 && used.tv_nsec < 200 * 1000 * 1000)
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return 0;
}

static int body_sleep(void)
{
	poll(NULL, 0, 20000);
	return 0;
}

/* ---------------------------------------------------------------------------------- one run */

static void test_readback(const struct cgroup *cg)
{
	struct cgroup_readback rb = { 0 };
	struct err e;

	is_int(cgroup_readback(cg, &rb, &e), 0, "limits can be read back");
	is_int(rb.memory_bytes, 48 * MIB, "memory limit is held by the kernel");
	is_int(rb.cpus_milli, 1500, "cpu limit is held by the kernel");
	is_int(rb.pids_count, 8, "pids limit is held by the kernel");
	ok(rb.swap_excluded, "swap is excluded");
}

static void test_membership(const struct cgroup *cg)
{
	char text[4096] = "";

	asked = cg;
	is_int(run_inside(cg, body_where), 0, "a child is inside");
	fd_read_file(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text));
	ok(!cgroup_contains(cg, text), "we are not");
}

static void test_pids(const struct cgroup *cg)
{
	struct cgroup_events before, after;
	struct cgroup_usage usage;
	int status;

	cgroup_events(cg, &before);
	is_int(before.pids_refused, 0, "no fork was refused yet");
	status = run_inside(cg, body_fork);
	is_int(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 7,
	       "eight processes, the ninth is refused");
	cgroup_events(cg, &after);
	ok(after.pids_refused >= 1, "the refusal is counted");
	is_int(after.oom_kills, 0, "nobody was killed for memory");
	cgroup_usage(cg, &usage);
	ok(usage.pids_peak == 8 || usage.pids_peak == 0, "peak of processes is 8 (or not known)");
	diag("pids_peak %ju", (uintmax_t)usage.pids_peak);
}

static void test_memory(const struct cgroup *cg)
{
	struct cgroup_events events;
	struct cgroup_usage usage;
	int status = run_inside(cg, body_eat);

	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	   "who takes too much memory is killed");
	cgroup_events(cg, &events);
	ok(events.oom_kills >= 1, "the kill is counted right after the end");
	cgroup_usage(cg, &usage);
	ok(usage.memory_peak_bytes > 40 * MIB && usage.memory_peak_bytes <= 49 * MIB,
	   "memory peak is near the limit");
	diag("memory_peak %ju", (uintmax_t)usage.memory_peak_bytes);
}

static void test_cpu(const struct cgroup *cg)
{
	uint64_t before = cgroup_cpu_ns(cg);
	struct cgroup_usage usage;

	run_inside(cg, body_spin);
	cgroup_usage(cg, &usage);
	ok(cgroup_cpu_ns(cg) - before >= 150 * NS_PER_MS, "200 ms of cpu are seen");
	ok(usage.cpu_ns >= before + 150 * NS_PER_MS, "and in the usage");
	ok(usage.cpu_user_ns + usage.cpu_system_ns >= 100 * NS_PER_MS, "split into user and system");
	diag("cpu %ju user %ju system %ju", (uintmax_t)usage.cpu_ns, (uintmax_t)usage.cpu_user_ns,
	     (uintmax_t)usage.cpu_system_ns);
}

static void test_kill_and_lift(const struct cgroup *cg)
{
	struct cgroup_readback rb = { 0 };
	struct err e;
	pid_t pid;
	int status;

	cgroup_lift_cpu(cg);
	is_int(cgroup_readback(cg, &rb, &e), 0, "read back after lifting");
	ok(rb.cpus_milli == LIMIT_NONE, "the quota is lifted");
	pid = start_inside(cg, body_sleep);
	cgroup_kill(cg);
	if (cgroup_mode(cg) == CGROUP_V1)
		kill(pid, SIGKILL);
	status = wait_status(pid);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "all inside are killed");
}

static void test_close_on_exec(const struct cgroup *cg)
{
	bool all = true;

	for (size_t i = 0; i < cg->dir_count; i++)
		all = all && fcntl(cg->dir[i].fd, F_GETFD) == FD_CLOEXEC &&
		      fcntl(cg->dir[i].members_fd, F_GETFD) == FD_CLOEXEC;
	for (size_t i = 0; i < CGROUP_FILE_COUNT; i++)
		all = all && (cg->file[i] < 0 || fcntl(cg->file[i], F_GETFD) == FD_CLOEXEC);
	ok(all, "every descriptor is close-on-exec");
}

/* Returns false when there is no control group here: nothing else can be tested then.
 * *out_alone: v2 and we had to be alone in our cgroup, so that a second launcher has no place. */
static bool test_life(const char *parent, bool *out_alone)
{
	struct cgroup_spec spec = spec_of(parent);
	struct cgroup *cg = make(&spec);
	struct cgroup saved;

	if (!cg)
		return false;
	saved = *cg;
	*out_alone = cg->leaf.fd >= 0;
	diag("mode %s, %s", cgroup_mode(cg) == CGROUP_V1 ? "v1" : "v2", cg->dir[0].path);
	test_close_on_exec(cg);
	test_readback(cg);
	test_membership(cg);
	test_pids(cg);
	test_memory(cg);
	test_cpu(cg);
	test_kill_and_lift(cg);
	is_int(cgroup_destroy(cg), 0, "everything could be removed");
	is_int(count_gone(&saved), saved.dir_count, "and is gone");
	ok(saved.leaf.fd < 0 || gone(&saved.leaf), "and so is the leaf for ourselves");
	return true;
}

/* Half a cpu: the spinner is held back, and that is counted. */
static void test_throttle(const char *parent)
{
	struct cgroup_spec spec = spec_of(parent);
	struct cgroup_usage usage = { 0 };
	struct cgroup *cg;

	spec.cpus_milli = 250;
	cg = make(&spec);
	if (!ok(cg != NULL, "a second run after the first"))
		return;
	run_inside(cg, body_spin);
	cgroup_usage(cg, &usage);
	ok(usage.throttled_ns > 50 * NS_PER_MS, "a quarter of a cpu throttles");
	is_int(cgroup_destroy(cg), 0, "removed");
}

static void test_unlimited(const char *parent)
{
	struct cgroup_spec spec = { .slot = 60000,
				    .parent = parent,
				    .memory_bytes = LIMIT_NONE,
				    .cpus_milli = LIMIT_NONE,
				    .pids_count = LIMIT_NONE };
	struct cgroup_readback rb = { 0 };
	struct cgroup *cg = make(&spec);
	struct err e;

	if (!ok(cg != NULL, "a run without limits still has control groups"))
		return;
	is_int(cgroup_readback(cg, &rb, &e), 0, "read back");
	ok(rb.memory_bytes == LIMIT_NONE && rb.cpus_milli == LIMIT_NONE &&
		   rb.pids_count == LIMIT_NONE,
	   "nothing is limited");
	is_int(cgroup_destroy(cg), 0, "removed");
}

static void test_refused(const char *parent)
{
	struct cgroup_spec spec = spec_of(parent);
	struct cgroup *cg = NULL;
	char why[WHY_CAP];
	struct err e = { 0 };

	spec.cpus_milli = 1; /* the kernel wants at least 1 ms of quota */
	is_int(cgroup_create(&spec, &cg, why, sizeof(why), &e), -1, "a refused limit is an error");
	is_int(e.kind, ERR_SETUP, "of set-up");
	diag("%s", e.msg);
	spec = spec_of("no/such/group");
	is_int(cgroup_create(&spec, &cg, why, sizeof(why), &e), -1, "a parent that does not exist");
	diag("%s", e.msg);
	spec.parent = "../x";
	is_int(cgroup_create(&spec, &cg, why, sizeof(why), &e), -1, "a parent with ..");
	is_int(e.kind, ERR_USAGE, "is a usage error");
	diag("%s", e.msg);
}

/* ----------------------------------------------------------------------------- dead launchers */

/* A launcher that makes its directories and then hangs; *out gets a copy of what it made. */
static pid_t start_holder(const struct cgroup_spec *spec, struct cgroup *out)
{
	int pipe_fd[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC) != 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		struct cgroup *cg = make(spec);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		n = cg ? write(pipe_fd[1], cg, sizeof(*cg)) : -1;
		pause();
		_exit(n > 0 ? 0 : 1);
	}
	close(pipe_fd[1]);
	n = pid > 0 ? read(pipe_fd[0], out, sizeof(*out)) : -1;
	close(pipe_fd[0]);
	if (n == (ssize_t)sizeof(*out))
		return pid;
	kill(pid, SIGKILL);
	wait_status(pid);
	return -1;
}

/* The network's group of a dead run, in one hierarchy only as on v1. */
static bool leave_gate(const struct cgroup *dead, char *path, size_t cap)
{
	struct text t = { .at = path, .cap = cap };
	const char *work = dead->dir[dead->dir_count - 1].path;

	text_bytes(&t, work, strlen(work) - strlen("work"));
	text_str(&t, "gate");
	return mkdir(path, 0755) == 0;
}

static void test_sweep(const char *parent)
{
	struct cgroup_spec spec = spec_of(parent);
	struct cgroup held, *cg;
	char gate[CGROUP_PATH_CAP];
	pid_t pid;

	spec.slot = 60001;
	pid = start_holder(&spec, &held);
	if (!ok(pid > 0, "another launcher made its directories"))
		return;
	cgroup_sweep(parent);
	is_int(count_gone(&held), 0, "a live run is not swept");
	kill(pid, SIGKILL);
	wait_status(pid);
	is_int(count_gone(&held), 0, "kill -9 leaves directories");
	is_int(cgroup_sweep(parent), held.dir_count, "a sweep removes those");
	is_int(count_gone(&held), held.dir_count, "they are gone");
	is_int(cgroup_sweep(parent), 0, "nothing is left to sweep");

	pid = start_holder(&spec, &held);
	kill(pid, SIGKILL);
	wait_status(pid);
	ok(leave_gate(&held, gate, sizeof(gate)), "with the group of its network");
	cg = make(&spec);
	is_int(count_gone(&held), held.dir_count, "the next start sweeps by itself");
	ok(access(gate, F_OK) != 0, "whichever hierarchy it looked into, all groups of that run");
	is_int(cgroup_destroy(cg), 0, "removed");
}

static void test_name_taken(const char *parent)
{
	struct cgroup_spec spec = spec_of(parent);
	struct cgroup *first = make(&spec), *second = make(&spec);
	struct cgroup saved;

	if (!ok(first && second, "two runs of one name: the second takes another"))
		return;
	saved = *second;
	ok(strcmp(first->dir[0].path, second->dir[0].path) != 0, "names differ");
	is_int(cgroup_destroy(second) + cgroup_destroy(first), 0, "both removed");
	is_int(count_gone(&saved), saved.dir_count, "gone");
}

/* Makes and removes, with a child inside each time; every failure is one too many. */
static int maker(const struct cgroup_spec *spec)
{
	for (int i = 0; i < 40; i++) {
		struct cgroup *cg = make(spec);

		asked = cg;
		if (!cg || run_inside(cg, body_where) != 0 || cgroup_destroy(cg) != 0)
			return 1;
	}
	return 0;
}

/* Sweeps without pause beside launchers that come and go: nobody may lose a directory to a sweep. */
static void test_races(const char *parent)
{
	struct cgroup_spec spec = spec_of(parent);
	pid_t pids[3];
	unsigned swept = 0, failed = 0;

	for (size_t i = 0; i < 3; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(maker(&spec));
		}
	}
	for (size_t i = 0; i < 3; i++) {
		int status = 0;

		while (waitpid(pids[i], &status, WNOHANG) == 0)
			swept += cgroup_sweep(parent);
		failed += status != 0;
	}
	is_int(failed, 0, "no launcher is disturbed by sweeps");
	diag("%u directories were swept before their maker had locked them", swept);
}

/* ------------------------------------------------------------------------------- ordinary user */

static void test_ordinary_user(void)
{
	struct cgroup_spec spec = spec_of(NULL);
	pid_t pid = fork();

	if (pid == 0) {
		struct cgroup *cg = NULL;
		char why[WHY_CAP];
		struct err e;
		int status;

		if (setresgid(65534, 65534, 65534) != 0 || setresuid(65534, 65534, 65534) != 0)
			_exit(99);
		status = cgroup_create(&spec, &cg, why, sizeof(why), &e) != 0 || cg;
		diag("%s", why);
		_exit(status != 0 || strstr(why, "EACCES") == NULL || strstr(why, "; ") == NULL);
	}
	is_int(wait_status(pid), 0, "an ordinary user has none, and is told why and what helps");
}

/* v1 with --cgroup-parent: the same path in every hierarchy, made and removed here. */
static void test_v1_parent(void)
{
	struct cgroup_spec spec = spec_of(NULL);
	struct cgroup *cg = make(&spec);
	char path[CONTROLLER_COUNT][CGROUP_PATH_CAP], name[64];
	struct text t = TEXT_ON(name);
	size_t count = cg ? cg->dir_count : 0;
	bool alone;

	text_fmt(&t, "enclave-test-%d", (int)getpid());
	for (size_t i = 0; i < count; i++) {
		const struct cgroup_dir *dir = &cg->dir[i];
		struct text p = TEXT_ON(path[i]);
		/* the mount point: what the seen path has in excess is a path below it */
		size_t below = strlen(dir->seen);

		text_bytes(&p, dir->path, strlen(dir->path) - below);
		text_fmt(&p, "/%s", name);
		if (mkdir(path[i], 0755) != 0)
			count = i;
	}
	if (ok(cg && count == cg->dir_count, "a parent in every hierarchy"))
		test_life(name, &alone);
	for (size_t i = 0; i < count; i++)
		is_int(rmdir(path[i]), 0, "nothing is left below '%s'", path[i]);
	cgroup_destroy(cg);
}

/* v2: a run that was given our cgroup as --cgroup-parent outlives the run that switched the controllers
 * on.  They must stay on.  Leaves us in the leaf, so this comes last. */
static void test_v2_no_switch_off(void)
{
	struct cgroup_spec spec = spec_of(NULL);
	struct cgroup *cg = make(&spec);
	struct cgroup held;
	char limit[64] = "";
	autofd int dir_fd = -1;
	pid_t pid;

	if (!ok(cg != NULL, "a run in our own cgroup"))
		return;
	spec.parent = cg->dir[0].parent + strlen("/sys/fs/cgroup/");
	pid = start_holder(&spec, &held);
	ok(pid > 0, "another launcher uses the same parent");
	is_int(cgroup_destroy(cg), 1, "the leaf stays while somebody else is there");
	dir_fd = open(held.dir[0].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ok(fd_read_file(dir_fd, "memory.max", limit, sizeof(limit)) > 0, "the other run is limited");
	is_str(limit, "50331648\n", "as before");
	kill(pid, SIGKILL);
	wait_status(pid);
}

/* Expectations of the VM's part: absent with these words in `why`, or an error with these words. */
static int expect(const char *kind, const char *parent, const char *words)
{
	struct cgroup_spec spec = spec_of(parent);
	struct cgroup *cg = NULL;
	char why[WHY_CAP] = "";
	struct err e = { 0 };
	int result = cgroup_create(&spec, &cg, why, sizeof(why), &e);
	const char *said = result == 0 ? why : e.msg;

	is_int(result, strcmp(kind, "absent") == 0 ? 0 : -1, "%s", kind);
	ok(cg == NULL, "there is no control group");
	if (!ok(strstr(said, words) != NULL, "it says '%s'", words))
		diag("%s", said);
	cgroup_destroy(cg);
	return done();
}

int main(int argc, char **argv)
{
	const char *parent = argc > 1 ? argv[1] : NULL;
	struct cgroup_layout l;
	char text[8192] = "";
	bool v1, alone;

	if (argc == 3)
		return expect("absent", NULL, argv[2]);
	if (argc == 4)
		return expect("refused", argv[2], argv[3]);
	fd_read_file(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text));
	cgroup_text_layout(text, &l);
	v1 = cgroup_text_mode(&l) == CGROUP_V1;
	if (!test_life(parent, &alone)) {
		skip("no control group can be made here", "the life of a run");
		return done();
	}
	test_throttle(parent);
	test_unlimited(parent);
	test_refused(parent);
	if (alone) {
		test_v2_no_switch_off();
		return done();
	}
	test_sweep(parent);
	test_name_taken(parent);
	test_races(parent);
	if (v1 && geteuid() == 0) {
		test_ordinary_user();
		test_v1_parent();
	}
	return done();
}
