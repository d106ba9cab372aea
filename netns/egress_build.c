/* egress_build.c - from a list of rules to the block that decisions are looked up in. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fd.h"
#include "netns/egress_block.h"

/* One range of ports of one rule, or a row of the never-dialled table (high == 0). */
struct item {
	egress_key key;
	uint32_t slot; /* names: where */
	int32_t rule;
	uint16_t low, high;
	uint8_t prefix_len;
	uint8_t protocol;
	uint8_t never;
};

struct builder {
	const struct egress_rule *rules;
	size_t count;
	struct item *v4, *v6, *names; /* parts of one array; behind them room to sort names */
	size_t v4_count, v6_count, name_count;
	char *block;
	struct egress *egress;
	struct egress_span *spans;
	uint32_t span_count;
	struct egress_slot *slots;
	uint32_t slot_count;
	uint32_t text_at; /* next free byte for names */
};

/* ------------------------------------------------------------------------------------------- ports */

/* Items of one host, ordered by protocol and port, become disjoint spans: where two rules overlap, the
 * one that begins first has the ports of both. */
static void add_ports(struct builder *b, const struct item *items, size_t count,
		      struct egress_port_set *out)
{
	uint32_t *counts[] = { &out->tcp, &out->udp };

	out->first = b->span_count;
	for (size_t i = 0; i < count; i++) {
		const struct item *item = &items[i];
		uint32_t *n = counts[item->protocol];
		uint16_t low = item->low;

		if (item->high == 0)
			continue;
		if (*n > 0 && b->spans[b->span_count - 1].high >= low) {
			low = b->spans[b->span_count - 1].high;
			if (low >= item->high)
				continue;
			low++;
		}
		b->spans[b->span_count++] = (struct egress_span){ .low = low,
								  .high = item->high,
								  .rule = item->rule };
		++*n;
	}
}

static int compare_ports(const struct item *a, const struct item *b)
{
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return (a->rule > b->rule) - (a->rule < b->rule);
}

/* --------------------------------------------------------------------------------------- addresses */

static int compare_addresses(const void *pa, const void *pb)
{
	const struct item *a = pa, *b = pb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->prefix_len != b->prefix_len)
		return a->prefix_len < b->prefix_len ? -1 : 1;
	return compare_ports(a, b);
}

struct open_node {
	uint32_t node;
	egress_key last; /* last address inside */
};

/* The prefixes around the address in hand, outermost first: at most one per length. */
struct walk {
	struct egress_family *family;
	unsigned bits;
	egress_key *starts6;
	uint32_t *starts4, *inner;
	struct egress_node *nodes;
	struct open_node stack[130];
	unsigned depth;
};

static void add_segment(struct walk *w, egress_key start, uint32_t node)
{
	uint32_t n = w->family->segments;

	if (n > 0 && (w->bits == 32 ? w->starts4[n - 1] : w->starts6[n - 1]) == start)
		n--;
	if (w->bits == 32)
		w->starts4[n] = (uint32_t)start;
	else
		w->starts6[n] = start;
	w->inner[n] = node;
	w->family->segments = n + 1;
}

/* Leave the prefixes that end before key; what follows each belongs to the one around it. */
static void leave_before(struct walk *w, egress_key key)
{
	while (w->depth > 1 && w->stack[w->depth - 1].last < key) {
		w->depth--;
		add_segment(w, w->stack[w->depth].last + 1, w->stack[w->depth - 1].node);
	}
}

static void enter(struct walk *w, const struct item *item, uint8_t never)
{
	uint32_t parent = w->depth > 0 ? w->stack[w->depth - 1].node : EGRESS_ROOT;
	struct egress_node *node = &w->nodes[w->family->nodes];
	const struct addr_never_row *row;
	unsigned host_bits = w->bits - item->prefix_len;

	node->parent = parent;
	node->prefix_len = item->prefix_len;
	node->never = never ? never : w->nodes[parent].never;
	row = addr_never_row((enum addr_never)node->never);
	node->opens_from = row->opening == ADDR_SHUT ? 255 : row->prefix_len;
	add_segment(w, item->key, w->family->nodes);
	w->stack[w->depth].node = w->family->nodes;
	w->stack[w->depth].last = item->key | (host_bits == 128 ? ~(egress_key)0
								: ((egress_key)1 << host_bits) - 1);
	w->depth++;
	w->family->nodes++;
}

