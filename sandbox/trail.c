/* trail.c - from plan, outcome and evidence to events. */
#include "sandbox/trail.h"

#include <string.h>

#include "seccomp/notify.h"

#define ARGV_ROOM 8192
#define LABELS_ROOM 2048
#define NAMES_ROOM 8192
#define TEXT_ROOM 1024

bool trail_event(struct trail *t, const struct outcome *o, const struct audit_event *ev)
{
	struct err e;

	if (!t)
		return true;
	/* Once something is lost the run is over: nobody is kept waiting for the lock again. */
	if (audit_append(&t->log, o->session, ev, t->lost ? 0 : AUDIT_WAIT_MS, &e) == 0)
		return true;
	err_stage(&e, "audit");
	if (t->lost++ == 0)
		t->error = e;
	return false;
}

void trail_explain(const struct trail *t, struct outcome *o)
{
	struct err both = t->error;

	if (o->has_error) {
		memcpy(both.msg, o->error.msg, sizeof(both.msg));
		err_wrap(&both, "%s; before that", t->error.msg);
	}
	o->error = both;
	o->has_error = true;
}

static size_t count_words(char *const *words)
{
	size_t count = 0;

	while (words && words[count])
		count++;
	return count;
}

static void put_request(struct audit_event *ev, const struct trail *t, char *const *argv)
{
	audit_put_words(ev, "argv", argv, count_words(argv), ARGV_ROOM);
	audit_put_words(ev, "labels", t->labels, t->label_count, LABELS_ROOM);
}

static void put_limits(struct audit_event *ev, const struct plan *plan)
{
	audit_open_member(ev, "limits", '{');
	for (unsigned i = 0; i < LIMIT_COUNT; i++)
		audit_put_number(ev, limit_name((enum limit_id)i), plan->limits.value[i]);
	audit_close_member(ev, '}');
}

static void put_walls(struct audit_event *ev, const struct outcome *o)
{
	audit_open_member(ev, "applied", '[');
	for (unsigned i = 0; i < WALL_COUNT; i++)
		if (o->walls[i].state == WALL_APPLIED)
			audit_put_word(ev, NULL, wall_name((enum wall_id)i));
	audit_close_member(ev, ']');
	audit_open_member(ev, "absent", '{');
	for (unsigned i = 0; i < WALL_COUNT; i++)
		if (o->walls[i].state != WALL_APPLIED)
			audit_put_text(ev, wall_name((enum wall_id)i), o->walls[i].detail,
				       TEXT_ROOM);
	audit_close_member(ev, '}');
}

static bool tell_start(struct trail *t, const struct plan *plan, const struct outcome *o)
{
	static const char *const modes[] = { "none", "deny", "allow", "audit" };
	struct audit_event ev;

	audit_event_init(&ev, AUDIT_START);
	put_request(&ev, t, plan->argv);
	audit_put_word(&ev, "plan_sha256", t->plan_hash.hex);
	audit_put_word(&ev, "user", plan->user_mode);
	audit_put_number(&ev, "host_uid", o->host_uid);
	audit_put_number(&ev, "launcher_pid", (uint64_t)o->supervisor_pid);
	audit_put_word(&ev, "cgroup", o->cgroup_mode);
	audit_put_word(&ev, "network", modes[plan->net]);
	audit_put_text(&ev, "seccomp", plan->seccomp_name, TEXT_ROOM);
	put_limits(&ev, plan);
	return trail_event(t, o, &ev);
}

static bool tell_walls(struct trail *t, const struct outcome *o)
{
	struct audit_event ev;

	audit_event_init(&ev, AUDIT_WALLS);
	put_walls(&ev, o);
	return trail_event(t, o, &ev);
}

/* Names only.  Where there are more than fit a line, there are more lines: none is left out. */
static bool tell_secrets(struct trail *t, const struct plan *plan, const struct outcome *o)
{
	for (size_t i = 0; i < plan->secret_count;) {
		struct audit_event ev;

		audit_event_init(&ev, AUDIT_SECRETS);
		audit_open_member(&ev, "names", '[');
		for (; i < plan->secret_count && ev.body.len < NAMES_ROOM; i++)
			audit_put_text(&ev, NULL, plan->secrets[i].name, NAMES_ROOM / 2);
		audit_close_member(&ev, ']');
		if (!trail_event(t, o, &ev))
			return false;
	}
	return true;
}

int trail_start(struct trail *t, const struct plan *plan, const struct outcome *o, struct err *e)
{
	if (!t)
		return 0;
	t->started = tell_start(t, plan, o);
	if (t->started && tell_secrets(t, plan, o) && tell_walls(t, o))
		return 0;
	*e = t->error;
	return -1;
}

static bool tell_violation(struct trail *t, const struct outcome *o,
			   const struct seccomp_violation *entry, bool killed)
{
	struct audit_event ev;
	char buf[32];

	audit_event_init(&ev, AUDIT_VIOLATION);
	audit_put_word(&ev, "syscall", seccomp_syscall_name(entry->nr, buf, sizeof(buf)));
	audit_put_signed(&ev, "number", entry->nr);
	audit_put_signed(&ev, "pid", entry->pid);
	audit_put_word(&ev, "action", killed ? "killed" : "refused");
	return trail_event(t, o, &ev);
}

