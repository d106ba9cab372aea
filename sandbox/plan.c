/* plan.c - the plan's arena and the table of walls. */
#include "sandbox/plan.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"

void *plan_alloc(struct plan *plan, size_t size)
{
	return arena_alloc(&plan->arena, size);
}

char *plan_printf(struct plan *plan, const char *fmt, ...)
{
	va_list ap;
	char *copy;

	va_start(ap, fmt);
	copy = arena_vprintf(&plan->arena, fmt, ap);
	va_end(ap);
	return copy;
}

void plan_release(struct plan *plan)
{
	arena_release(&plan->arena);
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
