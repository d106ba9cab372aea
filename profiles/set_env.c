/* set_env.c - the environment of the workload, built from nothing. */
#include "profiles/set.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"

#define ENV_FILE_MAX (1u << 20)

static int put(struct merge *m, const char *name, size_t len, const char *value, struct err *e)
{
	return set_pair(m->policy, &m->policy->env, &m->policy->env_count, name, len, value, e);
}

const char *set_caller_value(const struct merge *m, const char *name)
{
	size_t len = strlen(name);

	for (char *const *p = m->caller_env; p && *p; p++)
		if (strncmp(*p, name, len) == 0 && (*p)[len] == '=')
			return *p + len + 1;
	return NULL;
}

/* Used if the run gets a terminal.  Only what names of terminfo(5) consist of: programs inside make a
 * file name of it. */
static int keep_term(struct merge *m, struct err *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				      "+-._";
	const char *term = set_caller_value(m, "TERM");

	if (!term || !*term || term[0] == '.' || term[strspn(term, letters)] != '\0')
		return 0;
	m->policy->caller_term = policy_printf(m->policy, "%s", term);
	return m->policy->caller_term ? 0 : err_nomem(e);
}

int set_env_base(struct merge *m, struct err *e)
{
	static const struct {
		const char *name, *value;
	} base[] = {
		{ "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
		{ "HOME", "/home/sandbox" },
		{ "USER", "sandbox" },
		{ "SHELL", "/bin/sh" },
		{ "LANG", "C.UTF-8" },
		{ "TMPDIR", "/tmp" },
		{ "container", "enclave-run" }, /* systemd's container interface */
	};

	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++)
		if (put(m, base[i].name, strlen(base[i].name), base[i].value, e) != 0)
			return -1;
	return keep_term(m, e);
}

int set_env(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	size_t len = strcspn(value, "=");
	const char *inherited;

	if (len == 0)
		return err_usage(e, "'%s': wants %s", value, key_type_wants(key->type));
	if (value[len] == '=')
		return put(m, value, len, value + len + 1, e);
	inherited = set_caller_value(m, value);
	return inherited ? put(m, value, len, inherited, e) : 0;
}

int set_keep_env(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	size_t len = strlen(value);
	bool prefix = len > 0 && value[len - 1] == '*';

	len -= prefix;
	if (len == 0)
		return err_usage(e, "'%s' would keep everything: wants %s", value,
				 key_type_wants(key->type));
	if (memchr(value, '*', len) || memchr(value, '=', len))
		return err_usage(e, "'%s': wants %s", value, key_type_wants(key->type));
	for (char *const *p = m->caller_env; p && *p; p++) {
		size_t name_len = strcspn(*p, "=");

		if ((*p)[name_len] != '=' || name_len < len || strncmp(*p, value, len) != 0 ||
		    (!prefix && name_len != len))
			continue;
		if (put(m, *p, name_len, *p + name_len + 1, e) != 0)
			return -1;
	}
	return 0;
}

/* One line of the format docker reads: no quotes, no expansion; '#' starts a comment line. */
static int env_line(struct merge *m, const struct key *key, char *line, struct err *e)
{
	size_t name_len;

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return 0;
	name_len = strcspn(line, "=");
	if (name_len == 0 || strcspn(line, " \t") < name_len)
		return err_usage(e, "no variable name, or a blank in it");
	return set_env(m, key, line, e);
}

int set_env_file(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	char *path = set_host_path(m, value, e), *text, *next;
	unsigned number = 1;
	ssize_t len;

	if (!path)
		return -1;
	text = policy_alloc(m->policy, ENV_FILE_MAX);
	if (!text)
		return err_nomem(e);
	len = fd_read_file(AT_FDCWD, path, text, ENV_FILE_MAX);
	if (len < 0)
		return err_set(e, ERR_USAGE, errno, ERR_AT, "read '%s'", value);
	if (strlen(text) != (size_t)len)
		return err_usage(e, "'%s' holds a NUL byte", value);
	for (char *line = text; line; line = next, number++) {
		size_t line_len;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line_len = strlen(line);
		if (line_len > 0 && line[line_len - 1] == '\r')
			line[line_len - 1] = '\0';
		if (env_line(m, key, line, e) != 0)
			return err_wrap(e, "%s:%u", value, number);
	}
	return 0;
}
