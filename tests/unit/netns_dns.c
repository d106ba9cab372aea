/* The responder: one row per kind of question, read back with another decoder; then queries of real
 * clients (tests/fuzz/corpus/dns/dig-*) and broken ones. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "netns/dns.h"
#include "netns/dns_wire.h"
#include "tests/unit/dns_decode.h"
#include "tests/unit/tap.h"

#define PORT_HINT "--allow NAME:PORT"

static unsigned asked; /* how often the policy was asked, in the current row */

static enum dns_verdict decide(void *context, const char *name, uint32_t *out_rule)
{
	(void)context;
	asked++;
	*out_rule = 42;
	if (strcmp(name, "limited.example") == 0)
		return DNS_NAME_LIMITED;
	return name_below(name, "example.com") ? DNS_NAME_ALLOWED : DNS_NAME_DENIED;
}

/* One query in wire form; `name` may hold RFC 1035 escapes. */
struct wire {
	uint8_t at[2048];
	size_t len;
};

static void add(struct wire *w, const void *bytes, size_t len)
{
	memcpy(w->at + w->len, bytes, len);
	w->len += len;
}

static struct wire query(const char *name, unsigned type, unsigned class, bool edns)
{
	static const uint8_t head[] = { 0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
	static const uint8_t opt[] = { 0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0 };
	uint8_t packed[256], tail[] = { (uint8_t)(type >> 8), (uint8_t)type, (uint8_t)(class >> 8),
					(uint8_t) class };
	struct wire w = { .len = 0 };

	add(&w, head, sizeof(head));
	add(&w, packed, (size_t)dn_comp(name, packed, sizeof(packed), NULL, NULL));
	add(&w, tail, sizeof(tail));
	if (edns) {
		add(&w, opt, sizeof(opt));
		w.at[11] = 1;
	}
	return w;
}

static struct pool *pool;

static size_t respond(const struct wire *w, uint8_t *reply, struct dns_report *report)
{
	struct dns_policy policy = { .decide = decide, .pool = pool };

	asked = 0;
	return dns_respond(&policy, w->at, w->len, reply, report);
}

static const struct {
	const char *name;
	unsigned type, class;
	enum dns_outcome outcome;
	unsigned plain, edns; /* rcodes */
	const char *answer;   /* NULL: none */
	unsigned asked;
} rows[] = {
	{ "www.example.com", 1, 1, DNS_ANSWERED, 0, 0, "198.18.0.1", 1 },
	{ "WWW.Example.COM", 1, 1, DNS_ANSWERED, 0, 0, "198.18.0.1", 1 },
	{ "api.example.com", 1, 1, DNS_ANSWERED, 0, 0, "198.18.0.2", 1 },
	{ "new.example.com", 28, 1, DNS_NO_DATA, 0, 0, NULL, 1 },
	{ "new.example.com", 65, 1, DNS_NO_DATA, 0, 0, NULL, 1 },
	{ "new.example.com", 64, 1, DNS_NO_DATA, 0, 0, NULL, 1 },
	{ "new.example.com", 16, 1, DNS_NO_DATA, 0, 0, NULL, 1 },
	{ "new.example.com", 255, 1, DNS_NO_DATA, 0, 0, NULL, 1 },
	{ "evil.example", 1, 1, DNS_REFUSED, 3, 5, NULL, 1 },
	{ "evil.example", 16, 1, DNS_REFUSED, 3, 5, NULL, 1 },
	{ "com", 2, 1, DNS_REFUSED, 3, 5, NULL, 1 },
	{ "limited.example", 1, 1, DNS_LIMITED, 2, 2, NULL, 1 },
	{ "localhost", 1, 1, DNS_ANSWERED, 0, 0, "127.0.0.1", 0 },
	{ "a.b.LocalHost", 1, 1, DNS_ANSWERED, 0, 0, "127.0.0.1", 0 },
	{ "localhost", 28, 1, DNS_NO_DATA, 0, 0, NULL, 0 },
	{ "", 2, 1, DNS_REFUSED, 3, 5, NULL, 0 },
	{ "a b.example.com", 1, 1, DNS_REFUSED, 3, 5, NULL, 0 },
	{ "a\\.example.com", 1, 1, DNS_REFUSED, 3, 5, NULL, 0 },
	{ "x\\000.example.com", 1, 1, DNS_REFUSED, 3, 5, NULL, 0 },
	{ "10.0.0.1", 1, 1, DNS_REFUSED, 3, 5, NULL, 0 },
	{ "www.example.com", 1, 3, DNS_REFUSED, 5, 5, NULL, 0 },
	{ "version.bind", 16, 3, DNS_REFUSED, 5, 5, NULL, 0 },
	{ "www.example.com", 1, 255, DNS_REFUSED, 5, 5, NULL, 0 },
	{ "1.0.18.198.in-addr.arpa", 12, 1, DNS_ANSWERED, 0, 0, "www.example.com", 0 },
	{ "3.0.18.198.in-addr.arpa", 12, 1, DNS_UNKNOWN, 3, 3, NULL, 0 },
	{ "8.8.8.8.in-addr.arpa", 12, 1, DNS_UNKNOWN, 3, 3, NULL, 0 },
	{ "256.8.8.8.in-addr.arpa", 12, 1, DNS_REFUSED, 3, 5, NULL, 1 },
	{ "0x1.8.8.8.in-addr.arpa", 12, 1, DNS_REFUSED, 3, 5, NULL, 1 },
	{ "8.8.8.8.8.in-addr.arpa", 12, 1, DNS_REFUSED, 3, 5, NULL, 1 },
	{ "data.8.8.8.in-addr.arpa", 12, 1, DNS_REFUSED, 3, 5, NULL, 1 },
	{ "8.8.8.8.in-addr.arpa", 16, 1, DNS_REFUSED, 3, 5, NULL, 1 },
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa", 12, 1,
	  DNS_UNKNOWN, 3, 3, NULL, 0 },
	{ "1.0.ip6.arpa", 12, 1, DNS_REFUSED, 3, 5, NULL, 1 },
};

