/* event.c - JSON members, one after the other, into a bounded buffer. */
#include "audit/event.h"

#include <string.h>

#include "base/utf8.h"

static const struct {
	const char *word, *meaning;
} kinds[AUDIT_KIND_COUNT] = {
#define AUDIT_KIND_ROW(id, word, meaning) { word, meaning },
	AUDIT_KIND_TABLE(AUDIT_KIND_ROW)
#undef AUDIT_KIND_ROW
};

const char *audit_kind_word(enum audit_kind kind)
{
	return kinds[kind].word;
}

const char *audit_kind_meaning(enum audit_kind kind)
{
	return kinds[kind].meaning;
}

void audit_event_init(struct audit_event *ev, enum audit_kind kind)
{
	ev->kind = kind;
	ev->body = TEXT_ON(ev->buf);
	ev->buf[0] = '\0';
}

/* The comma and the name. */
static void begin(struct audit_event *ev, const char *name)
{
	struct text *t = &ev->body;

	if (t->len > 0 && !strchr("{[", t->at[t->len - 1]))
		text_str(t, ",");
	if (name) {
		text_json(t, name, SIZE_MAX);
		text_str(t, ":");
	}
}

bool audit_put_text(struct audit_event *ev, const char *name, const char *text, size_t room)
{
	begin(ev, name);
	return text_json(&ev->body, text, room);
}

void audit_put_word(struct audit_event *ev, const char *name, const char *word)
{
	audit_put_text(ev, name, word, SIZE_MAX);
}

void audit_put_number(struct audit_event *ev, const char *name, uint64_t number)
{
	begin(ev, name);
	/* Readers with 64-bit signed integers; the largest value means: not known, not limited. */
	if (number > INT64_MAX)
		text_str(&ev->body, "null");
	else
		text_u64(&ev->body, number);
}

void audit_put_signed(struct audit_event *ev, const char *name, int64_t number)
{
	begin(ev, name);
	text_i64(&ev->body, number);
}

void audit_put_null(struct audit_event *ev, const char *name)
{
	begin(ev, name);
	text_str(&ev->body, "null");
}

void audit_put_words(struct audit_event *ev, const char *name, char *const *words, size_t count,
		     size_t room)
{
	size_t start = ev->body.len, used = 0;
	bool whole = true;

	audit_open_member(ev, name, '[');
	for (size_t i = 0; i < count && whole; i++) {
		used = ev->body.len - start;
		whole = used + 16 < room && audit_put_text(ev, NULL, words[i], room - used);
	}
	audit_close_member(ev, ']');
	if (!whole) {
		char total[64];
		struct text t = TEXT_ON(total);

		text_fmt(&t, "%s_total", name);
		audit_put_number(ev, total, count);
	}
}

void audit_open_member(struct audit_event *ev, const char *name, char bracket)
{
	begin(ev, name);
	text_bytes(&ev->body, &bracket, 1);
}

void audit_close_member(struct audit_event *ev, char bracket)
{
	text_bytes(&ev->body, &bracket, 1);
}
