/* sniff.c - which protocol, and does its name match?  The protocols: sniff_tls.c, sniff_http.c. */
#include <string.h>

#include "netns/sniff.h"
#include "netns/sniff_parts.h"

#define OLD_HELLO_MIN 9 /* type, version and three lengths */

/* The content types of TLS (RFC 8446, B.1); only a handshake may come first. */
static bool is_tls_content(uint8_t first)
{
	return first >= 0x14 && first <= 0x18;
}

/* A ClientHello or an alert in a record of another version than any there is: Go's server (crypto/tls,
 * readRecordOrCCS) takes it for TLS as long as the major one is below 16, and then the SNI counts.  The
 * lengths tell it from protocols that begin with a length of their own. */
static enum sniff_kind other_version(const uint8_t *bytes, size_t len)
{
	const bool handshake = bytes[0] == 0x16;

	if (bytes[1] >= 0x10 || !(handshake || bytes[0] == 0x15))
		return SNIFF_OPAQUE;
	if (len < 6)
		return SNIFF_MORE;
	if (handshake)
		return bytes[5] == 1 ? SNIFF_MALFORMED : SNIFF_OPAQUE;
	return bytes[3] == 0 && bytes[4] == 2 ? SNIFF_MALFORMED : SNIFF_OPAQUE;
}

/* A ClientHello in the form of SSLv2: OpenSSL (ssl3_get_record) and Java still go on with TLS 1.2 after it,
 * for the server's default name, because there is no place for another.  Records of RPC over TCP, which also
 * begin with 0x80, are told from it by the length. */
static enum sniff_kind old_hello(struct sniff *sniff, const uint8_t *bytes, size_t len)
{
	if (len >= 2 && ((size_t)(bytes[0] & 0x7f) << 8 | bytes[1]) < OLD_HELLO_MIN)
		return SNIFF_OPAQUE;
	if (len >= 3 && bytes[2] != 1)
		return SNIFF_OPAQUE;
	if (len < 5)
		return SNIFF_MORE;
	sniff->is_tls = bytes[3] == 3 || (bytes[3] == 0 && bytes[4] == 2);
	return sniff->is_tls ? SNIFF_TLS_NO_NAME : SNIFF_OPAQUE;
}

static enum sniff_kind feed(struct sniff *sniff, const uint8_t *bytes, size_t len)
{
	if (sniff->retried) { /* nothing but TLS is due */
		sniff->is_tls = true;
		if (!is_tls_content(bytes[0]) || (len > 1 && bytes[1] != 3))
			return SNIFF_MALFORMED;
		return sniff_tls(sniff, bytes, len);
	}
	if (bytes[0] & 0x80) {
		enum sniff_kind kind = old_hello(sniff, bytes, len);

		if (kind != SNIFF_OPAQUE)
			return kind;
	}
	if (!is_tls_content(bytes[0]))
		return sniff_http(sniff, bytes, len);
	sniff->is_tls = true;
	if (len < 2)
		return SNIFF_MORE;
	/* 3 is the major version of all records since SSL 3.0 */
	return bytes[1] == 3 ? sniff_tls(sniff, bytes, len) : other_version(bytes, len);
}

enum sniff_kind sniff_feed(struct sniff *sniff, const uint8_t *bytes, size_t len)
{
	bool full = len >= SNIFF_MAX;

	if (sniff->kind != SNIFF_MORE || len == 0)
		return sniff->kind;
	sniff->kind = feed(sniff, bytes, full ? SNIFF_MAX : len);
	if (sniff->kind == SNIFF_MORE && full)
		sniff->kind = SNIFF_MALFORMED;
	if (sniff->kind == SNIFF_MALFORMED)
		sniff->name[0] = '\0';
	return sniff->kind;
}

const char *sniff_match_word(enum sniff_match match)
{
	static const char *const words[] = {
#define SNIFF_MATCH_WORD(id, word) word,
		SNIFF_MATCH_TABLE(SNIFF_MATCH_WORD)
#undef SNIFF_MATCH_WORD
	};

	return words[match];
}

enum sniff_match sniff_matches(const struct sniff *sniff, const char *name)
{
	bool same = strcmp(sniff->name, name) == 0;

	switch (sniff->kind) {
	case SNIFF_TLS:
		return same ? SNIFF_OK : SNIFF_SNI_MISMATCH;
	case SNIFF_HTTP:
		return same ? SNIFF_OK : SNIFF_HOST_MISMATCH;
	case SNIFF_TLS_NO_NAME:
		return SNIFF_NO_SNI;
	case SNIFF_HTTP_NO_NAME:
		return SNIFF_NO_HOST;
	case SNIFF_OPAQUE:
		return SNIFF_OK;
	case SNIFF_MALFORMED:
		return sniff->is_tls ? SNIFF_BAD_TLS : SNIFF_BAD_HTTP;
	case SNIFF_MORE:
	default:
		return SNIFF_UNDECIDED;
	}
}
