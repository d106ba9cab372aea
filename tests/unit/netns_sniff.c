/* The first bytes of connections: what real clients send, cut at every place; a ClientHello built row by
 * row; requests that servers read in different ways. */
#include <stdlib.h>

#include "netns/sniff.h"
#include "tests/unit/tap.h"

struct bytes {
	uint8_t at[SNIFF_MAX + 1024];
	size_t len;
};

static void add(struct bytes *b, const void *at, size_t len)
{
	memcpy(b->at + b->len, at, len);
	b->len += len;
}

static void add_number(struct bytes *b, size_t value, size_t width)
{
	while (width-- > 0)
		b->at[b->len++] = (uint8_t)(value >> 8 * width);
}

static struct sniff sniff_all(const void *at, size_t len)
{
	struct sniff sniff = { 0 };

	sniff_feed(&sniff, at, len);
	return sniff;
}

static const char *kind_word(enum sniff_kind kind)
{
	static const char *const words[] = { "more",	     "tls",    "tls-no-name", "http",
					     "http-no-name", "opaque", "malformed" };

	return words[kind];
}

static bool same(const struct sniff *a, const struct sniff *b)
{
	return a->kind == b->kind && a->is_tls == b->is_tls && a->ech == b->ech &&
	       strcmp(a->name, b->name) == 0;
}

/* Whatever the segments: the verdict comes with the same byte and is the same; none comes before it. */
static void check_cuts(const struct bytes *b, const char *what)
{
	struct sniff want = sniff_all(b->at, b->len), slow = { 0 };
	size_t verdict = 0, differ = 0;

	while (slow.kind == SNIFF_MORE && verdict < b->len) {
		/* exactly that many bytes, so that the sanitizer sees a look beyond */
		uint8_t *copy = malloc(++verdict);

		if (!copy)
			return;
		memcpy(copy, b->at, verdict);
		sniff_feed(&slow, copy, verdict);
		free(copy);
	}
	ok(same(&slow, &want), "%s: byte by byte (%s)", what, kind_word(slow.kind));
	for (size_t cut = 1; cut < b->len; cut++) {
		struct sniff two = { 0 };
		enum sniff_kind first = sniff_feed(&two, b->at, cut);

		sniff_feed(&two, b->at, b->len);
		differ += !same(&two, &want) || (first == SNIFF_MORE) != (cut < verdict);
	}
	is_int(differ, 0, "%s: cut in two at %zu places", what, b->len - 1);
}

/* ------------------------------------------------------------------------------- real clients */

static const struct {
	const char *file;
	enum sniff_kind kind;
	const char *name;
} real[] = {
	{ "tls-openssl", SNIFF_TLS, "www.example.com" },
	{ "tls-openssl-tls12", SNIFF_TLS, "www.example.com" },
	{ "tls-openssl-tls10", SNIFF_TLS, "www.example.com" },
	{ "tls-openssl-alpn", SNIFF_TLS, "www.example.com" },
	{ "tls-openssl-fragments", SNIFF_TLS, "www.example.com" }, /* three records */
	{ "tls-openssl-no-sni", SNIFF_TLS_NO_NAME, "" },
	{ "tls-curl", SNIFF_TLS, "www.example.com" },
	{ "tls-python", SNIFF_TLS, "api.example.com" },
	{ "tls-node", SNIFF_TLS, "www.example.com" },
	{ "http-curl", SNIFF_HTTP, "www.example.com" },
	{ "http-curl-proxy", SNIFF_HTTP, "www.example.com" },
	{ "http-curl-connect", SNIFF_HTTP, "www.example.com" },
	{ "http-curl-h2-upgrade", SNIFF_HTTP, "www.example.com" },
	{ "http-curl-h2c", SNIFF_HTTP_NO_NAME, "" },
	{ "opaque-ssh", SNIFF_OPAQUE, "" },
};

static bool load(const char *file, struct bytes *out)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "tests/fuzz/corpus/sniff/%s", file);
	f = fopen(path, "re");
	if (!ok(f, "%s is there", path))
		return false;
	out->len = fread(out->at, 1, sizeof(out->at), f);
	fclose(f);
	return true;
}

