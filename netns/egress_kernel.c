/* egress_kernel.c - the same rules as rectangles of addresses and ports, for a set in the kernel. */
#include <stdlib.h>

#include "netns/egress_block.h"

struct listing {
	const struct egress *egress;
	struct egress_kernel_row *rows;
	size_t cap, count;
	uint32_t low, high; /* addresses of the segment in hand */
};

static void add_row(struct listing *l, enum egress_protocol protocol, uint16_t low, uint16_t high)
{
	if (l->count < l->cap)
		l->rows[l->count] = (struct egress_kernel_row){
			.low = l->low, .high = l->high, .protocol = protocol, .ports = { low, high }
		};
	l->count++;
}

/* The lowest port from `from` on that a rule around the segment lets through, and up to where; 0 when
 * there is none. */
static uint32_t next_ports(const struct listing *l, const struct egress_node *inner,
			   enum egress_protocol protocol, uint32_t from, uint16_t *out_high)
{
	const struct egress_node *nodes = EGRESS_AT(l->egress, struct egress_node,
						    l->egress->v4.nodes_at);
	uint32_t best = 0;

	for (const struct egress_node *node = inner; node->prefix_len >= inner->opens_from;
	     node = &nodes[node->parent]) {
		const struct egress_span *spans = EGRESS_AT(l->egress, struct egress_span,
							    l->egress->spans_at) +
						  node->ports.first +
						  (protocol == EGRESS_TCP ? 0 : node->ports.tcp);
		uint32_t count = protocol == EGRESS_TCP ? node->ports.tcp : node->ports.udp;

		for (uint32_t i = 0; i < count; i++) {
			uint32_t low = spans[i].low > from ? spans[i].low : from;

			if (spans[i].high < from || (best != 0 && low > best))
				continue;
			if (low != best || spans[i].high > *out_high)
				*out_high = spans[i].high;
			best = low;
		}
		if (node == &nodes[EGRESS_ROOT])
			break;
	}
	return best;
}

static void list_protocol(struct listing *l, const struct egress_node *inner,
			  enum egress_protocol protocol)
{
	uint32_t from = 1, low;
	uint16_t high = 0, more;

	while (l->count <= l->cap && from <= UINT16_MAX &&
	       (low = next_ports(l, inner, protocol, from, &high)) != 0) {
		/* Touching ranges of several rules are one. */
		while (high < UINT16_MAX &&
		       next_ports(l, inner, protocol, high + 1u, &more) == high + 1u)
			high = more;
		add_row(l, protocol, (uint16_t)low, high);
		from = high + 1u;
	}
}

size_t egress_kernel_rows(const struct egress *egress, struct egress_kernel_row *rows, size_t cap)
{
	const struct egress_family *v4 = &egress->v4;
	const uint32_t *starts = EGRESS_AT(egress, uint32_t, v4->starts_at);
	const uint32_t *inner = EGRESS_AT(egress, uint32_t, v4->inner_at);
	struct listing l = { .egress = egress, .rows = rows, .cap = cap };

	for (uint32_t i = 0; i < v4->segments && l.count <= cap; i++) {
		const struct egress_node *node = EGRESS_AT(egress, struct egress_node,
							   v4->nodes_at) +
						 inner[i];
		bool through = egress->mode == NET_AUDIT && node->never == ADDR_PUBLIC;

		l.low = starts[i];
		l.high = i + 1 < v4->segments ? starts[i + 1] - 1 : UINT32_MAX;
		for (int p = 0; p < EGRESS_PROTOCOL_COUNT; p++) {
			if (through)
				add_row(&l, (enum egress_protocol)p, 1, UINT16_MAX);
			else
				list_protocol(&l, node, (enum egress_protocol)p);
		}
	}
	return l.count;
}
