/* pages.c - which page was asked for, and the rows that several pages share. */
#include "cmd/pages.h"

#include <string.h>

#include "base/text.h"
#include "cmd/report.h"
#include "profiles/presets.h"

const struct page_row page_exit_statuses[] = {
	{ "N", "the command's own exit status" },
	{ "1", "also: --gate ended the run for a denied connection" },
	{ "128+N", "signal N ended the command; a run cancelled by signal N likewise" },
	{ "124", "the deadline passed, or the cpu time was used up" },
	{ "125", "enclave-run failed or refused: usage, policy, set-up" },
	{ "126", "the command was found but can't be executed" },
	{ "127", "the command was not found" },
	{ "137",
	  "killed for another limit: memory, pids, disk, output, a forbidden system call, or from "
	  "outside" },
	{ NULL, NULL },
};

const struct page_row page_record_members[] = {
	{ "schema", "\"enclave-run/record/1\"; members are only ever added" },
	{ "session", "name of the run; null when it was refused before there was one" },
	{ "started, ended", "RFC 3339, UTC" },
	{ "argv, labels", "the command, and --label together with what Slurm or CI set; bytes that "
			  "are not UTF-8 appear as U+0080 to U+00FF" },
	{ "host", "kernel, cgroup (v1, v2, none), user (root, rootless)" },
	{ "launcher", "pid and start_ticks of enclave-run: a record with status running whose "
		      "process is gone belongs to a lost launcher" },
	{ "phase", "setup, exec, run or teardown: how far it came" },
	{ "status", "running, exited, signaled, killed, refused or failed" },
	{ "reason", "why it ended: one of the words below" },
	{ "cause", "the sentence that was printed; null when there was none" },
	{ "certainty", "exact, or inferred where the kernel leaves no proof" },
	{ "evidence", "the counters and signals the reason rests on" },
	{ "exit_code, signal, core_dumped", "how the command's main process itself ended" },
	{ "exit_status", "what enclave-run exited with" },
	{ "usage",
	  "wall_ns, cpu_user_ns, cpu_system_ns, throttled_ns, memory_peak_bytes, pids_peak "
	  "(threads count), oom_kills, stdout_bytes and more; null is not known. Without a "
	  "control group the peaks are the largest that was seen at a look every 20 ms, and a "
	  "killed run's context switches are never known. On cgroup v2 the kernel may count a "
	  "process less than it killed for memory" },
	{ "timeline",
	  "interval_ns and samples, at most 128: [nanoseconds since the start, bytes of memory, "
	  "nanoseconds of cpu time so far, processes and threads]. The first is taken after 10 ms; "
	  "the interval doubles whenever the list is full, and what is merged keeps the highest" },
	{ "limits", "by name: value, unit and enforced_by (cgroup, rlimit, watchdog, tmpfs, none)" },
	{ "walls", "by name: state (applied, absent), detail, and whether it was read back from the "
		   "running sandbox" },
	{ "violations", "forbidden system calls: syscall, number, count, pid, action" },
	{ "network", "mode, gate and rules, as they were given" },
	{ "egress",
	  "null without a network; else allowed, denied, would_deny (let out by --net audit only), "
	  "unreached (allowed, but not to be had), bytes_in, bytes_out, exact (nothing was lost); "
	  "denials: time, protocol (tcp, udp, dns...), host, address, port, rule, count, cause, hint (the "
	  "option that would let it out), at most 256, the rest in denials_unlisted; destinations (let "
	  "out) and failures (not reached) likewise" },
	{ "secrets_used", "names of the secrets that were handed in" },
	{ "audit", "with --audit: records (lines written), head_sha256 and head_line of the last of "
		   "them; for audit verify" },
	{ "warnings, error", "what else is to be known; error has stage, errno, message" },
	{ NULL, NULL },
};

const struct page_row page_indistinct[] = {
	{ "SIGKILL",
	  "by the command itself, by one of its children, or by somebody outside: reason signal, inferred. "
	  "Nobody is told who sent a signal; only init's death can have come from outside alone, and is "
	  "external-kill, exact" },
	{ "SIGSYS",
	  "a system call of a foreign architecture, or sent: seccomp, inferred, status signaled" },
	{ "SIGXFSZ",
	  "a file that grew beyond --fsize, or sent: file-size, inferred. Where it is ignored (the write "
	  "then fails with EFBIG), or ends a child only, there is no trace: the run ends as it ends" },
	{ "--rlimit cpu",
	  "SIGKILL (or SIGXCPU) of the main process when the run has used half of it at least: cpu-time, "
	  "inferred" },
	{ "memory of a group around the run",
	  "the kernel's kill is certain, what it was made for is not: external-kill, inferred; "
	  "evidence.oom_cgroup names the innermost group that ran full, null when it is out of sight or "
	  "the whole machine. On cgroup v1, when the run's own limit had been reached as well: memory, "
	  "inferred, with oom_cgroup. Without a control group of the run the victims of its neighbours "
	  "count too" },
	{ "a fork refused by a group around the run",
	  "the command sees it fail; a warning and evidence.outer_pids_refused" },
	{ "a fork refused without a control group", "no trace: the run ends as it ends" },
	{ "disk",
	  "seen at a look every 10 ms and at the end: space filled and freed in between is not, nor is a "
	  "request that was refused as a whole" },
	{ "an end at the same moment as a deadline or the end of the cpu time",
	  "what init reported first counts; a report of SIGKILL is taken for our kill" },
	{ "a kill during set-up", "setup; the error says that the sandbox died without a message" },
	{ "what a shell returns",
	  "a signal or a limit that hit a child appears as the shell's own exit code: exit" },
	{ NULL, NULL },
};

