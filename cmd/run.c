/* run.c - the verb `run`: options to policy to plan to session to record, report, exit status.
 *
 * The record and the meta file are opened before anything else can be refused, so that a refusal is told
 * there too; their `running` state is written when the session exists and before anything of
 * the workload is started. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "cmd/explain.h"
#include "cmd/labels.h"
#include "cmd/meta.h"
#include "cmd/record.h"
#include "cmd/record_file.h"
#include "cmd/report.h"
#include "cmd/status.h"
#include "cmd/verbs.h"
#include "profiles/check.h"
#include "profiles/resolve.h"
#include "sandbox/session.h"

struct run {
	struct policy *policy;
	struct plan plan;
	struct record_file file; /* --record */
	struct record_file meta; /* --meta */
	struct trail trail;	 /* log.fd -1: no audit log */
	struct outcome outcome;
};

static const char *lookup(const char *name)
{
	return getenv(name);
}

static int open_result(struct policy *policy, const char *option, char **path,
		       struct record_file *out, struct err *e)
{
	autofree char *expanded = NULL;

	if (!*path)
		return 0;
	if (record_path_expand(option, *path, lookup, &expanded, e) != 0)
		return -1;
	*path = policy_printf(policy, "%s", expanded);
	if (!*path)
		return err_nomem(e);
	if (check_replaced_path(policy, option, *path, e) != 0)
		return -1;
	return record_file_open(option, *path, out, e);
}

static int open_results(struct run *run, struct err *e)
{
	struct policy *policy = run->policy;

	if (open_result(policy, "--record", &policy->record_path, &run->file, e) != 0 ||
	    open_result(policy, "--meta", &policy->meta_path, &run->meta, e) != 0)
		return -1;
	if (!record_file_same(&run->file, &run->meta))
		return 0;
	record_file_close(&run->meta);
	return err_usage(e, "--meta '%s' is the file of --record", policy->meta_path);
}

/* Both files, or the message of the first that failed. */
static int write_results(struct run *run, struct err *e)
{
	const struct plan *plan = run->plan.arena ? &run->plan : NULL;
	char buf[META_BYTES];
	struct text t = TEXT_ON(buf);
	struct err second;
	int rc = 0;

	if (run->file.dir >= 0)
		rc = record_file_write(&run->file, record_final(run->policy, plan, &run->outcome),
				       e);
	meta_final(&t, run->policy, &run->outcome);
	return record_file_replace(&run->meta, buf, rc == 0 ? e : &second) == 0 ? rc : -1;
}

static int write_running(struct run *run, const struct outcome *o, struct err *e)
{
	char buf[META_BYTES];
	struct text t = TEXT_ON(buf);

	if (run->file.dir >= 0 &&
	    record_file_write(&run->file, record_running(run->policy, &run->plan, o), e) != 0)
		return -1;
	meta_running(&t);
	return record_file_replace(&run->meta, buf, e);
}

/* The words of the command line's labels, as the log shows them. */
static int label_words(struct policy *policy, struct trail *trail, struct err *e)
{
	char **words = policy_alloc(policy, (policy->label_count + 1) * sizeof(*words));

	for (size_t i = 0; words && i < policy->label_count; i++) {
		words[i] = policy_printf(policy, "%s=%s", policy->labels[i].name,
					 policy->labels[i].value);
		if (!words[i])
			return err_nomem(e);
	}
	trail->labels = words;
	trail->label_count = policy->label_count;
	return words ? 0 : err_nomem(e);
}

static int open_audit(struct run *run, struct err *e)
{
	struct policy *policy = run->policy;

	if (!policy->audit_path)
		return 0;
	/* Before it is made: a refused run must leave nothing in a tree of the command's. */
	if (check_result_path(policy, "--audit", policy->audit_path, e) != 0 ||
	    label_words(policy, &run->trail, e) != 0 ||
	    audit_open(policy->audit_path, &run->trail.log, e) != 0)
		return err_stage(e, "audit");
	if (check_audit_file(policy, run->trail.log.fd, e) == 0)
		return 0;
	fd_close(&run->trail.log.fd); /* nor is anything written there */
	return err_stage(e, "audit");
}

static struct trail *trail_of(struct run *run)
{
	return run->trail.log.fd >= 0 ? &run->trail : NULL;
}

static int notify(void *arg, enum session_event event, const struct outcome *o, struct err *e)
{
	struct run *run = arg;

	if (event == SESSION_CREATED && write_running(run, o, e) != 0)
		return -1;
	/* The end is told by finish(), after the record is complete. */
	return event == SESSION_ENDED ? 0 : status_event(run->policy, event, o, e);
}

/* Record, status line, message: in this order, so that whoever is woken finds the record. */
static int finish(struct run *run)
{
	const struct outcome *o = &run->outcome;
	int status = o->verdict.exit_status;
	struct err e;

	if (write_results(run, &e) != 0) {
		/* If it could not even be written at the start, that is what ended the run. */
		status = o->phase == PHASE_SETUP && o->has_error ? status : report_error(&e);
	}
	/* A status reader that is gone can't be told; the record and the exit status still tell. */
	(void)status_event(run->policy, SESSION_ENDED, o, &e);
	report_outcome(run->policy, o);
	return status;
}

static void refuse_in_log(struct run *run)
{
	struct trail *trail = trail_of(run);
	struct outcome *o = &run->outcome;

	trail_refused(trail, o, run->policy->argv);
	trail_result(trail, o);
	trail_close(trail, o);
	if (run->trail.lost == 0)
		return;
	o->evidence.kill_audit = true;
	o->verdict = reason_from(&o->evidence);
	trail_explain(&run->trail, o);
	report_error(&run->trail.error);
}

static int refuse(struct run *run, struct err *why)
{
	struct err e;
	int status = report_error(why);

	err_stage(why, "policy"); /* unless resolve has named its own */

	record_refused(run->policy, why, &run->outcome);
	refuse_in_log(run);
	if (write_results(run, &e) != 0)
		report_error(&e);
	if (run->policy->status_fd >= 0 && fcntl(run->policy->status_fd, F_GETFD) >= 0)
		(void)status_refused(run->policy->status_fd, why, &e);
	return status;
}

/* Everything that can be decided before the first side effect. */
static int prepare(struct run *run, struct err *e)
{
	struct policy *policy = run->policy;

	if (labels_add(policy, lookup, e) != 0 || open_results(run, e) != 0 ||
	    open_audit(run, e) != 0 || check_policy(policy, e) != 0)
		return -1;
	if (policy->status_fd >= 0 && fcntl(policy->status_fd, F_SETFD, FD_CLOEXEC) != 0)
		return err_sys(e, "--status-fd %d", policy->status_fd);
	if (resolve_plan(policy, &run->plan, e) != 0)
		return -1;
	return trail_of(run) ? explain_hash(&run->plan, &run->trail.plan_hash, e) : 0;
}

int run_verb(struct options *o)
{
	struct run run = {
		.policy = &o->policy, .file.dir = -1, .meta.dir = -1, .trail.log.fd = -1
	};
	struct err e;
	int status;

	if (prepare(&run, &e) == 0) {
		session_run(&run.plan, trail_of(&run), notify, &run, &run.outcome);
		status = finish(&run);
		plan_release(&run.plan);
	} else {
		status = refuse(&run, &e);
	}
	outcome_release(&run.outcome);
	record_file_close(&run.file);
	record_file_close(&run.meta);
	return status;
}
