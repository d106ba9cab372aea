/* man.h - roff pieces that both manual pages are made of. */
#ifndef CMD_MAN_H
#define CMD_MAN_H

#include <stdio.h>

#include "cmd/pages.h"

void man_head(FILE *out, const char *title, int section, const char *summary);
void man_text(FILE *out, const char *s); /* escaped */
void man_paragraphs(FILE *out, const char *const *paragraphs);

/* man_rows() - a tagged list; font is a macro that sets the tags, e.g. "B". */
void man_rows(FILE *out, const struct page_row *rows, const char *font);

#endif
