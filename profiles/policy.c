/* policy.c - the policy's arena: blocks that live as long as the policy. */
#include "profiles/policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct policy_block {
	struct policy_block *next;
	_Alignas(max_align_t) char data[];
};

void *policy_alloc(struct policy *policy, size_t size)
{
	struct policy_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->next = policy->arena;
	policy->arena = block;
	return block->data;
}

char *policy_printf(struct policy *policy, const char *fmt, ...)
{
	va_list ap;
	char *copy = NULL;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len >= 0)
		copy = policy_alloc(policy, (size_t)len + 1);
	if (!copy)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(copy, (size_t)len + 1, fmt, ap);
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
	struct policy_block *block = policy->arena;

	while (block) {
		struct policy_block *next = block->next;

		free(block);
		block = next;
	}
	memset(policy, 0, sizeof(*policy));
}
