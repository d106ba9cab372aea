/* man.c - --man: the manual page enclave-run(1), roff with the man macros of man(7). */
#include <string.h>

#include "cmd/labels.h"
#include "audit/event.h"
#include "cmd/man.h"
#include "sandbox/reason.h"

/* Text in running roff: backslash and hyphen mean themselves, no line starts as a request. */
void man_text(FILE *out, const char *s)
{
	bool line_start = true;

	for (; *s; s++) {
		if (line_start && (*s == '.' || *s == '\''))
			fputs("\\&", out);
		if (*s == '\\')
			fputs("\\e", out);
		else if (*s == '-')
			fputs("\\-", out);
		else
			fputc(*s, out);
		line_start = *s == '\n';
	}
}

void man_head(FILE *out, const char *title, int section, const char *summary)
{
	fprintf(out,
		".\\\" Printed by enclave-run: don't edit.\n"
		".TH %s %d \"\" \"enclave-run " ENCLAVE_RUN_VERSION "\" \"%s\"\n"
		".SH NAME\n",
		title, section, section == 1 ? "User Commands" : "File Formats");
	man_text(out, summary);
	fputc('\n', out);
}

void man_paragraphs(FILE *out, const char *const *paragraphs)
{
	for (; *paragraphs; paragraphs++) {
		fputs(".PP\n", out);
		man_text(out, *paragraphs);
		fputc('\n', out);
	}
}

void man_rows(FILE *out, const struct page_row *rows, const char *font)
{
	for (; rows->name; rows++) {
		fprintf(out, ".TP\n.%s \"", font);
		/* Inside a quoted argument a quote is written twice. */
		for (const char *p = rows->name; *p; p++) {
			char one[2] = { *p, '\0' };

			man_text(out, *p == '"' ? "\"\"" : one);
		}
		fputs("\"\n", out);
		man_text(out, rows->text);
		fputc('\n', out);
	}
}

static void option_tag(FILE *out, const char *name, char letter, const char *metavar, bool optional)
{
	fputs(".TP\n", out);
	if (letter)
		fprintf(out, "\\fB\\-%c\\fR, ", letter);
	fputs("\\fB\\-\\-", out);
	man_text(out, name);
	fputs("\\fR", out);
	if (metavar) {
		fputs(optional ? "[=\\fI" : " \\fI", out);
		man_text(out, metavar);
		fputs(optional ? "\\fR]" : "\\fR", out);
	}
	fputc('\n', out);
}

static void option_text(FILE *out, const struct pages *pages, const struct key *key)
{
	char value[80];

	man_text(out, key->help);
	fputc('.', out);
	if (*pages_default(pages, key, value, sizeof(value))) {
		fputs(" Default: ", out);
		man_text(out, value);
		fputc('.', out);
	}
	if (key->flags & KEY_REPEATS)
		fputs(" May be given more than once.", out);
	fputc('\n', out);
}

static void print_options(FILE *out, const struct pages *pages)
{
	fputs(".SH OPTIONS\n", out);
	for (unsigned group = 0; group < KEY_GROUP_COUNT; group++) {
		bool titled = false;

		for (size_t i = 0; i < key_count; i++) {
			const struct key *key = &keys[i];

			if (key->group != (enum key_group)group || !pages_shown(key))
				continue;
			if (!titled)
				fprintf(out, ".SS %s\n", key_group_title((enum key_group)group));
			titled = true;
			option_tag(out, key->name, key->letter, key->metavar, false);
			option_text(out, pages, key);
		}
	}
	fputs(".SS Program\n", out);
	for (size_t i = 0; i < program_option_count; i++) {
		const struct program_option *option = &program_options[i];

		option_tag(out, option->name, option->letter, option->metavar,
			   option->takes == PROGRAM_OPTIONAL);
		man_text(out, option->help);
		if (option->verb)
			fprintf(out, " (only for \\fB%s\\fR)", option->verb);
		fputs(".\n", out);
	}
}

static void print_synopsis(FILE *out)
{
	fputs(".SH SYNOPSIS\n", out);
	for (size_t i = 0; i < verb_count; i++) {
		if (!verbs[i].run)
			continue;
		fprintf(out, "%s.B enclave\\-run%s%s\n", i ? ".br\n" : "", i ? " " : "",
			i ? verbs[i].name : "");
		man_text(out, verbs[i].synopsis);
		fputc('\n', out);
	}
}

