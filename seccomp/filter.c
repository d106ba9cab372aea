/* filter.c - a profile becomes two BPF programs.
 *
 * Theory of operation.  The rules are first flattened into two lists of calls, one per filter (why
 * two: spec.h).  Everything that libseccomp would settle silently is settled here: a conditional
 * rule beside an unconditional one for the same call is dropped by libseccomp without a word, so it
 * is dropped here when both answer alike and refused when they differ; the same rule twice is one
 * rule; the same condition with two answers is refused.  Only then are the lists given to
 * libseccomp, each rule as an exact one, and the program is read back through a memory file.
 *
 * Pitfalls: a rule whose action is the filter's default is an error to libseccomp (such rules are
 * left out, they change nothing); several comparisons of one argument within a rule are an error
 * too (profiles/seccomp_json says what to write instead).  Kernel: 4.14 (KILL_PROCESS), 5.0 (user
 * notification). */
#include <errno.h>
#include <linux/bpf_common.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "seccomp/filter.h"
#include "seccomp/names.h"

/* One call as one of the two filters shall answer it. */
struct call {
	const char *name; /* borrowed from the spec */
	int nr;
	uint32_t answer; /* libseccomp's action word */
	const struct seccomp_arg *args;
	size_t arg_count;
};

struct calls {
	struct call *rows;
	size_t count;
	uint32_t otherwise; /* the filter's default */
};

static const uint32_t action_words[] = {
	[SECCOMP_ACT_ALLOW] = SCMP_ACT_ALLOW,
	[SECCOMP_ACT_LOG] = SCMP_ACT_LOG,
	[SECCOMP_ACT_ERRNO] = SCMP_ACT_ERRNO(0),
	[SECCOMP_ACT_NOTIFY] = SCMP_ACT_NOTIFY,
	[SECCOMP_ACT_TRAP] = SCMP_ACT_TRAP,
	[SECCOMP_ACT_KILL_THREAD] = SCMP_ACT_KILL_THREAD,
	[SECCOMP_ACT_KILL_PROCESS] = SCMP_ACT_KILL_PROCESS,
};
_Static_assert(sizeof(action_words) / sizeof(action_words[0]) == SECCOMP_ACT_COUNT,
	       "one word per action");

static const enum scmp_compare compare_ops[] = {
	[SECCOMP_OP_NE] = SCMP_CMP_NE,
	[SECCOMP_OP_LT] = SCMP_CMP_LT,
	[SECCOMP_OP_LE] = SCMP_CMP_LE,
	[SECCOMP_OP_EQ] = SCMP_CMP_EQ,
	[SECCOMP_OP_GE] = SCMP_CMP_GE,
	[SECCOMP_OP_GT] = SCMP_CMP_GT,
	[SECCOMP_OP_MASKED_EQ] = SCMP_CMP_MASKED_EQ,
};
_Static_assert(sizeof(compare_ops) / sizeof(compare_ops[0]) == SECCOMP_OP_COUNT,
	       "one comparison per operator");

static bool action_allows(enum seccomp_action action)
{
	return action == SECCOMP_ACT_ALLOW || action == SECCOMP_ACT_LOG;
}

static uint32_t action_word(enum seccomp_action action, unsigned errno_value, bool notify)
{
	if (action == SECCOMP_ACT_NOTIFY && !notify)
		return SCMP_ACT_ERRNO(EPERM);
	if (action == SECCOMP_ACT_ERRNO)
		return SCMP_ACT_ERRNO(errno_value);
	return action_words[action];
}

static bool args_equal(const struct call *a, const struct call *b)
{
	if (a->arg_count != b->arg_count)
		return false;
	for (size_t i = 0; i < a->arg_count; i++)
		if (a->args[i].index != b->args[i].index || a->args[i].op != b->args[i].op ||
		    a->args[i].value != b->args[i].value ||
		    a->args[i].value_two != b->args[i].value_two)
			return false;
	return true;
}

static bool calls_answer_always(const struct calls *calls, int nr)
{
	for (size_t i = 0; i < calls->count; i++)
		if (calls->rows[i].nr == nr && calls->rows[i].arg_count == 0)
			return true;
	return false;
}

/* seccomp_compile() made room for every name there is. */
static void calls_append(struct calls *calls, const struct call *row)
{
	calls->rows[calls->count++] = *row;
}

static void calls_remove(struct calls *calls, int nr)
{
	size_t kept = 0;

	for (size_t i = 0; i < calls->count; i++)
		if (calls->rows[i].nr != nr)
			calls->rows[kept++] = calls->rows[i];
	calls->count = kept;
}

