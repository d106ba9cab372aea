/* sniff_http.c - the Host of the first request.
 *
 *	BLANK --token--> WORD --blank--> LINE --LF, "HTTP/" in it--> HEAD --CRLF CRLF--> parsed
 *	  |                |              |                            |
 *	  other byte       other byte     LF without "HTTP/"           a byte that no head has
 *	  = opaque         = opaque       = opaque                     = malformed
 *
 * Each byte is looked at once while the head arrives (first_line(), in_head()); the whole head is parsed
 * once (parse_head()).  Classification is generous, parsing is strict: what a lenient server could still
 * read as a request must not pass as opaque, and what two servers could read in two ways must not pass. */
#include <string.h>
#include <strings.h>

#include "netns/sniff_parts.h"

enum stage { BLANK, WORD, LINE, HEAD };

/* A piece of the head. */
struct piece {
	const char *at;
	size_t len;
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_alpha(uint8_t c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool is_token(uint8_t c)
{
	return is_alpha(c) || is_digit(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What else str.split() of Python takes for a blank, and so http.server. */
static bool is_odd_blank(uint8_t c)
{
	return c == '\v' || c == '\f' || (c >= 0x1c && c <= 0x1f) || c == 0x85 || c == 0xa0;
}

static bool is_control(uint8_t c)
{
	return (c < ' ' && c != '\t') || c == 0x7f;
}

static bool equals(struct piece p, const char *word)
{
	return p.len == strlen(word) && strncasecmp(p.at, word, p.len) == 0;
}

/* The part before the first byte of `ends`; the rest, with that byte, stays in *p. */
static struct piece cut(struct piece *p, const char *ends)
{
	struct piece front = { p->at, 0 };

	while (front.len < p->len && !(p->at[front.len] && strchr(ends, p->at[front.len])))
		front.len++;
	p->at += front.len;
	p->len -= front.len;
	return front;
}

static struct piece skip(struct piece p, size_t len)
{
	return (struct piece){ p.at + len, p.len - len };
}

/* ------------------------------------------------------------------------------- the host itself */

/* "[::1]" stays as it is, in lower case: no name equals it. */
static bool take_literal(struct piece *p, char out[NAME_CAP])
{
	size_t len = 0;

	for (;; len++) {
		if (len == p->len || len > 60)
			return false;
		if (p->at[len] == ']')
			break;
		if (!strchr(len == 0 ? "[" : "0123456789abcdefABCDEF:.", p->at[len]) ||
		    p->at[len] == '\0')
			return false;
		out[len] = p->at[len];
		if (is_upper((uint8_t)out[len]))
			out[len] = (char)(out[len] + 32);
	}
	memcpy(out + len, "]", 2);
	*p = skip(*p, len + 1);
	return true;
}

/* host [":" port]; false if it is neither a name nor an address. */
static bool parse_host(struct piece p, char out[NAME_CAP])
{
	if (p.len > 0 && p.at[0] == '[') {
		if (!take_literal(&p, out))
			return false;
	} else {
		struct piece host = cut(&p, ":");

		if (!name_canonical(host.at, host.len, out))
			return false;
	}
	for (size_t i = 0; i < p.len; i++)
		if (i == 0 ? p.at[i] != ':' : !is_digit((uint8_t)p.at[i]))
			return false;
	return p.len <= sizeof(":65535") - 1;
}

/* -------------------------------------------------------------------------------- the whole head */

struct head {
	bool has_host, host_empty, h2;
	char target[NAME_CAP]; /* "" in origin form */
	char host[NAME_CAP];
};

/* "/path" and "*" name nothing; "scheme://host/path" and, for CONNECT, "host:port" do. */
static bool parse_target(struct piece method, struct piece target, struct head *head)
{
	struct piece authority = target;

	if (!equals(method, "CONNECT")) {
		if (equals(target, "*") || (target.len > 0 && target.at[0] == '/'))
			return true;
		for (size_t i = 0; i < target.len && is_alpha((uint8_t)target.at[i]); i++)
			authority = skip(target, i + 1);
		if (authority.len < 3 || memcmp(authority.at, "://", 3) != 0)
			return false;
		authority = skip(authority, 3);
		authority = cut(&authority, "/?#");
	}
	return parse_host(authority, head->target);
}

/* method SP target SP HTTP/1.x, nothing more. */
static bool parse_request_line(struct piece line, struct head *head)
{
	struct piece method = cut(&line, " "), target;

	for (size_t i = 0; i < method.len; i++)
		if (!is_token((uint8_t)method.at[i]))
			return false;
	if (method.len == 0 || line.len == 0)
		return false;
	line = skip(line, 1);
	target = cut(&line, " ");
	head->h2 = equals(method, "PRI") && equals(target, "*") && equals(line, " HTTP/2.0");
	if (head->h2)
		return true;
	if (target.len == 0 || line.len != 9 || memcmp(line.at, " HTTP/1.", 8) != 0 ||
	    !is_digit((uint8_t)line.at[8]) || memchr(target.at, '\t', target.len))
		return false;
	return parse_target(method, target, head);
}

static bool parse_field(struct piece line, struct head *head)
{
	struct piece name = cut(&line, ":"), value;

	/* this refuses folded lines and blanks before the colon, too */
	for (size_t i = 0; i < name.len; i++)
		if (!is_token((uint8_t)name.at[i]))
			return false;
	if (name.len == 0 || line.len == 0)
		return false;
	if (!equals(name, "host"))
		return true;
	if (head->has_host)
		return false;
	head->has_host = true;
	value = skip(line, 1);
	while (value.len > 0 && is_blank(value.at[0]))
		value = skip(value, 1);
	while (value.len > 0 && is_blank(value.at[value.len - 1]))
		value.len--;
	head->host_empty = value.len == 0;
	return head->host_empty || parse_host(value, head->host);
}

/* The target decides (RFC 9112, 3.2.2), but servers differ: both must be the same, if both are there. */
static enum sniff_kind name_of(struct sniff *sniff, const struct head *head)
{
	const char *name = head->target[0] ? head->target : head->host;

	if (head->h2 || name[0] == '\0')
		return SNIFF_HTTP_NO_NAME;
	if (head->has_host && strcmp(name, head->host) != 0)
		return SNIFF_MALFORMED;
	memcpy(sniff->name, name, strlen(name) + 1);
	return SNIFF_HTTP;
}

/* Every line ends in CRLF here, and no other CR or LF is left: in_head() saw to that. */
static enum sniff_kind parse_head(struct sniff *sniff, struct piece rest)
{
	struct head head = { 0 };

	if (!parse_request_line(cut(&rest, "\r"), &head))
		return SNIFF_MALFORMED;
	for (;;) {
		struct piece line;

		rest = skip(rest, 2);
		line = cut(&rest, "\r");
		if (line.len == 0)
			return name_of(sniff, &head);
		if (!parse_field(line, &head))
			return SNIFF_MALFORMED;
	}
}

/* ------------------------------------------------------------------------------ byte by byte */

static bool contains(struct piece p, const char *word)
{
	for (; p.len >= strlen(word); p = skip(p, 1))
		if (strncasecmp(p.at, word, strlen(word)) == 0)
			return true;
	return false;
}

/* A method in upper case and a blank: what every client sends. */
static bool looks_like_request(struct piece line)
{
	size_t i = 0;

	while (i < line.len &&
	       (is_upper((uint8_t)line.at[i]) || line.at[i] == '-' || line.at[i] == '_'))
		i++;
	return i > 0 && i < line.len && is_blank(line.at[i]);
}

/* The first line is whole, with its LF. */
static enum sniff_kind end_of_line(struct sniff *sniff, struct piece line)
{
	struct piece target = line;

	if (contains(line, "HTTP/")) {
		const char *cr = memchr(line.at, '\r', line.len);

		/* one CR, before the LF; blanks before the line parse_head() will refuse */
		sniff->private.stage = HEAD;
		return cr == line.at + line.len - 2 ? SNIFF_MORE : SNIFF_MALFORMED;
	}
	cut(&target, " \t");
	while (target.len > 0 && is_blank(target.at[0]))
		target = skip(target, 1);
	if (looks_like_request(line) && target.len > 0 &&
	    (target.at[0] == '/' || contains(target, "://")))
		return SNIFF_HTTP_NO_NAME;
	return SNIFF_OPAQUE;
}

/* Is the word a method, or could it become one? */
static bool is_method(struct piece word, bool whole)
{
	static const char *const methods[] = { "GET",	  "HEAD",    "POST",  "PUT",  "DELETE",
					       "CONNECT", "OPTIONS", "TRACE", "PATCH" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strncmp(methods[i], word.at, word.len) == 0 &&
		    (!whole || strlen(methods[i]) == word.len))
			return true;
	return false;
}

/* No stop at such a blank for protocols of which it is the first byte by chance. */
static enum sniff_kind in_word(struct sniff *sniff, struct piece line, uint8_t c)
{
	const struct piece word = { line.at, line.len - 1 };
	const bool blank = is_blank((char)c), odd_blank = is_odd_blank(c);

	if (odd_blank || (blank && sniff->private.odd))
		return is_method(word, true) ? SNIFF_MALFORMED : SNIFF_OPAQUE;
	if (blank)
		sniff->private.stage = LINE;
	else if ((!is_token(c) && c != '\r') || (sniff->private.odd && !is_method(line, false)))
		return SNIFF_OPAQUE;
	return SNIFF_MORE;
}

static enum sniff_kind first_line(struct sniff *sniff, const uint8_t *bytes, size_t i)
{
	struct piece line = { (const char *)bytes + sniff->private.line,
			      i + 1 - sniff->private.line };
	uint8_t c = bytes[i];

	if (sniff->private.stage == BLANK) {
		sniff->private.line = i;
		sniff->private.odd = sniff->private.odd || is_odd_blank(c);
		if (is_blank((char)c) || c == '\r' || c == '\n' || is_odd_blank(c))
			return SNIFF_MORE;
		sniff->private.stage = WORD;
		line = (struct piece){ (const char *)bytes + i, 1 };
		return is_token(c) && (!sniff->private.odd || is_method(line, false))
			       ? SNIFF_MORE
			       : SNIFF_OPAQUE;
	}
	if (c == '\n')
		return end_of_line(sniff, line);
	if (sniff->private.stage == WORD)
		return in_word(sniff, line, c);
	if (is_control(c) && c != '\r')
		return looks_like_request(line) ? SNIFF_MALFORMED : SNIFF_OPAQUE;
	return SNIFF_MORE;
}

static enum sniff_kind in_head(struct sniff *sniff, const uint8_t *bytes, size_t i)
{
	bool after_cr = bytes[i - 1] == '\r';
	uint8_t c = bytes[i];

	if (after_cr != (c == '\n') || (is_control(c) && c != '\r' && c != '\n'))
		return SNIFF_MALFORMED;
	if (c == '\n' && bytes[i - 2] == '\n')
		return parse_head(sniff, (struct piece){ (const char *)bytes, i + 1 });
	return SNIFF_MORE;
}

enum sniff_kind sniff_http(struct sniff *sniff, const uint8_t *bytes, size_t len)
{
	enum sniff_kind kind = SNIFF_MORE;

	while (kind == SNIFF_MORE && sniff->private.scanned < len) {
		size_t i = sniff->private.scanned++;

		kind = sniff->private.stage == HEAD ? in_head(sniff, bytes, i)
						    : first_line(sniff, bytes, i);
	}
	return kind;
}
