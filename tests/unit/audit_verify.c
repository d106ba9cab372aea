/* The chain: what the writer makes is in order, and every kind of damage is found and named. */
#include "audit/verify.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define LINES 40

static char good[64 * 1024];
static size_t good_len;
static size_t starts[LINES + 1]; /* of each line; the last is the length */
static struct hash hashes[LINES];
static struct audit_verifier v;

static void make_log(void)
{
	struct audit_line line = { .prev = hash_none() };
	struct text t = TEXT_ON(good);

	for (unsigned i = 0; i < LINES; i++) {
		static struct audit_event ev;

		audit_event_init(&ev, (enum audit_kind)(i % AUDIT_KIND_COUNT));
		audit_put_text(&ev, "text", i % 3 ? "\x1b[2J \"\\ \xff" : NULL, 100);
		audit_put_number(&ev, "number", i);
		starts[i] = t.len;
		line.seq = i + 1;
		audit_line_write(&t, &line, UINT64_C(1700000000000000000) + i,
				 i % 2 ? "er-1-abc" : "", &ev);
		line.prev = hashes[i] = hash_of(good + starts[i], t.len - starts[i]);
	}
	starts[LINES] = good_len = t.len;
	ok(!t.cut, "%d lines, %zu bytes", LINES, good_len);
}

static void verify(const char *bytes, size_t len, const struct hash *heads, size_t count)
{
	audit_verify_begin(&v, heads, count);
	audit_verify_bytes(&v, bytes, len);
	audit_verify_end(&v);
}

static void is_good(const struct hash *heads, size_t count, const char *what)
{
	verify(good, good_len, heads, count);
	if (!ok(!v.broken, "in order: %s", what))
		diag("line %llu: %s", (unsigned long long)v.line, v.why);
}

/* The log with [from, to) replaced. */
static void is_bad(size_t from, size_t to, const char *with, size_t with_len,
		   const struct hash *heads, size_t count, uint64_t line, const char *why)
{
	static char copy[sizeof(good)];
	size_t len = 0;

	memcpy(copy, good, from);
	memcpy(copy + from, with, with_len);
	len = from + with_len;
	memcpy(copy + len, good + to, good_len - to);
	verify(copy, len + good_len - to, heads, count);
	ok(v.broken && v.line == line && strstr(v.why, why) != NULL, "line %llu: %s: %s",
	   (unsigned long long)v.line, v.why, why);
}

static void drop(unsigned first, unsigned count, const struct hash *heads, size_t head_count,
		 uint64_t line, const char *why)
{
	is_bad(starts[first], starts[first + count], "", 0, heads, head_count, line, why);
}

static void check_good(void)
{
	const struct hash two[] = { hashes[3], hashes[LINES - 1] };
	const struct hash twice[] = { hashes[3], hashes[3] };

	is_good(NULL, 0, "without a head");
	is_int(v.lines, LINES, "all lines were read");
	ok(hash_equal(&v.head, &hashes[LINES - 1]), "the head is the hash of the last");
	is_good(hashes, LINES, "every line's hash as a head");
	is_good(two, 2, "two heads");
	is_good(twice, 2, "one head twice");
	verify("", 0, NULL, 0);
	ok(!v.broken && v.lines == 0, "an empty log");
	for (size_t piece = 1; piece < 200; piece += 37) {
		audit_verify_begin(&v, two, 2);
		for (size_t at = 0; at < good_len; at += piece)
			audit_verify_bytes(&v, good + at,
					   piece < good_len - at ? piece : good_len - at);
		audit_verify_end(&v);
		ok(!v.broken && v.lines == LINES, "in pieces of %zu bytes", piece);
	}
}

