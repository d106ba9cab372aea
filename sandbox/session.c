/* session.c - own every resource of one run: start in order, tear down in reverse.
 *
 * Theory of operation.  Nothing of the workload's is started before everything that can be refused has
 * been refused (prepare.c).  Then the processes are made, one after the other, and what they built is read back
 * (start.c).  Then the loop (supervise.c).  Every early end goes through the same teardown, which is
 * idempotent and knows no difference between a failed and a finished run. */
#include "sandbox/session.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "sandbox/run.h"

int run_steps(struct run *r, const struct run_step *steps, size_t count, struct err *e)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i].run(r, e) != 0)
			return err_stage(e, steps[i].stage);
	return 0;
}

/* --- end ----------------------------------------------------------------------------------------- */

/* What the audit log says became of the cgroup. */
static const char *destroy_cgroup(struct run *r)
{
	if (!r->cgroup)
		return "none";
	if (cgroup_destroy(r->cgroup) <= 0)
		return "removed";
	outcome_warn(r->out,
		     "a cgroup directory could not be removed yet; the next start sweeps it");
	return "left";
}

static void restore_signals(struct run *r)
{
	fd_close(&r->signal_fd);
	if (r->mask_saved)
		sigprocmask(SIG_SETMASK, &r->old_mask, NULL);
}

/* Idempotent; what is not there is passed over. */
static struct trail_left teardown(struct run *r)
{
	struct trail_left left;
	bool stage_gone = process_release(&r->stage);

	/* Kills the whole pid namespace; a no-op after a normal end. */
	left.processes_gone = process_release(&r->init) && stage_gone;
	fd_close(&r->workload.pidfd);
	fd_close(&r->listener);
	fd_close(&r->scratch); /* lets the tmpfs go before its memory's cgroup is removed */
	if (r->launch.trees)
		for (size_t i = 0; i < r->plan->row_count; i++)
			fd_close(&r->launch.trees[i]);
	free(r->launch.trees);
	secrets_wipe(&r->secrets);
	fd_close(&r->launch.ctl);
	fd_close(&r->ctl);
	fd_close(&r->tty_master);
	fd_close(&r->tty_slave);
	streams_release(&r->streams);
	network_finish(r); /* the gateway had all this time to answer */
	left.processes_gone = network_release(r) && left.processes_gone;
	if (!left.processes_gone)
		outcome_warn(r->out, "a process of this run could not be ended; does it hang in the "
				     "kernel?");
	left.cgroup = destroy_cgroup(
		r); /* after the gateway's, which stands below the same parent */
	fd_close(&r->slot_fd);
	return left;
}

/* The verdict stands in the log's last line.  If that can't be written, it changes. */
static void conclude(struct run *r, const struct trail_left *left)
{
	struct outcome *o = r->out;

	run_told(r, trail_teardown(r->trail, o, left));
	o->verdict = reason_from(&o->evidence);
	run_told(r, trail_result(r->trail, o));
	run_told(r, trail_close(r->trail, o));
	o->verdict = reason_from(&o->evidence);
}

static void fail(struct run *r, const struct err *e)
{
	struct evidence *ev = &r->out->evidence;

	supervise_count(r); /* out of memory explains better than the step that broke */
	ev->setup_failed = true;
	ev->refused = e->kind == ERR_UNSUPPORTED || e->kind == ERR_USAGE;
	r->out->error = *e;
	r->out->has_error = true;
	if (r->trail && !r->trail->started)
		run_told(r, trail_refused(r->trail, r->out, r->plan->argv));
}

static int start(struct run *r, session_notify_fn notify, void *arg, struct err *e)
{
	if (run_prepare(r, e) != 0) {
		network_explain(r, e);
		return -1;
	}
	if (notify && notify(arg, SESSION_CREATED, r->out, e) != 0)
		return err_stage(e, "record");
	if (run_start(r, e) != 0) {
		network_explain(r, e);
		return -1;
	}
	if (notify && notify(arg, SESSION_STARTED, r->out, e) != 0)
		return err_stage(e, "record");
	return run_release(r, e) == 0 ? 0 : err_stage(e, "exec");
}

/* A record may claim no wall that nobody has seen: the reading back says which there are. */
static void no_walls_yet(struct outcome *out)
{
	static const char why[] = "set-up ended before";

	for (unsigned i = 0; i < WALL_COUNT; i++) {
		out->walls[i].state = WALL_ABSENT;
		memcpy(out->walls[i].detail, why, sizeof(why));
	}
}

void session_run(const struct plan *plan, struct trail *trail, session_notify_fn notify, void *arg,
		 struct outcome *out)
{
	struct run r = { .plan = plan,
			 .out = out,
			 .trail = trail,
			 .notify = notify,
			 .notify_arg = arg,
			 .launch = { .plan = plan,
				     .ctl = -1,
				     .ctl_supervisor = -1,
				     .scratch = -1,
				     .net = { .outer_ns = -1,
					      .wire = -1,
					      .wire_supervisor = -1,
					      .event = -1,
					      .event_supervisor = -1,
					      .link_stage = -1,
					      .link_maker = -1 } },
			 .stage = { .pidfd = -1 },
			 .init = { .pidfd = -1 },
			 .workload = { .pidfd = -1 },
			 .slot_fd = -1,
			 .ctl = -1,
			 .signal_fd = -1,
			 .listener = -1,
			 .scratch = -1,
			 .tty_master = -1,
			 .tty_slave = -1 };
	struct trail_left left;
	struct err e = { 0 };

	r.launch.secrets = &r.secrets;
	network_init(&r.net);
	memset(out, 0, sizeof(*out));
	out->started_real_ns = clock_realtime_ns();
	out->supervisor_pid = getpid();
	out->cgroup_mode = "none";
	streams_init(&r.streams);
	for (int i = 0; i < LIMIT_COUNT; i++)
		out->limits[i].value = plan->limits.value[i];
	no_walls_yet(out);
	if (start(&r, notify, arg, &e) == 0)
		supervise(&r);
	else
		fail(&r, &e);
	out->evidence.has_cgroup = r.cgroup != NULL;
	left = teardown(&r);
	out->ended_real_ns = clock_realtime_ns();
	conclude(&r, &left);
	restore_signals(&r);
	if (out->verdict.reason != REASON_SETUP &&
	    (r.released || out->verdict.reason != REASON_AUDIT))
		out->phase = PHASE_TEARDOWN;
	if (notify && notify(arg, SESSION_ENDED, out, &e) != 0) {
		out->error = e;
		out->has_error = true;
	}
}