/* Add one rule for one call, unless an earlier one already says the same. */
static int calls_add(struct calls *calls, const struct call *row, struct err *e)
{
	for (size_t i = 0; i < calls->count; i++) {
		const struct call *old = &calls->rows[i];
		bool covered = old->arg_count == 0 || args_equal(old, row);

		if (old->nr != row->nr || !(covered || row->arg_count == 0))
			continue;
		if (old->answer != row->answer)
			return err_usage(e,
					 "syscalls: two rules answer '%s' differently (%x and %x) for "
					 "the same arguments: write conditions that exclude each other",
					 row->name, (unsigned)old->answer, (unsigned)row->answer);
		if (covered)
			return 0;
	}
	if (row->arg_count == 0)
		calls_remove(calls, row->nr); /* conditional rules with the same answer */
	calls_append(calls, row);
	return 0;
}

/* The rules for every name of one rule of the spec, into the list it belongs to. */
static int calls_from_rule(struct calls *calls, const struct seccomp_rule *rule, uint32_t answer,
			   struct err *e)
{
	for (size_t i = 0; i < rule->name_count; i++) {
		struct call row = { .name = rule->names[i],
				    .nr = seccomp_syscall_number(rule->names[i]),
				    .answer = answer,
				    .args = rule->args,
				    .arg_count = rule->arg_count };

		if (row.nr == SECCOMP_NR_UNKNOWN && !action_allows(rule->action))
			return err_usage(e,
					 "syscalls: unknown system call '%s' can't be refused: correct "
					 "the name, or leave it to defaultAction",
					 row.name);
		if (row.nr >= 0 && answer != calls->otherwise && calls_add(calls, &row, e) != 0)
			return -1;
	}
	return 0;
}

/* What deny answers must pass allow under the very same condition, or allow's default would hide the
 * answer: the kernel takes the lower action, read as a signed number (ERRNO hides a notification),
 * and of two equal ones that of the filter loaded later, which is allow. */
static bool answer_could_be_hidden(uint32_t answer, uint32_t otherwise)
{
	return answer != otherwise && (int32_t)(answer & SECCOMP_RET_ACTION_FULL) >=
					      (int32_t)(otherwise & SECCOMP_RET_ACTION_FULL);
}

static void calls_let_answered_pass(struct calls *allow, const struct calls *deny)
{
	for (size_t i = 0; i < deny->count; i++) {
		struct call row = deny->rows[i];

		if (!answer_could_be_hidden(row.answer, allow->otherwise) ||
		    calls_answer_always(allow, row.nr))
			continue;
		row.answer = SCMP_ACT_ALLOW;
		if (row.arg_count == 0)
			calls_remove(allow, row.nr);
		calls_append(allow, &row);
	}
}

static void calls_let_names_pass(struct calls *allow, const char *const *names)
{
	for (; names && *names; names++) {
		struct call row = { .name = *names,
				    .nr = seccomp_syscall_number(*names),
				    .answer = SCMP_ACT_ALLOW };

		if (row.nr < 0)
			continue;
		calls_remove(allow, row.nr);
		calls_append(allow, &row);
	}
}

/* Fill both lists from the spec. */
static int calls_split(const struct seccomp_spec *spec, bool notify, const char *const *also_allowed,
		       struct calls *deny, struct calls *allow, struct err *e)
{
	if (spec->default_action == SECCOMP_ACT_NOTIFY && notify)
		return err_usage(e, "defaultAction: SCMP_ACT_NOTIFY is for single calls only: the "
				    "listener belongs to the filter of denials");
	deny->otherwise = SCMP_ACT_ALLOW;
	allow->otherwise = action_word(spec->default_action, spec->default_errno, notify);
	for (size_t i = 0; i < spec->rule_count; i++) {
		const struct seccomp_rule *rule = &spec->rules[i];
		struct calls *into = action_allows(rule->action) ? allow : deny;

		if (calls_from_rule(into, rule,
				    action_word(rule->action, rule->errno_value, notify), e) != 0)
			return -1;
	}
	/* A permissive default lets them pass anyway. */
	if (action_allows(spec->default_action))
		return 0;
	calls_let_answered_pass(allow, deny);
	calls_let_names_pass(allow, also_allowed);
	return 0;
}

