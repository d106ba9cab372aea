/* seccomp_json.c - OCI and Docker seccomp documents to struct seccomp_spec.
 *
 * Every object is read through a table of its keys, so a key without a row is an error by
 * construction.  The reader carries the path of the value at hand ("syscalls[3].args[0].op").
 * No switch on words: each word list is a table too, and its messages print from it. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "profiles/seccomp_json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ERRNO_LAST 4095	     /* MAX_ERRNO: the kernel cuts larger values down to it */
#define ERRNO_NAMED_LAST 133 /* EHWPOISON; text_errno_name() says "E?" for gaps */
#define SECCOMP_CALL_ARGS 6

#if defined(__x86_64__)
#define NATIVE_OCI "SCMP_ARCH_X86_64"
#define NATIVE_GO "amd64"
#elif defined(__aarch64__)
#define NATIVE_OCI "SCMP_ARCH_AARCH64"
#define NATIVE_GO "arm64"
#else
#error "say here what OCI documents call this architecture"
#endif

struct reader {
	const char *origin;
	struct err *e;
	struct text path;
};

/* One level down; the result goes to reader_up(). */
static size_t reader_down(struct reader *r, const char *key)
{
	size_t was = r->path.len;

	text_fmt(&r->path, "%s%s", was > 0 ? "." : "", key);
	return was;
}

static size_t reader_item(struct reader *r, size_t index)
{
	size_t was = r->path.len;

	text_fmt(&r->path, "[%zu]", index);
	return was;
}

static void reader_up(struct reader *r, size_t was)
{
	r->path.len = was;
	r->path.at[was] = '\0';
}

