/* denials.h - every denial counted, each distinct one told once at once and then in sums.
 *
 * A row per key (protocol, name, address, port, dns_type, ip_protocol, cause), at most `cap` of them;
 * what does not fit is counted in totals.unlisted.  A row tells its first denial at once and what comes
 * later every DENIALS_SUM_MS, so a flood of the same costs five events a second.
 * Keys are chosen by the workload: the hash takes a random seed, and the rows bound the longest walk.
 *
 *	denials_add() -> row.pending++ -> outbox -> DENIED with count = pending
 *
 * Runs in: gateway. */
#ifndef NETNS_DENIALS_H
#define NETNS_DENIALS_H

#include <stdint.h>

#include "base/loop.h"
#include "netns/event.h"
#include "netns/outbox.h"

#define DENIALS_SUM_MS 200

struct denials_row;

struct denials {
	struct loop *loop;
	struct outbox *outbox;
	struct net_totals *totals; /* ours to count in: denied_*, unlisted */
	struct denials_row *rows;  /* heap */
	uint32_t *buckets;	   /* heap: row index + 1 */
	uint32_t count, cap, bucket_mask;
	uint64_t seed;
	struct timer timer;
	struct report full; /* LIMITED, once */
	bool full_told;
};

int denials_init(struct denials *d, uint32_t cap, uint64_t seed, struct loop *loop,
		 struct outbox *outbox, struct net_totals *totals);
void denials_release(struct denials *d);

/* denials_add() - one denial; of *denial the fields of the key, rule, never and presented count. */
void denials_add(struct denials *d, const struct net_flow *denial);

/* denials_tell() - queue every row that has something pending: before TOTALS. */
void denials_tell(struct denials *d);

#endif
