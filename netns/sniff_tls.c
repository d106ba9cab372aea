/* sniff_tls.c - the SNI of a ClientHello.
 *
 * Records are counted as they arrive, so that all calls together look at each byte a bounded number of
 * times however small the segments are; when the handshake message is whole, it is copied together once
 * and parsed with a cursor that fails for good at the end of what it was given. */
#include <string.h>

#include "netns/cursor.h"
#include "netns/sniff_parts.h"

#define CONTENT_CIPHER_CHANGE 20
#define CONTENT_ALERT 21
#define CONTENT_HANDSHAKE 22
#define CONTENT_DATA 23
#define RECORD_HEADER 5
#define RECORD_MAX 16384
#define RECORD_GROWTH 256 /* of one that is encrypted */
#define HANDSHAKE_HEADER 4
#define CLIENT_HELLO 1
#define SERVER_HELLO 2
#define RANDOM_AT (RECORD_HEADER + HANDSHAKE_HEADER + 2)
#define FATAL 2

#define EXTENSION_SERVER_NAME 0
#define EXTENSION_ECH 0xfe0du	   /* RFC 9849 */
#define EXTENSION_OLD_ESNI 0xffceu /* its draft of 2018 */

/* A vector: a length of length_bytes, then that many bytes; empty and bad when they aren't there. */
static struct cursor vector(struct cursor *c, size_t length_bytes)
{
	size_t len = cursor_number(c, length_bytes);
	const uint8_t *at = cursor_take(c, len);

	return (struct cursor){ .at = at, .left = at ? len : 0, .bad = c->bad };
}

/* RFC 6066, section 3: one name of type host_name; what else the list could hold nobody has defined. */
static enum sniff_kind server_name(struct sniff *sniff, struct cursor extension)
{
	struct cursor list = vector(&extension, 2), name;
	size_t type = cursor_number(&list, 1);

	name = vector(&list, 2);
	if (extension.bad || list.bad || extension.left > 0 || list.left > 0 || type != 0)
		return SNIFF_MALFORMED;
	if (!name_canonical((const char *)name.at, name.left, sniff->name))
		return SNIFF_MALFORMED;
	return SNIFF_TLS;
}

static enum sniff_kind extensions(struct sniff *sniff, struct cursor list)
{
	enum sniff_kind kind = SNIFF_TLS_NO_NAME;

	while (list.left > 0) {
		size_t type = cursor_number(&list, 2);
		struct cursor body = vector(&list, 2);

		if (list.bad)
			return SNIFF_MALFORMED;
		if (type == EXTENSION_ECH || type == EXTENSION_OLD_ESNI)
			sniff->ech = true;
		if (type != EXTENSION_SERVER_NAME)
			continue;
		if (kind != SNIFF_TLS_NO_NAME) /* twice */
			return SNIFF_MALFORMED;
		kind = server_name(sniff, body);
		if (kind == SNIFF_MALFORMED)
			return kind;
	}
	return kind;
}

/* RFC 8446, 4.1.2; the same layout since SSL 3.0, in which the extensions may be absent. */
static enum sniff_kind client_hello(struct sniff *sniff, struct cursor hello)
{
	size_t version = cursor_number(&hello, 2);
	struct cursor session, ciphers, compression, list;

	cursor_take(&hello, 32);
	session = vector(&hello, 1);
	ciphers = vector(&hello, 2);
	compression = vector(&hello, 1);
	if (hello.bad || version >> 8 != 3 || session.left > 32 || ciphers.left < 2 ||
	    ciphers.left % 2 != 0 || compression.left < 1)
		return SNIFF_MALFORMED;
	if (hello.left == 0)
		return SNIFF_TLS_NO_NAME;
	list = vector(&hello, 2);
	if (hello.bad || hello.left > 0)
		return SNIFF_MALFORMED;
	return extensions(sniff, list);
}

static size_t record_len(const uint8_t *record)
{
	return (size_t)record[3] << 8 | record[4];
}

/* The first `len` handshake bytes out of records that are known to hold them. */
static void gather(const uint8_t *record, uint8_t *to, size_t len)
{
	while (len > 0) {
		size_t here = record_len(record), part = here < len ? here : len;

		memcpy(to, record + RECORD_HEADER, part);
		to += part;
		len -= part;
		record += RECORD_HEADER + here;
	}
}