/* The same handshake bytes in records of `size` bytes. */
static void rewrap(const struct bytes *in, size_t size, struct bytes *out)
{
	struct bytes hello = { .len = 0 };

	for (size_t at = 0; at < in->len;) {
		size_t body = (size_t)in->at[at + 3] << 8 | in->at[at + 4];

		add(&hello, in->at + at + 5, body);
		at += 5 + body;
	}
	out->len = 0;
	for (size_t at = 0; at < hello.len; at += size) {
		size_t body = hello.len - at < size ? hello.len - at : size;

		add(out, "\x16\x03\x01", 3);
		add_number(out, body, 2);
		add(out, hello.at + at, body);
	}
}

static void check_records(const struct bytes *b, const struct sniff *want, const char *file)
{
	size_t differ = 0;

	for (size_t size = 1; size < 300; size++) {
		struct bytes wrapped;
		struct sniff got;

		rewrap(b, size, &wrapped);
		got = sniff_all(wrapped.at, wrapped.len);
		differ += !same(&got, want);
	}
	is_int(differ, 0, "%s: in records of 1 to 299 bytes", file);
}

static void test_real(void)
{
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		struct bytes b;
		struct sniff sniff;

		if (!load(real[i].file, &b))
			continue;
		sniff = sniff_all(b.at, b.len);
		is_str(kind_word(sniff.kind), kind_word(real[i].kind), "%s", real[i].file);
		is_str(sniff.name, real[i].name, "its name");
		check_cuts(&b, real[i].file);
		if (sniff.is_tls)
			check_records(&b, &sniff, real[i].file);
	}
}

/* --------------------------------------------------------------------------- ClientHellos by hand */

/* A ClientHello whose extensions block holds these bytes; -1: no block at all. */
static void hello(const char *extensions, int len, struct bytes *out)
{
	size_t block = len < 0 ? 0 : 2 + (size_t)len, body = 2 + 32 + 1 + 4 + 2 + block;

	out->len = 0;
	add(out, "\x16\x03\x01", 3);
	add_number(out, 4 + body, 2);
	add(out, "\x01", 1);
	add_number(out, body, 3);
	add(out,
	    "\x03\x03"
	    "0123456789abcdef0123456789abcdef",
	    34);
	add(out, "\0\0\x02\x13\x01\x01\0", 7);
	if (len < 0)
		return;
	add_number(out, (size_t)len, 2);
	add(out, extensions, (size_t)len);
}

#define BYTES(s) (s), (int)sizeof(s) - 1
#define SNI_A                      \
	"\0\0\0\x0e\0\x0c\0\0\x09" \
	"a.example"
#define GREASE "\x3a\x3a\0\0"
#define ECH "\xfe\x0d\0\x03\0\0\0"

