/* meta.c - one row per reason; the numbers are the record's. */
#include "cmd/meta.h"

#include <signal.h>
#include <string.h>

#include "base/clock.h"

/* What stands here for a signal that nobody has seen: we or the kernel killed with it. */
static const struct {
	const char *status, *message;
	int signal; /* SG: where the main process did not end by one */
} rows[REASON_COUNT] = {
	[REASON_EXIT] = { "RE", "Exited with error status", 0 },
	[REASON_SIGNAL] = { "SG", "Caught fatal signal", 0 },
	[REASON_MEMORY] = { "SG", "Memory limit exceeded", SIGKILL },
	[REASON_CPU_TIME] = { "TO", "Time limit exceeded", 0 },
	[REASON_DEADLINE] = { "TO", "Time limit exceeded (wall clock)", 0 },
	[REASON_PIDS] = { "SG", "Process limit exceeded", SIGKILL },
	[REASON_DISK] = { "SG", "Disk limit exceeded", SIGKILL },
	[REASON_OUTPUT] = { "SG", "Output limit exceeded", SIGKILL },
	[REASON_FILE_SIZE] = { "SG", "File size limit exceeded", SIGXFSZ },
	[REASON_SECCOMP] = { "SG", "Forbidden system call", SIGSYS },
	[REASON_EGRESS] = { "RE", "Connection denied", 0 },
	[REASON_CANCELLED] = { "SG", "Interrupted", SIGTERM },
	[REASON_EXTERNAL_KILL] = { "SG", "Killed from outside", SIGKILL },
	[REASON_GATEWAY] = { "XX", NULL, 0 },
	[REASON_AUDIT] = { "XX", NULL, 0 },
	[REASON_EXEC_FAILED] = { "XX", "execve", 0 },
	[REASON_SETUP] = { "XX", NULL, 0 },
	[REASON_LAUNCHER_LOST] = { "XX", NULL, 0 },
};

/* A line is a line: no byte of a name or message may start the next one. */
static void put_safe(struct text *t, const char *s)
{
	for (; *s; s++) {
		bool control = (unsigned char)*s < 0x20 || *s == 0x7f;

		text_bytes(t, control ? "?" : s, 1);
	}
}

static void put_seconds(struct text *t, const char *key, uint64_t ns)
{
	uint64_t ms = ns / NS_PER_MS;
	char places[4] = { (char)('0' + ms / 100 % 10), (char)('0' + ms / 10 % 10),
			   (char)('0' + ms % 10), '\0' };

	text_fmt(t, "%s:%llu.%s\n", key, (unsigned long long)(ms / 1000), places);
}

static void put_count(struct text *t, const char *key, uint64_t value)
{
	if (value != UINT64_MAX)
		text_fmt(t, "%s:%llu\n", key, (unsigned long long)value);
}

/* The two figures are different things: callers disagree which one is "the memory". */
static void put_usage(struct text *t, const struct outcome *o)
{
	const struct outcome_usage *u = &o->usage;
	uint64_t rss = u->max_rss_bytes;

	put_seconds(t, "time", u->cpu_user_ns + u->cpu_system_ns);
	put_seconds(t, "time-wall", u->wall_ns);
	if (!o->evidence.has_cgroup && u->memory_peak_bytes > rss)
		rss = u->memory_peak_bytes; /* of the whole tree, as the watchdog saw it */
	put_count(t, "max-rss", rss ? rss / 1024 : UINT64_MAX);
	if (o->evidence.has_cgroup && u->memory_peak_bytes)
		put_count(t, "cg-mem", u->memory_peak_bytes / 1024);
	put_count(t, "csw-voluntary", u->context_switches_voluntary);
	put_count(t, "csw-forced", u->context_switches_forced);
}

static int signal_of(const struct outcome *o)
{
	const struct verdict *v = &o->verdict;

	if (v->reason == REASON_CANCELLED && o->evidence.cancel_signal)
		return o->evidence.cancel_signal;
	return v->signal ? v->signal : rows[v->reason].signal;
}

static void put_message(struct text *t, const struct policy *policy, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;
	const char *message = rows[v->reason].message;

	text_str(t, "message:");
	if (v->reason == REASON_EXEC_FAILED) {
		/* In these words judges look for what could not be executed. */
		text_str(t, "execve(\"");
		put_safe(t, policy->argv && policy->argv[0] ? policy->argv[0] : "");
		text_fmt(t, "\"): %s", strerrordesc_np(o->evidence.exec_errno));
	} else {
		put_safe(t, message	   ? message
			    : o->has_error ? o->error.msg
					   : reason_meaning(v->reason));
	}
	if (v->reason == REASON_EXIT)
		text_fmt(t, " %d", v->exit_code);
	else if (v->reason == REASON_SIGNAL)
		text_fmt(t, " %d", signal_of(o));
	text_str(t, "\n");
}

void meta_running(struct text *t)
{
	text_fmt(t, "status:XX\nmessage:%s\n", reason_meaning(REASON_LAUNCHER_LOST));
}

void meta_final(struct text *t, const struct policy *policy, const struct outcome *o)
{
	const struct verdict *v = &o->verdict;
	const char *status = rows[v->reason].status;
	bool started = o->phase == PHASE_RUN || o->phase == PHASE_TEARDOWN;

	if (started && v->reason != REASON_EXEC_FAILED)
		put_usage(t, o);
	if (o->evidence.oom_kills > 0)
		text_str(t, "cg-oom-killed:1\n");
	if (strcmp(status, "RE") == 0)
		text_fmt(t, "exitcode:%d\n", v->exit_code >= 0 ? v->exit_code : v->exit_status);
	else if (strcmp(status, "SG") == 0)
		text_fmt(t, "exitsig:%d\n", signal_of(o));
	if (v->reason == REASON_EXIT && v->exit_code == 0)
		return;
	if (v->status == RUN_KILLED)
		text_str(t, "killed:1\n");
	text_fmt(t, "status:%s\n", status);
	put_message(t, policy, o);
}
