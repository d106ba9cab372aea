/* egress.c - the lookups behind a decision.  See egress_block.h for what they walk over. */
#include "netns/egress.h"

#include <string.h>

#include "netns/egress_block.h"

static const char *const protocol_words[EGRESS_PROTOCOL_COUNT] = { "tcp", "udp" };

const char *egress_protocol_word(enum egress_protocol protocol)
{
	return protocol_words[protocol];
}

enum net_mode egress_mode(const struct egress *egress)
{
	return egress->mode;
}

size_t egress_size_bytes(const struct egress *egress)
{
	return egress->size_bytes;
}

/* ------------------------------------------------------------------------------------------- ports */

#define ANY_PORT 0 /* a DNS question: no rule has this port */

static const struct egress_span *find_span(const struct egress_span *spans, uint32_t count,
					   uint16_t port)
{
	while (count > 1) {
		uint32_t half = count / 2;

		if (spans[half].low <= port)
			spans += half;
		count -= half;
	}
	return spans->low <= port && port <= spans->high ? spans : NULL;
}

/* Does one host's set of ports let the flow through?  If not, *d says what came nearest. */
static bool ports_pass(const struct egress *egress, const struct egress_port_set *set,
		       const struct egress_flow *flow, struct egress_decision *d)
{
	const struct egress_span *tcp = EGRESS_AT(egress, struct egress_span, egress->spans_at) +
					set->first;
	const struct egress_span *spans = flow->protocol == EGRESS_TCP ? tcp : tcp + set->tcp;
	uint32_t count = flow->protocol == EGRESS_TCP ? set->tcp : set->udp;
	const struct egress_span *hit;

	if (set->tcp + set->udp == 0)
		return false;
	hit = flow->port == ANY_PORT ? tcp : count > 0 ? find_span(spans, count, flow->port) : NULL;
	if (hit) {
		d->cause = EGRESS_CAUSE_RULE;
		d->rule = hit->rule;
		return true;
	}
	if (count > 0 && d->cause != EGRESS_CAUSE_WRONG_PORT) {
		d->cause = EGRESS_CAUSE_WRONG_PORT;
		d->rule = spans->rule;
	} else if (count == 0 && d->cause == EGRESS_CAUSE_NO_RULE) {
		d->cause = EGRESS_CAUSE_WRONG_PROTOCOL;
		d->rule = tcp->rule;
	}
	return false;
}

/* --------------------------------------------------------------------------------------- addresses */

static uint32_t find_v4(const uint32_t *starts, uint32_t count, uint32_t key)
{
	const uint32_t *at = starts;

	while (count > 1) {
		uint32_t half = count / 2;

		if (at[half] <= key)
			at += half;
		count -= half;
	}
	return (uint32_t)(at - starts);
}

static uint32_t find_v6(const egress_key *starts, uint32_t count, egress_key key)
{
	const egress_key *at = starts;

	while (count > 1) {
		uint32_t half = count / 2;

		if (at[half] <= key)
			at += half;
		count -= half;
	}
	return (uint32_t)(at - starts);
}

static const struct egress_node *
innermost(const struct egress *egress, const struct egress_family *family, const struct addr *addr)
{
	const uint32_t *inner = EGRESS_AT(egress, uint32_t, family->inner_at);
	uint32_t segment;

	if (addr->family == ADDR_V4)
		segment = find_v4(EGRESS_AT(egress, uint32_t, family->starts_at), family->segments,
				  addr_v4_host(addr));
	else
		segment = find_v6(EGRESS_AT(egress, egress_key, family->starts_at),
				  family->segments, egress_addr_key(addr));
	return EGRESS_AT(egress, struct egress_node, family->nodes_at) + inner[segment];
}

/* The rules around an address, innermost first; fills all of *d but the verdict. */
static bool address_passes(const struct egress *egress, const struct egress_flow *flow,
			   struct egress_decision *d)
{
	struct addr addr = addr_unwrap(&flow->addr);
	const struct egress_family *family = addr.family == ADDR_V4 ? &egress->v4 : &egress->v6;
	const struct egress_node *nodes = EGRESS_AT(egress, struct egress_node, family->nodes_at);
	const struct egress_node *node = innermost(egress, family, &addr);
	unsigned opens_from = node->opens_from;

