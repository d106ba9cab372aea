/* seccomp_filter.c - compiling profiles: the programs mean what the rules say, and what libseccomp
 * would settle silently is settled aloud.
 *
 * The second half takes the shipped profiles as rules, evaluates the rules directly (no libseccomp,
 * no BPF) and compares that with the compiled programs for many arguments around every value that a
 * rule names. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "profiles/seccomp_json.h"
#include "seccomp/names.h"
#include "tests/unit/bpf_sim.h"
#include "tests/unit/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ALLOW SECCOMP_RET_ALLOW
#define ERR(n) (SECCOMP_RET_ERRNO | (uint32_t)(n))
#define TEXT_MAX (1 << 20)

static int parse(const char *json, struct seccomp_spec *spec)
{
	struct err e = { 0 };
	int rc = seccomp_json_parse(json, strlen(json), "test", spec, &e);

	if (rc != 0)
		diag("%s", e.msg);
	return rc;
}

/* Compile a document; on failure the message is left in *e. */
static int compile(const char *json, bool notify, const char *const *also,
		   struct seccomp_profile *profile, struct err *e)
{
	struct seccomp_spec spec = { 0 };
	int rc;

	*e = (struct err){ 0 };
	if (parse(json, &spec) != 0)
		return -2;
	rc = seccomp_compile(&spec, notify, also, profile, e);
	seccomp_spec_release(&spec);
	return rc;
}

static uint32_t answer(const struct seccomp_profile *profile, int nr, uint64_t arg0)
{
	struct seccomp_data data = { .nr = nr, .arch = BPF_SIM_ARCH, .args = { arg0 } };

	return bpf_sim_profile(profile, &data);
}

/* ------------------------------------------------------------------------------ documents */

#define DOC(rules) "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" rules "]}"
#define RULE(name, action) "{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_" action "\"}"
#define RULE_IF(name, action, op, value)                                                       \
	"{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_" action "\",\"args\":[{\"index\":0," \
	"\"op\":\"SCMP_CMP_" op "\",\"value\":" #value "}]}"

struct document_row {
	const char *what, *json;
	int nr;
	uint64_t arg0;
	uint32_t with_notify, without;
};

static const struct document_row documents[] = {
	{ "no rules: the default", DOC(""), SYS_read, 0, ERR(EPERM), ERR(EPERM) },
	{ "allowed", DOC(RULE("read", "ALLOW")), SYS_read, 0, ALLOW, ALLOW },
	{ "logged", DOC(RULE("read", "LOG")), SYS_read, 0, SECCOMP_RET_LOG, SECCOMP_RET_LOG },
	{ "killed", DOC(RULE("read", "KILL_PROCESS")), SYS_read, 0, SECCOMP_RET_KILL_PROCESS,
	  SECCOMP_RET_KILL_PROCESS },
	{ "KILL is the thread", DOC(RULE("read", "KILL")), SYS_read, 0, SECCOMP_RET_KILL_THREAD,
	  SECCOMP_RET_KILL_THREAD },
	{ "trapped", DOC(RULE("read", "TRAP")), SYS_read, 0, SECCOMP_RET_TRAP, SECCOMP_RET_TRAP },
	{ "notified", DOC(RULE("mount", "NOTIFY")), SYS_mount, 0, SECCOMP_RET_USER_NOTIF,
	  ERR(EPERM) },
	{ "notified under a condition", DOC(RULE_IF("dup", "NOTIFY", "EQ", 5)), SYS_dup, 5,
	  SECCOMP_RET_USER_NOTIF, ERR(EPERM) },
	{ "the condition does not hold", DOC(RULE_IF("dup", "NOTIFY", "EQ", 5)), SYS_dup, 6,
	  ERR(EPERM), ERR(EPERM) },
	{ "two conditions are alternatives",
	  DOC(RULE_IF("dup", "ALLOW", "EQ", 5) "," RULE_IF("dup", "ALLOW", "GT", 9)), SYS_dup, 10,
	  ALLOW, ALLOW },
	{ "the upper half of a number counts", DOC(RULE_IF("dup", "ALLOW", "EQ", 5)), SYS_dup,
	  UINT64_C(0x100000005), ERR(EPERM), ERR(EPERM) },
	{ "a condition beside the whole call, same answer",
	  DOC(RULE_IF("dup", "ALLOW", "EQ", 5) "," RULE("dup", "ALLOW")), SYS_dup, 6, ALLOW, ALLOW },
	{ "the same the other way round",
	  DOC(RULE("dup", "ALLOW") "," RULE_IF("dup", "ALLOW", "EQ", 5)), SYS_dup, 6, ALLOW, ALLOW },
	{ "the same rule twice", DOC(RULE("dup", "ALLOW") "," RULE("dup", "ALLOW")), SYS_dup, 6,
	  ALLOW, ALLOW },
	{ "refused under a condition, allowed otherwise",
	  DOC(RULE_IF("dup", "KILL_PROCESS", "EQ", 5) "," RULE("dup", "ALLOW")), SYS_dup, 5,
	  SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS },
	{ "and allowed otherwise",
	  DOC(RULE("dup", "ALLOW") "," RULE_IF("dup", "KILL_PROCESS", "EQ", 5)), SYS_dup, 6, ALLOW,
	  ALLOW },
	{ "an unknown call that is allowed stays refused", DOC(RULE("of_the_future", "ALLOW")),
	  4000, 0, ERR(EPERM), ERR(EPERM) },
	{ "an errno of its own",
	  DOC("{\"names\":[\"dup\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":95}"), SYS_dup, 0,
	  ERR(EOPNOTSUPP), ERR(EOPNOTSUPP) },
	{ "permissive default",
	  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" RULE("mount", "NOTIFY") "]}",
	  SYS_mount, 0, SECCOMP_RET_USER_NOTIF, ERR(EPERM) },
	{ "permissive default, other call",
	  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[" RULE("mount", "KILL") "]}",
	  SYS_read, 0, ALLOW, ALLOW },
	{ "a trap within a filter that kills",
	  "{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\",\"syscalls\":[" RULE("dup", "TRAP") "]}",
	  SYS_dup, 0, SECCOMP_RET_TRAP, SECCOMP_RET_TRAP },
	{ "newer than libseccomp", DOC(RULE("mseal", "ALLOW")), 462, 0, ALLOW, ALLOW },
};

