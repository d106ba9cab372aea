/* verdict.c - sentences from outcomes: cause, then remedy; one row per reason. */
#include "cmd/verdict.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd/egress_text.h"
#include "profiles/units.h"
#include "seccomp/notify.h"

static void say_limit(struct text *t, enum limit_id id, uint64_t value)
{
	static void (*const formats[LIMIT_COUNT])(struct text *, uint64_t) = {
		[LIMIT_MEMORY] = units_say_size,
		[LIMIT_CPUS] = units_format_cpus,
		[LIMIT_CPU_TIME] = units_format_duration,
		[LIMIT_WALL_TIME] = units_format_duration,
		[LIMIT_PIDS] = text_u64,
		[LIMIT_DISK] = units_say_size,
		[LIMIT_OUTPUT] = units_say_size,
		[LIMIT_FSIZE] = units_say_size,
	};

	formats[id](t, value);
}

static void say_signal(struct text *t, int sig)
{
	const char *name = sigabbrev_np(sig);

	if (name)
		text_fmt(t, "SIG%s", name);
	else
		text_fmt(t, "signal %d", sig);
}

static void say_seccomp(struct text *t, const struct policy *policy, const struct outcome *o)
{
	char buf[32];

	(void)policy;
	if (!o->evidence.kill_seccomp) {
		text_str(t, "SIGSYS, by a system call of a foreign architecture or sent by itself");
		return;
	}
	text_fmt(t,
		 "forbidden system call %s; a profile that allows it can be given with --seccomp FILE",
		 seccomp_syscall_name(o->violations.entries[0].nr, buf, sizeof(buf)));
}

static void say_cancelled(struct text *t, const struct policy *policy, const struct outcome *o)
{
	say_signal(t, o->evidence.cancel_signal);
	text_str(t, " received");
	if (o->evidence.cancel_escalated) {
		text_str(t, "; still running after --stop-timeout ");
		units_format_duration(t, policy->stop_timeout_ns);
	}
}

static void say_external(struct text *t, const struct policy *policy, const struct outcome *o)
{
	(void)policy;
	text_str(t, "something outside the run killed it");
	if (o->evidence.outer_oom_kills > 0 && *o->evidence.oom_cgroup)
		text_fmt(t, "; the control group %s around it ran out of memory",
			 o->evidence.oom_cgroup);
	else if (o->evidence.outer_oom_kills > 0)
		text_str(t, "; a control group around it, or the machine, ran out of memory");
	else if (o->verdict.signal) {
		text_str(t, " with ");
		say_signal(t, o->verdict.signal);
	}
}

static void say_cpu_time(struct text *t, const struct policy *policy, const struct outcome *o)
{
	/* Its second wall is an rlimit as well. */
	bool own = o->evidence.kill_cpu_time || policy->limits.value[LIMIT_CPU_TIME] != LIMIT_NONE;

	text_str(t, own ? "budget of " : "limit of ");
	units_format_duration(t, own ? policy->limits.value[LIMIT_CPU_TIME]
				     : o->evidence.cpu_rlimit_ns);
	text_str(t, own ? " used up; raise it with --cpu-time"
			: " for one process used up; raise it with --rlimit cpu=SECONDS");
}

static void say_audit(struct text *t, const struct policy *policy, const struct outcome *o)
{
	(void)policy;
	text_str(t, o->has_error ? o->error.msg : reason_meaning(REASON_AUDIT));
}

static void say_egress(struct text *t, const struct policy *policy, const struct outcome *o)
{
	(void)policy;
	verdict_egress(t, o);
}

