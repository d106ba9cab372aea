/* plan.c - the plan's arena and the table of walls. */
#include "sandbox/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A list of blocks: a plan is built once, read by everybody, freed at once. */
struct arena_block {
	struct arena_block *next;
	_Alignas(max_align_t) char data[];
};

void *plan_alloc(struct plan *plan, size_t size)
{
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->next = plan->arena;
	plan->arena = block;
	return block->data;
}

char *plan_printf(struct plan *plan, const char *fmt, ...)
{
	va_list ap;
	char *copy = NULL;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len >= 0)
		copy = plan_alloc(plan, (size_t)len + 1);
	if (!copy)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(copy, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return copy;
}

void plan_release(struct plan *plan)
{
	struct arena_block *block = plan->arena;

	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	memset(plan, 0, sizeof(*plan));
}

static const struct {
	const char *name, *meaning;
} wall_table[WALL_COUNT] = {
#define WALL_ROW(id, name, meaning) [WALL_##id] = { name, meaning },
	WALL_TABLE(WALL_ROW)
#undef WALL_ROW
};

const char *wall_name(enum wall_id id)
{
	return wall_table[id].name;
}

const char *wall_meaning(enum wall_id id)
{
	return wall_table[id].meaning;
}

bool wall_find(const char *name, enum wall_id *out_id)
{
	for (unsigned i = 0; i < WALL_COUNT; i++) {
		if (strcmp(wall_table[i].name, name) == 0) {
			*out_id = (enum wall_id)i;
			return true;
		}
	}
	return false;
}
