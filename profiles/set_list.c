/* set_list.c - setters of keys that may be given more than once: files, rlimits, labels, sets. */
#include "profiles/set.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "profiles/units.h"

/* ------------------------------------------------------------------------------------------ paths */

char *set_host_path(struct merge *m, const char *value, struct err *e)
{
	char *copy;

	if (!*value) {
		err_usage(e, "the path is empty");
		return NULL;
	}
	copy = value[0] == '/' ? policy_printf(m->policy, "%s", value)
			       : policy_printf(m->policy, "%s/%s", m->directory, value);
	if (!copy)
		err_nomem(e);
	return copy;
}

/* Take "." and "//" and, where `up` allows it, ".." out of an absolute path, by text alone; false if
 * a ".." stands where it may not.  In place: the result is never longer. */
static bool normalise(char *path, bool up)
{
	char *out = path;

	for (const char *p = path; *p;) {
		const char *end;
		size_t len;

		while (*p == '/')
			p++;
		end = strchrnul(p, '/');
		len = (size_t)(end - p);
		if (len == 2 && p[0] == '.' && p[1] == '.') {
			if (!up)
				return false;
			while (out > path && *--out != '/')
				;
		} else if (len > 0 && !(len == 1 && p[0] == '.')) {
			*out++ = '/';
			memmove(out, p, len);
			out += len;
		}
		p = end;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
	return true;
}

char *set_inside_path(struct merge *m, const char *value, struct err *e)
{
	char *copy;

	if (value[0] != '/') {
		err_usage(e, "'%s' is not an absolute path inside", value);
		return NULL;
	}
	copy = policy_printf(m->policy, "%s", value);
	if (!copy) {
		err_nomem(e);
		return NULL;
	}
	if (!normalise(copy, false)) {
		err_usage(e, "'%s' holds '..'", value);
		return NULL;
	}
	return copy;
}

/* The places that are the sandbox's own: a mount there would undo a wall. */
static int check_target(const char *target, struct err *e)
{
	static const char *const own[] = { "/proc", "/sys", "/dev" };

	if (strcmp(target, "/") == 0)
		return err_usage(e, "'/' itself can't be a target; use --rootfs for another root");
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		size_t len = strlen(own[i]);

		if (strncmp(target, own[i], len) == 0 && (target[len] == '/' || target[len] == '\0'))
			return err_usage(e, "'%s' can't be a target: %s belongs to the sandbox",
					 target, own[i]);
	}
	return 0;
}

static int add_file(struct merge *m, const struct file_entry *entry, struct err *e)
{
	struct policy *policy = m->policy;
	struct file_entry *files;

	if (check_target(entry->target, e) != 0)
		return -1;
	files = policy_grow(policy, policy->files, policy->file_count, sizeof(*files));
	if (!files)
		return err_nomem(e);
	policy->files = files;
	files[policy->file_count++] = *entry;
	return 0;
}

int set_place(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	struct file_entry entry = { .kind = (enum file_kind)key->kind };

	entry.target = set_inside_path(m, value, e);
	return entry.target ? add_file(m, &entry, e) : -1;
}

/* Copy up to the first colon that no backslash precedes, dropping those backslashes; the rest of the
 * text after that colon, or NULL. */
static const char *split_colon(const char *s, char *out)
{
	for (; *s && *s != ':'; s++) {
		if (s[0] == '\\' && s[1] == ':')
			s++;
		*out++ = *s;
	}
	*out = '\0';
	return *s ? s + 1 : NULL;
}

static const char *target_of(struct merge *m, const char *source, const char *rest, struct err *e)
{
	char *target = policy_alloc(m->policy, strlen(rest ? rest : source) + 1);

	if (!target) {
		err_nomem(e);
		return NULL;
	}
	if (rest) {
		if (split_colon(rest, target)) {
			err_usage(e,
				  "more than one ':': whether it is writable is said by --ro or --rw");
			return NULL;
		}
		return set_inside_path(m, target, e);
	}
	/* The caller's directory is a real path, so taking ".." out of the text names what he sees;
	 * and the target is only a name inside: the source is opened as written. */
	memcpy(target, source, strlen(source) + 1);
	normalise(target, true);
	return target;
}

