/* load.c - from JSON to merge_set() calls.
 *
 * jansson checks the syntax; which members there may be and how a value may be written is decided
 * here by the key table alone.  Numbers reach the setters as the digits that were written, so a
 * fraction is never rounded through a double. */
#include "profiles/load.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "profiles/load_net.h"
#include "profiles/locate.h"
#include "profiles/presets.h"

#define POLICY_FILE_MAX (16u << 20) /* 100,000 rules of the network are 4 MB */
#define EXTENDS_MAX 4
#define STEPS_MAX 3

/* A document, and the path to the value in hand: group, key, and item or pair. */
struct loader {
	struct merge *m;
	const char *origin;
	const char *text;
	size_t len;
	struct locate_step steps[STEPS_MAX];
	size_t depth;
};

/* How a value may be written besides as a string. */
#define AS_NUMBER 1u
#define AS_OBJECT 2u /* of name: value pairs */
#define AS_RULE 4u   /* an object of its own form: load_net.h */

static const unsigned char forms[KEY_TYPE_COUNT] = {
	[KEY_TYPE_SIZE] = AS_NUMBER,
	[KEY_TYPE_DURATION] = AS_NUMBER,
	[KEY_TYPE_CPUS] = AS_NUMBER,
	[KEY_TYPE_COUNT_OF] = AS_NUMBER,
	[KEY_TYPE_PASS_FD] = AS_NUMBER,
	[KEY_TYPE_USER] = AS_NUMBER,
	[KEY_TYPE_RLIMIT] = AS_NUMBER | AS_OBJECT,
	[KEY_TYPE_ENV] = AS_OBJECT,
	[KEY_TYPE_LABEL] = AS_OBJECT,
	[KEY_TYPE_EGRESS] = AS_RULE,
	[KEY_TYPE_SECRET] = AS_OBJECT,
};

bool load_takes_number(enum key_type type)
{
	return forms[type] & AS_NUMBER;
}

bool load_takes_rule(enum key_type type)
{
	return forms[type] & AS_RULE;
}

bool load_takes_object(enum key_type type)
{
	return forms[type] & AS_OBJECT;
}

static int load_document(struct loader *l, unsigned depth, struct err *e);

/* ----------------------------------------------------------------------------------------- errors */

/* "FILE:LINE: limits.memory: " before the message. */
static int at_path(struct loader *l, struct err *e)
{
	char path[160] = "";
	struct text t = TEXT_ON(path);
	struct located where;

	for (size_t i = 0; i < l->depth; i++) {
		if (l->steps[i].name)
			text_fmt(&t, "%s%s", i > 0 ? "." : "", l->steps[i].name);
		else
			text_fmt(&t, "[%zu]", l->steps[i].index);
	}
	if (l->depth == 0 || !locate(l->text, l->len, l->steps, l->depth, &where))
		return err_wrap(e, "%s", l->origin);
	return err_wrap(e, "%s:%u: %s", l->origin, where.line, path);
}

static void push(struct loader *l, const char *name, size_t index)
{
	l->steps[l->depth++] = (struct locate_step){ .name = name, .index = index };
}

static const char *kind_name(const json_t *value)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number",	[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",	     [JSON_NULL] = "null",
	};

	return names[json_typeof(value)];
}

static int wrong_kind(const struct loader *l, const struct key *key, const json_t *value,
		      struct err *e)
{
	/* Deeper than group and key stands an item of a list already. */
	bool list = key->flags & KEY_REPEATS && l->depth < STEPS_MAX;

	return err_usage(e, "is %s: wants %s%s%s%s", kind_name(value),
			 key->flags & KEY_NO_VALUE ? "true or false" : "a string",
			 load_takes_number(key->type) ? " or a number" : "",
			 load_takes_rule(key->type) ? " or an object" : "",
			 list ? ", or an array of them" : "");
}

static int unknown_key(const char *name, enum key_group group, struct err *e)
{
	const char *best = key_nearest(name, group);
	const struct key *elsewhere = key_find(name);

	if (elsewhere && elsewhere->flags & KEY_OPTION_ONLY)
		return err_usage(e, "can't be said in a policy file, only as option --%s", name);
	if (elsewhere)
		return err_usage(e, "unknown key; '%s' belongs to the group '%s'", name,
				 key_group_name(elsewhere->group));
	if (best)
		return err_usage(e, "unknown key; did you mean '%s'?", best);
	return err_usage(e, "unknown key");
}