static void check_answer(const struct decoded *d, const uint8_t *reply, size_t len, size_t row)
{
	const struct decoded_record *record = &d->records[0];
	char got[1025] = "";

	if (!is_int(d->counts[1], rows[row].answer ? 1 : 0, "answers") || !rows[row].answer)
		return;
	if (record->type == 1 && record->len == 4)
		inet_ntop(AF_INET, record->data, got, sizeof(got));
	else
		dn_expand(reply, reply + len, record->data, got, sizeof(got));
	is_str(got, rows[row].answer, "the answer");
	is_str(record->owner, rows[row].name, "belongs to the question, case kept");
	is_int(record->type, rows[row].type, "type of the answer");
	is_int(record->ttl, DNS_TTL_S, "time to live");
}

static void check_row(size_t row, bool edns)
{
	struct wire w = query(rows[row].name, rows[row].type, rows[row].class, edns);
	struct dns_report report;
	uint8_t reply[DNS_REPLY_MAX];
	size_t len = respond(&w, reply, &report);
	struct decoded d;
	unsigned want = edns ? rows[row].edns : rows[row].plain;
	bool negative = want == 3 || (want == 0 && !rows[row].answer);

	diag("'%s' type %u class %u%s", rows[row].name, rows[row].type, rows[row].class,
	     edns ? ", EDNS" : "");
	is_str(dns_outcome_word(report.outcome), dns_outcome_word(rows[row].outcome), "outcome");
	is_int(report.type, rows[row].type, "type is reported");
	is_int(asked, rows[row].asked, "times the policy was asked");
	if (!ok(decode(reply, len, &d), "the reply is well formed"))
		return;
	is_int(d.id, 0x1234, "id");
	is_int(d.flags & 0xfff0, 0x8180, "response, recursion desired and available, not truncated");
	is_int(d.rcode, want, "rcode");
	is_mem(reply + 12, w.at + 12, d.question_len, "the question as it came");
	check_answer(&d, reply, len, row);
	is_int(d.counts[2], negative ? 1 : 0, "SOA in a negative answer");
	is_int(d.counts[3], edns ? 1 : 0, "OPT if there was one");
}

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_row(i, false);
		check_row(i, true);
	}
	is_int(pool->count, 2, "only questions for an address took one");
}

