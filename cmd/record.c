/* record.c - struct outcome, member by member, as JSON. */
#include "cmd/record.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "cmd/explain_net.h"
#include "cmd/json.h"
#include "cmd/verdict.h"
#include "seccomp/notify.h"

static void put(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static json_t *string_or_null(const char *s)
{
	return s && *s ? json_bytes(s) : json_null();
}

static json_t *integer_unless(int value, int none)
{
	return value == none ? json_null() : json_integer(value);
}

static json_t *labels_json(const struct policy *policy)
{
	json_t *labels = json_object();

	for (size_t i = 0; i < policy->label_count; i++) {
		/* A name that is no UTF-8 can't be a member name of jansson: escaped like a value. */
		json_t *name = json_bytes(policy->labels[i].name);

		if (name)
			put(labels, json_string_value(name), json_bytes(policy->labels[i].value));
		json_decref(name);
	}
	return labels;
}

static json_t *host_json(const struct plan *plan, const struct outcome *o)
{
	json_t *host = json_object();
	struct utsname names;

	put(host, "kernel", uname(&names) == 0 ? json_bytes(names.release) : json_null());
	put(host, "cgroup", string_or_null(o->cgroup_mode));
	put(host, "user", string_or_null(plan ? plan->user_mode : NULL));
	return host;
}

static const char *code_word(int main_code)
{
	return main_code == CLD_EXITED ? "exited" : main_code == CLD_DUMPED ? "dumped" : "killed";
}

/* The kills of our own, by the reason they were made for. */
static json_t *own_kills(const struct evidence *ev)
{
	const struct {
		bool made;
		enum reason reason;
	} kills[] = {
#define KILL_ROW(member, id) { ev->member, REASON_##id },
		KILL_TABLE(KILL_ROW)
#undef KILL_ROW
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(kills) / sizeof(kills[0]); i++)
		if (kills[i].made)
			json_array_append_new(list, json_string(reason_word(kills[i].reason)));
	return list;
}

/* Limits that the last look found reached, after the workload had ended. */
static json_t *found_at_end(const struct evidence *ev)
{
	json_t *list = json_array();

	if (ev->late_pids)
		json_array_append_new(list, json_string(reason_word(REASON_PIDS)));
	if (ev->late_output)
		json_array_append_new(list, json_string(reason_word(REASON_OUTPUT)));
	if (ev->late_disk)
		json_array_append_new(list, json_string(reason_word(REASON_DISK)));
	return list;
}

static json_t *evidence_json(const struct evidence *ev)
{
	json_t *object = json_object();

	put(object, "main_reported", json_boolean(ev->main_reported));
	if (ev->main_reported) {
		put(object, "main_code", json_string(code_word(ev->main_code)));
		put(object, "main_status", json_integer(ev->main_status));
	}
	put(object, "init_killed", json_boolean(ev->init_killed));
	put(object, "init_signal", integer_unless(ev->init_signal, 0));
	put(object, "own_kills", own_kills(ev));
	put(object, "found_at_end", found_at_end(ev));
	put(object, "cancel_signal", integer_unless(ev->cancel_signal, 0));
	put(object, "cancel_escalated", json_boolean(ev->cancel_escalated));
	put(object, "oom_kills", json_u64(ev->oom_kills));
	put(object, "outer_oom_kills", json_u64(ev->outer_oom_kills));
	put(object, "oom_cgroup", string_or_null(ev->oom_cgroup));
	put(object, "pids_refused", json_u64(ev->pids_refused));
	put(object, "outer_pids_refused", json_u64(ev->outer_pids_refused));
	put(object, "violations", json_u64(ev->violations));
	put(object, "cpu_used_ns", json_u64(ev->cpu_used_ns));
	put(object, "cpu_rlimit_ns", json_u64_known(ev->cpu_rlimit_ns));
	put(object, "disk_full", json_boolean(ev->disk_full));
	put(object, "file_size_signal", json_boolean(ev->file_size_signal));
	put(object, "stopped", json_boolean(ev->stopped));
	put(object, "exec_errno",
	    ev->exec_errno ? json_string(text_errno_name(ev->exec_errno)) : json_null());
	return object;
}

static json_t *usage_json(const struct outcome *o)
{
	static const struct outcome_usage nothing = {
		.wall_ns = UINT64_MAX,
		.cpu_user_ns = UINT64_MAX,
		.cpu_system_ns = UINT64_MAX,
		.throttled_ns = UINT64_MAX,
		.oom_kills = UINT64_MAX,
		.stdin_bytes = UINT64_MAX,
		.stdout_bytes = UINT64_MAX,
		.stderr_bytes = UINT64_MAX,
		.disk_used_bytes = UINT64_MAX,
		.disk_used_inodes = UINT64_MAX,
		.context_switches_voluntary = UINT64_MAX,
		.context_switches_forced = UINT64_MAX,
	};
	/* What was never started has used nothing that anybody measured. */
	const struct outcome_usage *u = o->phase == PHASE_SETUP ? &nothing : &o->usage;
	json_t *object = json_object();

	put(object, "wall_ns", json_u64(u->wall_ns));
	put(object, "cpu_user_ns", json_u64(u->cpu_user_ns));
	put(object, "cpu_system_ns", json_u64(u->cpu_system_ns));
	put(object, "throttled_ns", json_u64(u->throttled_ns));
	put(object, "memory_peak_bytes", json_u64_known(u->memory_peak_bytes));
	put(object, "max_rss_bytes", json_u64_known(u->max_rss_bytes));
	put(object, "pids_peak", json_u64_known(u->pids_peak));
	put(object, "oom_kills", json_u64(u->oom_kills));
	put(object, "stdin_bytes", json_u64(u->stdin_bytes));
	put(object, "stdout_bytes", json_u64(u->stdout_bytes));
	put(object, "stderr_bytes", json_u64(u->stderr_bytes));
	put(object, "output_truncated", json_boolean(o->truncated_output));
	put(object, "disk_used_bytes", json_u64(u->disk_used_bytes));
	put(object, "disk_used_inodes", json_u64(u->disk_used_inodes));
	put(object, "context_switches_voluntary", json_u64(u->context_switches_voluntary));
	put(object, "context_switches_forced", json_u64(u->context_switches_forced));
	return object;
}

static json_t *timeline_json(const struct timeline *line)
{
	json_t *object = json_object(), *samples = json_array();

	put(object, "interval_ns", line->count ? json_u64(line->interval_ns) : json_null());
	put(object, "samples", samples);
	for (size_t i = 0; i < line->count; i++) {
		const struct timeline_sample *s = &line->samples[i];
		json_t *row = json_array();

		json_array_append_new(row, json_u64(s->t_ns));
		json_array_append_new(row, json_u64(s->memory_bytes));
		json_array_append_new(row, json_u64(s->cpu_ns));
		json_array_append_new(row, json_u64(s->pids));
		json_array_append_new(samples, row);
	}
	return object;
}

static json_t *limits_json(const struct outcome *o)
{
	static const char *const units[LIMIT_COUNT] = {
		[LIMIT_MEMORY] = "bytes", [LIMIT_CPUS] = "millicpus", [LIMIT_CPU_TIME] = "ns",
		[LIMIT_WALL_TIME] = "ns", [LIMIT_PIDS] = "processes", [LIMIT_DISK] = "bytes",
		[LIMIT_OUTPUT] = "bytes", [LIMIT_FSIZE] = "bytes",
	};
	json_t *object = json_object();

	for (unsigned i = 0; i < LIMIT_COUNT; i++) {
		json_t *limit = json_object();

		put(limit, "value", json_u64(o->limits[i].value));
		put(limit, "unit", json_string(units[i]));
		put(limit, "enforced_by", json_string(enforcer_name(o->limits[i].by)));
		put(object, limit_name((enum limit_id)i), limit);
	}
	return object;
}

static json_t *walls_json(const struct outcome *o)
{
	static const char *const states[] = {
		[WALL_APPLIED] = "applied",
		[WALL_ABSENT] = "absent",
		[WALL_FAILED] = "failed",
	};
	json_t *object = json_object();

	for (unsigned i = 0; i < WALL_COUNT; i++) {
		json_t *wall = json_object();

		put(wall, "state", json_string(states[o->walls[i].state]));
		put(wall, "detail", string_or_null(o->walls[i].detail));
		put(wall, "read_back", json_boolean(o->walls[i].read_back));
		put(object, wall_name((enum wall_id)i), wall);
	}
	return object;
}

static json_t *violations_json(const struct policy *policy, const struct outcome *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->violations.count; i++) {
		const struct seccomp_violation *entry = &o->violations.entries[i];
		json_t *object = json_object();
		char buf[32];

		put(object, "syscall",
		    json_string(seccomp_syscall_name(entry->nr, buf, sizeof(buf))));
		put(object, "number", json_integer(entry->nr));
		put(object, "count", json_u64(entry->count));
		put(object, "pid", json_integer(entry->pid));
		put(object, "action", json_string(policy->kill_on_violation ? "killed" : "refused"));
		json_array_append_new(list, object);
	}
	return list;
}

