/* The lines that judges parse: one expectation per reason, and that a line stays a line. */
#include "cmd/meta.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/tap.h"

static char *const command[] = { (char[]){ "./a\nstatus:OK" }, NULL };
static const struct policy policy = { .argv = (char **)(uintptr_t)command };

static char text[META_BYTES];

static void write_meta(const struct outcome *o)
{
	struct text t = TEXT_ON(text);

	text[0] = '\0';
	meta_final(&t, &policy, o);
	ok(!t.cut, "it fits");
}

static struct outcome ended(struct evidence ev)
{
	struct outcome o = { .phase = PHASE_TEARDOWN, .evidence = ev };

	o.verdict = reason_from(&ev);
	if (o.verdict.reason == REASON_SETUP)
		o.phase = PHASE_SETUP;
	return o;
}

#define MAIN(code, status_) .main_reported = true, .main_code = (code), .main_status = (status_)
#define KILLED MAIN(CLD_KILLED, SIGKILL)

static const struct {
	enum reason reason;
	struct evidence ev;
	const char *lines; /* what follows the numbers */
} rows[] = {
	{ REASON_EXIT, { MAIN(CLD_EXITED, 0) }, "exitcode:0\n" },
	{ REASON_EXIT,
	  { MAIN(CLD_EXITED, 3) },
	  "exitcode:3\nstatus:RE\nmessage:Exited with error status 3\n" },
	{ REASON_SIGNAL,
	  { MAIN(CLD_DUMPED, SIGSEGV) },
	  "exitsig:11\nstatus:SG\nmessage:Caught fatal signal 11\n" },
	{ REASON_MEMORY,
	  { KILLED, .kill_memory = true, .oom_kills = 1 },
	  "cg-oom-killed:1\nexitsig:9\nkilled:1\nstatus:SG\nmessage:Memory limit exceeded\n" },
	{ REASON_MEMORY, /* the watchdog's, in a program that caught it in time */
	  { MAIN(CLD_EXITED, 0), .kill_memory = true },
	  "exitsig:9\nkilled:1\nstatus:SG\nmessage:Memory limit exceeded\n" },
	{ REASON_CPU_TIME,
	  { KILLED, .kill_cpu_time = true },
	  "killed:1\nstatus:TO\nmessage:Time limit exceeded\n" },
	{ REASON_DEADLINE,
	  { KILLED, .kill_deadline = true },
	  "killed:1\nstatus:TO\nmessage:Time limit exceeded (wall clock)\n" },
	{ REASON_PIDS,
	  { KILLED, .kill_pids = true },
	  "exitsig:9\nkilled:1\nstatus:SG\nmessage:Process limit exceeded\n" },
	{ REASON_DISK,
	  { KILLED, .kill_disk = true },
	  "exitsig:9\nkilled:1\nstatus:SG\nmessage:Disk limit exceeded\n" },
	{ REASON_OUTPUT,
	  { KILLED, .kill_output = true },
	  "exitsig:9\nkilled:1\nstatus:SG\nmessage:Output limit exceeded\n" },
	{ REASON_FILE_SIZE,
	  { MAIN(CLD_KILLED, SIGXFSZ), .file_size_signal = true },
	  "exitsig:25\nstatus:SG\nmessage:File size limit exceeded\n" },
	{ REASON_SECCOMP,
	  { KILLED, .kill_seccomp = true },
	  "exitsig:9\nkilled:1\nstatus:SG\nmessage:Forbidden system call\n" },
	{ REASON_SECCOMP,
	  { MAIN(CLD_DUMPED, SIGSYS) },
	  "exitsig:31\nstatus:SG\nmessage:Forbidden system call\n" },
	{ REASON_EGRESS,
	  { KILLED, .kill_egress = true },
	  "exitcode:1\nkilled:1\nstatus:RE\nmessage:Connection denied\n" },
	{ REASON_CANCELLED,
	  { MAIN(CLD_EXITED, 0), .cancel_signal = SIGINT },
	  "exitsig:2\nkilled:1\nstatus:SG\nmessage:Interrupted\n" },
	{ REASON_EXTERNAL_KILL,
	  { .init_killed = true, .init_signal = SIGKILL },
	  "exitsig:9\nkilled:1\nstatus:SG\nmessage:Killed from outside\n" },
	{ REASON_GATEWAY,
	  { KILLED, .kill_gateway = true },
	  "killed:1\nstatus:XX\nmessage:the network gateway ended\n" },
	{ REASON_AUDIT,
	  { KILLED, .kill_audit = true },
	  "killed:1\nstatus:XX\nmessage:the audit log could not be written\n" },
	{ REASON_EXEC_FAILED,
	  { .exec_errno = ENOEXEC, .setup_failed = true },
	  "status:XX\nmessage:execve(\"./a?status:OK\"): Exec format error\n" },
	{ REASON_SETUP, { .setup_failed = true, .refused = true }, "status:XX\nmessage:no ?wall\n" },
};

static void check_reasons(void)
{
	unsigned seen = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct outcome o = ended(rows[i].ev);
		const char *lines;

		if (rows[i].reason == REASON_SETUP) {
			o.has_error = true;
			memcpy(o.error.msg, "no \nwall", sizeof("no \nwall"));
		}
		is_int(o.verdict.reason, rows[i].reason, "reason %s", reason_word(rows[i].reason));
		write_meta(&o);
		lines = strstr(text, "csw-forced:0\n");
		is_str(lines ? lines + strlen("csw-forced:0\n") : text, rows[i].lines, "%s",
		       reason_word(rows[i].reason));
		seen |= 1u << rows[i].reason;
	}
	ok((seen | 1u << REASON_LAUNCHER_LOST) == (1u << REASON_COUNT) - 1, "every reason is here");
}

static void check_numbers(void)
{
	struct outcome o = ended((struct evidence){ MAIN(CLD_EXITED, 0), .has_cgroup = true });

	o.usage = (struct outcome_usage){ .wall_ns = UINT64_C(61023999999),
					  .cpu_user_ns = 999999,
					  .cpu_system_ns = 1,
					  .memory_peak_bytes = 5 << 20,
					  .max_rss_bytes = 2049,
					  .context_switches_voluntary = 7,
					  .context_switches_forced = UINT64_MAX };
	write_meta(&o);
	is_str(text,
	       "time:0.001\ntime-wall:61.023\nmax-rss:2\ncg-mem:5120\ncsw-voluntary:7\nexitcode:0\n",
	       "seconds with three places, kilobytes, nothing that is not known");
	o.evidence.has_cgroup = false;
	write_meta(&o);
	ok(strstr(text, "max-rss:5120\n") && !strstr(text, "cg-mem"),
	   "without a control group the watchdog's peak is the memory");
	o.usage.max_rss_bytes = o.usage.memory_peak_bytes = 0;
	write_meta(&o);
	ok(!strstr(text, "max-rss"), "or nobody knows");
}

static void check_running(void)
{
	struct text t = TEXT_ON(text);

	text[0] = '\0';
	meta_running(&t);
	ok(text_starts(text, "status:XX\nmessage:"), "until the end it is an internal error");
}

int main(void)
{
	check_reasons();
	check_numbers();
	check_running();
	return done();
}