static int reader_fail(struct reader *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int reader_fail(struct reader *r, const char *fmt, ...)
{
	char buf[256];
	struct text msg = TEXT_ON(buf);
	va_list ap;

	va_start(ap, fmt);
	text_vfmt(&msg, fmt, ap);
	va_end(ap);
	if (r->path.len == 0)
		return err_usage(r->e, "%s: %s", r->origin, buf);
	return err_usage(r->e, "%s: %s: %s", r->origin, r->path.at, buf);
}

/* ------------------------------------------------------------------------------ single values */

struct word {
	const char *name;
	int value;
};

#define WORD_REFUSED (-1)

static const struct word action_words[] = {
	{ "SCMP_ACT_ALLOW", SECCOMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SECCOMP_ACT_LOG },
	{ "SCMP_ACT_ERRNO", SECCOMP_ACT_ERRNO },
	{ "SCMP_ACT_NOTIFY", SECCOMP_ACT_NOTIFY },
	{ "SCMP_ACT_TRAP", SECCOMP_ACT_TRAP },
	{ "SCMP_ACT_KILL", SECCOMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_TRACE", WORD_REFUSED }, /* there is no tracer: the call would answer ENOSYS */
};

static const struct word op_words[] = {
	{ "SCMP_CMP_NE", SECCOMP_OP_NE },
	{ "SCMP_CMP_LT", SECCOMP_OP_LT },
	{ "SCMP_CMP_LE", SECCOMP_OP_LE },
	{ "SCMP_CMP_EQ", SECCOMP_OP_EQ },
	{ "SCMP_CMP_GE", SECCOMP_OP_GE },
	{ "SCMP_CMP_GT", SECCOMP_OP_GT },
	{ "SCMP_CMP_MASKED_EQ", SECCOMP_OP_MASKED_EQ },
};

/* Flags of seccomp(2).  We are single-threaded when we load, so TSYNC changes nothing. */
static const struct word flag_words[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", 0 },
	{ "SECCOMP_FILTER_FLAG_LOG", WORD_REFUSED },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", WORD_REFUSED }, /* would lift a CPU mitigation */
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", WORD_REFUSED },
};

/* Every architecture that OCI documents name; only whether it is ours matters. */
static const struct word arch_words[] = {
	{ NATIVE_OCI, 1 },
	{ "SCMP_ARCH_NATIVE", 1 },
	{ "SCMP_ARCH_X86", 0 },
	{ "SCMP_ARCH_X86_64", 0 },
	{ "SCMP_ARCH_X32", 0 },
	{ "SCMP_ARCH_ARM", 0 },
	{ "SCMP_ARCH_AARCH64", 0 },
	{ "SCMP_ARCH_MIPS", 0 },
	{ "SCMP_ARCH_MIPS64", 0 },
	{ "SCMP_ARCH_MIPS64N32", 0 },
	{ "SCMP_ARCH_MIPSEL", 0 },
	{ "SCMP_ARCH_MIPSEL64", 0 },
	{ "SCMP_ARCH_MIPSEL64N32", 0 },
	{ "SCMP_ARCH_PPC", 0 },
	{ "SCMP_ARCH_PPC64", 0 },
	{ "SCMP_ARCH_PPC64LE", 0 },
	{ "SCMP_ARCH_S390", 0 },
	{ "SCMP_ARCH_S390X", 0 },
	{ "SCMP_ARCH_PARISC", 0 },
	{ "SCMP_ARCH_PARISC64", 0 },
	{ "SCMP_ARCH_RISCV64", 0 },
	{ "SCMP_ARCH_LOONGARCH64", 0 },
	{ "SCMP_ARCH_M68K", 0 },
	{ "SCMP_ARCH_SH", 0 },
	{ "SCMP_ARCH_SHEB", 0 },
};

/* Docker's includes and excludes use Go's names. */
static const struct word go_arch_words[] = {
	{ NATIVE_GO, 1 },  { "amd64", 0 },     { "x32", 0 },	{ "x86", 0 },	  { "386", 0 },
	{ "arm", 0 },	   { "arm64", 0 },     { "mips", 0 },	{ "mips64", 0 },  { "mipsle", 0 },
	{ "mips64le", 0 }, { "mips64n32", 0 }, { "mipsel", 0 }, { "ppc", 0 },	  { "ppc64", 0 },
	{ "ppc64le", 0 },  { "s390", 0 },      { "s390x", 0 },	{ "riscv64", 0 }, { "loong64", 0 },
};

static const char *read_string(struct reader *r, const json_t *value)
{
	if (!json_is_string(value)) {
		reader_fail(r, "expected a string");
		return NULL;
	}
	/* jansson refuses \u0000 in strings, so the C string is the whole of it. */
	return json_string_value(value);
}

static int read_word(struct reader *r, const json_t *value, const char *what,
		     const struct word *words, size_t count, int *out)
{
	const char *s = read_string(r, value);

	if (!s)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i].name, s) != 0)
			continue;
		if (words[i].value == WORD_REFUSED)
			return reader_fail(r, "%s '%s' is not supported here", what, s);
		*out = words[i].value;
		return 0;
	}
	return reader_fail(r, "unknown %s '%s'", what, s);
}

#define READ_WORD(r, value, what, words, out) read_word(r, value, what, words, COUNT(words), out)

static int read_number(struct reader *r, const json_t *value, uint64_t max, uint64_t *out)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value))
		return reader_fail(r, "expected an integer");
	if (n < 0 || (uint64_t)n > max)
		return reader_fail(r, "%lld is out of range, 0 to %llu", (long long)n,
				   (unsigned long long)max);
	*out = (uint64_t)n;
	return 0;
}

static int read_errno(struct reader *r, const json_t *value, unsigned *out)
{
	uint64_t n = 0;

	if (read_number(r, value, ERRNO_LAST, &n) != 0)
		return -1;
	*out = (unsigned)n;
	return 0;
}

/* Podman writes the name beside the number. */
static int read_errno_name(struct reader *r, const json_t *value, unsigned *out)
{
	const char *s = read_string(r, value);

	if (!s)
		return -1;
	for (unsigned n = 1; n <= ERRNO_NAMED_LAST && s[0] == 'E' && s[1] != '?'; n++)
		if (strcmp(text_errno_name((int)n), s) == 0) {
			*out = n;
			return 0;
		}
	return reader_fail(r, "unknown error name '%s'", s);
}

