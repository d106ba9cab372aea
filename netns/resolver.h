/* resolver.h - addresses of names that are allowed, asked when something connects to them.
 *
 * Theory of operation.  c-ares on the gateway's own loop: a name server that does not answer delays
 * those who wait for it and nobody else.  Questions for one name that is being asked already wait for
 * the same answer; answers are kept for their TTL, at most RESOLVER_KEEP_MAX_S.  /etc/resolv.conf is
 * read at resolver_new(), before the confinement, and never again; /etc/hosts is not read at all.
 * A answers stand before AAAA: inside there is IPv4 only, and a host's IPv6 is more often broken.
 *
 * Nothing here decides: every address is checked by its user when it is dialled, cached or not.
 * Runs in: gateway.   c-ares 1.18; only this file includes it. */
#ifndef NETNS_RESOLVER_H
#define NETNS_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/loop.h"
#include "netns/addr.h"
#include "netns/event.h"
#include "netns/pool.h"

#define RESOLVER_ADDRS_MAX 8
#define RESOLVER_KEEP_MAX_S 60
#define RESOLVER_KEEP_FAILURE_S 1

struct resolver;

struct resolver_answer {
	struct addr addrs[RESOLVER_ADDRS_MAX];
	uint8_t count;
	enum net_cause cause; /* count 0: NO_ADDRESS or NO_RESOLVER */
};

/* Somebody who waits; lives in him.  Starts zeroed but for found. */
struct resolver_wait {
	void (*found)(struct resolver_wait *wait, const struct resolver_answer *answer);
	struct resolver_wait *next, **self; /* self: what points to us; NULL = not waiting */
};

/* resolver_new() - @servers as gateway_config.dns_servers   @timeout_ms: for one name, all tries
 * @pool: the names that will be asked for.  -1 with *e. */
int resolver_new(struct resolver **out, struct loop *loop, const struct pool *pool,
		 const char *servers, uint32_t timeout_ms, struct err *e);
void resolver_free(struct resolver *r);

/* resolver_ask() - the answer if it is known, else NULL: found() is called later, never from inside of
 * this call.  @r: NULL = the answer is that there is no resolver   @entry: of the pool   The answer is borrowed until the next call. */
const struct resolver_answer *resolver_ask(struct resolver *r, const struct pool_entry *entry,
					   struct resolver_wait *wait);

void resolver_forget(struct resolver_wait *wait); /* does not wait any more */

#endif
