/* relay_gate.c - the first bytes of a connection to a name: held until they are known to be harmless.
 *
 *	WAITING --bytes--> HOLDING --verdict--> OPEN, or the relay is denied
 *	   ^                  `---a TLS hello--> ANSWER --the server's first bytes--> OPEN
 *	   `----------------------------------------`---a HelloRetryRequest, once
 *
 * A name rule lets a connection out to that name and to no other one that lives at the same address.
 * Under audit mode a mismatch passes, marked. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "netns/relay.h"

static const uint8_t match_causes[SNIFF_MATCH_COUNT] = {
	[SNIFF_OK] = NET_CAUSE_NONE,	       [SNIFF_SNI_MISMATCH] = NET_CAUSE_SNI_MISMATCH,
	[SNIFF_NO_SNI] = NET_CAUSE_NO_SNI,     [SNIFF_HOST_MISMATCH] = NET_CAUSE_HOST_MISMATCH,
	[SNIFF_NO_HOST] = NET_CAUSE_NO_HOST,   [SNIFF_BAD_TLS] = NET_CAUSE_BAD_TLS,
	[SNIFF_BAD_HTTP] = NET_CAUSE_BAD_HTTP, [SNIFF_UNDECIDED] = NET_CAUSE_NO_VERDICT,
};

static void forget_sniff(struct relay *r)
{
	free(r->sniff);
	r->sniff = NULL;
}

static void gate_open(struct relay *r)
{
	r->gate = RELAY_GATE_OPEN;
	forget_sniff(r);
	relay_arm(r);
}

/* The hello goes out, and nothing behind it. */
static void gate_wait_for_answer(struct relay *r)
{
	r->gate = RELAY_GATE_ANSWER;
	r->out.limit = (uint32_t)r->sniff->hello_len;
	forget_sniff(r);
	relay_arm(r);
}

/* What the workload sent already is what it would like to have taken for its second hello. */
static void gate_again(struct relay *r)
{
	r->gate = RELAY_GATE_WAITING;
	r->retried = true;
	channel_start_over(&r->out, &r->flow.gateway->relays.room);
	r->client.readable = true;
}

bool relay_gate_answer(struct relay *r)
{
	uint8_t head[SNIFF_ANSWER_LEN];
	enum sniff_answer answer = SNIFF_ANSWER_OTHER;
	ssize_t n;

	if (!r->upstream.readable)
		return false;
	n = recv(r->upstream.watch.fd, head, sizeof(head), MSG_PEEK);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		answer = SNIFF_ANSWER_MORE;
	else if (n > 0)
		answer = sniff_answer(head, (size_t)n);
	if (answer == SNIFF_ANSWER_MORE && !r->upstream.ending) {
		r->upstream.readable = false;
		return false;
	}
	if (answer == SNIFF_ANSWER_RETRY && !r->retried) {
		gate_again(r);
	} else {
		channel_go_on(&r->out, &r->flow.gateway->relays.room);
		gate_open(r);
	}
	loop_later(&r->flow.gateway->loop, &r->task);
	return true;
}

/* False: refused, and the relay is over.  Audit mode lets it through and marks it. */
static bool gate_judge(struct relay *r)
{
	enum sniff_match match = sniff_matches(r->sniff, r->flow.entry->name);

	if (match == SNIFF_UNDECIDED && r->retried && r->out.ended) {
		gate_open(r); /* there will be no second hello */
		return true;
	}
	if (match != SNIFF_OK && egress_mode(r->flow.gateway->config->egress) == NET_AUDIT) {
		r->flow.would_deny = true;
	} else if (match != SNIFF_OK) {
		flow_deny(&r->flow, match_causes[match], r->sniff->name);
		relay_denied(r);
		return false;
	}
	if (match == SNIFF_OK && r->sniff->kind == SNIFF_TLS && !r->retried)
		gate_wait_for_answer(r);
	else
		gate_open(r);
	return true;
}

/* Take in what the workload sent and look at it.  False: the relay is over. */
bool relay_gate_feed(struct relay *r)
{
	uint32_t before = r->out.len;
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
		before = 0;
		r->sniff->retried = r->retried;
		r->gate = RELAY_GATE_HOLDING;
		r->held_since_ns = r->flow.gateway->loop.now_ns;
		relay_arm(r);
	}
	if (r->out.len > before && sniff_feed(r->sniff, r->out.bytes, r->out.len) != SNIFF_MORE)
		return gate_judge(r);
	return r->out.ended ? gate_judge(r) : true;
}
