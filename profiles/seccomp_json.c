/* seccomp_json.c - OCI and Docker seccomp documents to struct seccomp_spec.
 *
 * Every object is read through a table of its keys, so a key without a row is an error by
 * construction.  The reader carries the path of the value at hand ("syscalls[3].args[0].op").
 * The words themselves are in seccomp/words. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "profiles/seccomp_json.h"
#include "seccomp/words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ERRNO_LAST 4095	     /* MAX_ERRNO: the kernel cuts larger values down to it */
#define ERRNO_NAMED_LAST 133 /* EHWPOISON; text_errno_name() says "E?" for gaps */
#define SECCOMP_CALL_ARGS 6

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

static const char *read_string(struct reader *r, const json_t *value)
{
	if (!json_is_string(value)) {
		reader_fail(r, "expected a string");
		return NULL;
	}
	/* jansson refuses \u0000 in strings, so the C string is the whole of it. */
	return json_string_value(value);
}

static int read_word(struct reader *r, const json_t *value, enum seccomp_vocabulary vocabulary,
		     int *out)
{
	const char *s = read_string(r, value), *what = seccomp_vocabulary_name(vocabulary);
	int word;

	if (!s)
		return -1;
	word = seccomp_word(vocabulary, s);
	if (word == SECCOMP_WORD_REFUSED)
		return reader_fail(r, "%s '%s' is not supported here", what, s);
	if (word == SECCOMP_WORD_UNKNOWN)
		return reader_fail(r, "unknown %s '%s'", what, s);
	*out = word;
	return 0;
}

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

/* The errno that goes with an action.  Podman says it twice, as a number and by name. */
struct errnum {
	unsigned value;
	bool said;
};

static int errnum_set(struct reader *r, struct errnum *e, unsigned value)
{
	if (e->said && e->value != value)
		return reader_fail(r, "differs from the errno said before");
	*e = (struct errnum){ value, true };
	return 0;
}

static int read_errno(struct reader *r, const json_t *value, struct errnum *e)
{
	uint64_t n = 0;

	return read_number(r, value, ERRNO_LAST, &n) != 0 ? -1 : errnum_set(r, e, (unsigned)n);
}

static int read_errno_name(struct reader *r, const json_t *value, struct errnum *e)
{
	const char *s = read_string(r, value);

	if (!s)
		return -1;
	for (unsigned n = 1; n <= ERRNO_NAMED_LAST && s[0] == 'E' && s[1] != '?'; n++)
		if (strcmp(text_errno_name((int)n), s) == 0)
			return errnum_set(r, e, n);
	return reader_fail(r, "unknown error name '%s'", s);
}