static void compile_family(struct builder *b, struct walk *w, struct item *items, size_t count)
{
	qsort(items, count, sizeof(*items), compare_addresses);
	for (size_t i = 0, end; i < count; i = end) {
		uint8_t never = 0;

		for (end = i; end < count && items[end].key == items[i].key &&
			      items[end].prefix_len == items[i].prefix_len;
		     end++)
			if (items[end].never)
				never = items[end].never;
		leave_before(w, items[i].key);
		enter(w, &items[i], never);
		add_ports(b, items + i, end - i, &w->nodes[w->family->nodes - 1].ports);
	}
	/* What reaches to the last address has nothing behind it. */
	while (w->depth > 1 && w->stack[w->depth - 1].last != w->stack[0].last)
		leave_before(w, w->stack[w->depth - 1].last + 1);
}

/* ------------------------------------------------------------------------------------------- names */

static int compare_one_name(const void *pa, const void *pb)
{
	return compare_ports(pa, pb);
}

/* The slot of a name, made if there is none yet. */
static uint32_t name_slot(struct builder *b, const char *name, bool below)
{
	size_t len = strlen(name);
	uint32_t hash = EGRESS_HASH_SEED, i;

	for (size_t k = len; k > 0; k--)
		hash = egress_hash_step(hash, name[k - 1]);
	hash = egress_hash_end(hash);
	for (i = hash & (b->slot_count - 1); b->slots[i].name_at; i = (i + 1) & (b->slot_count - 1))
		if (b->slots[i].hash == hash && b->slots[i].below == below &&
		    b->slots[i].name_len == len &&
		    memcmp(b->block + b->slots[i].name_at, name, len) == 0)
			return i;
	b->slots[i] = (struct egress_slot){
		.hash = hash, .name_at = b->text_at, .name_len = (uint8_t)len, .below = below
	};
	memcpy(b->block + b->text_at, name, len);
	b->text_at += (uint32_t)len;
	return i;
}

/* Items move to the place of their slot, counted before: a tenth of the time that sorting them takes.
 * Until add_ports() the port set of a slot holds the place of its next item and their number. */
static void compile_names(struct builder *b, struct item *sorted)
{
	uint32_t next = 0;

	for (size_t i = 0; i < b->name_count; i++)
		b->slots[b->names[i].slot].ports.tcp++;
	for (uint32_t i = 0; i < b->slot_count; i++) {
		b->slots[i].ports.first = next;
		next += b->slots[i].ports.tcp;
	}
	for (size_t i = 0; i < b->name_count; i++)
		sorted[b->slots[b->names[i].slot].ports.first++] = b->names[i];
	for (size_t i = 0, end; i < b->name_count; i = end) {
		struct egress_port_set *set = &b->slots[sorted[i].slot].ports;

		end = i + set->tcp;
		*set = (struct egress_port_set){ 0 };
		if (end - i > 1)
			qsort(sorted + i, end - i, sizeof(*sorted), compare_one_name);
		add_ports(b, sorted + i, end - i, set);
	}
}

/* ------------------------------------------------------------------------------------------ layout */

struct sizes {
	size_t v4, v6, names; /* items, at most */
	size_t slots, text;   /* names and their bytes, at most */
};

static struct sizes measure(const struct builder *b)
{
	struct sizes n = { .v4 = 1, .v6 = 1 }; /* the roots */

	for (unsigned i = 1; i < ADDR_NEVER_COUNT; i++)
		++*(addr_never_row((enum addr_never)i)->family == ADDR_V4 ? &n.v4 : &n.v6);
	for (size_t i = 0; i < b->count; i++) {
		const struct egress_rule *rule = &b->rules[i];

		if (rule->kind == EGRESS_ADDRESS) {
			*(rule->addr.family == ADDR_V4 ? &n.v4 : &n.v6) += rule->ports_count;
		} else {
			n.names += rule->ports_count;
			n.slots++;
			n.text += strlen(rule->name);
		}
	}
	return n;
}

static size_t place(size_t *end, size_t size, size_t count)
{
	size_t at = (*end + 15) & ~(size_t)15;

	*end = at + size * count;
	return at;
}

static void place_family(size_t *end, struct egress_family *f, size_t key_size, size_t items)
{
	f->starts_at = (uint32_t)place(end, key_size, 2 * items + 1);
	f->inner_at = (uint32_t)place(end, sizeof(uint32_t), 2 * items + 1);
	f->nodes_at = (uint32_t)place(end, sizeof(struct egress_node), items);
}

