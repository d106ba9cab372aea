/* arena.h - memory that is built up once and freed at once.
 *
 * An arena is a void * that starts as NULL; what is allocated lives until arena_release().  Zeroed,
 * aligned for any type, NULL when out of memory.  Heap: never in a child (see sandbox/process.h). */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

void *arena_alloc(void **arena, size_t size);
char *arena_vprintf(void **arena, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
void arena_release(void **arena);

#endif
