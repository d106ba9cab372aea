/* merge.c - what holds before anything was said, and what follows from what was said. */
#include "profiles/merge.h"

#include "profiles/set.h"

#define FSIZE_AS_DISK 0 /* 0 is below the range of --fsize: it means "not said" */

int merge_begin(struct merge *m, struct err *e)
{
	struct policy *policy = m->policy;

	*policy = (struct policy){ .arena = policy->arena, .status_fd = -1 };
	for (unsigned i = 0; i < LIMIT_COUNT; i++)
		policy->limits.value[i] = LIMIT_NONE;
	policy->limits.value[LIMIT_FSIZE] = FSIZE_AS_DISK;
	return set_env_base(m, e);
}

void merge_source(struct merge *m)
{
	m->source++;
}

int merge_finish(struct merge *m, struct err *e)
{
	struct limits *limits = &m->policy->limits;

	if (limits->value[LIMIT_FSIZE] == FSIZE_AS_DISK)
		limits->value[LIMIT_FSIZE] = limits->value[LIMIT_DISK];
	return set_net_finish(m, e);
}
