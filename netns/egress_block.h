/* egress_block.h - how compiled rules lie in memory; private to netns/egress*.c.
 *
 * Addresses: the prefixes of the rules and of the never-dialled table form a tree (two prefixes are
 * nested or disjoint).  The line of all addresses is cut into segments where the innermost prefix
 * changes: a lookup is one binary search for the segment, then a walk from its node outwards, at
 * most as many steps as prefixes are nested.
 * Names: one open-addressed hash table of exact names and of the x of "*.x"; the hash runs from the
 * last byte to the first, so one pass over a name gives the hash of each of its suffixes.
 * Ports: sorted disjoint spans, first those of tcp, then those of udp.
 * Everything is one block; `at` values are byte offsets from its start. */
#ifndef NETNS_EGRESS_BLOCK_H
#define NETNS_EGRESS_BLOCK_H

#include "netns/egress.h"

__extension__ typedef unsigned __int128 egress_key; /* an address as a number; v4: below 2^32 */

struct egress_span {
	uint16_t low, high;
	int32_t rule;
};

struct egress_port_set {
	uint32_t first;	   /* index of a span */
	uint32_t tcp, udp; /* how many */
};

#define EGRESS_ROOT 0 /* the node of the whole family, its own parent */

struct egress_node {
	uint32_t parent;
	uint8_t prefix_len;
	uint8_t never;	    /* enum addr_never: its row, or that of the node around it */
	uint8_t opens_from; /* rules shorter than this do not count here; 255: none does */
	struct egress_port_set ports;
};

struct egress_slot {
	uint32_t hash;
	uint32_t name_at; /* bytes of the name; 0 = slot is free */
	uint8_t name_len;
	bool below; /* "*.name" */
	struct egress_port_set ports;
};

struct egress_family {
	uint32_t starts_at; /* v4: uint32_t[], v6: egress_key[]; ascending, the first is 0 */
	uint32_t inner_at;  /* uint32_t[]: innermost node of each segment */
	uint32_t segments;
	uint32_t nodes_at;
	uint32_t nodes;
};

struct egress {
	size_t size_bytes;
	enum net_mode mode;
	struct egress_family v4, v6;
	uint32_t spans_at;
	uint32_t slots_at;
	uint32_t slot_mask; /* number of slots - 1; at least one slot is free */
};

#define EGRESS_AT(egress, type, at) ((const type *)(const void *)((const char *)(egress) + (at)))

/* One step of the hash of a name, from its last byte to its first (FNV-1a). */
#define EGRESS_HASH_SEED 2166136261u
static inline uint32_t egress_hash_step(uint32_t hash, char c)
{
	return (hash ^ (uint8_t)c) * 16777619u;
}

/* egress_hash_end() - FNV leaves the low bits of short names close together; the table is indexed by
 * them. */
static inline uint32_t egress_hash_end(uint32_t hash)
{
	return hash ^ hash >> 15;
}

static inline egress_key egress_addr_key(const struct addr *addr)
{
	egress_key key = 0;

	for (unsigned i = 0; i < addr_bits(addr) / 8; i++)
		key = key << 8 | addr->bytes[i];
	return key;
}

#endif
