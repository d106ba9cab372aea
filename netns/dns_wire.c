/* dns_wire.c - see dns_wire.h.
 *
 * Reading goes through one cursor whose take functions fail for good at the end of the message, so that
 * no caller does arithmetic with lengths that came from outside. */
#include <string.h>

#include "netns/cursor.h"
#include "netns/dns.h"
#include "netns/dns_wire.h"

#define FLAG_RESPONSE 0x8000u
#define FLAG_OPCODES 0x7800u
#define FLAG_RECURSION_DESIRED 0x0100u
#define FLAG_RECURSION_AVAILABLE 0x0080u
#define FLAG_CHECKING_DISABLED 0x0010u

#define POINTER_TO_QUESTION 0xc000u | DNS_HEADER_LEN
#define OPTION_EXTENDED_ERROR 15

/* A name as text, built label by label. */
struct name_text {
	char *at;
	size_t len;
	bool is_host, cut;
};

static void text_put(struct name_text *t, const char *s, size_t len)
{
	t->cut |= t->len + len >= NAME_CAP;
	if (t->cut)
		return;
	memcpy(t->at + t->len, s, len);
	t->len += len;
}

static void text_byte(struct name_text *t, uint8_t c)
{
	char plain = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	char escaped[4] = { '\\', (char)('0' + c / 100), (char)('0' + c / 10 % 10),
			    (char)('0' + c % 10) };

	if ((plain >= 'a' && plain <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') {
		text_put(t, &plain, 1);
		return;
	}
	t->is_host = false;
	text_put(t, escaped, sizeof(escaped));
}

/* The root is ".", and no host. */
static void take_name(struct cursor *c, char text[NAME_CAP], bool *out_is_host)
{
	struct name_text t = { .at = text, .len = 0, .is_host = true, .cut = false };
	size_t wire = 0;

	for (;;) {
		const uint8_t *len = cursor_take(c, 1), *label;

		/* the two upper bits: compression, and types of labels that nobody uses */
		if (!len || *len > 63 || (wire += 1 + (size_t)*len) > DNS_WIRE_NAME_MAX) {
			c->bad = true;
			break;
		}
		if (*len == 0)
			break;
		label = cursor_take(c, *len);
		if (!label)
			break;
		if (t.len > 0)
			text_put(&t, ".", 1);
		for (size_t i = 0; i < *len; i++)
			text_byte(&t, label[i]);
	}
	if (t.len == 0) {
		t.is_host = false;
		text_put(&t, ".", 1);
	}
	text[t.len] = '\0';
	*out_is_host = t.is_host;
}

/* One record behind the question: an OPT is noted, others (TSIG) are skipped. */
static void take_additional(struct cursor *c, struct dns_query *query)
{
	char owner[NAME_CAP];
	bool is_host;
	uint16_t type;
	const uint8_t *ttl;

	take_name(c, owner, &is_host);
	type = (uint16_t)cursor_number(c, 2);
	cursor_number(c, 2); /* class; of an OPT what fits over UDP: ours always does */
	ttl = cursor_take(c, 4);
	cursor_take(c, (uint16_t)cursor_number(c, 2));
	if (c->bad || type != DNS_TYPE_OPT)
		return;
	if (query->edns || strcmp(owner, ".") != 0)
		c->bad = true;
	query->edns = true;
	query->edns_version = ttl[1];
}

static void take_sections(struct cursor *c, struct dns_query *query, const uint16_t counts[4])
{
	size_t before = c->left;

	if (counts[0] != 1 || counts[1] != 0 || counts[2] != 0)
		c->bad = true;
	take_name(c, query->name, &query->is_host);
	query->type = (uint16_t)cursor_number(c, 2);
	query->class = (uint16_t)cursor_number(c, 2);
	query->question_len = before - c->left;
	for (size_t i = 0; i < counts[3] && !c->bad; i++)
		take_additional(c, query);
	if (c->left > 0)
		c->bad = true;
}

enum dns_read dns_read(const uint8_t *bytes, size_t len, struct dns_query *out)
{
	struct cursor c = { .at = bytes, .left = len, .bad = false };
	struct dns_query query = { 0 };
	uint16_t counts[4];

	*out = query;
	query.id = (uint16_t)cursor_number(&c, 2);
	query.flags = (uint16_t)cursor_number(&c, 2);
	for (size_t i = 0; i < 4; i++)
		counts[i] = (uint16_t)cursor_number(&c, 2);
	if (c.bad || query.flags & FLAG_RESPONSE)
		return DNS_READ_DROP;
	*out = query;
	if (len > DNS_QUERY_MAX)
		return DNS_READ_FORMERR;
	if (query.flags & FLAG_OPCODES)
		return DNS_READ_NOTIMP;
	take_sections(&c, &query, counts);
	if (c.bad)
		return DNS_READ_FORMERR;
	*out = query;
	return DNS_READ_OK;
}

/* ------------------------------------------------------------------------------------- writing */

static void put(struct dns_writer *w, const void *bytes, size_t len)
{
	if (w->cut || len > w->cap - w->len) {
		w->cut = true;
		return;
	}
	memcpy(w->at + w->len, bytes, len);
	w->len += len;
}

static void put8(struct dns_writer *w, unsigned value)
{
	uint8_t b = (uint8_t)value;

	put(w, &b, 1);
}

static void put16(struct dns_writer *w, unsigned value)
{
	put8(w, value >> 8);
	put8(w, value & 0xff);
}

static void put32(struct dns_writer *w, uint32_t value)
{
	put16(w, value >> 16);
	put16(w, value & 0xffff);
}

/* A section counts the records that are behind it; each is the only one of its section. */
static void count_one(struct dns_writer *w, size_t section)
{
	if (!w->cut)
		w->at[4 + 2 * section + 1]++;
}

void dns_write_header(struct dns_writer *w, const struct dns_query *query, const uint8_t *bytes,
		      enum dns_rcode rcode)
{
	unsigned kept = FLAG_OPCODES | FLAG_RECURSION_DESIRED | FLAG_CHECKING_DISABLED;

	put16(w, query->id);
	put16(w, FLAG_RESPONSE | FLAG_RECURSION_AVAILABLE | (query->flags & kept) |
			 ((unsigned)rcode & 0xf));
	put(w, "\0\0\0\0\0\0\0", 8);
	if (query->question_len == 0)
		return;
	put(w, bytes + DNS_HEADER_LEN, query->question_len);
	count_one(w, 0);
}

static void put_record(struct dns_writer *w, unsigned type, uint32_t ttl_s, unsigned len)
{
	put16(w, type);
	put16(w, DNS_CLASS_IN);
	put32(w, ttl_s);
	put16(w, len);
}

void dns_write_address(struct dns_writer *w, in_addr_t address_be, uint32_t ttl_s)
{
	put16(w, POINTER_TO_QUESTION);
	put_record(w, DNS_TYPE_A, ttl_s, 4);
	put(w, &address_be, 4);
	count_one(w, 1);
}

void dns_write_name(struct dns_writer *w, const char *name, uint32_t ttl_s)
{
	put16(w, POINTER_TO_QUESTION);
	put_record(w, DNS_TYPE_PTR, ttl_s, (unsigned)strlen(name) + 2);
	while (*name) {
		size_t label = strcspn(name, ".");

		put8(w, (unsigned)label);
		put(w, name, label);
		name += label + (name[label] == '.');
	}
	put8(w, 0);
	count_one(w, 1);
}

void dns_write_soa(struct dns_writer *w, uint32_t ttl_s)
{
	put8(w, 0); /* owner: the root, above every name */
	put_record(w, DNS_TYPE_SOA, ttl_s, 22);
	put16(w, 0); /* server and mailbox: the root */
	put32(w, 1); /* serial, refresh, retry, expire: for servers that copy zones */
	for (int i = 0; i < 3; i++)
		put32(w, ttl_s);
	put32(w, ttl_s); /* minimum: what counts */
	count_one(w, 2);
}

void dns_write_opt(struct dns_writer *w, enum dns_rcode rcode, uint16_t code, const char *why)
{
	size_t len = why ? strlen(why) : 0;

	put8(w, 0);
	put16(w, DNS_TYPE_OPT);
	put16(w, DNS_QUERY_MAX);
	put32(w, (uint32_t)rcode >> 4 << 24);
	put16(w, why ? (unsigned)len + 6 : 0);
	if (why) {
		put16(w, OPTION_EXTENDED_ERROR);
		put16(w, (unsigned)len + 2);
		put16(w, code);
		put(w, why, len);
	}
	count_one(w, 3);
}