int set_mount(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	struct file_entry entry = { .kind = (enum file_kind)key->kind };
	char *source = policy_alloc(m->policy, strlen(value) + 1);
	const char *rest;

	if (!source)
		return err_nomem(e);
	rest = split_colon(value, source);
	entry.source = set_host_path(m, source, e);
	if (!entry.source)
		return -1;
	entry.target = (char *)(uintptr_t)target_of(m, entry.source, rest, e);
	return entry.target ? add_file(m, &entry, e) : -1;
}

/* ---------------------------------------------------------------------------------------- rlimits */

/* X(name, resource, unit): what setrlimit(2) counts in */
static const struct rlimit_name {
	const char *name;
	int resource;
	enum units_status (*parse)(const char *s, uint64_t *out);
	const char *instead; /* the option that sets it */
} rlimit_names[] = {
	{ "as", RLIMIT_AS, units_parse_size, NULL },
	{ "core", RLIMIT_CORE, units_parse_size, NULL },
	{ "cpu", RLIMIT_CPU, units_parse_count, NULL },
	{ "data", RLIMIT_DATA, units_parse_size, NULL },
	{ "fsize", RLIMIT_FSIZE, units_parse_size, "--fsize" },
	{ "locks", RLIMIT_LOCKS, units_parse_count, NULL },
	{ "memlock", RLIMIT_MEMLOCK, units_parse_size, NULL },
	{ "msgqueue", RLIMIT_MSGQUEUE, units_parse_size, NULL },
	{ "nice", RLIMIT_NICE, units_parse_count, NULL },
	{ "nofile", RLIMIT_NOFILE, units_parse_count, NULL },
	{ "nproc", RLIMIT_NPROC, units_parse_count, "--pids" },
	{ "rss", RLIMIT_RSS, units_parse_size, NULL },
	{ "rtprio", RLIMIT_RTPRIO, units_parse_count, NULL },
	{ "rttime", RLIMIT_RTTIME, units_parse_count, NULL },
	{ "sigpending", RLIMIT_SIGPENDING, units_parse_count, NULL },
	{ "stack", RLIMIT_STACK, units_parse_size, NULL },
};

#define RLIMIT_NAMES (sizeof(rlimit_names) / sizeof(rlimit_names[0]))

static const struct rlimit_name *find_rlimit(const char *name, size_t len)
{
	for (size_t i = 0; i < RLIMIT_NAMES; i++)
		if (strlen(rlimit_names[i].name) == len &&
		    strncasecmp(rlimit_names[i].name, name, len) == 0)
			return &rlimit_names[i];
	return NULL;
}

static int unknown_rlimit(const char *value, size_t len, struct err *e)
{
	char word[24] = "", list[200] = "";
	struct text w = TEXT_ON(word), t = TEXT_ON(list);

	text_bytes(&w, value, len);
	for (size_t i = 0; i < RLIMIT_NAMES; i++)
		if (!rlimit_names[i].instead)
			text_fmt(&t, " %s", rlimit_names[i].name);
	return err_usage(e, "'%s' is none of%s", word, list);
}

static int add_rlimit(struct policy *policy, const struct rlimit_name *row, rlim_t limit,
		      struct err *e)
{
	struct rlimit_entry *list = policy->rlimits;

	for (size_t i = 0; i < policy->rlimit_count; i++) {
		if (list[i].resource == row->resource) {
			list[i].value = limit;
			return 0;
		}
	}
	list = policy_grow(policy, list, policy->rlimit_count, sizeof(*list));
	if (!list)
		return err_nomem(e);
	policy->rlimits = list;
	list += policy->rlimit_count;
	list->name = policy_printf(policy, "%s", row->name);
	list->resource = row->resource;
	list->value = limit;
	if (!list->name)
		return err_nomem(e);
	policy->rlimit_count++;
	return 0;
}