static int unknown_group(const char *name, struct err *e)
{
	const struct key *key = key_find(name);
	const char *best = NULL;
	unsigned distance = 0;

	if (key)
		return err_usage(e, "unknown member; '%s' belongs to the group '%s'", name,
				 key_group_name(key->group));
	key_closer(name, "schema", &best, &distance);
	key_closer(name, "extends", &best, &distance);
	for (unsigned i = 0; i < KEY_GROUP_COUNT; i++)
		key_closer(name, key_group_name((enum key_group)i), &best, &distance);
	if (best)
		return err_usage(e, "unknown member; did you mean '%s'?", best);
	return err_usage(e, "unknown member");
}

/* ----------------------------------------------------------------------------------------- values */

/* What the document says at the path in hand, as text for a setter; NULL if it is no such scalar. */
static const char *scalar_text(struct loader *l, const struct key *key, const json_t *value)
{
	bool number = json_is_number(value) && forms[key->type] & AS_NUMBER;
	struct located where;

	if (key->flags & KEY_NO_VALUE)
		return json_is_true(value) ? "yes" : json_is_false(value) ? "no" : NULL;
	if (json_is_string(value))
		return json_string_value(value);
	if (!number || !locate(l->text, l->len, l->steps, l->depth, &where))
		return NULL;
	return policy_printf(l->m->policy, "%.*s", (int)where.value_len, where.value);
}

static int set_scalar(struct loader *l, const struct key *key, const json_t *value, struct err *e)
{
	bool rule = json_is_object(value) && load_takes_rule(key->type);
	const char *text = rule ? load_rule_text(l->m->policy, value, e)
				: scalar_text(l, key, value);
	int rc = text ? merge_set(l->m, key, text, e) : rule ? -1 : wrong_kind(l, key, value, e);

	return rc == 0 ? 0 : at_path(l, e);
}

static int set_array(struct loader *l, const struct key *key, const json_t *array, struct err *e)
{
	size_t index;
	json_t *item;

	json_array_foreach(array, index, item) {
		push(l, NULL, index);
		if (set_scalar(l, key, item, e) != 0)
			return -1;
		l->depth--;
	}
	return 0;
}

/* { "CI": "1" } is the same as "CI=1". */
static int set_pairs(struct loader *l, const struct key *key, json_t *object, struct err *e)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value) {
		const char *text;
		char *pair = NULL;

		push(l, name, 0);
		text = scalar_text(l, key, value);
		if (text)
			pair = policy_printf(l->m->policy, "%s=%s", name, text);
		if (!text)
			wrong_kind(l, key, value, e);
		else if (strchr(name, '='))
			err_usage(e, "the name holds a '='");
		else if (!pair)
			err_nomem(e);
		if (!pair || strchr(name, '=') || merge_set(l->m, key, pair, e) != 0)
			return at_path(l, e);
		l->depth--;
	}
	return 0;
}

static int set_member(struct loader *l, enum key_group group, const char *name, json_t *value,
		      struct err *e)
{
	const struct key *key = key_find(name);

	if (!key || key->group != group || key->flags & KEY_OPTION_ONLY) {
		unknown_key(name, group, e);
		return at_path(l, e);
	}
	if (json_is_array(value) && key->flags & KEY_REPEATS)
		return set_array(l, key, value, e);
	if (json_is_object(value) && forms[key->type] & AS_OBJECT)
		return set_pairs(l, key, value, e);
	return set_scalar(l, key, value, e);
}

static int set_group(struct loader *l, const char *group_name, json_t *members, struct err *e)
{
	enum key_group group;
	const char *name;
	json_t *value;

	push(l, group_name, 0);
	if (!key_group_find(group_name, &group)) {
		unknown_group(group_name, e);
		return at_path(l, e);
	}
	if (!json_is_object(members)) {
		err_usage(e, "is %s: wants an object", kind_name(members));
		return at_path(l, e);
	}
	json_object_foreach(members, name, value) {
		push(l, name, 0);
		if (set_member(l, group, name, value, e) != 0)
			return -1;
		l->depth--;
	}
	l->depth--;
	return 0;
}

/* -------------------------------------------------------------------------------------- documents */