/* The sentence that was printed, for whoever reads the record instead. */
static json_t *cause_json(const struct policy *policy, const struct outcome *o)
{
	char buf[960];
	struct text t = TEXT_ON(buf);

	return verdict_cause(&t, policy, o) ? json_bytes(buf) : json_null();
}

static json_t *error_json(const struct outcome *o)
{
	json_t *object;

	if (!o->has_error)
		return json_null();
	object = json_object();
	put(object, "stage", string_or_null(o->error.stage));
	put(object, "errno",
	    o->error.errnum > 0 ? json_string(text_errno_name(o->error.errnum)) : json_null());
	put(object, "message", json_bytes(o->error.msg));
	return object;
}

/* What `audit verify --head` wants to know. */
static json_t *audit_json(const struct outcome *o)
{
	json_t *object;

	if (!o->audit.wanted)
		return json_null();
	object = json_object();
	put(object, "records", json_u64(o->audit.records));
	put(object, "head_sha256", o->audit.records ? json_string(o->audit.head.hex) : json_null());
	put(object, "head_line", json_u64_known(o->audit.head_line));
	return object;
}

static json_t *network_json(const struct policy *policy)
{
	json_t *object = json_object(), *rules = json_array();

	for (size_t i = 0; i < policy->allow.count; i++)
		json_array_append_new(rules, json_bytes(policy->allow.items[i]));
	put(object, "mode", json_string(net_mode_word(policy->net)));
	put(object, "gate", json_boolean(policy->gate));
	put(object, "rules", rules);
	return object;
}