static const struct {
	const char *what, *extensions;
	int len;
	enum sniff_kind kind;
	const char *name;
	bool ech;
} hellos[] = {
	{ "no extensions", NULL, -1, SNIFF_TLS_NO_NAME, "", false },
	{ "an empty block", BYTES(""), SNIFF_TLS_NO_NAME, "", false },
	{ "SNI", BYTES(SNI_A), SNIFF_TLS, "a.example", false },
	{ "GREASE before and behind", BYTES(GREASE SNI_A GREASE), SNIFF_TLS, "a.example", false },
	{ "ECH and an outer name", BYTES(SNI_A ECH), SNIFF_TLS, "a.example", true },
	{ "ECH before the name", BYTES(ECH SNI_A), SNIFF_TLS, "a.example", true },
	{ "ECH and no name", BYTES(ECH), SNIFF_TLS_NO_NAME, "", true },
	{ "upper case, dot at the end",
	  BYTES("\0\0\0\x0f\0\x0d\0\0\x0a"
		"A.eXample."),
	  SNIFF_TLS, "a.example", false },
	{ "two server_name extensions", BYTES(SNI_A SNI_A), SNIFF_MALFORMED, "", false },
	{ "two names in the list",
	  BYTES("\0\0\0\x18\0\x16\0\0\x09"
		"a.example"
		"\0\0\x07"
		"b.examp"),
	  SNIFF_MALFORMED, "", false },
	{ "a name of another type",
	  BYTES("\0\0\0\x0e\0\x0c\x01\0\x09"
		"a.example"),
	  SNIFF_MALFORMED, "", false },
	{ "an empty extension", BYTES("\0\0\0\0"), SNIFF_MALFORMED, "", false },
	{ "an empty list", BYTES("\0\0\0\x02\0\0"), SNIFF_MALFORMED, "", false },
	{ "an empty name", BYTES("\0\0\0\x05\0\x03\0\0\0"), SNIFF_MALFORMED, "", false },
	{ "list longer than the extension",
	  BYTES("\0\0\0\x0e\0\x0d\0\0\x09"
		"a.example"),
	  SNIFF_MALFORMED, "", false },
	{ "list shorter than the extension",
	  BYTES("\0\0\0\x0e\0\x0b\0\0\x09"
		"a.example"),
	  SNIFF_MALFORMED, "", false },
	{ "name shorter than the list",
	  BYTES("\0\0\0\x0e\0\x0c\0\0\x08"
		"a.example"),
	  SNIFF_MALFORMED, "", false },
	{ "a NUL in the name",
	  BYTES("\0\0\0\x0e\0\x0c\0\0\x09"
		"a.e\0ample"),
	  SNIFF_MALFORMED, "", false },
	{ "extension past the block",
	  BYTES("\0\0\0\x0f\0\x0c\0\0\x09"
		"a.example"),
	  SNIFF_MALFORMED, "", false },
	{ "a byte behind the list",
	  BYTES("\0\0\0\x0f\0\x0c\0\0\x09"
		"a.example"
		"x"),
	  SNIFF_MALFORMED, "", false },
	{ "half an extension header", BYTES(SNI_A "\x3a\x3a\0"), SNIFF_MALFORMED, "", false },
};

static void test_hellos(void)
{
	for (size_t i = 0; i < sizeof(hellos) / sizeof(hellos[0]); i++) {
		struct bytes b;
		struct sniff sniff;

		hello(hellos[i].extensions, hellos[i].len, &b);
		sniff = sniff_all(b.at, b.len);
		is_str(kind_word(sniff.kind), kind_word(hellos[i].kind), "%s", hellos[i].what);
		is_str(sniff.name, hellos[i].name, "its name");
		is_int(sniff.ech, hellos[i].ech, "ECH");
		check_cuts(&b, hellos[i].what);
	}
}

/* Offsets into hello(SNI_A): record 5, handshake 4, version 2, random 32, session 1, ciphers 4... */
static const struct {
	const char *what;
	size_t at;
	uint8_t value;
	enum sniff_kind kind;
} breaks[] = {
	{ "a change of cipher first", 0, 0x14, SNIFF_MALFORMED },
	{ "an alert first", 0, 0x15, SNIFF_MALFORMED },
	{ "data first", 0, 0x17, SNIFF_MALFORMED },
	{ "a heartbeat first", 0, 0x18, SNIFF_MALFORMED },
	{ "a type that TLS has not", 0, 0x19, SNIFF_OPAQUE },
	{ "record version 3.4", 2, 4, SNIFF_TLS },
	{ "record version 2: read as TLS by servers that do not look at it", 1, 2, SNIFF_MALFORMED },
	{ "record version 0", 1, 0, SNIFF_MALFORMED },
	{ "record version 15", 1, 15, SNIFF_MALFORMED },
	{ "record version 16", 1, 16, SNIFF_OPAQUE },
	{ "a record too large", 3, 0x41, SNIFF_MALFORMED },
	{ "a record not yet there", 3, 0x3f, SNIFF_MORE },
	{ "a ServerHello", 5, 2, SNIFF_MALFORMED },
	{ "a hello larger than we look", 6, 1, SNIFF_MALFORMED },
	{ "a hello longer than the record", 8, 0xff, SNIFF_MORE },
	{ "a second message in the record", 8, 0x20, SNIFF_MALFORMED },
	{ "hello version 2", 9, 2, SNIFF_MALFORMED },
	{ "a session id too long", 43, 33, SNIFF_MALFORMED },
	{ "ciphers past the end", 44, 0xff, SNIFF_MALFORMED },
	{ "an odd number of cipher bytes", 45, 1, SNIFF_MALFORMED },
	{ "no compression method", 48, 0, SNIFF_MALFORMED },
	{ "extensions past the end", 51, 0xff, SNIFF_MALFORMED },
	{ "bytes behind the extensions", 51, 0x01, SNIFF_MALFORMED },
};

