/* pool.c - synthetic addresses: an array in the order of asking, and an index sorted by name. */
#include <arpa/inet.h>
#include <string.h>

#include "netns/pool.h"

#define PER_NET 254u /* last octets 1 to 254: some programs refuse .0 and .255 */

static in_addr_t address_of(size_t index)
{
	uint32_t n = (uint32_t)index;

	return htonl(POOL_NET + n / PER_NET * 256 + n % PER_NET + 1);
}

/* Where name is in the index, or where it would go. */
static size_t position(const struct pool *pool, const char *name, bool *found)
{
	size_t low = 0, high = pool->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(pool->entries[pool->sorted[middle]].name, name);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum pool_status pool_take(struct pool *pool, const char *name, uint32_t rule,
			   in_addr_t *out_address_be)
{
	bool found;
	size_t at = position(pool, name, &found), len = strlen(name);
	struct pool_entry *entry;

	if (found) {
		*out_address_be = address_of(pool->sorted[at]);
		return POOL_KNOWN;
	}
	if (pool->count == POOL_MAX || len >= NAME_CAP)
		return POOL_FULL;
	memmove(&pool->sorted[at + 1], &pool->sorted[at],
		(pool->count - at) * sizeof(pool->sorted[0]));
	pool->sorted[at] = (uint16_t)pool->count;
	entry = &pool->entries[pool->count];
	memcpy(entry->name, name, len + 1);
	entry->rule = rule;
	*out_address_be = address_of(pool->count++);
	return POOL_NEW;
}

const struct pool_entry *pool_find_name(const struct pool *pool, const char *name)
{
	bool found;
	size_t at = position(pool, name, &found);

	return found ? &pool->entries[pool->sorted[at]] : NULL;
}

const struct pool_entry *pool_find_address(const struct pool *pool, in_addr_t address_be)
{
	uint32_t offset = ntohl(address_be) - POOL_NET, last = offset % 256;
	size_t index;

	if (!pool_covers(address_be) || last == 0 || last > PER_NET)
		return NULL;
	index = (size_t)offset / 256 * PER_NET + last - 1;
	return index < pool->count ? &pool->entries[index] : NULL;
}

bool pool_covers(in_addr_t address_be)
{
	return (ntohl(address_be) & POOL_NETMASK) == POOL_NET;
}
