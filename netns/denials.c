/* denials.c - see denials.h. */
#include "netns/denials.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct denials_row {
	struct report report;
	struct net_flow flow;	/* as it will be told; count is set then */
	uint64_t first_time_ns; /* of pending */
	uint64_t pending;
	uint32_t next; /* in the bucket: index + 1 */
	bool told;
};

/* FNV-1a over the bytes of the key, from a random start. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint32_t bucket_of(const struct denials *d, const struct net_flow *key)
{
	uint64_t hash = mix(d->seed, &key->address, sizeof(key->address));

	hash = mix(hash, key->name, strlen(key->name));
	hash = mix(hash, &key->port, sizeof(key->port));
	hash = mix(hash, &key->dns_type, sizeof(key->dns_type));
	hash = mix(hash, &key->protocol, sizeof(key->protocol));
	hash = mix(hash, &key->ip_protocol, sizeof(key->ip_protocol));
	hash = mix(hash, &key->cause, sizeof(key->cause));
	return (uint32_t)(hash ^ (hash >> 32)) & d->bucket_mask;
}

static bool same_key(const struct net_flow *a, const struct net_flow *b)
{
	return a->port == b->port && a->dns_type == b->dns_type && a->protocol == b->protocol &&
	       a->ip_protocol == b->ip_protocol && a->cause == b->cause &&
	       memcmp(&a->address, &b->address, sizeof(a->address)) == 0 &&
	       strcmp(a->name, b->name) == 0;
}

static bool row_fill(struct report *report, struct net_event *out)
{
	struct denials_row *row = container_of(report, struct denials_row, report);

	if (row->pending == 0)
		return false;
	out->kind = NET_EVENT_DENIED;
	out->flow = row->flow;
	out->flow.count = row->pending;
	out->flow.time_ns = row->first_time_ns;
	row->pending = 0;
	row->told = true;
	return true;
}

static bool full_fill(struct report *report, struct net_event *out)
{
	struct denials *d = container_of(report, struct denials, full);

	if (d->full_told)
		return false;
	d->full_told = true;
	out->kind = NET_EVENT_LIMITED;
	out->flow.cause = NET_CAUSE_DENIAL_LIMIT;
	out->flow.rule = NET_NO_RULE;
	out->flow.count = 1;
	out->flow.time_ns = clock_realtime_ns();
	return true;
}

static void count_it(struct net_totals *totals, unsigned protocol)
{
	switch (protocol) {
	case NET_PROTOCOL_TCP:
		totals->denied_tcp++;
		break;
	case NET_PROTOCOL_UDP:
		totals->denied_udp++;
		break;
	case NET_PROTOCOL_DNS:
		totals->denied_dns++;
		break;
	default:
		totals->denied_other++;
	}
}

static struct denials_row *find_or_add(struct denials *d, const struct net_flow *key)
{
	uint32_t *bucket = &d->buckets[bucket_of(d, key)];
	struct denials_row *row;

	for (uint32_t i = *bucket; i != 0; i = d->rows[i - 1].next)
		if (same_key(&d->rows[i - 1].flow, key))
			return &d->rows[i - 1];
	if (d->count == d->cap)
		return NULL;
	row = &d->rows[d->count++];
	row->report.fill = row_fill;
	row->flow = *key;
	row->next = *bucket;
	*bucket = d->count;
	return row;
}

void denials_add(struct denials *d, const struct net_flow *denial)
{
	struct denials_row *row;

	count_it(d->totals, denial->protocol);
	row = find_or_add(d, denial);
	if (!row) {
		d->totals->unlisted++;
		if (!d->full_told)
			outbox_add(d->outbox, &d->full);
		return;
	}
	if (row->pending++ == 0)
		row->first_time_ns = clock_realtime_ns();
	if (!row->told)
		outbox_add(d->outbox, &row->report);
	else if (d->timer.place == 0)
		loop_set_timer(d->loop, &d->timer, DENIALS_SUM_MS * NS_PER_MS);
}

void denials_tell(struct denials *d)
{
	for (uint32_t i = 0; i < d->count; i++)
		if (d->rows[i].pending > 0)
			outbox_add(d->outbox, &d->rows[i].report);
}

static void sum_up(struct timer *timer)
{
	denials_tell(container_of(timer, struct denials, timer));
}

int denials_init(struct denials *d, uint32_t cap, uint64_t seed, struct loop *loop,
		 struct outbox *outbox, struct net_totals *totals)
{
	uint32_t buckets = 1;

	while (buckets < 2 * cap)
		buckets *= 2;
	*d = (struct denials){ .loop = loop,
			       .outbox = outbox,
			       .totals = totals,
			       .rows = calloc(cap, sizeof(struct denials_row)),
			       .buckets = calloc(buckets, sizeof(uint32_t)),
			       .cap = cap,
			       .bucket_mask = buckets - 1,
			       .seed = seed,
			       .timer = { .fire = sum_up },
			       .full = { .fill = full_fill } };
	if (d->rows && d->buckets)
		return 0;
	denials_release(d);
	return -1;
}

void denials_release(struct denials *d)
{
	free(d->rows);
	free(d->buckets);
	d->rows = NULL;
	d->buckets = NULL;
	d->count = 0;
}
