/* child_init.c - pid 1 of the sandbox: builds the inside, forks the workload, reaps, reports.
 *
 * Theory of operation.  Init is hostile ground: the workload runs under the same uid in the same pid
 * namespace.  So before the workload is forked, init has no capability, can't gain any, is not
 * dumpable (which makes /proc/1/{mem,environ,fd,maps} unreachable and, with hidepid, invisible) and
 * has wiped the supervisor's argv and environment out of its copy of the memory; right after the
 * fork it keeps one descriptor and takes a filter of its own that knows little more than waitid.
 * Signals need no forwarding here: the supervisor holds a pidfd of the workload and sends them itself.
 * Steps are one table; order matters where the table says so.  Fails closed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "sandbox/launch.h"
#include "sandbox/process.h"

struct init_state {
	const struct launch *l;
	int scratch;
};

/* U2: one id, the workload's, on top of U1's id 0.  Written from inside, which needs no privilege over
 * U1 but a sealed setgroups; the groups were dropped before (root) or can't be (rootless). */
static int init_id_maps(struct init_state *s, struct err *e)
{
	char uid[32], gid[32];
	struct text uid_map = TEXT_ON(uid), gid_map = TEXT_ON(gid);

	text_fmt(&uid_map, "%u 0 1", (unsigned)s->l->plan->inside_uid);
	text_fmt(&gid_map, "%u 0 1", (unsigned)s->l->plan->inside_gid);
	if (fd_write_file(AT_FDCWD, "/proc/self/setgroups", "deny") != 0 ||
	    fd_write_file(AT_FDCWD, "/proc/self/uid_map", uid) != 0 ||
	    fd_write_file(AT_FDCWD, "/proc/self/gid_map", gid) != 0)
		return err_sys(e, "write the id maps of the inner user namespace");
	return 0;
}

static int init_die_with_supervisor(struct init_state *s, struct err *e)
{
	(void)s;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return err_sys(e, "prctl(PR_SET_PDEATHSIG)");
	return 0;
}

static int init_rootfs(struct init_state *s, struct err *e)
{
	return child_rootfs(s->l, &s->scratch, e);
}

static int init_identity(struct init_state *s, struct err *e)
{
	const char *name = s->l->plan->hostname;
	const struct sched_param normal = { 0 };

	if (sethostname(name, strlen(name)) != 0 || setdomainname("(none)", 6) != 0)
		return err_sys(e, "set the host name");
	/* Already a session leader can't be: init is a fresh process.  The caller's terminal goes. */
	if (setsid() < 0)
		return err_sys(e, "setsid");
	umask(022);
	if (syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &normal) != 0)
		return err_sys(e, "sched_setscheduler(SCHED_OTHER)");
	return 0;
}

/* Without this the workload would possess the caller's session keyring.  ENOSYS: no keyrings at all. */
static int init_keyring(struct init_state *s, struct err *e)
{
	(void)s;
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return err_sys(e, "join a new session keyring");
	return 0;
}

static int init_streams(struct init_state *s, struct err *e)
{
	for (int i = 0; i < 3; i++)
		if (dup2(s->l->stdio[i], i) < 0) /* lint: cloexec-ok: 0-2 are inherited */
			return err_sys(e, "place stream %d", i);
	return 0;
}

/* Descriptors of the supervisor end here: only 0-2, the wire, the scratch directory and the ones the
 * user passes stay. */
static int init_close_rest(struct init_state *s, struct err *e)
{
	const struct plan *p = s->l->plan;
	int keep[PLAN_PASS_FD_MAX + 3];
	size_t count = 0;

	keep[count++] = s->l->ctl;
	keep[count++] = s->scratch;
	for (size_t i = 0; i < p->pass_fd_count; i++)
		keep[count++] = p->pass_fds[i];
	return fd_close_except(keep, count) == 0 ? 0 : err_sys(e, "close_range");
}

static int init_rlimits(struct init_state *s, struct err *e)
{
	return child_rlimits(s->l, e);
}

static int init_drop_capabilities(struct init_state *s, struct err *e)
{
	(void)s;
	if (child_drop_capabilities(e) != 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_sys(e, "prctl(PR_SET_NO_NEW_PRIVS)");
	return 0;
}

/* What init still has of the caller in its memory: the strings of the supervisor's exec. */
static int init_hide(struct init_state *s, struct err *e)
{
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return err_sys(e, "prctl(PR_SET_DUMPABLE)");
	if (s->l->argv_area) /* there may be no environment */
		explicit_bzero(s->l->argv_area, s->l->argv_area_len);
	return 0;
}

struct init_step {
	const char *stage;
	int (*run)(struct init_state *s, struct err *e);
};

static const struct init_step init_steps[] = {
	{ "userns", init_id_maps }, /* first: everything else needs an identity */
	{ "process",
	  init_die_with_supervisor }, /* as early as it holds: no credential change follows */
	{ "streams", init_streams },  /* before the tree: dup2 may not hit its descriptors */
	{ "rootfs", init_rootfs },
	{ "process", init_identity },
	{ "keyring", init_keyring },
	{ "descriptors", init_close_rest },
	{ "rlimits", init_rlimits },
	{ "capabilities", init_drop_capabilities }, /* after everything that needs one */
	{ "process", init_hide },		    /* last before the workload exists */
};

static void init_report(const struct launch *l, const siginfo_t *info)
{
	struct wire w = { .type = WIRE_ENDED, .code = info->si_code, .status = info->si_status };

	fd_send(l->ctl, &w, sizeof(w), NULL, 0);
}

static void init_sealed(const struct launch *l)
{
	struct wire w = { .type = WIRE_SEALED };

	fd_send(l->ctl, &w, sizeof(w), NULL, 0);
}

/* Reap until the main process has ended; then leave: the kernel ends all the others with us. */
static void init_reap(const struct launch *l, pid_t main_pid) __attribute__((noreturn));

static void init_reap(const struct launch *l, pid_t main_pid)
{
	siginfo_t info;

	for (;;) {
		info.si_pid = 0;
		if (waitid(P_ALL, 0, &info, WEXITED) != 0 && errno != EINTR)
			process_exit(125);
		if (info.si_pid == main_pid) {
			init_report(l, &info);
			process_exit(0);
		}
	}
}

void init_main(void *launch)
{
	struct init_state s = { .l = launch, .scratch = -1 };
	struct launch with_scratch;
	struct process_spec spec = { .cgroup_fd = -1, .main = last_main, .arg = &with_scratch };
	struct process main = { .pidfd = -1 };
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof(init_steps) / sizeof(init_steps[0]); i++)
		if (init_steps[i].run(&s, &e) != 0)
			child_fail(s.l, &e, init_steps[i].stage);
	/* The one-shot stage must be gone, or a tight process limit would count it. */
	child_wait_go(s.l);
	with_scratch = *s.l;
	with_scratch.scratch = s.scratch;
	if (process_clone(&spec, &main, &e) != 0)
		child_fail(s.l, &e, "process");
	if (close_range(0, (unsigned)s.l->ctl - 1, 0) != 0 ||
	    close_range((unsigned)s.l->ctl + 1, ~0u, 0) != 0 ||
	    child_seccomp(&s.l->init_filter, false, NULL, &e) != 0)
		child_fail(s.l, &e, "init");
	init_sealed(s.l);
	init_reap(s.l, main.pid);
}
