/* relay_gate.c - the first bytes of a connection to a name: held until they are known to be harmless.
 *
 *	WAITING --bytes--> HOLDING --verdict--> OPEN, or the relay is denied
 *
 * A name rule lets a connection out to that name and to no other one that lives at the same address.
 * Under audit mode a mismatch passes, marked. */
#include <stdlib.h>

#include "netns/relay.h"

static const uint8_t match_causes[SNIFF_MATCH_COUNT] = {
	[SNIFF_OK] = NET_CAUSE_NONE,	       [SNIFF_SNI_MISMATCH] = NET_CAUSE_SNI_MISMATCH,
	[SNIFF_NO_SNI] = NET_CAUSE_NO_SNI,     [SNIFF_HOST_MISMATCH] = NET_CAUSE_HOST_MISMATCH,
	[SNIFF_NO_HOST] = NET_CAUSE_NO_HOST,   [SNIFF_BAD_TLS] = NET_CAUSE_BAD_TLS,
	[SNIFF_BAD_HTTP] = NET_CAUSE_BAD_HTTP, [SNIFF_UNDECIDED] = NET_CAUSE_NO_VERDICT,
};

static void gate_open(struct relay *r)
{
	r->gate = RELAY_GATE_OPEN;
	free(r->sniff);
	r->sniff = NULL;
	relay_arm(r);
}

/* False: refused, and the relay is over.  Audit mode lets it through and marks it. */
static bool gate_judge(struct relay *r)
{
	enum sniff_match match = sniff_matches(r->sniff, r->flow.entry->name);

	if (match != SNIFF_OK && egress_mode(r->flow.gateway->config->egress) == NET_AUDIT) {
		r->flow.would_deny = true;
	} else if (match != SNIFF_OK) {
		flow_deny(&r->flow, match_causes[match], r->sniff->name);
		relay_denied(r);
		return false;
	}
	gate_open(r);
	return true;
}

/* Take in what the workload sent and look at it.  False: the relay is over. */
bool relay_gate_feed(struct relay *r)
{
	const uint32_t before = r->out.len;
	const enum channel_result result = channel_hold(&r->out, &r->client, SNIFF_MAX);

	if (result == CHANNEL_SOURCE_BROKEN) {
		relay_broken_inside(r);
		return false;
	}
	if (result == CHANNEL_NO_MEMORY) {
		relay_denied(r);
		return false;
	}
	if (r->out.len == 0) {
		if (r->out.ended)
			gate_open(r);
		return true;
	}
	if (!r->sniff) {
		r->sniff = calloc(1, sizeof(*r->sniff));
		if (!r->sniff) {
			relay_denied(r);
			return false;
		}
		r->gate = RELAY_GATE_HOLDING;
		r->held_since_ns = r->flow.gateway->loop.now_ns;
		relay_arm(r);
	}
	if (r->out.len > before && sniff_feed(r->sniff, r->out.bytes, r->out.len) != SNIFF_MORE)
		return gate_judge(r);
	return r->out.ended ? gate_judge(r) : true;
}
