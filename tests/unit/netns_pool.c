/* Synthetic addresses: stable, distinct, bounded, found again in both directions. */
#include <arpa/inet.h>
#include <stdlib.h>

#include "netns/pool.h"
#include "tests/unit/tap.h"

/* Scattered, so that inserts hit the whole index. */
static const char *nth_name(unsigned n, char buf[NAME_CAP])
{
	snprintf(buf, NAME_CAP, "n%u-%u.example", n * 2654435761u % 10007, n);
	return buf;
}

static void test_first(struct pool *pool)
{
	in_addr_t address = 0, again = 0;
	const struct pool_entry *entry;

	ok(!pool_find_address(pool, htonl(0xc6120001)), "an empty pool knows no address");
	is_int(pool_take(pool, "a.example", 7, &address), POOL_NEW, "first name");
	is_str(inet_ntoa((struct in_addr){ address }), "198.18.0.1", "its address");
	is_int(pool_take(pool, "a.example", 9, &again), POOL_KNOWN, "the same name again");
	is_int(again, address, "has the same address");
	entry = pool_find_address(pool, address);
	if (ok(entry, "the address is found"))
		is_str(entry->name, "a.example", "with its name");
	entry = pool_find_name(pool, "a.example");
	if (ok(entry, "the name is found"))
		is_int(entry->rule, 7, "with the rule of the first time");
	ok(!pool_find_name(pool, "b.example"), "another name isn't");
	is_int(pool->count, 1, "looking takes no address");
}

static void test_full(struct pool *pool)
{
	char name[NAME_CAP];
	in_addr_t address;
	unsigned bad = 0;

	for (unsigned i = 1; i < POOL_MAX; i++)
		bad += pool_take(pool, nth_name(i, name), i, &address) != POOL_NEW;
	is_int(bad, 0, "%d names fit", POOL_MAX);
	address = 5;
	is_int(pool_take(pool, "one-more.example", 0, &address), POOL_FULL, "one more doesn't");
	is_int(address, 5, "and gets no address");
	is_int(pool_take(pool, "a.example", 0, &address), POOL_KNOWN, "a known one still does");
}

static void test_both_ways(struct pool *pool)
{
	unsigned lost = 0, edge = 0, outside = 0;

	for (unsigned i = 1; i < POOL_MAX; i++) {
		char name[NAME_CAP];
		in_addr_t address = 0;
		const struct pool_entry *entry;
		uint32_t last;

		pool_take(pool, nth_name(i, name), 0, &address);
		entry = pool_find_address(pool, address);
		last = ntohl(address) & 255;
		lost += !entry || strcmp(entry->name, name) != 0 || entry->rule != i;
		edge += last == 0 || last == 255;
		outside += !pool_covers(address);
	}
	is_int(lost, 0, "every address leads back to its name");
	is_int(edge, 0, "none ends in .0 or .255");
	is_int(outside, 0, "all are in 198.18.0.0/15");
}

static void test_unknown(const struct pool *pool)
{
	static const char *const never[] = { "198.18.0.0",     "198.18.1.0",   "198.18.0.255",
					     "198.18.16.32",   "198.18.16.33", "198.19.255.255",
					     "198.17.255.1",   "198.20.0.1",   "0.0.0.0",
					     "255.255.255.255" };

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		ok(!pool_find_address(pool, inet_addr(never[i])), "%s has no name", never[i]);
	ok(pool_find_address(pool, inet_addr("198.18.16.31")), "the last one has");
	ok(pool_covers(inet_addr("198.19.255.255")) && !pool_covers(inet_addr("198.20.0.0")) &&
		   !pool_covers(inet_addr("198.17.255.255")),
	   "the range ends where it ends");
}

int main(void)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return 1;
	test_first(pool);
	test_full(pool);
	test_both_ways(pool);
	test_unknown(pool);
	free(pool);
	return done();
}