static int filter_set_up(scmp_filter_ctx filter, struct err *e)
{
	static const struct {
		enum scmp_filter_attr attr;
		uint32_t value;
	} attributes[] = {
		/* a foreign architecture, x32 included, has no filter of its own: kill */
		{ SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS },
		{ SCMP_FLTATR_CTL_NNP, 0 },	 /* our children set it themselves */
		{ SCMP_FLTATR_CTL_OPTIMIZE, 2 }, /* binary tree over the call numbers */
	};

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
		int rc = seccomp_attr_set(filter, attributes[i].attr, attributes[i].value);

		if (rc != 0)
			return err_set(e, ERR_INTERNAL, -rc, ERR_AT, "libseccomp: attribute %d",
				       (int)attributes[i].attr);
	}
	return 0;
}

static int filter_add(scmp_filter_ctx filter, const struct call *row, struct err *e)
{
	struct scmp_arg_cmp args[6] = { 0 };
	int rc;

	for (size_t i = 0; i < row->arg_count; i++)
		args[i] = (struct scmp_arg_cmp){ .arg = row->args[i].index,
						 .op = compare_ops[row->args[i].op],
						 .datum_a = row->args[i].value,
						 .datum_b = row->args[i].value_two };
	rc = seccomp_rule_add_exact_array(filter, row->answer, row->nr, (unsigned)row->arg_count,
					  args);
	if (rc != 0)
		return err_set(e, ERR_USAGE, -rc, ERR_AT,
			       "syscalls: libseccomp refuses a rule for '%s'", row->name);
	return 0;
}

/* libseccomp writes programs to descriptors only. */
static int filter_export(scmp_filter_ctx filter, struct sock_fprog *out, struct err *e)
{
	autofd int fd = memfd_create("seccomp-filter", MFD_CLOEXEC);
	autofree struct sock_filter *code = NULL;
	struct stat st;
	size_t count;
	int rc;

	if (fd < 0)
		return err_sys(e, "memfd_create");
	rc = seccomp_export_bpf(filter, fd);
	if (rc != 0)
		return err_set(e, ERR_INTERNAL, -rc, ERR_AT, "libseccomp: export the filter");
	if (fstat(fd, &st) != 0)
		return err_sys(e, "fstat of the exported filter");
	count = (size_t)st.st_size / sizeof(*code);
	if (count == 0 || count > BPF_MAXINSNS)
		return err_usage(e,
				 "the filter has %zu instructions, the kernel takes 1 to %d: use "
				 "fewer conditions",
				 count, BPF_MAXINSNS);
	code = calloc(count, sizeof(*code));
	if (!code)
		return err_nomem(e);
	if (pread(fd, code, count * sizeof(*code), 0) != (ssize_t)(count * sizeof(*code)))
		return err_sys(e, "read the exported filter");
	out->len = (unsigned short)count;
	out->filter = code;
	code = NULL;
	return 0;
}

static int filter_build(const struct calls *calls, struct sock_fprog *out, struct err *e)
{
	scmp_filter_ctx filter = seccomp_init(calls->otherwise);
	int rc = -1;

	if (!filter)
		return err_internal(e, "libseccomp: seccomp_init failed");
	if (filter_set_up(filter, e) != 0)
		goto out;
	for (size_t i = 0; i < calls->count; i++)
		if (filter_add(filter, &calls->rows[i], e) != 0)
			goto out;
	rc = filter_export(filter, out, e);
out:
	seccomp_release(filter);
	return rc;
}

static size_t count_names(const struct seccomp_spec *spec, const char *const *also_allowed)
{
	size_t count = 0;

	for (size_t i = 0; i < spec->rule_count; i++)
		count += spec->rules[i].name_count;
	for (; also_allowed && *also_allowed; also_allowed++)
		count++;
	return count;
}

int seccomp_compile(const struct seccomp_spec *spec, bool notify, const char *const *also_allowed,
		    struct seccomp_profile *out, struct err *e)
{
	size_t room = count_names(spec, also_allowed) + 1;
	autofree struct call *deny_rows = calloc(room, sizeof(*deny_rows));
	autofree struct call *allow_rows = calloc(room, sizeof(*allow_rows));
	struct calls deny = { .rows = deny_rows }, allow = { .rows = allow_rows };
	struct seccomp_profile made = { 0 };

	if (!deny_rows || !allow_rows)
		return err_nomem(e);
	if (calls_split(spec, notify, also_allowed, &deny, &allow, e) != 0 ||
	    filter_build(&deny, &made.deny, e) != 0 || filter_build(&allow, &made.allow, e) != 0) {
		seccomp_profile_release(&made);
		return -1;
	}
	*out = made;
	return 0;
}

void seccomp_profile_release(struct seccomp_profile *profile)
{
	free(profile->deny.filter);
	free(profile->allow.filter);
	*profile = (struct seccomp_profile){ 0 };
}
