/* set.c - setters of single values, and the table that picks a setter by type. */
#include "profiles/set.h"

#include <errno.h>
#include <string.h>

#include "profiles/units.h"

static void *field_of(struct merge *m, const struct key *key)
{
	return (char *)m->policy + key->field;
}

static int not_one_of(const struct key *key, const char *value, struct err *e)
{
	char list[160] = "";
	struct text t = TEXT_ON(list);

	for (size_t i = 0; key->words[i]; i++)
		text_fmt(&t, "%s%s",
			 i == 0		     ? ""
			 : key->words[i + 1] ? ", "
					     : " or ",
			 key->words[i]);
	return err_usage(e, "'%s' is not %s", value, list);
}

int set_word(const struct key *key, const char *value, struct err *e)
{
	for (int i = 0; key->words[i]; i++)
		if (strcmp(key->words[i], value) == 0)
			return i;
	return not_one_of(key, value, e);
}

static int set_choice(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	int index = set_word(key, value, e);

	if (index < 0)
		return -1;
	*(int *)field_of(m, key) = index;
	return 0;
}

static int set_switch(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	int index = set_word(key, value, e);

	if (index < 0)
		return -1;
	*(bool *)field_of(m, key) = index == 1;
	return 0;
}

static int parse_yes_no(const char *value, bool *out, struct err *e)
{
	*out = strcmp(value, "yes") == 0;
	if (!*out && strcmp(value, "no") != 0)
		return err_usage(e, "'%s' is not yes or no", value);
	return 0;
}

static int set_flag(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	bool on;

	if (parse_yes_no(value, &on, e) != 0)
		return -1;
	*(bool *)field_of(m, key) = on;
	return 0;
}

static int set_louder(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	*(int *)field_of(m, key) = 1;
	return 0;
}

static int set_quieter(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	*(int *)field_of(m, key) = -1;
	return 0;
}

/* How numbers of a type are read and shown; the rows of other types are empty. */
static const struct {
	enum units_status (*parse)(const char *s, uint64_t *out);
	void (*format)(struct text *t, uint64_t value);
} number_types[KEY_TYPE_COUNT] = {
	[KEY_TYPE_SIZE] = { units_parse_size, units_format_size },
	[KEY_TYPE_DURATION] = { units_parse_duration, units_format_duration },
	[KEY_TYPE_CPUS] = { units_parse_cpus, units_format_cpus },
	[KEY_TYPE_COUNT_OF] = { units_parse_count, text_u64 },
	[KEY_TYPE_FD] = { units_parse_count, text_u64 },
	[KEY_TYPE_PASS_FD] = { units_parse_count, text_u64 },
	[KEY_TYPE_USER] = { units_parse_count, text_u64 },
};

static int out_of_range(const struct key *key, const char *value, struct err *e)
{
	char range[80] = "";
	struct text t = TEXT_ON(range);

	number_types[key->type].format(&t, key->min);
	text_str(&t, " to ");
	number_types[key->type].format(&t, key->max);
	return err_usage(e, "'%s' is out of range: %s%s", value, range,
			 key->flags & KEY_NONE_LIFTS ? ", or none" : "");
}

int set_number(const struct key *key, const char *value, uint64_t *out, struct err *e)
{
	static const char *const problems[] = {
		[UNITS_NO_NUMBER] = "is not a number",
		[UNITS_BAD_SUFFIX] = "has an unknown unit",
		[UNITS_TOO_LARGE] = "is too large",
		[UNITS_TOO_FINE] = "is not a whole number of the smallest unit",
	};
	enum units_status status;
	uint64_t number = 0;

	if (strcmp(value, "none") == 0 && key->flags & KEY_NONE_LIFTS) {
		*out = LIMIT_NONE;
		return 0;
	}
	status = number_types[key->type].parse(value, &number);
	if (status != UNITS_OK)
		return err_usage(e, "'%s' %s: wants %s%s", value, problems[status],
				 key_type_wants(key->type),
				 key->flags & KEY_NONE_LIFTS ? ", or none" : "");
	if ((key->min || key->max) && (number < key->min || number > key->max))
		return out_of_range(key, value, e);
	*out = number;
	return 0;
}

static int set_u64(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	return set_number(key, value, field_of(m, key), e);
}

