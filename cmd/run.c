/* run.c - the verb `run`: options to policy to plan to session to record, report, exit status.
 *
 * The record is opened before anything else can be refused, so that a refusal is recorded too; its
 * `running` state is written when the session exists and before anything is started. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
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
	struct record_file file;
	struct outcome outcome;
};

static const char *lookup(const char *name)
{
	return getenv(name);
}

/* Where a scheduler or CI system started us, its names become labels; the user's own win. */
static int add_labels(struct policy *policy, struct err *e)
{
	static const char *const names[] = {
		"SLURM_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_PROCID",
		"CI_JOB_ID",	"GITHUB_RUN_ID",       "BUILDKITE_JOB_ID",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);
		struct env_entry *grown, entry;
		bool named = false;

		for (size_t j = 0; j < policy->label_count; j++)
			named = named || strcmp(policy->labels[j].name, names[i]) == 0;
		if (!value || !*value || named)
			continue;
		entry = (struct env_entry){ policy_printf(policy, "%s", names[i]),
					    policy_printf(policy, "%s", value) };
		grown = policy_grow(policy, policy->labels, policy->label_count, sizeof(*grown));
		if (!grown || !entry.name || !entry.value)
			return err_nomem(e);
		policy->labels = grown;
		grown[policy->label_count++] = entry;
	}
	return 0;
}

static int open_record(struct run *run, struct err *e)
{
	struct policy *policy = run->policy;
	autofree char *path = NULL;

	if (!policy->record_path)
		return 0;
	if (record_path_expand(policy->record_path, lookup, &path, e) != 0)
		return -1;
	policy->record_path = policy_printf(policy, "%s", path);
	if (!policy->record_path)
		return err_nomem(e);
	if (check_result_path(policy, "--record", policy->record_path, e) != 0)
		return -1;
	return record_file_open(policy->record_path, &run->file, e);
}

static int notify(void *arg, enum session_event event, const struct outcome *o, struct err *e)
{
	struct run *run = arg;

	if (event == SESSION_CREATED && run->file.dir >= 0 &&
	    record_file_write(&run->file, record_running(run->policy, &run->plan, o), e) != 0)
		return -1;
	/* The end is told by finish(), after the record is complete. */
	return event == SESSION_ENDED ? 0 : status_event(run->policy->status_fd, event, o, e);
}

/* Record, status line, message: in this order, so that whoever is woken finds the record. */
static int finish(struct run *run)
{
	const struct plan *plan = run->plan.arena ? &run->plan : NULL;
	const struct outcome *o = &run->outcome;
	int status = o->verdict.exit_status;
	struct err e;

	if (run->file.dir >= 0 &&
	    record_file_write(&run->file, record_final(run->policy, plan, o), &e) != 0) {
		/* If it could not even be written at the start, that is what ended the run. */
		status = o->phase == PHASE_SETUP && o->has_error ? status : report_error(&e);
	}
	/* A status reader that is gone can't be told; the record and the exit status still tell. */
	(void)status_event(run->policy->status_fd, SESSION_ENDED, o, &e);
	report_outcome(run->policy, o);
	return status;
}

static int refuse(struct run *run, struct err *why)
{
	struct err e;
	int status = report_error(why);

	err_stage(why, "policy"); /* unless resolve has named its own */

	record_refused(run->policy, why, &run->outcome);
	if (run->file.dir >= 0 &&
	    record_file_write(&run->file, record_final(run->policy, NULL, &run->outcome), &e) != 0)
		report_error(&e);
	if (run->policy->status_fd >= 0 && fcntl(run->policy->status_fd, F_GETFD) >= 0)
		(void)status_refused(run->policy->status_fd, why, &e);
	return status;
}

/* Everything that can be decided before the first side effect. */
static int prepare(struct run *run, struct err *e)
{
	struct policy *policy = run->policy;

	if (add_labels(policy, e) != 0 || open_record(run, e) != 0 || check_policy(policy, e) != 0)
		return -1;
	if (policy->status_fd >= 0 && fcntl(policy->status_fd, F_SETFD, FD_CLOEXEC) != 0)
		return err_sys(e, "--status-fd %d", policy->status_fd);
	return resolve_plan(policy, &run->plan, e);
}

int run_verb(struct options *o)
{
	struct run run = { .policy = &o->policy, .file.dir = -1 };
	struct err e;
	int status;

	if (prepare(&run, &e) == 0) {
		session_run(&run.plan, notify, &run, &run.outcome);
		status = finish(&run);
		plan_release(&run.plan);
	} else {
		status = refuse(&run, &e);
	}
	record_file_close(&run.file);
	return status;
}