static void print_verbs(FILE *out)
{
	fputs(".SH VERBS\nA verb is one only as the first word; a command of such a name is run after\n"
	      ".B \\-\\-\nor\n.BR run .\n",
	      out);
	for (size_t i = 0; i < verb_count; i++) {
		if (!verbs[i].run)
			continue;
		fprintf(out, ".TP\n.B %s\n", verbs[i].name);
		man_text(out, verbs[i].help);
		fputs(".\n", out);
	}
}

static void print_reasons(FILE *out)
{
	fputs(".SS Reasons\n", out);
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		fputs(".TP\n.B ", out);
		man_text(out, reason_word((enum reason)i));
		fputc('\n', out);
		man_text(out, reason_meaning((enum reason)i));
		fputs(".\n", out);
	}
}

static const char *const audit_log[] = {
	"Every line is one JSON object in printable ASCII, at most 16 KiB: seq (the number of the line), prev "
	"(the SHA-256 of the line before with its newline; zeros in line 1), time, session, event, and "
	"the members of that event. Bytes that are not UTF-8 appear as U+0080 to U+00FF; of long "
	"arguments the beginning is kept, and argv_total then says how many there were.",
	"Runs that share a log lock it for each line, for at most two seconds. Nothing is appended to a torn "
	"or foreign end, to a file that became shorter, was removed, or has a second name. A line that "
	"can't be written ends the run with reason audit.",
	"audit verify ends with 0 if all is in order, 1 if not, and 125 if it can't tell. Without heads it "
	"can't see a cut end, a changed last line, or a log made anew.",
	NULL,
};

static void print_audit(FILE *out)
{
	fputs(".SH AUDIT LOG\n", out);
	man_paragraphs(out, audit_log);
	fputs(".SS Events\n", out);
	for (unsigned i = 0; i < AUDIT_KIND_COUNT; i++) {
		fputs(".TP\n.B ", out);
		man_text(out, audit_kind_word((enum audit_kind)i));
		fputc('\n', out);
		man_text(out, audit_kind_meaning((enum audit_kind)i));
		fputs(".\n", out);
	}
}

static void print_examples(FILE *out)
{
	fputs(".SH EXAMPLES\n", out);
	for (const struct page_row *row = page_examples; row->name; row++) {
		fputs(".PP\n", out);
		man_text(out, row->text);
		fputs(":\n.PP\n.nf\n.RS\n", out);
		man_text(out, row->name);
		fputs("\n.RE\n.fi\n", out);
	}
}

static const char *const description[] = {
	"enclave-run runs one untrusted COMMAND in namespaces of its own, with a read-only file tree, no "
	"way out but what the policy lets through, no capabilities, system call filters and limits, and "
	"says exactly why it ended. It works for root and for an ordinary user; it has no daemon, no setuid bit and leaves nothing "
	"behind.",
	"The first word that is no option ends the options; so does --. --name VALUE and --name=VALUE are "
	"the same, names are never abbreviated. Of single values the last one given counts, lists grow, "
	"and the entries of the files group are applied in their order.",
	"Sizes are bytes, or K, M, G, T (powers of 1024). Times are seconds, or 500ms, 1.5s, 2m, 1h. "
	"none lifts a limit.",
	"Every run starts from a preset (default, ci, judge, agent) or from the policy file named by "
	"--policy; options win over it. See enclave-run-policy(5).",
	"A wall that can't be put up ends the run before the command starts, unless --allow-missing names "
	"it. The record says which walls were really in force, as read back from the running sandbox.",
	NULL,
};

static const char *const streams[] = {
	"Nothing is written to standard output or standard error but the command's own bytes, unless "
	"enclave-run refuses, kills, or has denied connections or not reached allowed ones: then one line "
	"each, starting with enclave-run:, on standard error; with --quiet for refusals only.",
	"The command's output is relayed, so that it can be counted. A process left behind can't keep the "
	"launcher waiting: it ends with the run.",
	NULL,
};

static const char *const network[] = {
	"The command has an interface whose only other end is the gateway, a confined process of this run. A "
	"name is answered by it from the rules alone, and resolved upstream only when an allowed "
	"connection is made to it. What is denied fails at once: a name as not found, a connection as "
	"refused, or, to a name of which only other ports are allowed or that leads to an address which is "
	"not, as reset (refused, to programs that look late). What a rule allows and can't be reached is a "
	"reset, too: the handshake with the gateway comes first. How rules are written is in enclave-run-policy(5).",
	"Inside, localhost is the sandbox itself, and there is IPv4 only. A service of the host is reached by a "
	"rule that is exactly one of its other addresses, such as --allow 198.51.100.1:5432.",
	"--gate kills the run at its first denial (reason egress, exit status 1). What --net audit lets out "
	"is no denial. ping and traceroute do not work.",
	"Below a wildcard 256 new names can be asked for at once, and one more each second; a run knows 4095 names. "
	"What is too much is denied with the cause rate-limit or pool-full. The record's egress.exact is false, and a "
	"warning says how many datagrams it was, where the command sent faster than the gateway could read.",
	NULL,
};