static const struct preset_blob *find_preset(const char *name)
{
	for (size_t i = 0; i < preset_count; i++)
		if (strcmp(presets[i].name, name) == 0)
			return &presets[i];
	return NULL;
}

static void list_presets(struct text *t)
{
	for (size_t i = 0; i < preset_count; i++)
		text_fmt(t, "%s%s", i > 0 ? ", " : "", presets[i].name);
}

static int load_preset(struct merge *m, const struct preset_blob *preset, unsigned depth,
		       struct err *e)
{
	struct loader l = { .m = m, .text = preset->json, .len = preset->len };

	l.origin = policy_printf(m->policy, "preset '%s'", preset->name);
	return l.origin ? load_document(&l, depth, e) : err_nomem(e);
}

/* What a document builds on; the preset `default` alone builds on nothing. */
static int load_base(struct loader *l, const json_t *root, unsigned depth, struct err *e)
{
	const json_t *extends = json_object_get(root, "extends");
	const char *name = extends ? json_string_value(extends) : "default";
	const struct preset_blob *preset = name ? find_preset(name) : NULL;
	char list[120] = "";
	struct text t = TEXT_ON(list);

	if (!extends && preset && preset->json == l->text)
		return 0;
	if (preset && depth < EXTENDS_MAX)
		return load_preset(l->m, preset, depth + 1, e);
	push(l, "extends", 0);
	list_presets(&t);
	err_usage(e, "wants the name of a preset: %s", list);
	return at_path(l, e);
}

static int check_schema(struct loader *l, const json_t *root, struct err *e)
{
	const json_t *schema = json_object_get(root, "schema");
	const char *text = schema ? json_string_value(schema) : NULL;

	if (text && strcmp(text, LOAD_SCHEMA) == 0)
		return 0;
	if (schema)
		push(l, "schema", 0);
	err_usage(e, "%s \"schema\": \"" LOAD_SCHEMA "\"", schema ? "wants" : "lacks");
	return at_path(l, e);
}

static int load_root(struct loader *l, json_t *root, unsigned depth, struct err *e)
{
	const char *name;
	json_t *value;

	if (!json_is_object(root)) {
		err_usage(e, "is %s: a policy is one JSON object", kind_name(root));
		return at_path(l, e);
	}
	if (check_schema(l, root, e) != 0 || load_base(l, root, depth, e) != 0)
		return -1;
	merge_source(l->m);
	json_object_foreach(root, name, value) {
		if (strcmp(name, "schema") == 0 || strcmp(name, "extends") == 0)
			continue;
		if (set_group(l, name, value, e) != 0)
			return -1;
	}
	return 0;
}

static int load_document(struct loader *l, unsigned depth, struct err *e)
{
	json_error_t why;
	json_t *root = json_loadb(l->text, l->len, JSON_REJECT_DUPLICATES, &why);
	int rc;

	if (!root)
		return err_usage(e, "%s:%d: not valid JSON: %s", l->origin, why.line, why.text);
	rc = load_root(l, root, depth, e);
	json_decref(root);
	return rc;
}

int load_text(struct merge *m, const char *origin, const char *text, size_t len, struct err *e)
{
	struct loader l = { .m = m, .origin = origin, .text = text, .len = len };

	return load_document(&l, 0, e);
}

static int no_such_policy(const char *name, int errnum, struct err *e)
{
	char list[120] = "";
	struct text t = TEXT_ON(list);

	list_presets(&t);
	if (errnum == ENOENT && !strchr(name, '/'))
		return err_usage(e, "--policy '%s': neither a preset (%s) nor a file", name, list);
	if (errnum == EFBIG)
		return err_usage(e, "--policy '%s': larger than 16M", name);
	return err_set(e, ERR_USAGE, errnum, ERR_AT, "--policy '%s'", name);
}

int load_policy(struct merge *m, const char *name, struct err *e)
{
	const struct preset_blob *preset = find_preset(name ? name : "default");
	ssize_t len;
	char *text;

	if (preset)
		return load_preset(m, preset, 0, e);
	if (!name)
		return err_internal(e, "the preset 'default' is missing from this build");
	text = policy_alloc(m->policy, POLICY_FILE_MAX);
	if (!text)
		return err_nomem(e);
	len = fd_read_file(AT_FDCWD, name, text, POLICY_FILE_MAX);
	if (len < 0)
		return no_such_policy(name, errno, e);
	return load_text(m, name, text, (size_t)len, e);
}
