/* prepare.c - everything of a run that can be refused, before anything of the workload's is started.
 *
 * Cgroup made and limited, descriptors typed, streams and sources opened, secrets read.  The network's own
 * two processes are the exception: they need nothing of all that, and take longest; so they are made
 * first, and know neither streams nor secrets.
 * What is made here is owned by struct run and goes with session.c's teardown.  Runs in: supervisor. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "sandbox/rootfs.h"
#include "sandbox/run.h"
#include "sandbox/slot.h"
#include "seccomp/filter.h"

/* The environment strings of our own exec, for init to wipe in its copy: they lie in one piece at the
 * top of the stack (execve(2), env_start..env_end). */
static void find_argv_area(struct launch *l)
{
	char *end = NULL;

	if (!environ || !environ[0])
		return;
	for (char **p = environ; *p; p++)
		end = *p + strlen(*p);
	if (end > environ[0]) {
		l->argv_area = environ[0];
		l->argv_area_len = (size_t)(end - environ[0]);
	}
}

static int block_signals(struct run *r, struct err *e)
{
	static const int caught[] = { SIGTERM, SIGINT,	SIGHUP,	  SIGQUIT,
				      SIGUSR1, SIGUSR2, SIGWINCH, SIGPIPE };
	static const int of_terminal[] = { SIGTSTP, SIGCONT };
	const struct sigaction deflt = { .sa_handler = SIG_DFL };
	sigset_t set;

	/* A caller that ignores CHLD would have our children reaped before we can ask about them. */
	if (sigaction(SIGCHLD, &deflt, NULL) != 0)
		return err_sys(e, "reset SIGCHLD");
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaddset(&set, caught[i]);
	for (size_t i = 0; r->plan->tty && i < sizeof(of_terminal) / sizeof(of_terminal[0]); i++)
		sigaddset(&set, of_terminal[i]);
	/* Blocked signals are kept even where the caller had them ignored (a shell's `&`). */
	if (sigprocmask(SIG_BLOCK, &set, &r->old_mask) != 0)
		return err_sys(e, "block signals");
	r->mask_saved = true;
	find_argv_area(&r->launch); /* of every child to come */
	r->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signal_fd < 0 ? err_sys(e, "signalfd") : 0;
}

static int take_slot(struct run *r, struct err *e)
{
	struct text name = TEXT_ON(r->out->session);
	uint32_t random = 0;

	r->slot_fd = slot_take(&r->slot, e);
	if (r->slot_fd < 0)
		return -1;
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_sys(e, "getrandom");
	text_fmt(&name, "er-%u-", r->slot);
	text_hex(&name, random);
	r->host_uid = r->plan->root ? SLOT_UID_BASE + r->slot : geteuid();
	r->host_gid = r->plan->root ? SLOT_UID_BASE + r->slot : getegid();
	r->out->host_uid = r->host_uid;
	return 0;
}

static int check_passed_fds(struct run *r, struct err *e)
{
	for (size_t i = 0; i < r->plan->pass_fd_count; i++)
		if (streams_check_passed(r->plan->pass_fds[i], e) != 0)
			return -1;
	return 0;
}

static int open_streams(struct run *r, struct err *e)
{
	if (streams_open(r->plan, &r->streams, e) != 0)
		return -1;
	/* Else the workload could use its streams, but not open /dev/stdout by name. */
	for (int i = 0; r->plan->root && i < 3; i++)
		if (streams_is_pipe(&r->streams, i) &&
		    fchown(r->streams.workload_ends[i], r->host_uid, r->host_gid) != 0)
			return err_sys(e, "give the streams to the run's uid");
	memcpy(r->launch.stdio, r->streams.workload_ends, sizeof(r->launch.stdio));
	return 0;
}

static int secret_woken(void *run, struct err *e)
{
	return run_setup_signal(run, e);
}

static int read_secrets(struct run *r, struct err *e)
{
	const struct plan *p = r->plan;
	const struct secret_wake wake = { r->signal_fd, secret_woken, r };

	return p->secret_count
		       ? secrets_read(p->secrets, p->secret_count, &wake, &r->secrets, r->out, e)
		       : 0;
}

static int open_sources(struct run *r, struct err *e)
{
	r->launch.trees = calloc(r->plan->row_count, sizeof(int));
	if (!r->launch.trees)
		return err_nomem(e);
	for (size_t i = 0; i < r->plan->row_count; i++)
		r->launch.trees[i] = -1;
	return r->plan->root ? rootfs_open_user_sources(r->plan, r->launch.trees, r->host_uid,
							r->host_gid, e)
			     : 0;
}

static int make_cgroup(struct run *r, struct err *e)
{
	const uint64_t *want = r->plan->limits.value;
	struct cgroup_spec spec = { .slot = r->slot,
				    .parent = r->plan->cgroup_parent,
				    .memory_bytes = want[LIMIT_MEMORY],
				    .cpus_milli = want[LIMIT_CPUS],
				    .pids_count = want[LIMIT_PIDS] };

	if (spec.pids_count != LIMIT_NONE)
		spec.pids_count++; /* init */
	if (cgroup_create(&spec, &r->cgroup, r->cgroup_why, sizeof(r->cgroup_why), e) != 0)
		return -1;
	r->launch.cgroup = r->cgroup;
	if (!r->cgroup && want[LIMIT_PIDS] != LIMIT_NONE)
		r->launch.nproc = want[LIMIT_PIDS] + 1;
	r->out->cgroup_mode = !r->cgroup			    ? "none"
			      : cgroup_mode(r->cgroup) == CGROUP_V2 ? "v2"
								    : "v1";
	return 0;
}

/* --cpu-time is looked after by us; should we be stopped, each process alone still comes to an end. */
static rlim_t cpu_backstop_s(const struct plan *plan)
{
	uint64_t budget_ns = plan->limits.value[LIMIT_CPU_TIME];
	struct rlimit own;
	rlim_t seconds;

	if (budget_ns == LIMIT_NONE)
		return 0;
	seconds = budget_ns / NS_PER_S + 2;
	for (size_t i = 0; i < plan->rlimit_count; i++)
		if (plan->rlimits[i].resource == RLIMIT_CPU)
			return 0; /* the caller's own wish */
	return getrlimit(RLIMIT_CPU, &own) == 0 && own.rlim_max >= seconds ? seconds : 0;
}

static int make_wire(struct run *r, struct err *e)
{
	const struct seccomp_profile *init = seccomp_profile_find("init");
	int ends[2], one = 1;

	if (!init)
		return err_internal(e, "no shipped seccomp profile 'init'");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return err_sys(e, "socketpair");
	r->ctl = r->launch.ctl_supervisor = ends[0];
	r->launch.ctl = ends[1];
	if (setsockopt(r->ctl, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) != 0)
		return err_sys(e, "SO_PASSCRED");
	r->launch.init_filter = init->allow;
	r->launch.cpu_s = cpu_backstop_s(r->plan);
	r->launch.ignored_signals = r->plan->ignored_signals;
	return 0;
}

static const struct run_step prepare_steps[] = {
	{ "process", block_signals },
	{ "slot", take_slot },
	{ "cgroup", make_cgroup },
	{ "network", network_start }, /* as early as can be: it goes on beside all that follows */
	{ "descriptors", check_passed_fds },
	{ "streams", open_streams },
	{ "secrets", read_secrets },
	{ "rootfs", open_sources },
	{ "process", make_wire },
};

int run_prepare(struct run *r, struct err *e)
{
	return RUN_STEPS(r, prepare_steps, e);
}