const struct page_row page_examples[] = {
	{ "enclave-run -- python3 -c 'print(2**100)'",
	  "run with the defaults: no way out, no files of the caller" },
	{ "enclave-run --ro . --chdir \"$PWD\" --memory 512M --wall-time 1m -- ./run-tests",
	  "show the current directory read-only and run a program in it" },
	{ "enclave-run --policy judge --stdin in.txt --stdout out.txt --record r.json --ro ./a.out "
	  "-- \"$PWD/a.out\"",
	  "judge a submission; the verdict is in r.json" },
	{ "enclave-run explain --policy ci --rw build:/build -- make",
	  "what exactly would be done" },
	{ "enclave-run --allow api.example.org -- curl -sS https://api.example.org/",
	  "let connections to one name out, ports 443 and 80" },
	{ "enclave-run --net audit --record r.json --ro . --chdir \"$PWD\" -- ./job; enclave-run policy "
	  "suggest r.json >net.json; enclave-run --policy net.json --gate --ro . --chdir \"$PWD\" -- ./job",
	  "see what a job reaches, make that its policy, and let it fail when it tries more" },
	{ "enclave-run --secret token=file:token.txt -- sh -c 'wc -c </run/secrets/token'",
	  "hand in a secret as a file" },
	{ "enclave-run --audit audit.jsonl --record r.json -- true; enclave-run audit verify "
	  "audit.jsonl --head-from r.json",
	  "keep a log, and see that it is what was written" },
	{ "srun enclave-run --record 'rec-%j-%t.json' --ro ./task -- \"$PWD/task\"",
	  "one record per task of a job" },
	{ NULL, NULL },
};

static void version_page(FILE *out, const void *arg)
{
	(void)arg;
	fputs("enclave-run " ENCLAVE_RUN_VERSION "\n", out);
}

bool pages_shown(const struct key *key)
{
	return !(key->flags & KEY_LATER);
}

const char *pages_default(const struct pages *pages, const struct key *key, char *buf, size_t cap)
{
	json_t *value = json_object_get(json_object_get(pages->defaults, key_group_name(key->group)),
					key->name);
	struct text t = { .at = buf, .cap = cap };
	const char *name;
	json_t *item;

	buf[0] = '\0';
	if (json_is_string(value))
		text_str(&t, json_string_value(value));
	else if (json_is_integer(value))
		text_i64(&t, json_integer_value(value));
	else
		json_object_foreach(value, name, item)
			text_fmt(&t, "%s%s=%lld", t.len ? ", " : "", name,
				 (long long)json_integer_value(item));
	return buf;
}

static json_t *load_defaults(void)
{
	for (size_t i = 0; i < preset_count; i++)
		if (strcmp(presets[i].name, "default") == 0)
			return json_loadb(presets[i].json, presets[i].len, 0, NULL);
	return NULL;
}

static int choose(const struct options *o, void (**out)(FILE *, const void *), struct err *e)
{
	*out = o->version ? version_page : o->keys ? keyref_page : help_page;
	if (o->help || o->version || o->keys)
		return 0;
	if (o->completion) {
		*out = completion_page;
		if (strcmp(o->completion, "bash") != 0)
			return err_usage(e, "--completion: '%s' is not bash", o->completion);
		return 0;
	}
	*out = *o->man ? man_policy_page : man_page;
	if (*o->man && strcmp(o->man, "policy") != 0)
		return err_usage(e, "--man: '%s' is not policy", o->man);
	return 0;
}

int pages_print(const struct options *o, struct err *e)
{
	struct pages pages = { .verb = o->verb };
	void (*page)(FILE *, const void *);
	int status;

	if (choose(o, &page, e) != 0)
		return -1;
	pages.defaults = load_defaults();
	status = report_page(page, &pages);
	json_decref(pages.defaults);
	return status;
}