static void test_report(void)
{
	struct wire w = query("Fresh.Example.com", 1, 1, false);
	struct dns_report report;
	uint8_t reply[DNS_REPLY_MAX];

	respond(&w, reply, &report);
	ok(report.fresh, "a new name is fresh");
	is_int(report.rule, 42, "rule of the policy");
	is_str(report.name, "fresh.example.com", "name in its canonical form");
	is_str(inet_ntoa((struct in_addr){ report.address_be }), "198.18.0.3", "address");
	respond(&w, reply, &report);
	ok(!report.fresh, "the second time it isn't");
	w = query("a b.\\255\\.\"x.Example", 1, 1, false);
	respond(&w, reply, &report);
	is_str(report.name, "a\\032b.\\255\\046\\034x.example", "odd bytes are escaped");
	w = query("", 2, 1, false);
	respond(&w, reply, &report);
	is_str(report.name, ".", "the root");
	ok(!dns_outcome_denial(DNS_ANSWERED) && !dns_outcome_denial(DNS_UNKNOWN) &&
		   dns_outcome_denial(DNS_REFUSED) && dns_outcome_denial(DNS_FULL),
	   "what counts as a denial");
}

static void test_extended_error(void)
{
	struct wire w = query("evil.example", 1, 1, true);
	struct dns_report report;
	uint8_t reply[DNS_REPLY_MAX];
	struct decoded d;
	const struct decoded_record *opt = &d.records[0];

	if (!ok(decode(reply, respond(&w, reply, &report), &d), "a reply with OPT"))
		return;
	is_int(opt->type, 41, "OPT");
	is_int(opt->class, DNS_QUERY_MAX, "what may be sent to us");
	is_int(decode16(opt->data), 15, "extended error");
	is_int(decode16(opt->data + 2), opt->len - 4, "its length");
	is_int(decode16(opt->data + 4), 18, "prohibited");
	ok(memmem(opt->data, opt->len, PORT_HINT, strlen(PORT_HINT)), "the text names the remedy");
}

static void test_longest(void)
{
	char name[300];
	struct wire w;
	struct dns_report report;
	uint8_t reply[DNS_REPLY_MAX];
	struct decoded d;

	memset(name, 'a', sizeof(name));
	for (size_t i = 49; i < sizeof(name); i += 50)
		name[i] = '.';
	memcpy(name + 253 - 12, ".example.com", 13);
	w = query(name, 1, 1, true);
	ok(decode(reply, respond(&w, reply, &report), &d), "the longest allowed name");
	is_int(report.outcome, DNS_ANSWERED, "is answered");
	is_int(strlen(report.name), 253, "whole");
	name[252] = 'x';
	w = query(name, 1, 1, true);
	ok(decode(reply, respond(&w, reply, &report), &d), "the longest denied name");
	is_int(report.outcome, DNS_REFUSED, "is refused");
	for (size_t i = 0; i < 253; i++)
		name[i] = i % 50 == 49 ? '.' : ' ';
	w = query(name, 1, 1, true);
	ok(decode(reply, respond(&w, reply, &report), &d), "the longest text");
	ok(strlen(report.name) > 240 && strlen(report.name) < NAME_CAP, "is cut");
}

static void test_full(void)
{
	struct wire w = query("last.example.com", 1, 1, false);
	struct dns_report report;
	uint8_t reply[DNS_REPLY_MAX];
	struct decoded d;

	while (pool->count < POOL_MAX) {
		char name[32];
		in_addr_t address;

		snprintf(name, sizeof(name), "n%zu.example.com", pool->count);
		pool_take(pool, name, 0, &address);
	}
	ok(decode(reply, respond(&w, reply, &report), &d), "no address is left");
	is_int(d.rcode, 2, "SERVFAIL");
	is_str(dns_outcome_word(report.outcome), "pool-full", "outcome");
	w = query("www.example.com", 1, 1, false);
	respond(&w, reply, &report);
	is_int(report.outcome, DNS_ANSWERED, "a known name still is answered");
}

/* ------------------------------------------------------------------------------ broken queries */

/* Offsets into query("www.example.com", 1, 1, true): header 12, name 17, type and class 4, OPT 11. */
static const struct {
	const char *what;
	size_t at;
	uint8_t value;
	int rcode; /* -1: nothing is sent */
} breaks[] = {
	{ "a response", 2, 0x81, -1 },
	{ "inverse query", 2, 0x09, 4 },
	{ "notify", 2, 0x21, 4 },
	{ "update", 2, 0x29, 4 },
	{ "no question", 5, 0, 1 },
	{ "two questions", 5, 2, 1 },
	{ "256 questions", 4, 1, 1 },
	{ "an answer", 7, 1, 1 },
	{ "an authority", 9, 1, 1 },
	{ "OPT not counted", 11, 0, 1 },
	{ "an additional record that isn't there", 11, 2, 1 },
	{ "a pointer", 12, 0xc0, 1 },
	{ "a label of type 01", 12, 0x41, 1 },
	{ "a label of type 10", 12, 0x83, 1 },
	{ "a label past the end", 12, 63, 1 },
	{ "a name that ends early", 16, 0, 1 },
	{ "OPT that is not at the root", 33, 1, 1 },
	{ "OPT with data past the end", 43, 1, 1 },
	{ "EDNS version 1", 39, 1, 16 },
};