	d->never = (enum addr_never)node->never;
	/* The host itself: only a rule that is this one address. */
	if (flow->is_local && opens_from < addr_bits(&addr))
		opens_from = addr_bits(&addr);
	for (; node->prefix_len >= opens_from; node = &nodes[node->parent]) {
		if (ports_pass(egress, &node->ports, flow, d))
			return true;
		if (node == &nodes[EGRESS_ROOT])
			break;
	}
	if (d->cause == EGRESS_CAUSE_NO_RULE && d->never != ADDR_PUBLIC)
		d->cause = EGRESS_CAUSE_NEVER_DIALLED;
	else if (d->cause == EGRESS_CAUSE_NO_RULE && flow->is_local)
		d->cause = EGRESS_CAUSE_HOST_LOCAL;
	return false;
}

/* ------------------------------------------------------------------------------------------- names */

static const struct egress_slot *find_slot(const struct egress *egress, uint32_t hash,
					   const char *name, size_t len, bool below)
{
	const struct egress_slot *slots = EGRESS_AT(egress, struct egress_slot, egress->slots_at);

	hash = egress_hash_end(hash);
	for (uint32_t i = hash & egress->slot_mask; slots[i].name_at;
	     i = (i + 1) & egress->slot_mask)
		if (slots[i].hash == hash && slots[i].name_len == len && slots[i].below == below &&
		    memcmp(EGRESS_AT(egress, char, slots[i].name_at), name, len) == 0)
			return &slots[i];
	return NULL;
}

static bool name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* From the last label to the first: "*.org", "*.example.org", then the name itself. */
static bool name_passes(const struct egress *egress, const struct egress_flow *flow,
			struct egress_decision *d)
{
	const char *name = flow->name;
	uint32_t hash = EGRESS_HASH_SEED;
	const struct egress_slot *slot;
	size_t label_len = 0;
	bool passes = false;

	for (size_t i = flow->name_len; i > 0; i--) {
		char c = name[i - 1];

		if (c == '.') {
			slot = label_len > 0
				       ? find_slot(egress, hash, name + i, flow->name_len - i, true)
				       : NULL;
			passes = passes || (slot && ports_pass(egress, &slot->ports, flow, d));
		}
		label_len = c == '.' ? 0 : label_len + 1;
		/* Empty labels: at the start, at the end, or two dots in a row. */
		if ((c != '.' && !name_byte(c)) || label_len > 63 ||
		    (c == '.' && (i == 1 || i == flow->name_len || name[i - 2] == '.'))) {
			*d = (struct egress_decision){ .cause = EGRESS_CAUSE_BAD_NAME,
						       .rule = EGRESS_NO_RULE };
			return false;
		}
		hash = egress_hash_step(hash, c);
	}
	slot = find_slot(egress, hash, name, flow->name_len, false);
	d->by_wildcard = passes && !slot;
	return passes || (slot && ports_pass(egress, &slot->ports, flow, d));
}

/* ---------------------------------------------------------------------------------------- decision */

static const struct egress_decision undecided = { .verdict = EGRESS_DENY,
						  .cause = EGRESS_CAUSE_NO_RULE,
						  .never = ADDR_PUBLIC,
						  .rule = EGRESS_NO_RULE };

/* "10.1" and "0x7f.1" are addresses to many libraries; no rule is about them. */
static bool ends_in_number(const char *name, size_t len)
{
	const char *dot = memrchr(name, '.', len), *label = dot ? dot + 1 : name;
	char copy[NAME_CAP] = "";
	struct text t = TEXT_ON(copy);

	if (label == name + len || *label < '0' || *label > '9')
		return false;
	text_bytes(&t, label, len - (size_t)(label - name));
	return name_is_address(copy);
}

