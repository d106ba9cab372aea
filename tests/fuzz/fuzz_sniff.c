/* fuzz_sniff.c - the first bytes of a connection.
 *
 * Checked beside memory safety: the verdict does not depend on how the bytes are cut; a name is canonical,
 * or an address in brackets; and a request that passes has no line that readers may end or continue in
 * different ways, and one Host at most even to a reader that takes blanks before the colon. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "netns/sniff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Pieces of 1, 2, 3... bytes; each in memory of its own, so that a look beyond is seen. */
static struct sniff cut(const uint8_t *data, size_t size, bool retried)
{
	struct sniff sniff = { .retried = retried };

	for (size_t len = 1, step = 1; sniff.kind == SNIFF_MORE; len += step++) {
		uint8_t *copy;

		len = len < size ? len : size;
		copy = malloc(len + (len == 0));
		if (!copy)
			abort();
		memcpy(copy, data, len);
		sniff_feed(&sniff, copy, len);
		free(copy);
		if (len == size)
			break;
	}
	return sniff;
}

static void check_name(const struct sniff *sniff)
{
	char again[NAME_CAP];
	bool named = sniff->kind == SNIFF_TLS || sniff->kind == SNIFF_HTTP;

	if (named != (sniff->name[0] != '\0'))
		abort();
	if (!named || sniff->name[0] == '[')
		return;
	if (!name_canonical(sniff->name, strlen(sniff->name), again) ||
	    strcmp(sniff->name, again) != 0)
		abort();
}

static bool is_host_line(const uint8_t *line, const uint8_t *end)
{
	if (end - line < 5 || strncasecmp((const char *)line, "host", 4) != 0)
		return false;
	for (line += 4; line < end && (*line == ' ' || *line == '\t'); line++)
		;
	return line < end && *line == ':';
}

/* No line that two readers end or continue in different ways, and no second Host. */
static void check_http(const uint8_t *data, size_t size)
{
	const uint8_t *end = memmem(data, size, "\r\n\r\n", 4);
	size_t hosts = 0;

	if (!end)
		abort();
	for (const uint8_t *at = data + 1; at < end; at++) {
		if ((at[-1] == '\r') != (at[0] == '\n'))
			abort();
		if (at[-1] == '\n' && (at[0] == ' ' || at[0] == '\t'))
			abort();
		hosts += at[-1] == '\n' && is_host_line(at, end);
	}
	if (hosts > 1)
		abort();
}

static void check(const uint8_t *data, size_t size, bool retried)
{
	struct sniff whole = { .retried = retried }, pieces;
	enum sniff_match match;

	sniff_feed(&whole, data, size);
	pieces = cut(data, size, retried);
	if (whole.kind != pieces.kind || whole.ech != pieces.ech ||
	    whole.hello_len != pieces.hello_len || strcmp(whole.name, pieces.name) != 0)
		abort();
	check_name(&whole);
	if (whole.kind == SNIFF_HTTP)
		check_http(data, size < SNIFF_MAX ? size : SNIFF_MAX);
	if (whole.kind == SNIFF_TLS && (whole.hello_len == 0 || whole.hello_len > size))
		abort();
	if (retried && (whole.kind == SNIFF_HTTP || whole.kind == SNIFF_HTTP_NO_NAME))
		abort();
	match = sniff_matches(&whole, "a.example");
	if (match == SNIFF_OK && whole.kind != SNIFF_OPAQUE && strcmp(whole.name, "a.example") != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(data, size, false);
	check(data, size, true);
	(void)sniff_answer(data, size);
	return 0;
}
