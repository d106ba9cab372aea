/* set_secret.c - NAME=SOURCE of --secret.
 *
 * No message repeats what was written after the '=': who mistakes the option for a place to put the
 * value itself must not find it in his log and in the record. */
#include "profiles/set.h"

#include <errno.h>
#include <string.h>

#include "profiles/units.h"

/* What a file of that name can be called by everybody: no '/', no control byte, no hidden file. */
static int check_name(const char *name, size_t len, struct err *e)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	if (len == 0 || len > SECRET_NAME_MAX || strspn(name, letters) < len || name[0] == '.' ||
	    name[0] == '-')
		return err_usage(e,
				 "the name before the '=' wants letters, digits, '_', '-' and '.', the "
				 "last two not at its start, at most %d",
				 SECRET_NAME_MAX);
	return 0;
}

static int take_path(struct merge *m, const char *value, struct secret *out, struct err *e)
{
	out->path = set_host_path(m, value, e);
	return out->path ? 0 : -1;
}

static int take_fd(const struct key *key, const char *value, struct secret *out, struct err *e)
{
	uint64_t number = 0;

	if (units_parse_count(value, &number) != UNITS_OK || number < key->min || number > key->max)
		return err_usage(e, "after 'fd:' stands no descriptor number from %d on",
				 (int)key->min);
	out->fd = (int)number;
	return 0;
}

/* systemd.exec(5): a credential's name is a file name. */
static int take_credential(struct merge *m, const char *value, struct secret *out, struct err *e)
{
	const char *directory = set_caller_value(m, "CREDENTIALS_DIRECTORY");

	if (!*value || value[0] == '.' || strchr(value, '/'))
		return err_usage(e, "after 'cred:' stands no name of a credential");
	if (!directory || directory[0] != '/')
		return err_usage(e, "there is no CREDENTIALS_DIRECTORY: the service that starts "
				    "enclave-run wants LoadCredential= or LoadCredentialEncrypted=");
	out->path = policy_printf(m->policy, "%s/%s", directory, value);
	return out->path ? 0 : err_nomem(e);
}

static int take_source(struct merge *m, const struct key *key, const char *source,
		       struct secret *out, struct err *e)
{
	for (unsigned i = 0; i < SECRET_SOURCE_COUNT; i++) {
		const char *word = secret_source_word((enum secret_source)i);
		size_t len = strlen(word);

		if (strncmp(source, word, len) != 0 || source[len] != ':')
			continue;
		out->source = (enum secret_source)i;
		if (out->source == SECRET_FD)
			return take_fd(key, source + len + 1, out, e);
		return out->source == SECRET_CRED ? take_credential(m, source + len + 1, out, e)
						  : take_path(m, source + len + 1, out, e);
	}
	return err_usage(e,
			 "wants %s; the value itself never stands on a command line or in a "
			 "policy",
			 key_type_wants(key->type));
}

static int check_new(const struct policy *policy, const struct secret *secret, struct err *e)
{
	if (policy->secret_count == SECRET_MAX)
		return err_usage(e, "more than %d secrets", SECRET_MAX);
	for (size_t i = 0; i < policy->secret_count; i++) {
		const struct secret *other = &policy->secrets[i];

		if (strcmp(other->name, secret->name) == 0)
			return err_usage(e, "the name '%s' is given twice", secret->name);
		if (secret->source == SECRET_FD && other->source == SECRET_FD &&
		    other->fd == secret->fd)
			return err_usage(e, "descriptor %d is given twice: it can be read once",
					 secret->fd);
	}
	return 0;
}

int set_secret(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	struct policy *policy = m->policy;
	size_t len = strcspn(value, "=");
	struct secret secret = { .fd = -1 }, *list;

	if (value[len] != '=')
		return err_usage(e, "there is no '=': wants %s", key_type_wants(key->type));
	if (check_name(value, len, e) != 0)
		return -1;
	secret.name = policy_printf(policy, "%.*s", (int)len, value);
	if (!secret.name)
		return err_nomem(e);
	if (take_source(m, key, value + len + 1, &secret, e) != 0)
		return err_wrap(e, "%s", secret.name);
	if (check_new(policy, &secret, e) != 0)
		return -1;
	list = policy_grow(policy, policy->secrets, policy->secret_count, sizeof(*list));
	if (!list)
		return err_nomem(e);
	policy->secrets = list;
	list[policy->secret_count++] = secret;
	return 0;
}
