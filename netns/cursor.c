/* cursor.c - bounds in one place. */
#include "netns/cursor.h"

const uint8_t *cursor_take(struct cursor *c, size_t len)
{
	const uint8_t *at = c->at;

	if (c->bad || len > c->left) {
		c->bad = true;
		return NULL;
	}
	c->at += len;
	c->left -= len;
	return at;
}

size_t cursor_number(struct cursor *c, size_t bytes)
{
	const uint8_t *at = cursor_take(c, bytes);
	size_t value = 0;

	for (size_t i = 0; at && i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}
