/* cursor.h - read foreign bytes in order: never past their end, and one flag at the end.
 *
 * What is not there reads as NULL or 0 and sets `bad`, which stays: a parser may go on and look at it
 * once.  Pure.  Runs in: gateway, tests. */
#ifndef NETNS_CURSOR_H
#define NETNS_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at;
	size_t left;
	bool bad;
};

const uint8_t *cursor_take(struct cursor *c, size_t len);

/* cursor_number() - big-endian, of one to three bytes. */
size_t cursor_number(struct cursor *c, size_t bytes);

#endif