static void test_broken(void)
{
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		struct wire w = query("www.example.com", 1, 1, true);
		struct dns_report report;
		uint8_t reply[DNS_REPLY_MAX];
		struct decoded d = { 0 };
		size_t len;

		w.at[breaks[i].at] = breaks[i].value;
		len = respond(&w, reply, &report);
		if (breaks[i].rcode < 0) {
			is_int(len, 0, "%s: nothing is sent", breaks[i].what);
			is_int(report.outcome, DNS_DROPPED, "outcome");
			continue;
		}
		ok(decode(reply, len, &d), "%s: a reply", breaks[i].what);
		is_int(d.rcode, breaks[i].rcode, "%s: rcode", breaks[i].what);
		is_int(report.outcome, DNS_MALFORMED, "%s: outcome", breaks[i].what);
		is_int(asked, 0, "%s: the policy is not asked", breaks[i].what);
	}
}

/* A query for the name in wire form, and what follows the question. */
static int rcode_of(const void *name, size_t name_len, const void *more, size_t more_len,
		    uint8_t additional)
{
	struct wire w = query("", 1, 1, false), head = w;
	struct dns_report report;
	uint8_t reply[DNS_REPLY_MAX];

	w.len = 12;
	w.at[11] = additional;
	add(&w, name, name_len);
	add(&w, head.at + 13, 4);
	add(&w, more, more_len);
	return respond(&w, reply, &report) > 0 ? reply[3] & 15 : -1;
}

#define OPT_AFTER(owner) owner "\0\0\x29\x04\xd0\0\0\0\0\0\0"
#define RCODE(name, more, count) rcode_of(name, sizeof(name) - 1, more, sizeof(more) - 1, count)

static void test_names_and_records(void)
{
	uint8_t name[300];

	is_int(RCODE("\1a\0", OPT_AFTER(""), 1), 5, "the frame of this test: one OPT");
	is_int(RCODE("\1a\0", OPT_AFTER("") OPT_AFTER(""), 2), 1, "two OPT records");
	is_int(RCODE("\1a\0", OPT_AFTER("\1a"), 1), 1, "OPT that is not at the root");
	is_int(RCODE("\1a\0", "\xc0\x0c\0\x29\x04\xd0\0\0\0\0\0\0", 1), 1,
	       "compression in a record");
	is_int(RCODE("\1a\0", "\0\0\x10\0\1\0\0\0\0\0\1x", 1), 3, "another record is skipped");
	memset(name, 'a', sizeof(name));
	name[0] = 64;
	name[65] = 0;
	is_int(rcode_of(name, 66, "", 0, 0), 1, "a label of 64 bytes");
	name[0] = 0xc0;
	name[193] = 0;
	is_int(rcode_of(name, 194, "", 0, 0), 1, "a pointer that would do as a length");
	for (size_t i = 0; i < 254; i += 2)
		name[i] = 1;
	name[254] = 0;
	is_int(rcode_of(name, 255, "", 0, 0), 3, "255 bytes of name");
	name[252] = 2;
	name[254] = 'a';
	name[255] = 0;
	is_int(rcode_of(name, 256, "", 0, 0), 1, "256 bytes of name");
}

static void test_lengths(void)
{
	struct wire w = query("www.example.com", 1, 1, true);
	size_t whole = w.len, dropped = 0, formerr = 0;
	struct dns_report report;
	uint8_t reply[DNS_REPLY_MAX];

	for (w.len = 0; w.len < whole; w.len++) {
		size_t len = respond(&w, reply, &report);

		dropped += len == 0 && report.outcome == DNS_DROPPED;
		formerr += len == 12 && (reply[3] & 15) == 1;
	}
	is_int(dropped, 12, "shorter than a header: nothing");
	is_int(formerr, whole - 12, "cut anywhere else: FORMERR");
	w.at[w.len++] = 0;
	is_int(respond(&w, reply, &report), 12, "a byte too many: FORMERR");
	w = query("www.example.com", 1, 1, true);
	w.at[42] = (uint8_t)((DNS_QUERY_MAX + 1 - whole) >> 8);
	w.at[43] = (uint8_t)((DNS_QUERY_MAX + 1 - whole) & 255);
	w.len = DNS_QUERY_MAX + 1;
	respond(&w, reply, &report);
	is_int(report.outcome, DNS_MALFORMED, "1,233 bytes are too many");
	w.at[43]--;
	w.len--;
	respond(&w, reply, &report);
	is_int(report.outcome, DNS_ANSWERED, "1,232 are not");
}

