/* Any bytes as an audit log: no crash, the same finding in whatever pieces they come, and what is found
 * in order continues as a chain. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audit/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct audit_verifier whole, pieces;

static void feed(struct audit_verifier *v, const char *bytes, size_t len, size_t piece,
		 const struct hash *heads, size_t head_count)
{
	audit_verify_begin(v, heads, head_count);
	for (size_t at = 0; at < len; at += piece)
		audit_verify_bytes(v, bytes + at, piece < len - at ? piece : len - at);
	audit_verify_end(v);
}

/* One more line behind what was found in order must be in order too, and be its own head. */
static void append(const char *bytes, size_t len)
{
	static char longer[2 * AUDIT_LINE_MAX + 4096];
	static struct audit_event ev;
	struct audit_line line = { .seq = whole.lines + 1, .prev = whole.head };
	struct text t = TEXT_ON(longer);
	struct hash head;

	if (len > AUDIT_LINE_MAX)
		return;
	text_bytes(&t, bytes, len);
	audit_event_init(&ev, AUDIT_RESULT);
	audit_put_text(&ev, "text", "\x1b\xff", 100);
	audit_line_write(&t, &line, 1, "er-1-2", &ev);
	head = hash_of(longer + len, t.len - len);
	feed(&whole, longer, t.len, SIZE_MAX / 2, &head, 1);
	if (whole.broken || whole.lines != line.seq)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct hash heads[2] = { hash_none(), hash_of(data, size) };
	size_t piece = size ? 1 + data[0] % 7 : 1;

	feed(&pieces, bytes, size, piece, heads, 2);
	feed(&whole, bytes, size, SIZE_MAX / 2, heads, 2);
	if (whole.broken != pieces.broken || whole.line != pieces.line ||
	    whole.lines != pieces.lines || strcmp(whole.why, pieces.why) != 0)
		abort();
	feed(&whole, bytes, size, SIZE_MAX / 2, NULL, 0);
	if (!whole.broken)
		append(bytes, size);
	return 0;
}