int set_rlimit(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	size_t len = strcspn(value, "=");
	const struct rlimit_name *row = find_rlimit(value, len);
	uint64_t limit = RLIM_INFINITY;

	if (value[len] != '=')
		return err_usage(e, "'%s' has no '=': wants %s", value, key_type_wants(key->type));
	if (!row)
		return unknown_rlimit(value, len, e);
	if (row->instead)
		return err_usage(e, "%s is set by %s", row->name, row->instead);
	if (strcmp(value + len + 1, "none") != 0 && row->parse(value + len + 1, &limit) != UNITS_OK)
		return err_usage(e, "'%s': wants %s, or none", value,
				 key_type_wants(row->parse == units_parse_size ? KEY_TYPE_SIZE
									       : KEY_TYPE_COUNT_OF));
	return add_rlimit(m->policy, row, limit, e);
}

/* ------------------------------------------------------------------------------------ pairs, sets */

int set_pair(struct policy *policy, struct env_entry **list, size_t *count, const char *name,
	     size_t name_len, const char *value, struct err *e)
{
	char *copy = policy_printf(policy, "%s", value);
	struct env_entry *items;

	if (!copy)
		return err_nomem(e);
	for (size_t i = 0; i < *count; i++) {
		if (strlen((*list)[i].name) == name_len &&
		    memcmp((*list)[i].name, name, name_len) == 0) {
			(*list)[i].value = copy;
			return 0;
		}
	}
	items = policy_grow(policy, *list, *count, sizeof(*items));
	if (!items)
		return err_nomem(e);
	*list = items;
	items[*count].name = policy_printf(policy, "%.*s", (int)name_len, name);
	items[*count].value = copy;
	if (!items[*count].name)
		return err_nomem(e);
	(*count)++;
	return 0;
}

int set_label(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	size_t len = strcspn(value, "=");

	if (len == 0 || value[len] != '=')
		return err_usage(e, "'%s': wants %s", value, key_type_wants(key->type));
	return set_pair(m->policy, &m->policy->labels, &m->policy->label_count, value, len,
			value + len + 1, e);
}

int set_pass_fd(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	struct policy *policy = m->policy;
	uint64_t number;

	if (set_number(key, value, &number, e) != 0)
		return -1;
	for (size_t i = 0; i < policy->pass_fd_count; i++)
		if (policy->pass_fds[i] == (int)number)
			return 0;
	if (policy->pass_fd_count == PLAN_PASS_FD_MAX)
		return err_usage(e, "more than %d descriptors", PLAN_PASS_FD_MAX);
	policy->pass_fds[policy->pass_fd_count++] = (int)number;
	return 0;
}

static int unknown_wall(const char *name, struct err *e)
{
	const char *best = NULL;
	unsigned distance = 0;

	for (unsigned i = 0; i < WALL_COUNT; i++)
		key_closer(name, wall_name((enum wall_id)i), &best, &distance);
	if (best)
		return err_usage(e, "no wall is called '%s'; did you mean '%s'?", name, best);
	return err_usage(e, "no wall is called '%s'; 'enclave-run --keys' lists them", name);
}

int set_walls(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	uint32_t *mask = (uint32_t *)(void *)((char *)m->policy + key->field);

	for (const char *p = value, *end; p; p = *end ? end + 1 : NULL) {
		char name[40] = "";
		struct text t = TEXT_ON(name);
		enum wall_id id;

		end = strchrnul(p, ',');
		text_bytes(&t, p, (size_t)(end - p));
		if (!wall_find(name, &id))
			return unknown_wall(name, e);
		*mask |= 1u << id;
	}
	return 0;
}
