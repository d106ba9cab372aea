/* child_stage.c - the one-shot process between supervisor and init.
 *
 * Theory of operation.  Born in the outer user namespace U1 and the workload's network namespace W,
 * and (cgroup v2) already in the run's cgroup.  With a network the gate has made U1 and the socket maker
 * W (a process can't be born in one cgroup and another's namespace): stage joins both.  It takes the run's
 * own uid, joins the cgroup (v1), raises the loopback, starts init in U2 as a *sibling* (CLONE_PARENT: the
 * supervisor reaps it) and exits.  W belongs to U1, so nothing inside U2, whatever its capabilities, can
 * change W.
 * Order matters: the uid change comes before the parent-death signal, because it clears it.
 * Fails closed: any error ends the run as `setup`. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/launch.h"
#include "sandbox/process.h"

void child_fail(const struct launch *l, struct err *e, const char *stage)
{
	struct wire w = { .type = WIRE_ERROR };

	err_stage(e, stage);
	w.err = *e;
	fd_send(l->ctl, &w, sizeof(w), NULL, 0);
	process_exit(125);
}

void child_wait_go(const struct launch *l)
{
	struct err e = { 0 };
	struct wire w;
	ssize_t n = fd_recv(l->ctl, &w, sizeof(w), NULL, 0, NULL, NULL);

	if (n == (ssize_t)sizeof(w) && w.type == WIRE_GO)
		return;
	if (n == 0) /* the supervisor is gone: nobody to tell */
		process_exit(125);
	err_sysn(&e, n < 0 ? errno : EBADMSG, "wait for the supervisor");
	child_fail(l, &e, "process");
}

/* Root path only.  The raw calls act on this thread alone, which is the only one. */
int child_become_run_uid(struct err *e)
{
	if (syscall(SYS_setgroups, 0, NULL) != 0)
		return err_sys(e, "setgroups(0)");
	if (syscall(SYS_setresgid, 0, 0, 0) != 0 || syscall(SYS_setresuid, 0, 0, 0) != 0)
		return err_sys(e, "take the run's own uid");
	/* The change of uid made us undumpable, and an undumpable process can't write its child's nor
	 * its own id maps (EACCES); init clears it again before the workload exists. */
	if (prctl(PR_SET_DUMPABLE, 1) != 0)
		return err_sys(e, "prctl(PR_SET_DUMPABLE)");
	return 0;
}

/* W, owned by U1, from the socket maker, which also raises its loopback. */
static int stage_join_network(const struct launch *l, struct err *e)
{
	const struct launch_net *net = &l->net;
	const int done[] = { net->outer_ns, net->wire_supervisor, net->event_supervisor,
			     net->link_stage };
	autofd int ns = -1;
	size_t count = 0;
	char none;
	ssize_t n = fd_recv(net->link_stage, &none, sizeof(none), &ns, 1, &count, NULL);

	if (n < 0)
		return err_sys(e, "wait for the workload's network namespace");
	if (n == 0 || count != 1) /* why, it has told on its own wire: network_explain() */
		return err_sysn(e, 0, "the socket maker died before the network stood");
	if (setns(ns, CLONE_NEWNET) != 0)
		return err_sys(e, "join the workload's network namespace");
	/* Init needs none of these, and the caller's limit may be low. */
	for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++)
		close(done[i]);
	return 0;
}

static int stage_raise_loopback(struct err *e)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	autofd int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &ifr) != 0)
		return err_sys(e, "raise the loopback interface");
	return 0;
}

static int stage_start_init(const struct launch *l, struct err *e)
{
	struct process_spec spec = { .flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS |
					      CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP |
					      CLONE_PARENT,
				     .cgroup_fd = -1,
				     .main = init_main,
				     .arg = (void *)(uintptr_t)l };
	struct wire w = { .type = WIRE_INIT };
	struct process init;

	if (process_clone(&spec, &init, e) != 0)
		return -1;
	w.pid = init.pid;
	if (fd_send(l->ctl, &w, sizeof(w), &init.pidfd, 1) != 0)
		return err_sys(e, "hand init to the supervisor");
	return 0;
}

void stage_main(void *launch)
{
	const struct launch *l = launch;
	struct err e = { 0 };

	close(l->ctl_supervisor);
	child_wait_go(l);
	if (l->net.outer_ns >= 0 && setns(l->net.outer_ns, CLONE_NEWUSER) != 0) {
		err_sys(&e, "join the run's outer user namespace");
		child_fail(l, &e, "userns");
	}
	if (l->plan->root && child_become_run_uid(&e) != 0)
		child_fail(l, &e, "userns");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
		err_sys(&e, "prctl(PR_SET_PDEATHSIG)");
		child_fail(l, &e, "process");
	}
	if (cgroup_enter(l->cgroup, &e) != 0)
		child_fail(l, &e, "cgroup");
	if ((l->net.outer_ns >= 0 ? stage_join_network(l, &e) : stage_raise_loopback(&e)) != 0)
		child_fail(l, &e, "network");
	if (stage_start_init(l, &e) != 0)
		child_fail(l, &e, "namespaces");
	process_exit(0);
}