static void test_broken_hellos(void)
{
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		struct bytes b;
		struct sniff sniff;

		hello(BYTES(SNI_A), &b);
		b.at[breaks[i].at] = breaks[i].value;
		sniff = sniff_all(b.at, b.len);
		is_str(kind_word(sniff.kind), kind_word(breaks[i].kind), "%s", breaks[i].what);
		check_cuts(&b, breaks[i].what);
	}
}

/* Some servers skip it and read on. */
static void test_alert_of_no_version(void)
{
	struct sniff sniff = sniff_all("\x15\x02\x01\0\x02\x01\0\x16\x03\x01", 10);

	is_int(sniff.kind, SNIFF_MALFORMED, "an alert of record version 2");
}

static void test_record_order(void)
{
	struct bytes b, one;
	struct sniff sniff;

	hello(BYTES(SNI_A), &one);
	rewrap(&one, 20, &b);
	b.at[25] = 0x14;
	sniff = sniff_all(b.at, b.len);
	is_int(sniff.kind, SNIFF_MALFORMED, "another record amid the hello");
	b.len = 0;
	add(&b, "\x16\x03\x01\0\0", 5);
	add(&b, one.at, one.len);
	sniff = sniff_all(b.at, b.len);
	is_int(sniff.kind, SNIFF_MALFORMED, "an empty record");
	b = one;
	add(&b, "\x01\0\0\0", 4);
	b.at[4] += 4;
	sniff = sniff_all(b.at, b.len);
	is_int(sniff.kind, SNIFF_MALFORMED, "a second message in the same record");
	b = one;
	add(&b, "", 1);
	b.at[4]++;
	b.at[8]++;
	sniff = sniff_all(b.at, b.len);
	is_int(sniff.kind, SNIFF_MALFORMED, "a byte behind the extensions");
	b = one;
	add(&b, "\x17\x03\x03\0\x05hello", 10);
	sniff = sniff_all(b.at, b.len);
	is_str(kind_word(sniff.kind), "tls", "early data behind the hello");
}

/* ------------------------------------------------------------------------------------------ HTTP */

#define REQUEST(line, fields) line "\r\n" fields "\r\n"
#define HOST_A "Host: a.example\r\n"