static struct egress_decision decide_name(const struct egress *egress,
					  const struct egress_flow *flow)
{
	struct egress_decision d = undecided;

	if (flow->name_len == 0 || flow->name_len > EGRESS_NAME_MAX ||
	    ends_in_number(flow->name, flow->name_len))
		d.cause = EGRESS_CAUSE_BAD_NAME;
	else if (name_passes(egress, flow, &d))
		d.verdict = EGRESS_ALLOW;
	else if (egress->mode == NET_AUDIT && d.cause != EGRESS_CAUSE_BAD_NAME)
		d.verdict = EGRESS_WOULD_DENY;
	return d;
}

struct egress_decision egress_decide_name(const struct egress *egress, const char *name,
					  size_t name_len)
{
	struct egress_flow flow = { .port = ANY_PORT, .name = name, .name_len = name_len };

	return decide_name(egress, &flow);
}

struct egress_decision egress_decide(const struct egress *egress, const struct egress_flow *flow)
{
	struct egress_decision d = undecided;

	if (flow->port == ANY_PORT) {
		d.cause = EGRESS_CAUSE_WRONG_PORT;
		return d;
	}
	if (flow->name)
		return decide_name(egress, flow);
	if (flow->addr.family == ADDR_NONE)
		return d;
	if (address_passes(egress, flow, &d))
		d.verdict = EGRESS_ALLOW;
	else if (egress->mode == NET_AUDIT && d.never == ADDR_PUBLIC && !flow->is_local)
		d.verdict = EGRESS_WOULD_DENY;
	return d;
}

struct egress_decision egress_decide_resolved(const struct egress *egress,
					      const struct egress_flow *flow)
{
	struct egress_decision d = undecided;

	if ((egress->mode != NET_ALLOW && egress->mode != NET_AUDIT) || flow->port == ANY_PORT ||
	    flow->addr.family == ADDR_NONE)
		return d;
	if (address_passes(egress, flow, &d)) {
		d.verdict = EGRESS_ALLOW;
	} else if (d.never == ADDR_PUBLIC && !flow->is_local) {
		d = undecided;
		d.verdict = EGRESS_ALLOW;
		d.cause = EGRESS_CAUSE_PUBLIC;
	}
	return d;
}

/* ------------------------------------------------------------------------------------------- words */

static const struct {
	const char *word, *meaning;
} causes[EGRESS_CAUSE_COUNT] = {
#define EGRESS_CAUSE_ROW(id, word, meaning) { word, meaning },
	EGRESS_CAUSE_TABLE(EGRESS_CAUSE_ROW)
#undef EGRESS_CAUSE_ROW
};

const char *egress_cause_word(enum egress_cause cause)
{
	return causes[cause].word;
}

const char *egress_cause_meaning(enum egress_cause cause)
{
	return causes[cause].meaning;
}

void egress_cause_text(struct text *t, const struct egress_decision *decision)
{
	text_str(t, causes[decision->cause].word);
	if (decision->cause == EGRESS_CAUSE_NEVER_DIALLED)
		text_fmt(t, ":%s", addr_never_row(decision->never)->word);
}

void egress_hint(struct text *t, const struct egress_flow *flow,
		 const struct egress_decision *decision)
{
	bool by_address = !flow->name || decision->never != ADDR_PUBLIC ||
			  decision->cause == EGRESS_CAUSE_HOST_LOCAL;
	bool hinted = decision->never == ADDR_PUBLIC ||
		      addr_never_row(decision->never)->opening == ADDR_HINTED;
	struct addr addr = addr_unwrap(&flow->addr);

	/* An IPv6 literal is no rule: inside there is IPv4 only (profiles/set_net.c). */
	if (!hinted || decision->cause == EGRESS_CAUSE_BAD_NAME ||
	    (by_address && addr.family != ADDR_V4))
		return;
	text_str(t, "--allow ");
	if (by_address)
		addr_format(t, &addr);
	else
		text_bytes(t, flow->name, flow->name_len);
	if (flow->port != ANY_PORT)
		text_fmt(t, ":%u", flow->port);
	if (flow->protocol == EGRESS_UDP)
		text_str(t, "/udp");
}