static void test_documents(void)
{
	for (size_t i = 0; i < COUNT(documents); i++) {
		const struct document_row *row = &documents[i];

		for (int notify = 0; notify < 2; notify++) {
			struct seccomp_profile profile = { 0 };
			struct err e;

			if (is_int(compile(row->json, notify, NULL, &profile, &e), 0,
				   "%s: compiles", row->what))
				is_int(answer(&profile, row->nr, row->arg0),
				       notify ? row->with_notify : row->without, "%s (notify %d)",
				       row->what, notify);
			else
				diag("%s", e.msg);
			seccomp_profile_release(&profile);
		}
	}
}

static const struct {
	const char *what, *json, *words;
} refused[] = {
	{ "an unknown call that is refused", DOC(RULE("of_the_future", "KILL")), "'of_the_future'" },
	{ "two answers to one call", DOC(RULE("dup", "KILL") "," RULE("dup", "TRAP")), "'dup'" },
	{ "a condition that would be lost",
	  DOC(RULE("dup", "NOTIFY") "," RULE_IF("dup", "KILL", "EQ", 1)), "'dup'" },
	{ "the same, the other way round",
	  DOC(RULE_IF("dup", "KILL", "EQ", 1) "," RULE("dup", "NOTIFY")), "'dup'" },
	{ "two answers to one condition",
	  DOC(RULE_IF("dup", "KILL", "EQ", 1) "," RULE_IF("dup", "TRAP", "EQ", 1)), "'dup'" },
	{ "everything notified", "{\"defaultAction\":\"SCMP_ACT_NOTIFY\"}", "defaultAction" },
};

static void test_refused(void)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct seccomp_profile profile = { .name = "untouched" };
		struct err e;

		is_int(compile(refused[i].json, true, NULL, &profile, &e), -1, "%s: refused",
		       refused[i].what);
		is_int(e.kind, ERR_USAGE, "%s: a fault of the document", refused[i].what);
		if (!ok(strstr(e.msg, refused[i].words) != NULL, "%s: names %s", refused[i].what,
			refused[i].words))
			diag("%s", e.msg);
		ok(profile.deny.filter == NULL && profile.name != NULL, "nothing was written");
	}
}