static void check_damage(void)
{
	const struct hash *last = &hashes[LINES - 1];
	const size_t digit = sizeof("{\"seq\":1,\"prev\":\"") - 1;
	const struct hash swapped[] = { hashes[7], hashes[5] }, foreign = hash_of("x", 1);

	/* within a line */
	is_bad(starts[5] + 120, starts[5] + 121, "#", 1, NULL, 0, 6, "changed");
	is_bad(starts[5] + digit, starts[5] + digit + 1, good[starts[5] + digit] == '0' ? "1" : "0",
	       1, NULL, 0, 6, "its \"prev\" is not the SHA-256 of line 5");
	is_bad(starts[5] + digit, starts[5] + digit + 1, "G", 1, NULL, 0, 6, "no line of");
	is_bad(starts[5] + 7, starts[5] + 8, "9", 1, NULL, 0, 6, "number 9");
	is_bad(starts[5] + 7, starts[5] + 8, "2", 1, NULL, 0, 6, "number 2");
	is_bad(starts[5] + 7, starts[5] + 8, "06", 2, NULL, 0, 6, "no line of");
	is_bad(starts[0] + digit, starts[0] + digit + 1, "1", 1, NULL, 0, 1, "begin a chain");
	is_bad(starts[5] + 90, starts[5] + 91, "\x80", 1, NULL, 0, 6, "no line of");
	is_bad(starts[6] - 1, starts[6], " ", 1, NULL, 0, 6, "no line of");
	is_bad(starts[5] + 90, starts[5] + 91, "\n", 1, NULL, 0, 6, "no line of");
	is_bad(starts[6] - 2, starts[6] - 2, " ", 1, NULL, 0, 6, "changed: line 7");
	/* near the end, where no next line tells which of two it was */
	is_bad(starts[LINES - 2] + 125, starts[LINES - 2] + 126, "#", 1, NULL, 0, LINES - 1,
	       "or line 40");
	is_bad(starts[LINES - 2] + 125, starts[LINES - 2] + 126, "#", 1, last, 1, LINES - 1,
	       "changed: line 40");
	is_bad(starts[LINES - 1] + 125, starts[LINES - 1] + 126, "#", 1, last, 1, LINES, "head 1");
	/* whole lines */
	drop(5, 1, NULL, 0, 6, "number 7");
	drop(0, 1, NULL, 0, 1, "number 2");
	drop(0, 20, NULL, 0, 1, "number 21");
	drop(LINES - 1, 1, last, 1, LINES - 1, "head 1");
	drop(0, LINES, last, 1, 1, "head 1");
	is_bad(starts[5], starts[5], good + starts[4], starts[5] - starts[4], NULL, 0, 6, "again");
	/* the end */
	is_bad(good_len - 1, good_len, "", 0, NULL, 0, LINES, "torn");
	is_bad(good_len - 30, good_len, "", 0, NULL, 0, LINES, "torn");
	is_bad(good_len, good_len, "x", 1, NULL, 0, LINES + 1, "torn");
	is_bad(good_len, good_len, "\n", 1, NULL, 0, LINES + 1, "no line of");
	/* heads */
	is_bad(0, 0, "", 0, swapped, 2, 6, "head 2 occurs here, before its turn");
	is_bad(0, 0, "", 0, &foreign, 1, LINES, "does not occur");
}

static void check_long_line(void)
{
	static char line[2 * AUDIT_LINE_MAX];

	memset(line, 'x', sizeof(line));
	verify(line, sizeof(line), NULL, 0);
	ok(v.broken && v.line == 1 && strstr(v.why, "longer"), "a line without an end");
	verify(line, AUDIT_LINE_MAX, NULL, 0);
	ok(v.broken && strstr(v.why, "torn"), "the longest line, torn");
}

/* xorshift: the same edits in every run of the test */
static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Every single-byte edit at a sample of places, all 255 values at each. */
static void check_every_value(void)
{
	static char copy[sizeof(good)];
	uint64_t state = 88172645463325252u;
	unsigned missed = 0, misnamed = 0, count = 0;

	memcpy(copy, good, good_len);
	for (int i = 0; i < 60; i++) {
		size_t at = random_next(&state) % good_len, line = 0;

		while (starts[line + 1] <= at)
			line++;
		for (unsigned byte = 0; byte < 256; byte++, count++) {
			if ((char)byte == good[at])
				continue;
			copy[at] = (char)byte;
			verify(copy, good_len, &hashes[LINES - 1], 1);
			missed += !v.broken;
			misnamed += v.broken && v.line != line + 1;
		}
		copy[at] = good[at];
	}
	is_int(missed, 0, "of %u edits of one byte all were found", count);
	is_int(misnamed, 0, "and the edited line was named");
}

static void check_hashes(void)
{
	struct hash h, zeros = hash_none();

	h = hash_of("abc", 3);
	is_str(h.hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "SHA-256");
	ok(!hash_equal(&h, &zeros), "is not zero");
	ok(!hash_parse(h.hex, 63, &h) && !hash_parse("G", 64, &h), "no hash");
	ok(!hash_parse("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", 64, &h),
	   "upper case is no hash of ours");
	ok(hash_parse(zeros.hex, 64, &h) && hash_equal(&h, &zeros), "read back");
}

int main(void)
{
	check_hashes();
	make_log();
	check_good();
	check_damage();
	check_long_line();
	check_every_value();
	return done();
}