static json_t *secrets_json(const struct policy *policy, const struct outcome *o)
{
	json_t *list = json_array();

	for (size_t i = 0; o->secrets_handed && i < policy->secret_count; i++)
		json_array_append_new(list, json_bytes(policy->secrets[i].name));
	return list;
}

static json_t *warnings_json(const struct outcome *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->warning_count; i++)
		json_array_append_new(list, json_bytes(o->warnings[i]));
	return list;
}

/* Start time of this process in clock ticks since boot: with the pid it names a process for ever.
 * proc(5): field 22 of stat; field 2 may hold blanks and brackets, so count from its last ')'. */
static json_t *start_ticks(void)
{
	char stat[1024];
	const char *p = fd_read_file(AT_FDCWD, "/proc/self/stat", stat, sizeof(stat)) > 0
				? strrchr(stat, ')')
				: NULL;
	uint64_t ticks;

	for (int field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	if (!p || !text_parse_u64(p, strcspn(p, " \n"), &ticks))
		return json_null();
	return json_u64(ticks);
}

static json_t *launcher_json(const struct outcome *o)
{
	json_t *object = json_object();

	put(object, "pid", json_integer(o->supervisor_pid));
	put(object, "start_ticks", start_ticks());
	return object;
}

static json_t *record_head(const struct policy *policy, const struct plan *plan,
			   const struct outcome *o)
{
	json_t *record = json_object();

	put(record, "schema", json_string(RECORD_SCHEMA));
	put(record, "session", string_or_null(o->session));
	put(record, "started", json_time(o->started_real_ns));
	put(record, "ended", json_time(o->ended_real_ns));
	put(record, "argv", json_words(policy->argv));
	put(record, "labels", labels_json(policy));
	put(record, "host", host_json(plan, o));
	put(record, "launcher", launcher_json(o));
	return record;
}

json_t *record_running(const struct policy *policy, const struct plan *plan, const struct outcome *o)
{
	json_t *record = record_head(policy, plan, o);

	put(record, "phase", json_string("setup"));
	put(record, "status", json_string(run_status_word(RUN_RUNNING)));
	return record;
}

json_t *record_final(const struct policy *policy, const struct plan *plan, const struct outcome *o)
{
	static const char *const phases[] = { "setup", "exec", "run", "teardown" };
	const struct verdict *v = &o->verdict;
	json_t *record = record_head(policy, plan, o);

	put(record, "phase", json_string(phases[o->phase]));
	put(record, "status", json_string(run_status_word(v->status)));
	put(record, "reason", json_string(reason_word(v->reason)));
	put(record, "cause", cause_json(policy, o));
	put(record, "certainty", json_string(v->exact ? "exact" : "inferred"));
	put(record, "evidence", evidence_json(&o->evidence));
	put(record, "exit_code", integer_unless(v->exit_code, -1));
	put(record, "signal", integer_unless(v->signal, 0));
	put(record, "core_dumped", json_boolean(v->core_dumped));
	put(record, "exit_status", json_integer(v->exit_status));
	put(record, "usage", usage_json(o));
	put(record, "timeline", timeline_json(&o->timeline));
	put(record, "limits", limits_json(o));
	put(record, "walls", walls_json(o));
	put(record, "violations", violations_json(policy, o));
	put(record, "violations_total", json_u64(o->violations.total));
	put(record, "network", network_json(policy));
	put(record, "egress", record_egress(policy, o->egress));
	put(record, "secrets_used", secrets_json(policy, o));
	put(record, "audit", audit_json(o));
	put(record, "warnings", warnings_json(o));
	put(record, "error", error_json(o));
	return record;
}

void record_refused(const struct policy *policy, const struct err *why, struct outcome *out)
{
	*out = (struct outcome){ .supervisor_pid = getpid(), .has_error = true, .error = *why };
	out->started_real_ns = out->ended_real_ns = clock_realtime_ns();
	out->evidence.setup_failed = out->evidence.refused = true;
	out->verdict = reason_from(&out->evidence);
	for (unsigned i = 0; i < LIMIT_COUNT; i++)
		out->limits[i].value = policy->limits.value[i];
	for (unsigned i = 0; i < WALL_COUNT; i++) {
		out->walls[i].state = WALL_ABSENT;
		memcpy(out->walls[i].detail, "refused before", sizeof("refused before"));
	}
}