static void test_also_allowed(void)
{
	static const char *const also[] = { "mount", "ptrace", "umount", "no_such_call", NULL };
	struct seccomp_profile profile = { 0 };
	struct err e;

	is_int(compile(DOC(RULE_IF("ptrace", "LOG", "EQ", 0)), false, also, &profile, &e), 0,
	       "names that an earlier filter notifies");
	is_int(answer(&profile, SYS_mount, 0), ALLOW, "are let through");
	is_int(answer(&profile, SYS_ptrace, 7), ALLOW, "whatever the arguments");
	is_int(answer(&profile, SYS_unshare, 0), ERR(EPERM), "and no others");
	seccomp_profile_release(&profile);
	is_int(compile(DOC(RULE("mount", "KILL")), false, also, &profile, &e), 0,
	       "a stricter document");
	is_int(answer(&profile, SYS_mount, 0), SECCOMP_RET_KILL_THREAD, "keeps its answer");
	seccomp_profile_release(&profile);
}

/* ---------------------------------------------------------------- the rules, evaluated directly */

static bool arg_holds(const struct seccomp_arg *arg, const uint64_t *args)
{
	uint64_t a = args[arg->index];
	const bool by_op[SECCOMP_OP_COUNT] = {
		[SECCOMP_OP_NE] = a != arg->value,
		[SECCOMP_OP_LT] = a<arg->value, [SECCOMP_OP_LE] = a <= arg->value,
				    [SECCOMP_OP_EQ] = a == arg->value,
				    [SECCOMP_OP_GE] = a >= arg->value, [SECCOMP_OP_GT] = a>
					  arg->value,
		[SECCOMP_OP_MASKED_EQ] = (a & arg->value) == arg->value_two,
	};

	return by_op[arg->op];
}

static bool rule_holds(const struct seccomp_rule *rule, const char *name, const uint64_t *args)
{
	bool named = false;

	for (size_t i = 0; i < rule->name_count; i++)
		named |= strcmp(rule->names[i], name) == 0;
	for (size_t i = 0; named && i < rule->arg_count; i++)
		named = arg_holds(&rule->args[i], args);
	return named;
}

