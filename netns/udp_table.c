/* udp_table.c - UDP flows by their two ends.  At most limits.udp_flows of them; the workload chooses
 * ports and addresses, so the hash starts from a random seed. */
#include "netns/udp.h"

static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ (h >> 33);
}

static size_t bucket_of(const struct udp_flows *flows, const struct udp_key *key)
{
	uint64_t ends = ((uint64_t)key->asked.sin_addr.s_addr << 32) |
			((uint64_t)key->asked.sin_port << 16) | key->from.sin_port;

	return mix(ends ^ flows->seed) % UDP_BUCKETS;
}

static bool same_end(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
	return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

struct udp_flow *udp_find(const struct udp_flows *flows, const struct udp_key *key)
{
	struct udp_flow *f = flows->buckets[bucket_of(flows, key)];

	while (f && (f->over ||
		     !(same_end(&f->key.from, &key->from) && same_end(&f->key.asked, &key->asked))))
		f = f->next;
	return f;
}

/* Once per flow: a walk is good enough. */
struct udp_flow *udp_find_tag(const struct udp_flows *flows, uint64_t tag)
{
	for (size_t i = 0; i < UDP_BUCKETS; i++)
		for (struct udp_flow *f = flows->buckets[i]; f; f = f->next)
			if (f->tag == tag)
				return f;
	return NULL;
}

void udp_insert(struct udp_flows *flows, struct udp_flow *flow)
{
	struct udp_flow **bucket = &flows->buckets[bucket_of(flows, &flow->key)];

	flow->next = *bucket;
	*bucket = flow;
	flows->count++;
}

void udp_remove(struct udp_flows *flows, struct udp_flow *flow)
{
	struct udp_flow **at = &flows->buckets[bucket_of(flows, &flow->key)];

	while (*at && *at != flow)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = flow->next;
	flows->count--;
}
