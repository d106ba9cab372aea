/* arena.c - a list of blocks. */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

struct arena_block {
	struct arena_block *next;
	_Alignas(max_align_t) char data[];
};

void *arena_alloc(void **arena, size_t size)
{
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->next = *arena;
	*arena = block;
	return block->data;
}

char *arena_vprintf(void **arena, const char *fmt, va_list ap)
{
	va_list again;
	char *copy;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	copy = len >= 0 ? arena_alloc(arena, (size_t)len + 1) : NULL;
	if (copy)
		vsnprintf(copy, (size_t)len + 1, fmt, ap);
	return copy;
}

void arena_release(void **arena)
{
	struct arena_block *block = *arena;

	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	*arena = NULL;
}
