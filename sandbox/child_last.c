/* child_last.c - the workload's process until it becomes the workload.
 *
 * Order matters: a session of its own (and its terminal) and default signals first; then it is made dumpable again, so
 * that the supervisor can read back what is in force (init stays undumpable; nothing hostile runs
 * yet); then the filters, the first with the listener; then READY and one blocking read: the hold.
 * Only after the supervisor has compared every wall with the plan does it release us to execve. */
#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/launch.h"
#include "sandbox/process.h"

static int last_prepare(const struct launch *l, struct err *e)
{
	const struct plan *p = l->plan;

	if (setsid() < 0)
		return err_sys(e, "setsid");
	if (child_signals(l, e) != 0)
		return -1;
	for (size_t i = 0; i < p->pass_fd_count; i++)
		if (fcntl(p->pass_fds[i], F_SETFD, 0) != 0)
			return err_sys(e, "pass descriptor %d", p->pass_fds[i]);
	if (chdir(p->workdir) != 0)
		return err_sys(e, "enter the working directory '%s' (--chdir)", p->workdir);
	if (prctl(PR_SET_DUMPABLE, 1) != 0)
		return err_sys(e, "prctl(PR_SET_DUMPABLE)");
	return 0;
}

static void last_ready(const struct launch *l, int listener, const int *tty, struct err *e)
{
	struct wire w = { .type = WIRE_READY };
	int fds[4] = { listener };
	size_t count = 1;

	if (l->scratch >= 0) {
		w.flags |= WIRE_F_HAS_SCRATCH;
		fds[count++] = l->scratch;
	}
	if (l->plan->tty) {
		w.flags |= WIRE_F_HAS_TTY;
		fds[count++] = tty[0];
		fds[count++] = tty[1];
	}
	if (fd_send(l->ctl, &w, sizeof(w), fds, count) != 0) {
		err_sys(e, "hand the listener to the supervisor");
		child_fail(l, e, "seccomp");
	}
}

void last_main(void *launch)
{
	const struct launch *l = launch;
	const struct plan *p = l->plan;
	int listener = -1, tty[2] = { -1, -1 };
	struct err e = { 0 };

	if (last_prepare(l, &e) != 0)
		child_fail(l, &e, "process");
	if (p->tty && child_tty(l, &tty[0], &tty[1], &e) != 0)
		child_fail(l, &e, "terminal");
	for (size_t i = 0; i < p->filter_count; i++)
		if (child_seccomp(&p->filters[i], i == 0, &listener, &e) != 0)
			child_fail(l, &e, "seccomp");
	last_ready(l, listener, tty, &e);
	child_wait_go(l);
	e.errnum = process_exec(p->exec_paths, p->argv, p->envp);
	err_set(&e, ERR_EXEC, e.errnum, ERR_AT, "exec '%s'", p->argv[0]);
	child_fail(l, &e, "exec");
}
