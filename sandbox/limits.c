/* limits.c - names of the limits and of who enforces them, as records and policies spell them. */
#include "sandbox/limits.h"

static const char *const limit_names[LIMIT_COUNT] = {
#define LIMIT_NAME(id, name) [LIMIT_##id] = name,
	LIMIT_TABLE(LIMIT_NAME)
#undef LIMIT_NAME
};

static const char *const enforcer_names[] = {
	[BY_NONE] = "none",	    [BY_CGROUP] = "cgroup", [BY_RLIMIT] = "rlimit",
	[BY_WATCHDOG] = "watchdog", [BY_TMPFS] = "tmpfs",
};

_Static_assert(sizeof(enforcer_names) / sizeof(enforcer_names[0]) == ENFORCER_COUNT,
	       "one name per enforcer");

const char *limit_name(enum limit_id id)
{
	return (unsigned)id < LIMIT_COUNT ? limit_names[id] : "?";
}

const char *enforcer_name(enum enforcer by)
{
	return (unsigned)by < ENFORCER_COUNT ? enforcer_names[by] : "?";
}