bool trail_violations(struct trail *t, const struct outcome *o, bool killed)
{
	bool told = true;

	while (t && told && t->violations_told < o->violations.count)
		told = tell_violation(t, o, &o->violations.entries[t->violations_told++], killed);
	return told;
}

bool trail_kill(struct trail *t, const struct outcome *o, const char *reason)
{
	struct audit_event ev;

	if (!t)
		return true;
	audit_event_init(&ev, AUDIT_KILL);
	audit_put_word(&ev, "reason", reason);
	return trail_event(t, o, &ev);
}

bool trail_cancel(struct trail *t, const struct outcome *o, int signal)
{
	struct audit_event ev;

	if (!t)
		return true;
	audit_event_init(&ev, AUDIT_CANCEL);
	audit_put_signed(&ev, "signal", signal);
	return trail_event(t, o, &ev);
}

bool trail_refused(struct trail *t, const struct outcome *o, char *const *argv)
{
	struct audit_event ev;

	if (!t)
		return true;
	audit_event_init(&ev, AUDIT_REFUSED);
	put_request(&ev, t, argv);
	audit_put_text(&ev, "stage", o->error.stage, TEXT_ROOM);
	audit_put_text(&ev, "message", o->error.msg, SIZE_MAX);
	return trail_event(t, o, &ev);
}

static bool tell_totals(struct trail *t, const struct outcome *o)
{
	const struct seccomp_violations *v = &o->violations;
	struct audit_event ev;

	if (v->total == 0)
		return true;
	audit_event_init(&ev, AUDIT_VIOLATIONS);
	audit_put_number(&ev, "total", v->total);
	audit_put_number(&ev, "more", v->more);
	audit_open_member(&ev, "calls", '{');
	for (size_t i = 0; i < v->count; i++) {
		char buf[32];

		audit_put_number(&ev, seccomp_syscall_name(v->entries[i].nr, buf, sizeof(buf)),
				 v->entries[i].count);
	}
	audit_close_member(&ev, '}');
	return trail_event(t, o, &ev);
}

bool trail_teardown(struct trail *t, const struct outcome *o, const struct trail_left *left)
{
	const char *processes = left->processes_gone ? "gone" : "left";
	struct audit_event ev;
	bool told;

	if (!t)
		return true;
	told = tell_totals(t, o);
	audit_event_init(&ev, AUDIT_TEARDOWN);
	/* The last process takes the namespaces and their mounts along: nothing of them is torn down by
	 * hand. */
	audit_put_word(&ev, "processes", processes);
	audit_put_word(&ev, "namespaces", processes);
	audit_put_word(&ev, "mounts", processes);
	audit_put_word(&ev, "cgroup", left->cgroup);
	return trail_event(t, o, &ev) && told;
}

static void put_usage(struct audit_event *ev, const struct outcome_usage *u)
{
	audit_open_member(ev, "usage", '{');
	audit_put_number(ev, "wall_ns", u->wall_ns);
	audit_put_number(ev, "cpu_user_ns", u->cpu_user_ns);
	audit_put_number(ev, "cpu_system_ns", u->cpu_system_ns);
	audit_put_number(ev, "memory_peak_bytes",
			 u->memory_peak_bytes ? u->memory_peak_bytes : UINT64_MAX);
	audit_put_number(ev, "pids_peak", u->pids_peak ? u->pids_peak : UINT64_MAX);
	audit_put_number(ev, "stdout_bytes", u->stdout_bytes);
	audit_put_number(ev, "stderr_bytes", u->stderr_bytes);
	audit_close_member(ev, '}');
}

static void put_error(struct audit_event *ev, const struct outcome *o)
{
	if (!o->has_error) {
		audit_put_null(ev, "error");
		return;
	}
	audit_open_member(ev, "error", '{');
	audit_put_text(ev, "stage", o->error.stage, TEXT_ROOM);
	audit_put_text(ev, "message", o->error.msg, SIZE_MAX);
	audit_close_member(ev, '}');
}

bool trail_result(struct trail *t, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;
	struct audit_event ev;

	if (!t)
		return true;
	audit_event_init(&ev, AUDIT_RESULT);
	audit_put_word(&ev, "status", run_status_word(v->status));
	audit_put_word(&ev, "reason", reason_word(v->reason));
	audit_put_word(&ev, "certainty", v->exact ? "exact" : "inferred");
	if (v->exit_code >= 0)
		audit_put_signed(&ev, "exit_code", v->exit_code);
	else
		audit_put_null(&ev, "exit_code");
	if (v->signal)
		audit_put_signed(&ev, "signal", v->signal);
	else
		audit_put_null(&ev, "signal");
	audit_put_signed(&ev, "exit_status", v->exit_status);
	put_usage(&ev, &o->usage);
	put_error(&ev, o);
	audit_put_number(&ev, "lost", t->lost);
	return trail_event(t, o, &ev);
}

bool trail_close(struct trail *t, struct outcome *o)
{
	struct err e;
	bool safe;

	if (!t)
		return true;
	o->audit = (struct audit_report){ .wanted = true,
					  .records = t->log.records,
					  .head_line = t->log.own_seq,
					  .head = t->log.own_head };
	safe = audit_close(&t->log, &e) == 0;
	if (!safe && t->lost++ == 0) {
		err_stage(&e, "audit");
		t->error = e;
	}
	return safe;
}