static int set_fd(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	uint64_t number = 0;

	if (set_number(key, value, &number, e) != 0)
		return -1;
	*(int *)field_of(m, key) = (int)number;
	return 0;
}

/* Takes what the makers below return: NULL after they filled *e. */
static int set_string(struct merge *m, const struct key *key, char *copy)
{
	if (!copy)
		return -1;
	*(char **)field_of(m, key) = copy;
	return 0;
}

static int set_text(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	char *copy = policy_printf(m->policy, "%s", value);

	if (!*value)
		return err_usage(e, "is empty");
	return copy ? set_string(m, key, copy) : err_nomem(e);
}

static int set_path(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	return set_string(m, key, set_host_path(m, value, e));
}

static int set_inside(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	return set_string(m, key, set_inside_path(m, value, e));
}

static int set_hostname(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	size_t len = strlen(value);

	if (len == 0 || len > 63 || strspn(value, letters) != len || value[0] == '-' ||
	    value[0] == '.')
		return err_usage(e, "'%s' is no host name: letters, digits, '-' and '.', at most 63",
				 value);
	return set_text(m, key, value, e);
}

static int set_user(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	const char *colon = strchr(value, ':');
	char uid_text[24] = "";
	struct text t = TEXT_ON(uid_text);
	uint64_t uid = 0, gid = 0;

	text_bytes(&t, value, colon ? (size_t)(colon - value) : strlen(value));
	if (t.cut)
		return err_usage(e, "'%s' is too long: wants %s", value, key_type_wants(key->type));
	if (set_number(key, uid_text, &uid, e) != 0 ||
	    set_number(key, colon ? colon + 1 : uid_text, &gid, e) != 0)
		return -1;
	m->policy->inside_uid = (uid_t)uid;
	m->policy->inside_gid = (gid_t)gid;
	return 0;
}

static int set_seccomp(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	m->policy->seccomp_is_file = strchr(value, '/') != NULL;
	return m->policy->seccomp_is_file ? set_path(m, key, value, e) : set_text(m, key, value, e);
}

/* Known, but not in this version: remembered here, refused by check. */
static int set_later(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	bool asked = true;

	if (key->flags & KEY_NO_VALUE && parse_yes_no(value, &asked, e) != 0)
		return -1;
	if (asked && !m->policy->unavailable)
		m->policy->unavailable = key->name;
	return 0;
}

static const setter_fn setters[KEY_TYPE_COUNT] = {
	[KEY_TYPE_SIZE] = set_u64,
	[KEY_TYPE_DURATION] = set_u64,
	[KEY_TYPE_CPUS] = set_u64,
	[KEY_TYPE_COUNT_OF] = set_u64,
	[KEY_TYPE_FD] = set_fd,
	[KEY_TYPE_CHOICE] = set_choice,
	[KEY_TYPE_NET] = set_net,
	[KEY_TYPE_SWITCH] = set_switch,
	[KEY_TYPE_FLAG] = set_flag,
	[KEY_TYPE_LOUDER] = set_louder,
	[KEY_TYPE_QUIETER] = set_quieter,
	[KEY_TYPE_TEXT] = set_text,
	[KEY_TYPE_HOST_PATH] = set_path,
	[KEY_TYPE_INSIDE_PATH] = set_inside,
	[KEY_TYPE_HOSTNAME] = set_hostname,
	[KEY_TYPE_USER] = set_user,
	[KEY_TYPE_SECCOMP] = set_seccomp,
	[KEY_TYPE_MOUNT] = set_mount,
	[KEY_TYPE_PLACE] = set_place,
	[KEY_TYPE_RLIMIT] = set_rlimit,
	[KEY_TYPE_ENV] = set_env,
	[KEY_TYPE_ENV_FILE] = set_env_file,
	[KEY_TYPE_KEEP_ENV] = set_keep_env,
	[KEY_TYPE_LABEL] = set_label,
	[KEY_TYPE_PASS_FD] = set_pass_fd,
	[KEY_TYPE_SECRET] = set_secret,
	[KEY_TYPE_WALLS] = set_walls,
	[KEY_TYPE_EGRESS] = set_egress,
	[KEY_TYPE_LATER] = set_later,
};

int merge_set(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	return setters[key->type](m, key, value, e);
}