/* ----------------------------------------------------------------------- objects and their keys */

struct key {
	const char *name;
	int (*read)(struct reader *r, const json_t *value, void *target);
};

static int read_object(struct reader *r, const json_t *object, const struct key *keys, size_t count,
		       void *target)
{
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return reader_fail(r, "expected an object");
	/* jansson's iterators want a non-const object, and do not change it. */
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		size_t was = reader_down(r, name), i = 0;

		while (i < count && strcmp(keys[i].name, name) != 0)
			i++;
		if (i == count)
			return reader_fail(r, "unknown key");
		if (keys[i].read(r, value, target) != 0)
			return -1;
		reader_up(r, was);
	}
	return 0;
}

static int read_array(struct reader *r, const json_t *array,
		      int (*read)(struct reader *r, const json_t *value, void *target), void *target)
{
	if (json_is_null(array)) /* Go writes an empty list like this */
		return 0;
	if (!json_is_array(array))
		return reader_fail(r, "expected an array");
	for (size_t i = 0; i < json_array_size(array); i++) {
		size_t was = reader_item(r, i);

		if (read(r, json_array_get(array, i), target) != 0)
			return -1;
		reader_up(r, was);
	}
	return 0;
}

static int read_comment(struct reader *r, const json_t *value, void *target)
{
	(void)target;
	return read_string(r, value) ? 0 : -1;
}

/* ------------------------------------------------------------------------ conditions on arguments */

struct arg_reader {
	struct seccomp_arg arg;
	bool has_index, has_op;
};

static int read_arg_index(struct reader *r, const json_t *value, void *target)
{
	struct arg_reader *a = target;
	uint64_t n = 0;

	if (read_number(r, value, SECCOMP_CALL_ARGS - 1, &n) != 0)
		return -1;
	a->arg.index = (unsigned)n;
	a->has_index = true;
	return 0;
}

static int read_arg_value(struct reader *r, const json_t *value, void *target)
{
	return read_number(r, value, INT64_MAX, &((struct arg_reader *)target)->arg.value);
}

static int read_arg_value_two(struct reader *r, const json_t *value, void *target)
{
	return read_number(r, value, INT64_MAX, &((struct arg_reader *)target)->arg.value_two);
}

static int read_arg_op(struct reader *r, const json_t *value, void *target)
{
	struct arg_reader *a = target;
	int op = 0;

	if (READ_WORD(r, value, "operator", op_words, &op) != 0)
		return -1;
	a->arg.op = (enum seccomp_op)op;
	a->has_op = true;
	return 0;
}

static const struct key arg_keys[] = {
	{ "index", read_arg_index },
	{ "value", read_arg_value },
	{ "valueTwo", read_arg_value_two },
	{ "op", read_arg_op },
};

/* What no operator would ever match, or what libseccomp would change without a word. */
static int check_arg(struct reader *r, const struct arg_reader *a, const struct seccomp_rule *rule)
{
	if (!a->has_index || !a->has_op)
		return reader_fail(r, "an argument needs 'index' and 'op'");
	if (a->arg.op != SECCOMP_OP_MASKED_EQ && a->arg.value_two != 0)
		return reader_fail(r, "'valueTwo' is for SCMP_CMP_MASKED_EQ only");
	if (a->arg.op == SECCOMP_OP_MASKED_EQ && (a->arg.value_two & ~a->arg.value) != 0)
		return reader_fail(r,
				   "'valueTwo' has bits that the mask 'value' clears: no match ever");
	for (size_t i = 0; i < rule->arg_count; i++)
		if (rule->args[i].index == a->arg.index)
			return reader_fail(r,
					   "a second condition on argument %u: write one rule per "
					   "condition",
					   a->arg.index);
	return 0;
}

/* ----------------------------------------------------------------------------------------- rules */

struct rule_reader {
	struct seccomp_rule rule;
	struct seccomp_spec *spec;
	bool has_action, has_errno, not_here;
};

