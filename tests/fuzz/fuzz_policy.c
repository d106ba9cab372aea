/* Any bytes as a policy file: taken or refused with a message, nothing else. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "profiles/check.h"
#include "profiles/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every policy that was taken. */
static void check_taken(const struct policy *policy)
{
	for (size_t i = 0; i < policy->file_count; i++) {
		const char *target = policy->files[i].target;

		if (target[0] != '/' || target[1] == '\0' || strstr(target, "//") ||
		    strstr(target, "/../"))
			abort();
		if (strcmp(target, "/proc") == 0 || strncmp(target, "/proc/", 6) == 0)
			abort();
	}
	for (size_t i = 0; i < policy->env_count; i++)
		if (!policy->env[i].name[0] || strchr(policy->env[i].name, '='))
			abort();
	for (size_t i = 0; i < policy->secret_count; i++) {
		const struct secret *s = &policy->secrets[i];

		if (s->name[0] == '.' || !s->name[0] || strchr(s->name, '/') ||
		    strlen(s->name) > SECRET_NAME_MAX ||
		    (s->source == SECRET_FD ? s->fd < 3 : s->path[0] != '/'))
			abort();
	}
	for (size_t i = 0; i < policy->allow.count; i++) {
		const struct egress_rule *rule = &policy->allow_rules[i];

		if (rule->ports_count == 0 || rule->ports[0].low == 0 ||
		    (rule->kind == EGRESS_ADDRESS && rule->addr.family != ADDR_V4))
			abort();
	}
	if (policy->allow.count > 0 && policy->net != NET_ALLOW && policy->net != NET_AUDIT)
		abort();
	if (policy->limits.value[LIMIT_MEMORY] < 1 << 20 || policy->limits.value[LIMIT_PIDS] == 0)
		abort();
	if (policy->inside_uid == 0 || policy->inside_gid == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char directory[] = "CREDENTIALS_DIRECTORY=/c"; /* clang: no literal in a static array */
	static char *const caller_env[] = { directory, NULL };
	struct policy policy = { 0 };
	struct merge m = { .policy = &policy,
			   .caller_env = caller_env,
			   .directory = "/nonexistent" };
	struct err e = { 0 };

	if (merge_begin(&m, &e) != 0)
		return 0;
	if (load_text(&m, "fuzz", (const char *)data, size, &e) == 0 && merge_finish(&m, &e) == 0)
		check_taken(&policy);
	else if (e.kind == ERR_NONE || !e.msg[0])
		abort();
	policy_release(&policy);
	return 0;
}