static const struct {
	const char *text;
	enum sniff_kind kind;
	const char *name;
} requests[] = {
	/* what clients send */
	{ REQUEST("GET / HTTP/1.1", HOST_A), SNIFF_HTTP, "a.example" },
	{ REQUEST("GET / HTTP/1.0", HOST_A "Accept: */*\r\n"), SNIFF_HTTP, "a.example" },
	{ REQUEST("GET / HTTP/1.1", "Accept: */*\r\nhOsT:A.eXample\r\n"), SNIFF_HTTP, "a.example" },
	{ REQUEST("GET / HTTP/1.1", "Host: \t a.example \t\r\n"), SNIFF_HTTP, "a.example" },
	{ REQUEST("GET / HTTP/1.1", "Host: a.example:8080\r\n"), SNIFF_HTTP, "a.example" },
	{ REQUEST("GET / HTTP/1.1", "Host: a.example.:\r\n"), SNIFF_HTTP, "a.example" },
	{ REQUEST("GET / HTTP/1.1", "Host: 192.0.2.1:80\r\n"), SNIFF_HTTP, "192.0.2.1" },
	{ REQUEST("GET / HTTP/1.1", "Host: [2001:DB8::1]:80\r\n"), SNIFF_HTTP, "[2001:db8::1]" },
	{ REQUEST("OPTIONS * HTTP/1.1", HOST_A), SNIFF_HTTP, "a.example" },
	{ REQUEST("GET /\xc3\xbc?q HTTP/1.1", HOST_A "X: \xff\xfe\r\n"), SNIFF_HTTP, "a.example" },
	{ REQUEST("get / HTTP/1.1", HOST_A), SNIFF_HTTP, "a.example" },
	{ REQUEST("M-SEARCH / HTTP/1.1", HOST_A), SNIFF_HTTP, "a.example" },
	{ REQUEST("GET //b.example/ HTTP/1.1", HOST_A), SNIFF_HTTP, "a.example" },
	/* the target names a host */
	{ REQUEST("GET http://a.example/ HTTP/1.1", HOST_A), SNIFF_HTTP, "a.example" },
	{ REQUEST("GET http://a.example/ HTTP/1.0", ""), SNIFF_HTTP, "a.example" },
	{ REQUEST("GET HTTP://A.example:80?x HTTP/1.1", HOST_A), SNIFF_HTTP, "a.example" },
	{ REQUEST("CONNECT b.example:443 HTTP/1.1", ""), SNIFF_HTTP, "b.example" },
	{ REQUEST("CONNECT b.example:443 HTTP/1.1", "Host: b.example:443\r\n"), SNIFF_HTTP,
	  "b.example" },
	{ REQUEST("CONNECT b.example:443 HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("CONNECT /x HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET http://b.example/ HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET http://a.example@b.example/ HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET http://a.example\\b/ HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET http:///x HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET a.example HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	/* no name */
	{ REQUEST("GET / HTTP/1.0", ""), SNIFF_HTTP_NO_NAME, "" },
	{ REQUEST("GET / HTTP/1.1", "Accept: */*\r\n"), SNIFF_HTTP_NO_NAME, "" },
	{ REQUEST("GET / HTTP/1.1", "Host:\r\n"), SNIFF_HTTP_NO_NAME, "" },
	{ REQUEST("PRI * HTTP/2.0", "") "SM\r\n\r\n", SNIFF_HTTP_NO_NAME, "" },
	{ REQUEST("PRI * HTTP/2.0", HOST_A), SNIFF_HTTP_NO_NAME, "" },
	{ "GET /\r\n", SNIFF_HTTP_NO_NAME, "" },
	{ "GET  http://b.example/\n", SNIFF_HTTP_NO_NAME, "" },
	/* what servers read in different ways */
	{ REQUEST("GET / HTTP/1.1", HOST_A HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", HOST_A "host: b.example\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", "Host:\r\n" HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", HOST_A "Host : b.example\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", "X: y\r\n Host: b.example\r\n" HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", " X: y\r\n" HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", HOST_A "X: y\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", HOST_A "X: y\rHost: b.example\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", HOST_A "no colon\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", HOST_A ": empty\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", HOST_A "X: \x01\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", "Host: a.example b.example\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", "Host: a.example,b.example\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", "Host: a.example/x\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", "Host: a.example:80:90\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", "Host: a.example:x\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", "Host: [::1\r\n"), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1", "Host: [::1]x\r\n"), SNIFF_MALFORMED, "" },
	{ "GET / HTTP/1.1\nHost: a.example\n\n", SNIFF_MALFORMED, "" },
	{ "GET / HTTP/1.1\rX\r\n" HOST_A "\r\n", SNIFF_MALFORMED, "" },
	{ "\r\n" REQUEST("GET / HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ "\n" REQUEST("GET / HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ " " REQUEST("GET / HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET  / HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET\t/\tHTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET /\tx HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / x HTTP/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.1 ", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/2.0", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / http/1.1", HOST_A), SNIFF_MALFORMED, "" },
	{ REQUEST("GET / HTTP/1.10", HOST_A), SNIFF_MALFORMED, "" },
	{ "GET /x\x01 HTTP/1.1\r\n", SNIFF_MALFORMED, "" },
	/* blanks of Python's */
	{ "\x0bGET / HTTP/1.1\r\n", SNIFF_MALFORMED, "" },
	{ "\r\n\x85\xa0 POST\x0c/", SNIFF_MALFORMED, "" },
	{ "\xa0GET / HTTP/1.1\r\n", SNIFF_MALFORMED, "" },
	{ "GET\x0b/\x0bHTTP/1.1\r\n", SNIFF_MALFORMED, "" },
	{ "PUT\x1f/", SNIFF_MALFORMED, "" },
	{ "GET /\xa0HTTP/1.1\r\n" HOST_A "\r\n", SNIFF_MALFORMED, "" },
	{ "\x0bGE", SNIFF_MORE, "" },
	{ "\x0bhello", SNIFF_OPAQUE, "" },
	{ "\x0bGETS x", SNIFF_OPAQUE, "" },
	{ "\x0cGE x", SNIFF_OPAQUE, "" },
	{ "GE\x0b/", SNIFF_OPAQUE, "" },
	{ "\x1d\x01", SNIFF_OPAQUE, "" },
	{ "\xa0\x01\x02", SNIFF_OPAQUE, "" },
	/* not whole yet */
	{ "", SNIFF_MORE, "" },
	{ "G", SNIFF_MORE, "" },
	{ "\r\n\r\n", SNIFF_MORE, "" },
	{ "GET / HTTP/1.1", SNIFF_MORE, "" },
	{ "GET / HTTP/1.1\r\n" HOST_A, SNIFF_MORE, "" },
	{ "GET / HTTP/1.1\r\n" HOST_A "\r", SNIFF_MORE, "" },
	/* other protocols */
	{ "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", SNIFF_OPAQUE, "" },
	{ "EHLO client.example\r\n", SNIFF_OPAQUE, "" },
	{ "QUIT\r\n", SNIFF_OPAQUE, "" },
	{ "*1\r\n$4\r\nPING\r\n", SNIFF_OPAQUE, "" },
	{ "GET key\r\n", SNIFF_OPAQUE, "" },
	{ "get key\r\n", SNIFF_OPAQUE, "" },
	{ "003agit-upload-pack /x.git\x01host=a.example", SNIFF_OPAQUE, "" },
	{ "<?xml version='1.0'?>", SNIFF_OPAQUE, "" },
	{ "{\"method\":1}", SNIFF_OPAQUE, "" },
	{ "INVITE sip:x@a.example SIP/2.0\r\n", SNIFF_OPAQUE, "" },
	{ "CONNECT\naccept-version:1.2\n", SNIFF_OPAQUE, "" },
	/* hellos in the form of SSLv2 */
	{ "\x80\x2e\x01\x03\x01", SNIFF_TLS_NO_NAME, "" },
	{ "\x80\x35\x01\x03\x03\x01", SNIFF_TLS_NO_NAME, "" },
	{ "\xff\xff\x01\x03\x04", SNIFF_TLS_NO_NAME, "" },
	{ "\x80", SNIFF_MORE, "" },
	{ "\x80\x2e", SNIFF_MORE, "" },
	{ "\x80\x2e\x01\x03", SNIFF_MORE, "" },
	/* and what is none: another message, another version, a record of RPC */
	{ "\x80\x2e\x02", SNIFF_OPAQUE, "" },
	{ "\x80\x2e\x01\x04\x03", SNIFF_OPAQUE, "" },
	{ "\x80\x01\x01\x03", SNIFF_OPAQUE, "" },
	{ "\x16\x01", SNIFF_MORE, "" },
	{ "\x16\x01\x01\x01\x01\x02", SNIFF_OPAQUE, "" },     /* no ClientHello */
	{ "\x15\x02\x01\x01\x02\x01\x01", SNIFF_OPAQUE, "" }, /* no alert: too long */
	{ "\x14\x02", SNIFF_OPAQUE, "" },
	{ "\x7f", SNIFF_OPAQUE, "" },
};

static void test_requests(void)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct bytes b = { .len = 0 };
		struct sniff sniff;

		add(&b, requests[i].text, strlen(requests[i].text));
		sniff = sniff_all(b.at, b.len);
		/* CR and LF would cut the line that is printed */
		for (size_t k = 0; k < b.len; k++)
			b.at[k] = b.at[k] < ' ' ? '~' : b.at[k];
		is_str(kind_word(sniff.kind), kind_word(requests[i].kind), "%.*s", (int)b.len,
		       (const char *)b.at);
		is_str(sniff.name, requests[i].name, "its name");
		memcpy(b.at, requests[i].text, b.len);
		if (b.len > 0)
			check_cuts(&b, "request");
	}
}

/* ---------------------------------------------------------------------------- the second hello */

#define CHANGE "\x14\x03\x03\0\x01\x01"
#define EARLY "\x17\x03\x03\0\x02xy"

static const struct {
	const char *before;
	int len;
	bool hello; /* follows */
	enum sniff_kind kind;
} seconds[] = {
	{ BYTES(""), true, SNIFF_TLS },
	{ BYTES(CHANGE), true, SNIFF_TLS },
	{ BYTES(EARLY EARLY CHANGE), true, SNIFF_TLS },
	{ BYTES(EARLY CHANGE), false, SNIFF_MORE },
	{ BYTES("\x17\x03\x03\x41"), false, SNIFF_MORE },
	{ BYTES("\x17\x03\x03\x41\x01"), false, SNIFF_MALFORMED },    /* longer than a record */
	{ BYTES("\x15\x03\x03\0\x02\x02\x28"), false, SNIFF_OPAQUE }, /* gives up */
	{ BYTES("\x15\x03\x03\0\x02\x01\x5a"), true, SNIFF_MALFORMED },
	{ BYTES("\x15\x03\x03\0\x03\x02\x28\0"), true, SNIFF_MALFORMED },
	{ BYTES("\x14\x03\x03\0\0"), true, SNIFF_MALFORMED },
	{ BYTES("\x18\x03\x03\0\x01\x01"), true, SNIFF_MALFORMED },
	{ BYTES("\x16\x03\x03\0\x01\x02"), false, SNIFF_MORE },
	{ BYTES("\x16\x03\x03\0\x04\x10\0\0\0"), false, SNIFF_MALFORMED },
	{ BYTES("\x80\x2e\x01\x03\x01"), false, SNIFF_MALFORMED },
	{ BYTES("SSH-2.0-x\r\n"), false, SNIFF_MALFORMED },
};

static void test_second_hello(void)
{
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		struct bytes b = { .len = 0 }, h;
		struct sniff all = { .retried = true }, slow = { .retried = true };

		hello(BYTES(SNI_A), &h);
		add(&b, seconds[i].before, (size_t)seconds[i].len);
		if (seconds[i].hello)
			add(&b, h.at, h.len);
		sniff_feed(&all, b.at, b.len);
		is_str(kind_word(all.kind), kind_word(seconds[i].kind), "behind a retry, %zu", i);
		for (size_t len = 1; len <= b.len; len++)
			sniff_feed(&slow, b.at, len);
		ok(same(&all, &slow), "and byte by byte");
		is_int(all.hello_len, all.kind == SNIFF_TLS ? b.len : 0, "to its end");
	}
}

static void test_answer(void)
{
	struct bytes b = { .len = 0 };
	size_t more = 0, other = 0;

	add(&b, "\x16\x03\x03\0\x58\x02\0\0\x54\x03\x03", 11);
	add(&b,
	    "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
	    "\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c",
	    32);
	is_int(sniff_answer(b.at, b.len), SNIFF_ANSWER_RETRY, "a HelloRetryRequest");
	for (size_t len = 0; len < b.len; len++)
		more += sniff_answer(b.at, len) == SNIFF_ANSWER_MORE;
	is_int(more, b.len, "none before its last byte");
	for (size_t at = 11; at < b.len; at++) {
		b.at[at] ^= 1;
		other += sniff_answer(b.at, b.len) == SNIFF_ANSWER_OTHER;
		b.at[at] ^= 1;
	}
	is_int(other, 32, "another random is an answer");
	is_int(sniff_answer((const uint8_t *)"\x15", 1), SNIFF_ANSWER_OTHER, "an alert");
	is_int(sniff_answer((const uint8_t *)"220 x", 5), SNIFF_ANSWER_OTHER, "no TLS");
}

/* ----------------------------------------------------------------------------------- bounds */

static void test_bounds(void)
{
	struct bytes b = { .len = 0 };
	struct sniff sniff;

	add(&b, "GET / HTTP/1.1\r\nHost: a.example\r\nX: ", 36);
	memset(b.at + b.len, 'x', sizeof(b.at) - b.len);
	sniff = sniff_all(b.at, SNIFF_MAX - 1);
	is_int(sniff.kind, SNIFF_MORE, "a head of 32 KiB less one");
	sniff_feed(&sniff, b.at, SNIFF_MAX);
	is_int(sniff.kind, SNIFF_MALFORMED, "32 KiB without an end");
	memcpy(b.at + SNIFF_MAX - 4, "\r\n\r\n", 4);
	sniff = sniff_all(b.at, sizeof(b.at));
	is_str(kind_word(sniff.kind), "http", "a head of 32 KiB and a body");
	memset(b.at, '\n', sizeof(b.at));
	sniff = sniff_all(b.at, sizeof(b.at));
	is_int(sniff.kind, SNIFF_MALFORMED, "nothing but blank lines");
	b.len = 0;
	for (size_t i = 0; i < SNIFF_MAX / 6; i++)
		add(&b, "\x16\x03\x01\0\x01\x01", 6);
	sniff = sniff_all(b.at, b.len);
	is_int(sniff.kind, SNIFF_MALFORMED, "records of one byte that announce a huge hello");
	memset(b.at, 0, sizeof(b.at));
	memcpy(b.at, "\x16\x03\x01\x40\0\x01\0\x7f\xfc", 9);
	memcpy(b.at + 5 + 16384, "\x16\x03\x01\x40\0", 5);
	sniff = sniff_all(b.at, SNIFF_MAX - 1);
	is_int(sniff.kind, SNIFF_MORE, "the longest hello, not whole");
	sniff_feed(&sniff, b.at, SNIFF_MAX);
	is_int(sniff.kind, SNIFF_MALFORMED, "and then too long");
}

static void test_final(void)
{
	struct sniff sniff = sniff_all("\x7f", 1);

	is_int(sniff_feed(&sniff, (const uint8_t *)REQUEST("GET / HTTP/1.1", HOST_A), 35),
	       SNIFF_OPAQUE, "a verdict is final");
}

static const struct {
	struct sniff sniff;
	const char *word;
} matches[] = {
	{ { .kind = SNIFF_TLS, .name = "a.example" }, "ok" },
	{ { .kind = SNIFF_TLS, .name = "a.example", .ech = true }, "ok" },
	{ { .kind = SNIFF_TLS, .name = "b.example" }, "sni-mismatch" },
	{ { .kind = SNIFF_TLS, .name = "x.a.example" }, "sni-mismatch" },
	{ { .kind = SNIFF_TLS_NO_NAME }, "no-sni" },
	{ { .kind = SNIFF_HTTP, .name = "a.example" }, "ok" },
	{ { .kind = SNIFF_HTTP, .name = "b.example" }, "host-mismatch" },
	{ { .kind = SNIFF_HTTP_NO_NAME }, "no-host" },
	{ { .kind = SNIFF_OPAQUE }, "ok" },
	{ { .kind = SNIFF_MALFORMED, .is_tls = true, .name = "a.example" }, "malformed-tls" },
	{ { .kind = SNIFF_MALFORMED }, "malformed-http" },
	{ { .kind = SNIFF_MORE }, "no-verdict" },
};

static void test_matches(void)
{
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++)
		is_str(sniff_match_word(sniff_matches(&matches[i].sniff, "a.example")),
		       matches[i].word, "%s '%s' for a.example", kind_word(matches[i].sniff.kind),
		       matches[i].sniff.name);
}

int main(void)
{
	test_real();
	test_hellos();
	test_broken_hellos();
	test_alert_of_no_version();
	test_record_order();
	test_requests();
	test_second_hello();
	test_answer();
	test_bounds();
	test_final();
	test_matches();
	return done();
}