static int allocate_block(struct builder *b, const struct sizes *n, void **arena, struct err *e)
{
	struct egress head = { 0 };
	size_t end = sizeof(head);

	b->slot_count = 2;
	while (b->slot_count < 2 * n->slots)
		b->slot_count *= 2;
	place_family(&end, &head.v4, sizeof(uint32_t), n->v4);
	place_family(&end, &head.v6, sizeof(egress_key), n->v6);
	head.spans_at = (uint32_t)place(&end, sizeof(struct egress_span), n->v4 + n->v6 + n->names);
	head.slots_at = (uint32_t)place(&end, sizeof(struct egress_slot), b->slot_count);
	head.slot_mask = b->slot_count - 1;
	b->text_at = (uint32_t)place(&end, 1, n->text);
	if (end > UINT32_MAX / 2)
		return err_usage(e, "too many network rules: they need %zu bytes compiled", end);
	b->block = arena_alloc(arena, end);
	if (!b->block)
		return err_nomem(e);
	head.size_bytes = end;
	memcpy(b->block, &head, sizeof(head));
	b->egress = (struct egress *)(void *)b->block;
	b->spans = (struct egress_span *)(void *)(b->block + head.spans_at);
	b->slots = (struct egress_slot *)(void *)(b->block + head.slots_at);
	return 0;
}

static void add_never_items(struct builder *b)
{
	b->v4[b->v4_count++] = (struct item){ 0 };
	b->v6[b->v6_count++] = (struct item){ 0 };
	for (unsigned i = 1; i < ADDR_NEVER_COUNT; i++) {
		const struct addr_never_row *row = addr_never_row((enum addr_never)i);
		struct item item = { .prefix_len = row->prefix_len, .never = (uint8_t)i };
		struct addr prefix = { 0 };

		(void)addr_parse(row->text, strlen(row->text),
				 &prefix); /* the unit test parses all */
		item.key = egress_addr_key(&prefix);
		if (row->family == ADDR_V4)
			b->v4[b->v4_count++] = item;
		else
			b->v6[b->v6_count++] = item;
	}
}

static void add_rule_items(struct builder *b, const struct egress_rule *rule, int32_t index)
{
	bool address = rule->kind == EGRESS_ADDRESS, v4 = address && rule->addr.family == ADDR_V4;
	struct item **list = v4 ? &b->v4 : address ? &b->v6 : &b->names;
	size_t *count = v4 ? &b->v4_count : address ? &b->v6_count : &b->name_count;
	struct item item = { .rule = index,
			     .prefix_len = (uint8_t)rule->prefix_len,
			     .protocol = (uint8_t)rule->protocol };

	if (address)
		item.key = egress_addr_key(&rule->addr);
	else
		item.slot = name_slot(b, rule->name, rule->kind == EGRESS_BELOW);
	for (unsigned i = 0; i < rule->ports_count; i++) {
		item.low = rule->ports[i].low;
		item.high = rule->ports[i].high;
		(*list)[(*count)++] = item;
	}
}

static void compile_addresses(struct builder *b)
{
	struct egress *egress = b->egress;
	struct walk v4 = { .family = &egress->v4, .bits = 32 };
	struct walk v6 = { .family = &egress->v6, .bits = 128 };

	v4.starts4 = (uint32_t *)(void *)(b->block + egress->v4.starts_at);
	v4.inner = (uint32_t *)(void *)(b->block + egress->v4.inner_at);
	v4.nodes = (struct egress_node *)(void *)(b->block + egress->v4.nodes_at);
	compile_family(b, &v4, b->v4, b->v4_count);
	v6.starts6 = (egress_key *)(void *)(b->block + egress->v6.starts_at);
	v6.inner = (uint32_t *)(void *)(b->block + egress->v6.inner_at);
	v6.nodes = (struct egress_node *)(void *)(b->block + egress->v6.nodes_at);
	compile_family(b, &v6, b->v6, b->v6_count);
}

int egress_build(enum net_mode mode, const struct egress_rule *rules, size_t count, void **arena,
		 const struct egress **out, struct err *e)
{
	struct builder b = { .rules = rules, .count = count };
	autofree struct item *items = NULL;
	struct sizes n;

	if (mode == NET_NONE || mode == NET_DENY)
		b.count = 0;
	n = measure(&b);
	items = calloc(n.v4 + n.v6 + 2 * n.names, sizeof(*items));
	if (!items)
		return err_nomem(e);
	if (allocate_block(&b, &n, arena, e) != 0)
		return -1;
	b.v4 = items;
	b.v6 = items + n.v4;
	b.names = items + n.v4 + n.v6;
	add_never_items(&b);
	for (size_t i = 0; i < b.count; i++)
		add_rule_items(&b, &rules[i], (int32_t)i);
	compile_addresses(&b);
	compile_names(&b, b.names + n.names);
	b.egress->mode = mode;
	*out = b.egress;
	return 0;
}
