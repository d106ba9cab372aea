/* line.c - the fixed beginning of a line. */
#include "audit/line.h"

#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

#define SEQ_MARK "{\"seq\":"
#define PREV_MARK ",\"prev\":\""
#define TIME_MARK "\",\"time\":\""

void audit_line_write(struct text *t, const struct audit_line *line, uint64_t realtime_ns,
		      const char *session, const struct audit_event *ev)
{
	char time[40];

	clock_rfc3339(realtime_ns, time, sizeof(time));
	text_fmt(t, SEQ_MARK "%llu" PREV_MARK "%s" TIME_MARK "%s\",\"session\":",
		 (unsigned long long)line->seq, line->prev.hex, time);
	text_json(t, *session ? session : NULL, SIZE_MAX);
	text_fmt(t, ",\"event\":\"%s\"%s", audit_kind_word(ev->kind), ev->body.len ? "," : "");
	text_bytes(t, ev->body.at, ev->body.len);
	text_str(t, "}\n");
	t->cut = t->cut || ev->body.cut;
}

/* Moves *p behind mark if it stands there. */
static bool take(const char **p, const char *end, const char *mark)
{
	size_t len = strlen(mark);

	if ((size_t)(end - *p) < len || memcmp(*p, mark, len) != 0)
		return false;
	*p += len;
	return true;
}

static bool take_number(const char **p, const char *end, uint64_t *out)
{
	size_t len = 0;

	while (*p + len < end && (*p)[len] >= '0' && (*p)[len] <= '9')
		len++;
	if (!text_parse_u64(*p, len, out) || **p == '0')
		return false;
	*p += len;
	return true;
}

bool audit_line_parse(const char *bytes, size_t len, struct audit_line *out)
{
	const char *p = bytes, *end = bytes + len;

	if (len < 2 || len > AUDIT_LINE_MAX || memcmp(end - 2, "}\n", 2) != 0)
		return false;
	for (size_t i = 0; i + 1 < len; i++)
		if (bytes[i] < 0x20 || bytes[i] >= 0x7f)
			return false;
	if (!take(&p, end, SEQ_MARK) || !take_number(&p, end, &out->seq) ||
	    !take(&p, end, PREV_MARK) || !hash_parse(p, (size_t)(end - p), &out->prev))
		return false;
	p += HASH_HEX_LEN;
	return take(&p, end, TIME_MARK);
}