/* The length of the whole message, 0: it is none that may come first. */
static size_t needed(const uint8_t *bytes)
{
	uint8_t header[HANDSHAKE_HEADER];
	size_t len;

	gather(bytes, header, sizeof(header));
	len = (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
	if (header[0] != CLIENT_HELLO || len > SNIFF_MAX - HANDSHAKE_HEADER)
		return 0;
	return HANDSHAKE_HEADER + len;
}

static enum sniff_kind whole(struct sniff *sniff, const uint8_t *bytes)
{
	uint8_t hello[SNIFF_MAX];
	struct cursor body = { .at = hello, .left = sniff->private.needed, .bad = false };

	gather(bytes, hello, sniff->private.needed);
	cursor_take(&body, HANDSHAKE_HEADER);
	sniff->hello_len = sniff->private.scanned;
	return client_hello(sniff, body);
}

static enum sniff_kind after_record(struct sniff *sniff, const uint8_t *bytes)
{
	if (sniff->private.gathered < HANDSHAKE_HEADER)
		return SNIFF_MORE;
	if (sniff->private.needed == 0)
		sniff->private.needed = needed(bytes);
	/* more than one message: no client sends a second one before the server's turn */
	if (sniff->private.needed == 0 || sniff->private.gathered > sniff->private.needed)
		return SNIFF_MALFORMED;
	return sniff->private.gathered < sniff->private.needed ? SNIFF_MORE : whole(sniff, bytes);
}

/* Before a second hello: early data that the server skips, and what RFC 8446, D.4 has clients send.  A
 * client that gives up instead says so. */
static enum sniff_kind before_second(const uint8_t *record, size_t body)
{
	if (record[0] == CONTENT_ALERT)
		return body == 2 && record[RECORD_HEADER] == FATAL ? SNIFF_OPAQUE : SNIFF_MALFORMED;
	return SNIFF_MORE;
}

static bool may_precede(const struct sniff *sniff, uint8_t content)
{
	return sniff->retried && sniff->private.gathered == 0 &&
	       (content == CONTENT_CIPHER_CHANGE || content == CONTENT_ALERT ||
		content == CONTENT_DATA);
}

enum sniff_kind sniff_tls(struct sniff *sniff, const uint8_t *bytes, size_t len)
{
	enum sniff_kind kind = SNIFF_MORE;

	while (kind == SNIFF_MORE && len - sniff->private.scanned >= RECORD_HEADER) {
		const uint8_t *record = bytes + sniff->private.scanned;
		size_t body = record_len(record);
		bool before = may_precede(sniff, record[0]);

		if ((record[0] != CONTENT_HANDSHAKE && !before) || record[1] != 3 || body == 0 ||
		    body > RECORD_MAX + (before ? RECORD_GROWTH : 0))
			return SNIFF_MALFORMED;
		if (len - sniff->private.scanned < RECORD_HEADER + body)
			break;
		sniff->private.scanned += RECORD_HEADER + body;
		if (before) {
			sniff->private.first = sniff->private.scanned;
			kind = before_second(record, body);
			continue;
		}
		sniff->private.gathered += body;
		kind = after_record(sniff, bytes + sniff->private.first);
	}
	return kind;
}

/* RFC 8446, 4.1.3: a ServerHello with this for its random. */
static const uint8_t retry_random[32] = { 0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
					  0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
					  0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
					  0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c };

_Static_assert(SNIFF_ANSWER_LEN == RANDOM_AT + sizeof(retry_random), "to the end of the random");

enum sniff_answer sniff_answer(const uint8_t *bytes, size_t len)
{
	const size_t random = len > RANDOM_AT ? len - RANDOM_AT : 0;

	if ((len > 0 && bytes[0] != CONTENT_HANDSHAKE) || (len > 1 && bytes[1] != 3) ||
	    (len > RECORD_HEADER && bytes[RECORD_HEADER] != SERVER_HELLO))
		return SNIFF_ANSWER_OTHER;
	if (random > 0 && memcmp(bytes + RANDOM_AT, retry_random,
				 random < sizeof(retry_random) ? random : sizeof(retry_random)) != 0)
		return SNIFF_ANSWER_OTHER;
	return len < SNIFF_ANSWER_LEN ? SNIFF_ANSWER_MORE : SNIFF_ANSWER_RETRY;
}