/* The errno to use; as the OCI specification says, EPERM where none was said. */
static int errnum_resolve(struct reader *r, const struct errnum *e, enum seccomp_action action,
			  const char *key, unsigned *out)
{
	if (e->said && action != SECCOMP_ACT_ERRNO)
		return reader_fail(r, "'%s' is for SCMP_ACT_ERRNO only", key);
	*out = e->said ? e->value : EPERM;
	return 0;
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

	if (read_word(r, value, SECCOMP_WORDS_OP, &op) != 0)
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
	struct errnum errnum;
	bool has_action, not_here;
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

static int names_make(struct reader *r, struct seccomp_rule *rule, size_t count)
{
	if (rule->names)
		return reader_fail(r, "'name' and 'names' in one rule");
	rule->names = calloc(count + 1, sizeof(*rule->names));
	return rule->names ? 0 : err_nomem(r->e);
}

static int read_one_name(struct reader *r, const json_t *value, void *target)
{
	struct seccomp_rule *rule = &((struct rule_reader *)target)->rule;
	const char *s = read_string(r, value);

	if (!s)
		return -1;
	if (s[0] == '\0' || s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
		return reader_fail(r, "'%s' can't be a system call's name", s);
	rule->names[rule->name_count] = strdup(s);
	if (!rule->names[rule->name_count])
		return err_nomem(r->e);
	rule->name_count++;
	return 0;
}

static int read_name(struct reader *r, const json_t *value, void *target)
{
	if (names_make(r, &((struct rule_reader *)target)->rule, 1) != 0)
		return -1;
	return read_one_name(r, value, target);
}

static int read_names(struct reader *r, const json_t *value, void *target)
{
	if (names_make(r, &((struct rule_reader *)target)->rule, json_array_size(value)) != 0)
		return -1;
	return read_array(r, value, read_one_name, target);
}

static int read_rule_action(struct reader *r, const json_t *value, void *target)
{
	struct rule_reader *rr = target;
	int action = 0;

	if (read_word(r, value, SECCOMP_WORDS_ACTION, &action) != 0)
		return -1;
	rr->rule.action = (enum seccomp_action)action;
	rr->has_action = true;
	return 0;
}

static int read_rule_errno_ret(struct reader *r, const json_t *value, void *target)
{
	return read_errno(r, value, &((struct rule_reader *)target)->errnum);
}

static int read_rule_errno_name(struct reader *r, const json_t *value, void *target)
{
	return read_errno_name(r, value, &((struct rule_reader *)target)->errnum);
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

	if (read_word(r, value, SECCOMP_WORDS_GO_ARCH, &ours) != 0)
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
	return errnum_resolve(r, &rr->errnum, rr->rule.action, "errnoRet", &rr->rule.errno_value);
}

static void rule_release(struct seccomp_rule *rule)
{
	for (size_t i = 0; i < rule->name_count; i++)
		free(rule->names[i]);
	free(rule->names);
}

/* read_rules() made room for as many as there are. */
static int read_rule(struct reader *r, const json_t *value, void *target)
{
	struct rule_reader rr = { 0 };
	struct seccomp_spec *spec = target;

	if (read_object(r, value, rule_keys, COUNT(rule_keys), &rr) != 0 ||
	    check_rule(r, &rr) != 0) {
		rule_release(&rr.rule);
		return -1;
	}
	if (rr.not_here)
		rule_release(&rr.rule);
	else
		spec->rules[spec->rule_count++] = rr.rule;
	return 0;
}

/* -------------------------------------------------------------------------------------- document */

struct document {
	struct seccomp_spec spec;
	struct errnum errnum;
	bool has_default, has_arches, has_native;
};

static int read_default_action(struct reader *r, const json_t *value, void *target)
{
	struct document *d = target;
	int action = 0;

	if (read_word(r, value, SECCOMP_WORDS_ACTION, &action) != 0)
		return -1;
	d->spec.default_action = (enum seccomp_action)action;
	d->has_default = true;
	return 0;
}

static int read_default_errno_ret(struct reader *r, const json_t *value, void *target)
{
	return read_errno(r, value, &((struct document *)target)->errnum);
}

static int read_default_errno_name(struct reader *r, const json_t *value, void *target)
{
	return read_errno_name(r, value, &((struct document *)target)->errnum);
}

static int read_arch(struct reader *r, const json_t *value, void *target)
{
	struct document *d = target;
	int ours = 0;

	if (read_word(r, value, SECCOMP_WORDS_ARCH, &ours) != 0)
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
	return read_word(r, value, SECCOMP_WORDS_ARCH, &ours);
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
	return read_word(r, value, SECCOMP_WORDS_FLAG, &ignored);
}

static int read_flags(struct reader *r, const json_t *value, void *target)
{
	return read_array(r, value, read_flag, target);
}

static int read_rules(struct reader *r, const json_t *value, void *target)
{
	struct seccomp_spec *spec = &((struct document *)target)->spec;

	spec->rules = calloc(json_array_size(value) + 1, sizeof(*spec->rules));
	if (!spec->rules)
		return err_nomem(r->e);
	return read_array(r, value, read_rule, spec);
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
	if (d->has_arches && !d->has_native)
		return reader_fail(r,
				   "made for other architectures than this one, " SECCOMP_ARCH_OCI);
	return errnum_resolve(r, &d->errnum, d->spec.default_action, "defaultErrnoRet",
			      &d->spec.default_errno);
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