/* -------------------------------------------------------------------------------- real clients */

static const struct {
	const char *file;
	enum dns_outcome outcome;
	const char *name;
	const char *type;
} real[] = {
	{ "dig-a", DNS_ANSWERED, "www.example.com", "A" },
	{ "dig-txt-no-edns", DNS_NO_DATA, "txt.example.com", "TXT" },
	{ "dig-https-dnssec", DNS_NO_DATA, "www.example.com", "HTTPS" },
	{ "dig-padding", DNS_NO_DATA, "www.example.com", "AAAA" },
	{ "dig-chaos", DNS_REFUSED, "version.bind", "TXT" },
	{ "dig-reverse", DNS_ANSWERED, "1.0.18.198.in-addr.arpa", "PTR" },
	{ "dig-root", DNS_REFUSED, ".", "NS" },
	{ "dig-odd-bytes", DNS_REFUSED, "a\\046b\\000\\255\\032c.example.com", "A" },
	{ "dig-edns1", DNS_MALFORMED, "www.example.com", "A" },
	{ "dig-notify", DNS_MALFORMED, "", "TYPE0" },
	{ "dig-tsig", DNS_ANSWERED, "www.example.com", "A" },
};

static void test_real(void)
{
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		char path[128], buf[16];
		struct wire w;
		FILE *file;
		struct dns_report report;
		uint8_t reply[DNS_REPLY_MAX];
		struct decoded d;

		snprintf(path, sizeof(path), "tests/fuzz/corpus/dns/%s", real[i].file);
		file = fopen(path, "re");
		if (!ok(file, "%s is there", path))
			continue;
		w.len = fread(w.at, 1, sizeof(w.at), file);
		fclose(file);
		ok(decode(reply, respond(&w, reply, &report), &d), "%s: a reply", real[i].file);
		is_str(dns_outcome_word(report.outcome), dns_outcome_word(real[i].outcome),
		       "outcome");
		is_str(report.name, real[i].name, "name");
		is_str(dns_type_word(report.type, buf, sizeof(buf)), real[i].type, "type");
	}
}

/* -------------------------------------------------------------------------------------- framing */

static void test_frame(void)
{
	struct wire one = query("www.example.com", 1, 1, true), two = { .len = 0 };
	uint8_t prefix[2] = { 0, (uint8_t)one.len };
	size_t size = 0, early = 0;

	for (int i = 0; i < 2; i++) {
		add(&two, prefix, 2);
		add(&two, one.at, one.len);
	}
	for (size_t len = 0; len < 2 + one.len; len++)
		early += dns_frame(two.at, len, &size) != DNS_FRAME_MORE;
	is_int(early, 0, "not before the last byte");
	is_int(dns_frame(two.at, 2 + one.len, &size), DNS_FRAME_WHOLE, "then whole");
	is_int(size, 2 + one.len, "with its prefix");
	is_int(dns_frame(two.at, two.len, &size), DNS_FRAME_WHOLE, "two at once");
	is_int(dns_frame(two.at + size, two.len - size, &size), DNS_FRAME_WHOLE, "and the second");
	is_int(dns_frame((const uint8_t *)"\0\0", 2, &size), DNS_FRAME_BAD, "empty");
	is_int(dns_frame((const uint8_t *)"\0\x0b", 2, &size), DNS_FRAME_BAD, "no header");
	is_int(dns_frame((const uint8_t *)"\0\x0c", 2, &size), DNS_FRAME_MORE, "a header only");
	is_int(dns_frame((const uint8_t *)"\x04\xd0", 2, &size), DNS_FRAME_MORE, "the longest");
	is_int(dns_frame((const uint8_t *)"\x04\xd1", 2, &size), DNS_FRAME_BAD, "too long");
}

int main(void)
{
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return 1;
	test_rows();
	test_report();
	test_extended_error();
	test_longest();
	test_broken();
	test_names_and_records();
	test_lengths();
	test_real();
	test_frame();
	test_full();
	free(pool);
	return done();
}
