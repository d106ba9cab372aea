/* flow.c - from the life of a flow to its events.
 *
 *	flow_init -> flow_connected -> flow_announce -> flow_end	ALLOWED, CLOSED
 *		  |		    `-> flow_end(REFUSED)		(a denial told already)
 *		  |-> flow_unreached					UNREACHED
 *		  `-> flow_drop						(a denial told already)
 *
 * ALLOWED is told when the first byte may pass, so that what is refused for its first bytes is a denial
 * and nothing else; if it ends without any, just before CLOSED. */
#include <string.h>

#include "base/clock.h"
#include "netns/gateway_state.h"

static void fill_common(const struct flow *flow, struct net_flow *out)
{
	if (flow->entry)
		memcpy(out->name, flow->entry->name, strlen(flow->entry->name));
	out->address = flow->address;
	out->port = flow->port;
	out->protocol = flow->protocol;
	out->rule = flow->rule;
	out->would_deny = flow->would_deny;
	out->never = flow->never;
	out->count = 1;
}

static void fill_over(const struct flow *flow, struct net_event *out)
{
	const uint64_t lasted_ns = flow->ended_ns - flow->opened_ns;

	fill_common(flow, &out->flow);
	if (!flow->connected) {
		out->kind = NET_EVENT_UNREACHED;
		out->flow.cause = flow->cause;
		out->flow.errnum = flow->errnum;
		out->flow.time_ns = flow->time_ns;
		return;
	}
	out->kind = NET_EVENT_CLOSED;
	out->flow.id = flow->id;
	out->flow.end = flow->end;
	out->flow.bytes_in = flow->bytes_in;
	out->flow.bytes_out = flow->bytes_out;
	out->flow.duration_ns = lasted_ns;
	out->flow.time_ns = flow->time_ns + lasted_ns;
}

static bool fill(struct report *report, struct net_event *out)
{
	struct flow *flow = container_of(report, struct flow, report);

	if (flow->announce && !flow->announced) {
		flow->announced = true;
		fill_common(flow, &out->flow);
		out->kind = NET_EVENT_ALLOWED;
		out->flow.id = flow->id;
		out->flow.time_ns = flow->time_ns;
		return true;
	}
	if (flow->over && !flow->closed) {
		flow->closed = true;
		if (!flow->connected || flow->announced) {
			fill_over(flow, out);
			return true;
		}
	}
	if (flow->over)
		flow->told(flow);
	return false;
}

void flow_init(struct flow *flow, struct gateway *gw, enum net_protocol protocol)
{
	*flow = (struct flow){ .report = { .fill = fill },
			       .gateway = gw,
			       .told = flow->told,
			       .rule = NET_NO_RULE,
			       .protocol = (uint8_t)protocol };
}

void flow_connected(struct flow *flow)
{
	struct gateway *gw = flow->gateway;

	flow->connected = true;
	flow->id = ++gw->last_id;
	flow->opened_ns = gw->loop.now_ns;
	flow->time_ns = clock_realtime_ns();
	gw->totals.open_now++;
	if (gw->totals.open_now > gw->totals.open_peak)
		gw->totals.open_peak = gw->totals.open_now;
}

void flow_announce(struct flow *flow)
{
	if (flow->announce)
		return;
	flow->announce = true;
	flow->gateway->totals.allowed++;
	outbox_add(&flow->gateway->outbox, &flow->report);
}

static void over(struct flow *flow)
{
	flow->over = true;
	flow->ended_ns = flow->gateway->loop.now_ns;
	outbox_add(&flow->gateway->outbox, &flow->report);
}

void flow_end(struct flow *flow, enum net_end end)
{
	flow->gateway->totals.open_now--;
	flow->end = (uint8_t)end;
	if (end != NET_END_REFUSED)
		flow_announce(flow);
	if (flow->announce)
		flow->gateway->totals.closed++;
	over(flow);
}

void flow_unreached(struct flow *flow, enum net_cause cause, int errnum)
{
	flow->cause = (uint8_t)cause;
	flow->errnum = errnum;
	flow->time_ns = clock_realtime_ns();
	flow->gateway->totals.unreached++;
	over(flow);
}

void flow_drop(struct flow *flow)
{
	flow->closed = true;
	over(flow);
}

void flow_deny(struct flow *flow, enum net_cause cause, const char *presented)
{
	struct net_flow denial = { 0 };

	fill_common(flow, &denial);
	denial.would_deny = 0;
	denial.cause = (uint8_t)cause;
	if (presented)
		memcpy(denial.presented, presented,
		       strnlen(presented, sizeof(denial.presented) - 1));
	denials_add(&flow->gateway->denials, &denial);
}

void flow_moved(struct flow *flow, uint64_t in_bytes, uint64_t out_bytes)
{
	flow->bytes_in += in_bytes;
	flow->bytes_out += out_bytes;
	flow->gateway->totals.bytes_in += in_bytes;
	flow->gateway->totals.bytes_out += out_bytes;
}