static uint32_t rule_answer(enum seccomp_action action, unsigned errno_value)
{
	static const uint32_t words[] = {
		[SECCOMP_ACT_ALLOW] = ALLOW,
		[SECCOMP_ACT_LOG] = SECCOMP_RET_LOG,
		[SECCOMP_ACT_ERRNO] = SECCOMP_RET_ERRNO,
		[SECCOMP_ACT_NOTIFY] = SECCOMP_RET_USER_NOTIF,
		[SECCOMP_ACT_TRAP] = SECCOMP_RET_TRAP,
		[SECCOMP_ACT_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[SECCOMP_ACT_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
	};

	return words[action] | (action == SECCOMP_ACT_ERRNO ? errno_value : 0);
}

/* A refusing rule wins, else an allowing one, else the default.  *clear: not two that refuse
 * differently, whose order nobody promises. */
static uint32_t model(const struct seccomp_spec *spec, const char *name, const uint64_t *args,
		      bool *clear)
{
	uint32_t refusal = ALLOW, found = rule_answer(spec->default_action, spec->default_errno);

	*clear = true;
	for (size_t i = 0; i < spec->rule_count; i++) {
		const struct seccomp_rule *rule = &spec->rules[i];
		uint32_t word = rule_answer(rule->action, rule->errno_value);

		if (!rule_holds(rule, name, args))
			continue;
		if (word == ALLOW) {
			found = ALLOW;
			continue;
		}
		*clear &= refusal == ALLOW || refusal == word;
		refusal = word;
	}
	return refusal != ALLOW ? refusal : found;
}

/* Values around everything the rules of one call mention for one argument. */
struct pool {
	uint64_t values[1024];
	size_t count;
};

static void pool_add(struct pool *pool, uint64_t value)
{
	for (size_t i = 0; i < pool->count; i++)
		if (pool->values[i] == value)
			return;
	if (pool->count < COUNT(pool->values))
		pool->values[pool->count++] = value;
}

static void pool_fill(struct pool *pool, const struct seccomp_spec *spec, const char *name,
		      unsigned index)
{
	static const uint64_t always[] = { 0, 1, 2, 3, 5, 6, 17, 1u << 31, ~0u, ~0ull };

	for (size_t i = 0; i < COUNT(always); i++)
		pool_add(pool, always[i]);
	for (size_t r = 0; r < spec->rule_count; r++)
		for (size_t a = 0; a < spec->rules[r].arg_count; a++) {
			const struct seccomp_rule *rule = &spec->rules[r];
			const struct seccomp_arg *arg = &rule->args[a];

			if (strcmp(rule->names[0], name) != 0 || arg->index != index)
				continue;
			for (int64_t d = -1; d <= 1; d++) {
				pool_add(pool, arg->value + (uint64_t)d);
				pool_add(pool, (arg->value + (uint64_t)d) | 0x100000000);
				pool_add(pool, arg->value_two + (uint64_t)d);
				pool_add(pool, (arg->value_two + (uint64_t)d) | UINT64_C(1) << 63);
			}
		}
}

/* The same numbers on every run: a failure can be looked at again. */
static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 16 ^ *state << 24;
}

static uint64_t pick(const struct pool *pool, uint64_t *state)
{
	uint64_t choice = next_random(state);

	if (choice % 8 == 0)
		return next_random(state) & next_random(state);
	if (choice % 8 == 1)
		return pool->values[choice / 8 % pool->count] ^ UINT64_C(1)
									<< next_random(state) % 40;
	return pool->values[choice / 8 % pool->count];
}

#define SAMPLES 6000

static void test_call(const struct seccomp_profile *profile, const struct seccomp_spec *spec,
		      const char *name)
{
	struct pool *pools = calloc(4, sizeof(*pools));
	struct seccomp_data data = { .nr = seccomp_syscall_number(name), .arch = BPF_SIM_ARCH };
	uint64_t state = 1;
	int wrong = 0, unclear = 0;

	for (unsigned i = 0; i < 4; i++)
		pool_fill(&pools[i], spec, name, i);
	for (int n = 0; n < SAMPLES; n++) {
		bool clear;
		uint32_t got, want;

		for (int i = 0; i < 4; i++)
			data.args[i] = pick(&pools[i], &state);
		got = bpf_sim_profile(profile, &data);
		want = model(spec, name, (const uint64_t *)data.args, &clear);
		unclear += !clear;
		if (got != want && wrong++ < 5)
			diag("%s(%#jx, %#jx, %#jx, %#jx): %x, the rules say %x", name,
			     (uintmax_t)data.args[0], (uintmax_t)data.args[1],
			     (uintmax_t)data.args[2], (uintmax_t)data.args[3], (unsigned)got,
			     (unsigned)want);
	}
	free(pools);
	is_int(wrong, 0, "%s: %s means what its rules say", profile->name, name);
	is_int(unclear, 0, "%s: the rules of %s exclude each other", profile->name, name);
}

static void test_profile(const char *name)
{
	char *text = malloc(TEXT_MAX), path[64];
	const char *seen[64];
	size_t seen_count = 0;
	struct seccomp_spec spec = { 0 };

	snprintf(path, sizeof(path), "profiles/seccomp/%s.json", name);
	if (!ok(fd_read_file(AT_FDCWD, path, text, TEXT_MAX) > 0, "%s: readable", path) ||
	    !ok(parse(text, &spec) == 0, "%s: a profile", path)) {
		free(text);
		return;
	}
	free(text);
	for (size_t i = 0; i < spec.rule_count; i++) {
		const struct seccomp_rule *rule = &spec.rules[i];
		size_t s = 0;

		if (rule->arg_count == 0)
			continue;
		for (size_t n = 0; n < rule->name_count; n++, s = 0) {
			while (s < seen_count && strcmp(seen[s], rule->names[n]) != 0)
				s++;
			if (s < seen_count || seen_count == COUNT(seen) ||
			    seccomp_syscall_number(rule->names[n]) < 0)
				continue;
			seen[seen_count++] = rule->names[n];
			test_call(seccomp_profile_find(name), &spec, rule->names[n]);
		}
	}
	seccomp_spec_release(&spec);
}

static void test_shipped(void)
{
	static const char *const names[] = { "default", "strict", "debug" };

	for (size_t i = 0; i < COUNT(names); i++)
		test_profile(names[i]);
	for (size_t i = 0; i < seccomp_profile_count; i++)
		ok(seccomp_profiles[i].deny.len < 700 && seccomp_profiles[i].allow.len < 700,
		   "%s: %u and %u instructions", seccomp_profiles[i].name,
		   (unsigned)seccomp_profiles[i].deny.len, (unsigned)seccomp_profiles[i].allow.len);
}

int main(void)
{
	test_documents();
	test_refused();
	test_also_allowed();
	test_shipped();
	return done();
}