static const char *const status_lines[] = {
	"--status-fd writes one JSON object per line, with the members event, session, time and pid: created, "
	"started, denied (each kind of denial when it is first seen, with the members it has in the record's "
	"egress; lost if the reader does not read), and ended, with status, reason, exit_code, signal and "
	"exit_status. A refused run has the one line refused, with message.",
	NULL,
};

static const struct page_row meta_statuses[] = {
	{ "(none)", "exit with status 0" },
	{ "RE", "exit with another status; egress" },
	{ "SG", "signal, memory, pids, disk, output, file-size, seccomp, cancelled, external-kill" },
	{ "TO", "cpu-time, deadline: its message holds the word wall" },
	{ "XX", "exec-failed, setup, gateway, audit; and before the end, so also launcher-lost" },
	{ NULL, NULL },
};

static const char *const meta_text[] = {
	"--meta writes key:value lines as isolate(1) does: time and time-wall in seconds, max-rss (of the "
	"largest process) and cg-mem (of the whole run, with a control group) in kilobytes, exitcode, "
	"exitsig, killed, cg-oom-killed, csw-voluntary, csw-forced, message, and status by reason:",
	NULL,
};

static const struct page_row environment[] = {
	{ "SLURM_JOB_ID, SLURM_PROCID, SLURM_ARRAY_TASK_ID, SLURM_ARRAY_JOB_ID",
	  "replace %j, %t, %a and %A in --record and --meta; %h is the host name, %p the process id" },
	{ NULL, NULL },
};

static void print_label_variables(FILE *out)
{
	fputs(".TP\n.B \"", out);
	for (size_t i = 0; labels_variable(i); i++)
		fprintf(out, "%s%s", i ? ", " : "", labels_variable(i));
	fputs("\"\nbecome labels of the record where Slurm, GitHub, GitLab, Jenkins or Buildkite set them.\n",
	      out);
}

static const char *const environment_inside[] = {
	"The command gets none of the caller's variables but those named by --env, --env-file and "
	"--keep-env. It starts with PATH, HOME, USER, SHELL, LANG=C.UTF-8, TMPDIR=/tmp and "
	"container=enclave-run.",
	NULL,
};

void man_page(FILE *out, const void *arg)
{
	man_head(out, "ENCLAVE\\-RUN", 1,
		 "enclave-run - run one untrusted command, and say why it ended");
	print_synopsis(out);
	fputs(".SH DESCRIPTION\n", out);
	man_paragraphs(out, description);
	print_verbs(out);
	print_options(out, arg);
	fputs(".SH STREAMS\n", out);
	man_paragraphs(out, streams);
	fputs(".SH NETWORK\n", out);
	man_paragraphs(out, network);
	fputs(".SH EXIT STATUS\nCodes collide by nature: the record tells which it was.\n", out);
	man_rows(out, page_exit_statuses, "B");
	fputs(".SH RECORD\nOne JSON object per run, written by \\fB\\-\\-record\\fR also when set\\-up fails:\n"
	      "at the start with status running, replaced at the end.\n",
	      out);
	man_rows(out, page_record_members, "B");
	print_reasons(out);
	fputs(".SS What the kernel can't tell apart\n", out);
	man_rows(out, page_indistinct, "B");
	fputs(".SH STATUS LINES\n", out);
	man_paragraphs(out, status_lines);
	print_audit(out);
	fputs(".SH META FILE\n", out);
	man_paragraphs(out, meta_text);
	man_rows(out, meta_statuses, "B");
	fputs(".PP\nA mistake in the options or in the policy file is told by exit status 125 alone: neither the\n"
	      "record nor the meta file is known then.\n",
	      out);
	fputs(".SH ENVIRONMENT\n", out);
	man_rows(out, environment, "B");
	print_label_variables(out);
	man_paragraphs(out, environment_inside);
	print_examples(out);
	fputs(".SH SEE ALSO\n.BR enclave\\-run\\-policy (5),\n.BR namespaces (7),\n.BR cgroups (7),\n"
	      ".BR seccomp (2)\n",
	      out);
}
