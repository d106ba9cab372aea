/* policy.c - the policy's arena: blocks that live as long as the policy. */
#include "profiles/policy.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"

void *policy_alloc(struct policy *policy, size_t size)
{
	return arena_alloc(&policy->arena, size);
}

char *policy_printf(struct policy *policy, const char *fmt, ...)
{
	va_list ap;
	char *copy;

	va_start(ap, fmt);
	copy = arena_vprintf(&policy->arena, fmt, ap);
	va_end(ap);
	return copy;
}

/* The outgrown array stays in the arena: lists are short, and nothing may point into freed memory. */
void *policy_grow(struct policy *policy, void *items, size_t count, size_t size)
{
	void *larger;

	/* Full exactly at 0 and at the powers of two from 8 on. */
	if (count != 0 && (count < 8 || (count & (count - 1)) != 0))
		return items;
	larger = policy_alloc(policy, (count == 0 ? 8 : 2 * count) * size);
	if (larger && count > 0)
		memcpy(larger, items, count * size);
	return larger;
}

void policy_release(struct policy *policy)
{
	arena_release(&policy->arena);
	memset(policy, 0, sizeof(*policy));
}
