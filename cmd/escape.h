/* escape.h - hostile bytes on a page: nothing of them acts, everything of them shows.
 *
 * What a reader can't see or what changes how he sees the rest is written out: control characters
 * as \n or \u{1b}, marks that reorder, join or hide text (Unicode's bidirectional controls, zero width,
 * tags) as \u{202e}, bytes that are no UTF-8 as \x{ff}.  Everything else stays what it is. */
#ifndef CMD_ESCAPE_H
#define CMD_ESCAPE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* escape_next() - the code point at *s, which moves on; a byte that starts no UTF-8 sequence is
 * ESCAPE_BYTE plus its value.  0 at the end. */
#define ESCAPE_BYTE 0x110000u
uint32_t escape_next(const char **s);

/* escape_hidden() - must it be written out? */
bool escape_hidden(uint32_t code);

/* escape_text() - for a terminal: no byte of its own acts on it.  @utf8: it shows UTF-8; else
 * everything but ASCII is written out. */
void escape_text(FILE *out, const char *s, bool utf8);

/* escape_html() - for element content and quoted attributes. */
void escape_html(FILE *out, const char *s);

/* escape_code() - for Markdown, as an inline code span, whose content no dialect interprets; the
 * two characters that could end it or its table cell are written out too.  "" is written as nothing. */
void escape_code(FILE *out, const char *s);

/* escape_markdown() - for Markdown prose of our own: what would be markup is not. */
void escape_markdown(FILE *out, const char *s);

#endif
