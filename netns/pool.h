/* pool.h - one synthetic address per name that the workload may reach.
 *
 * The responder (netns/dns.h) hands these out; the relay turns the address of a connection back into
 * the name that was asked for, decides on that name and only then resolves it.  So a name leaves the
 * machine when it is connected to, never when it is asked.
 *
 * Addresses come from 198.18.0.0/15 (RFC 2544: never on the internet), last octet 1 to 254, in order.
 * An entry lives as long as the pool: no reuse, so an address never changes its meaning under a program
 * that cached it, and POOL_FULL ends growth (the responder answers SERVFAIL).
 *
 *	pool_take("a.example") -> 198.18.0.1	pool_find_address(198.18.0.1) -> "a.example"
 *
 * Bounded: one struct, about 1 MiB that is touched as names come (allocate it zeroed: calloc or mmap).
 * Names are chosen by the workload, so they are found by binary search in a sorted index: 12
 * comparisons at most, nothing to collide and no seed to keep secret; address to name is an array index.
 *
 * Pure: no I/O, no allocation.   Runs in: gateway, tests.   Tested: tests/unit/netns_pool.c. */
#ifndef NETNS_POOL_H
#define NETNS_POOL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/name.h"

#define POOL_MAX 4095		 /* names in one run */
#define POOL_NET 0xc6120000u	 /* 198.18.0.0, host order */
#define POOL_NETMASK 0xfffe0000u /* /15 */

struct pool_entry {
	char name[NAME_CAP]; /* canonical: see netns/name.h */
	uint32_t rule;	     /* caller's number for what allowed it when it was first asked */
};

struct pool {
	size_t count;
	uint16_t sorted[POOL_MAX]; /* indexes into entries, by name */
	struct pool_entry entries[POOL_MAX];
};

enum pool_status {
	POOL_KNOWN, /* had an address before */
	POOL_NEW,   /* took one now: count it against a wildcard's share */
	POOL_FULL,  /* no address: out_address is not written */
};

/* pool_take() - the address of a canonical name, a new one if it has none.
 * @rule: kept with a new entry only   @out_address: network order */
enum pool_status pool_take(struct pool *pool, const char *name, uint32_t rule,
			   in_addr_t *out_address_be);

/* pool_find_name() - the entry of a name that has an address already, else NULL. */
const struct pool_entry *pool_find_name(const struct pool *pool, const char *name);

/* pool_find_address() - the entry behind an address (network order); NULL if it was never handed out. */
const struct pool_entry *pool_find_address(const struct pool *pool, in_addr_t address_be);

/* pool_covers() - may this address (network order) be one of a pool's, handed out or not?  Such an
 * address is never dialled. */
bool pool_covers(in_addr_t address_be);

#endif