static int read_arg(struct reader *r, const json_t *value, void *target)
{
	struct seccomp_rule *rule = &((struct rule_reader *)target)->rule;
	struct arg_reader a = { 0 };

	if (read_object(r, value, arg_keys, COUNT(arg_keys), &a) != 0 || check_arg(r, &a, rule) != 0)
		return -1;
	/* One condition per argument was checked, so there is always room. */
	rule->args[rule->arg_count++] = a.arg;
	return 0;
}

static int read_args(struct reader *r, const json_t *value, void *target)
{
	return read_array(r, value, read_arg, target);
}

static int read_name(struct reader *r, const json_t *value, void *target)
{
	struct seccomp_rule *rule = &((struct rule_reader *)target)->rule;
	const char *s = read_string(r, value);
	char **names;

	if (!s)
		return -1;
	if (s[0] == '\0' || s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
		return reader_fail(r, "'%s' can't be a system call's name", s);
	names = reallocarray(rule->names, rule->name_count + 1, sizeof(*names));
	if (!names)
		return err_nomem(r->e);
	rule->names = names;
	names[rule->name_count] = strdup(s);
	if (!names[rule->name_count])
		return err_nomem(r->e);
	rule->name_count++;
	return 0;
}

static int read_names(struct reader *r, const json_t *value, void *target)
{
	return read_array(r, value, read_name, target);
}

static int read_rule_action(struct reader *r, const json_t *value, void *target)
{
	struct rule_reader *rr = target;
	int action = 0;

	if (READ_WORD(r, value, "action", action_words, &action) != 0)
		return -1;
	rr->rule.action = (enum seccomp_action)action;
	rr->has_action = true;
	return 0;
}

/* Two ways to say the errno; saying both is fine when they agree. */
static int rule_errno(struct reader *r, struct rule_reader *rr, unsigned n)
{
	if (rr->has_errno && rr->rule.errno_value != n)
		return reader_fail(r, "'errno' and 'errnoRet' differ");
	rr->rule.errno_value = n;
	rr->has_errno = true;
	return 0;
}

static int read_rule_errno_ret(struct reader *r, const json_t *value, void *target)
{
	unsigned n = 0;

	return read_errno(r, value, &n) != 0 ? -1 : rule_errno(r, target, n);
}

static int read_rule_errno_name(struct reader *r, const json_t *value, void *target)
{
	unsigned n = 0;

	return read_errno_name(r, value, &n) != 0 ? -1 : rule_errno(r, target, n);
}

/* includes and excludes, decided at once: `list` remembers whether one of its words holds here. */
struct when {
	bool caps, arches, arch_is_ours, kernel;
};

static int read_when_cap(struct reader *r, const json_t *value, void *target)
{
	const char *s = read_string(r, value);

	if (!s)
		return -1;
	if (!text_starts(s, "CAP_"))
		return reader_fail(r, "'%s' is no capability", s);
	((struct when *)target)->caps = true;
	return 0;
}

static int read_when_caps(struct reader *r, const json_t *value, void *target)
{
	return read_array(r, value, read_when_cap, target);
}

static int read_when_arch(struct reader *r, const json_t *value, void *target)
{
	struct when *w = target;
	int ours = 0;

	if (READ_WORD(r, value, "architecture", go_arch_words, &ours) != 0)
		return -1;
	w->arches = true;
	w->arch_is_ours |= ours == 1;
	return 0;
}

static int read_when_arches(struct reader *r, const json_t *value, void *target)
{
	return read_array(r, value, read_when_arch, target);
}

static int read_when_kernel(struct reader *r, const json_t *value, void *target)
{
	const char *s = read_string(r, value), *dot = s ? strchr(s, '.') : NULL;
	uint64_t n = 0;

	if (!s)
		return -1;
	if (!dot || !text_parse_u64(s, (size_t)(dot - s), &n) ||
	    !text_parse_u64(dot + 1, strlen(dot + 1), &n))
		return reader_fail(r, "'%s' is no kernel version like 4.8", s);
	((struct when *)target)->kernel = true;
	return 0;
}

static const struct key when_keys[] = {
	{ "caps", read_when_caps },
	{ "arches", read_when_arches },
	{ "minKernel", read_when_kernel },
};

/* All conditions must hold: a wanted capability never does, the workload holds none. */
static int read_includes(struct reader *r, const json_t *value, void *target)
{
	struct rule_reader *rr = target;
	struct when w = { 0 };

	if (read_object(r, value, when_keys, COUNT(when_keys), &w) != 0)
		return -1;
	rr->not_here |= w.caps || (w.arches && !w.arch_is_ours);
	return 0;
}

/* One condition that holds is enough: kernels here are newer than any that documents name. */
static int read_excludes(struct reader *r, const json_t *value, void *target)
{
	struct rule_reader *rr = target;
	struct when w = { 0 };

	if (read_object(r, value, when_keys, COUNT(when_keys), &w) != 0)
		return -1;
	rr->not_here |= w.arch_is_ours || w.kernel;
	return 0;
}

static const struct key rule_keys[] = {
	{ "names", read_names },	   { "name", read_name },
	{ "action", read_rule_action },	   { "errnoRet", read_rule_errno_ret },
	{ "errno", read_rule_errno_name }, { "args", read_args },
	{ "comment", read_comment },	   { "includes", read_includes },
	{ "excludes", read_excludes },
};

static int check_rule(struct reader *r, struct rule_reader *rr)
{
	if (rr->rule.name_count == 0)
		return reader_fail(r, "a rule needs 'names'");
	if (!rr->has_action)
		return reader_fail(r, "a rule needs 'action'");
	if (rr->has_errno && rr->rule.action != SECCOMP_ACT_ERRNO)
		return reader_fail(r, "'errnoRet' is for SCMP_ACT_ERRNO only");
	if (rr->rule.action == SECCOMP_ACT_ERRNO && !rr->has_errno)
		rr->rule.errno_value = EPERM; /* as the OCI specification says */
	return 0;
}

static void rule_release(struct seccomp_rule *rule)
{
	for (size_t i = 0; i < rule->name_count; i++)
		free(rule->names[i]);
	free(rule->names);
}

static int rule_keep(struct reader *r, struct rule_reader *rr)
{
	struct seccomp_spec *spec = rr->spec;
	struct seccomp_rule *rules;

	rules = reallocarray(spec->rules, spec->rule_count + 1, sizeof(*rules));
	if (!rules)
		return err_nomem(r->e);
	spec->rules = rules;
	rules[spec->rule_count++] = rr->rule;
	return 0;
}

static int read_rule(struct reader *r, const json_t *value, void *target)
{
	struct rule_reader rr = { .spec = target };
	int rc = -1;

	if (read_object(r, value, rule_keys, COUNT(rule_keys), &rr) == 0 && check_rule(r, &rr) == 0)
		rc = rr.not_here ? 0 : rule_keep(r, &rr);
	if (rc != 0 || rr.not_here)
		rule_release(&rr.rule);
	return rc;
}

/* -------------------------------------------------------------------------------------- document */

struct document {
	struct seccomp_spec spec;
	bool has_default, has_errno, has_arches, has_native;
};

static int read_default_action(struct reader *r, const json_t *value, void *target)
{
	struct document *d = target;
	int action = 0;

	if (READ_WORD(r, value, "action", action_words, &action) != 0)
		return -1;
	d->spec.default_action = (enum seccomp_action)action;
	d->has_default = true;
	return 0;
}

static int default_errno(struct reader *r, struct document *d, unsigned n)
{
	if (d->has_errno && d->spec.default_errno != n)
		return reader_fail(r, "'defaultErrno' and 'defaultErrnoRet' differ");
	d->spec.default_errno = n;
	d->has_errno = true;
	return 0;
}

static int read_default_errno_ret(struct reader *r, const json_t *value, void *target)
{
	unsigned n = 0;

	return read_errno(r, value, &n) != 0 ? -1 : default_errno(r, target, n);
}

static int read_default_errno_name(struct reader *r, const json_t *value, void *target)
{
	unsigned n = 0;

	return read_errno_name(r, value, &n) != 0 ? -1 : default_errno(r, target, n);
}

static int read_arch(struct reader *r, const json_t *value, void *target)
{
	struct document *d = target;
	int ours = 0;

	if (READ_WORD(r, value, "architecture", arch_words, &ours) != 0)
		return -1;
	d->has_arches = true;
	d->has_native |= ours == 1;
	return 0;
}

static int read_arches(struct reader *r, const json_t *value, void *target)
{
	return read_array(r, value, read_arch, target);
}

/* Sub-architectures (x86 and x32 beside x86_64) stay refused: they are only checked for spelling. */
static int read_sub_arch(struct reader *r, const json_t *value, void *target)
{
	int ours = 0;

	(void)target;
	return READ_WORD(r, value, "architecture", arch_words, &ours);
}

static int read_sub_arches(struct reader *r, const json_t *value, void *target)
{
	return read_array(r, value, read_sub_arch, target);
}

static const struct key arch_map_keys[] = {
	{ "architecture", read_arch },
	{ "subArchitectures", read_sub_arches },
};

static int read_arch_map_entry(struct reader *r, const json_t *value, void *target)
{
	return read_object(r, value, arch_map_keys, COUNT(arch_map_keys), target);
}

static int read_arch_map(struct reader *r, const json_t *value, void *target)
{
	return read_array(r, value, read_arch_map_entry, target);
}

static int read_flag(struct reader *r, const json_t *value, void *target)
{
	int ignored = 0;

	(void)target;
	return READ_WORD(r, value, "flag", flag_words, &ignored);
}

static int read_flags(struct reader *r, const json_t *value, void *target)
{
	return read_array(r, value, read_flag, target);
}

static int read_rules(struct reader *r, const json_t *value, void *target)
{
	return read_array(r, value, read_rule, &((struct document *)target)->spec);
}

static int refuse_listener(struct reader *r, const json_t *value, void *target)
{
	(void)value;
	(void)target;
	return reader_fail(r, "not supported: notifications are answered by the supervisor itself");
}

static const struct key document_keys[] = {
	{ "defaultAction", read_default_action },
	{ "defaultErrnoRet", read_default_errno_ret },
	{ "defaultErrno", read_default_errno_name },
	{ "architectures", read_arches },
	{ "archMap", read_arch_map },
	{ "flags", read_flags },
	{ "syscalls", read_rules },
	{ "listenerPath", refuse_listener },
	{ "listenerMetadata", refuse_listener },
};

static int check_document(struct reader *r, struct document *d)
{
	if (!d->has_default)
		return reader_fail(r, "'defaultAction' is missing");
	if (d->has_errno && d->spec.default_action != SECCOMP_ACT_ERRNO)
		return reader_fail(r, "'defaultErrnoRet' is for SCMP_ACT_ERRNO only");
	if (d->spec.default_action == SECCOMP_ACT_ERRNO && !d->has_errno)
		d->spec.default_errno = EPERM;
	if (d->has_arches && !d->has_native)
		return reader_fail(r, "made for other architectures than this one, " NATIVE_OCI);
	return 0;
}

int seccomp_json_parse(const char *text, size_t len, const char *origin, struct seccomp_spec *out,
		       struct err *e)
{
	char path[256];
	struct reader r = { .origin = origin, .e = e, .path = TEXT_ON(path) };
	struct document d = { 0 };
	json_error_t where;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	int rc = -1;

	path[0] = '\0';
	if (!root)
		return err_usage(e, "%s:%d: %s", origin, where.line, where.text);
	if (read_object(&r, root, document_keys, COUNT(document_keys), &d) == 0 &&
	    check_document(&r, &d) == 0) {
		*out = d.spec;
		rc = 0;
	} else {
		seccomp_spec_release(&d.spec);
	}
	json_decref(root);
	return rc;
}