/* Either a limit with its sentence, or a sentence of its own. */
static const struct {
	const char *before, *after;
	int limit; /* between before and after; -1 = none */
	void (*say)(struct text *t, const struct policy *policy, const struct outcome *o);
} sentences[REASON_COUNT] = {
	[REASON_MEMORY] = { "limit of ", " reached; raise it with --memory", LIMIT_MEMORY, NULL },
	[REASON_CPU_TIME] = { NULL, NULL, -1, say_cpu_time },
	[REASON_DEADLINE] = { "still running after ", "; raise it with --wall-time",
			      LIMIT_WALL_TIME, NULL },
	[REASON_PIDS] = { "limit of ",
			  " processes reached; raise it with --pids, or let the fork "
			  "fail with --on-pids continue",
			  LIMIT_PIDS, NULL },
	[REASON_DISK] = { "writable space of ", " is full; raise it with --disk", LIMIT_DISK, NULL },
	[REASON_OUTPUT] = { "more than ", " written; raise it with --output-max", LIMIT_OUTPUT,
			    NULL },
	[REASON_FILE_SIZE] = { "a file grew to the limit of ", "; raise it with --fsize",
			       LIMIT_FSIZE, NULL },
	[REASON_SECCOMP] = { NULL, NULL, -1, say_seccomp },
	[REASON_EGRESS] = { NULL, NULL, -1, say_egress },
	[REASON_CANCELLED] = { NULL, NULL, -1, say_cancelled },
	[REASON_EXTERNAL_KILL] = { NULL, NULL, -1, say_external },
	[REASON_GATEWAY] = { "the network gateway ended", "", -1, NULL },
	[REASON_AUDIT] = { NULL, NULL, -1, say_audit },
};

static void say_reason(struct text *t, const struct policy *policy, const struct outcome *o)
{
	enum reason reason = o->verdict.reason;

	if (sentences[reason].say) {
		sentences[reason].say(t, policy, o);
		return;
	}
	text_str(t, sentences[reason].before ? sentences[reason].before : reason_meaning(reason));
	if (sentences[reason].before && sentences[reason].limit >= 0)
		say_limit(t, (enum limit_id)sentences[reason].limit,
			  policy->limits.value[sentences[reason].limit]);
	if (sentences[reason].after)
		text_str(t, sentences[reason].after);
}

/* The two surprises of a first run: the caller's files are not inside, and there is no implicit shell. */
static void say_exec_hint(struct text *t, const char *command, int exec_errno)
{
	if (exec_errno == ENOENT && strchr(command, '/') && access(command, F_OK) == 0)
		text_str(t,
			 "; it exists here, but only what --ro or --rw names is shown inside: "
			 "--ro \"$PWD:/src\" --chdir /src (or its #! interpreter is missing inside)");
	else if (exec_errno == ENOEXEC)
		text_str(t, "; add a #! line, or run it with sh");
}

bool verdict_cause(struct text *t, const struct policy *policy, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;

	if (v->reason == REASON_EXIT || v->reason == REASON_SIGNAL)
		return false;
	if (o->has_error && v->reason != REASON_AUDIT) {
		text_str(t, o->error.msg);
		if (v->reason == REASON_EXEC_FAILED)
			say_exec_hint(t, policy->argv[0], o->evidence.exec_errno);
		return true;
	}
	say_reason(t, policy, o);
	if (o->evidence.stopped)
		text_str(t, " (its main process was stopped)");
	return true;
}

/* Targets in one line, which also holds the remedies; the record has them all. */
#define EGRESS_NAMED_MAX 3
#define EGRESS_NAMED_BYTES 160

/* A and AAAA of one name are two denials, and one target; what the command gave up while it was dialled is
 * nobody's failure. */
static bool is_told(const struct egress_list *list, size_t index)
{
	const struct net_flow *row = &list->row[index], *before = row - 1;

	if (row->errnum == ECANCELED)
		return false;
	return index == 0 || row->protocol != NET_PROTOCOL_DNS ||
	       before->protocol != NET_PROTOCOL_DNS || strcmp(row->name, before->name) != 0;
}

/* A remedy that is not whole would be another one: what finds no room is left out. */
static void add_hint(struct text *hints, const struct net_flow *row)
{
	char buf[320] = "";
	struct text t = TEXT_ON(buf);

	egress_text_hint(&t, row);
	if (t.len > 0 && !t.cut && hints->len + 1 + t.len < hints->cap)
		text_fmt(hints, " %s", buf);
}

/* The targets of a list, each once.  @hints: what lets them out, a space before each; or NULL. */
static void say_targets(struct text *t, const struct egress_list *list, struct text *hints)
{
	const size_t start = t->len;
	size_t named = 0, more = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (!is_told(list, i))
			continue;
		if (more > 0 || named == EGRESS_NAMED_MAX || t->len - start >= EGRESS_NAMED_BYTES) {
			more++;
			continue;
		}
		text_str(t, named++ ? ", " : ": ");
		egress_text_target(t, &list->row[i]);
		if (hints)
			add_hint(hints, &list->row[i]);
	}
	if (more > 0)
		text_fmt(t, " and %zu more", more);
}

/* If it is the same for all of them. */
static void say_cause(struct text *t, const struct egress_list *list)
{
	enum net_cause cause = NET_CAUSE_NONE;

	for (size_t i = 0; i < list->count; i++) {
		if (!is_told(list, i))
			continue;
		if (cause != NET_CAUSE_NONE && cause != (enum net_cause)list->row[i].cause)
			return;
		cause = (enum net_cause)list->row[i].cause;
	}
	if (cause != NET_CAUSE_NONE)
		text_fmt(t, "; %s", net_cause_meaning(cause));
}

bool verdict_egress(struct text *t, const struct outcome *o)
{
	char hint[320] = "";
	struct text remedy = TEXT_ON(hint);
	uint64_t denied;

	if (!o->egress)
		return false;
	denied = egress_report_denied(o->egress);
	if (denied == 0 && o->egress->would_deny == 0)
		return false;
	text_u64(t, denied ? denied : o->egress->would_deny);
	text_str(t,
		 denied ? " denied by the network policy" : " let out that --net allow would deny");
	say_targets(t, &o->egress->denials, &remedy);
	if (remedy.len > 0)
		text_fmt(t, "; let out by%s", hint);
	else
		say_cause(t, &o->egress->denials);
	return true;
}

bool verdict_unreached(struct text *t, const struct outcome *o)
{
	uint64_t count = 0;

	for (size_t i = 0; o->egress && i < o->egress->unreached.count; i++)
		if (is_told(&o->egress->unreached, i))
			count += o->egress->unreached.row[i].count;
	if (count == 0)
		return false;
	text_u64(t, count);
	text_str(t, " allowed, but not reached");
	say_targets(t, &o->egress->unreached, NULL);
	say_cause(t, &o->egress->unreached);
	return true;
}

bool verdict_line(struct text *t, const struct policy *policy, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;

	if (v->reason != REASON_EXIT && v->reason != REASON_SIGNAL &&
	    (!o->has_error || v->reason == REASON_AUDIT))
		text_fmt(t, "%s: %s: ",
			 v->status == RUN_SIGNALED ? "ended" : run_status_word(v->status),
			 reason_word(v->reason));
	return verdict_cause(t, policy, o);
}

void verdict_summary(struct text *t, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;
	const struct outcome_usage *u = &o->usage;

	text_fmt(t, "%s: %s", run_status_word(v->status), reason_word(v->reason));
	if (v->signal) {
		text_str(t, " ");
		say_signal(t, v->signal);
	} else if (v->exit_code >= 0) {
		text_fmt(t, " %d", v->exit_code);
	}
	text_str(t, ", ran ");
	units_format_duration(t, u->wall_ns / 1000000 * 1000000);
	text_str(t, ", cpu ");
	units_format_duration(t, (u->cpu_user_ns + u->cpu_system_ns) / 1000000 * 1000000);
	if (u->memory_peak_bytes) {
		text_str(t, ", memory peak ");
		units_say_size(t, u->memory_peak_bytes);
	}
	if (u->pids_peak)
		text_fmt(t, ", processes peak %llu", (unsigned long long)u->pids_peak);
	if (o->violations.total)
		text_fmt(t, ", %llu forbidden system calls",
			 (unsigned long long)o->violations.total);
}
