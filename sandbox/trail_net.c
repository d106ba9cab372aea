/* trail_net.c - what the audit log says of the network.
 *
 * The first flow of a kind (as rows of egress_report.h: host, port, protocol, cause) is told at once, the
 * totals at the end.  So a workload can't fill the disk by connecting, and no count is lost. */
#include "base/text.h"
#include "netns/dns.h"
#include "sandbox/trail.h"

#define NAME_ROOM 1024

static void put_address(struct audit_event *ev, const struct addr *addr)
{
	char buf[ADDR_TEXT_MAX];
	struct text t = TEXT_ON(buf);

	if (addr->family == ADDR_NONE) {
		audit_put_null(ev, "address");
		return;
	}
	addr_format(&t, addr);
	audit_put_word(ev, "address", buf);
}

static void put_host(struct audit_event *ev, const struct net_flow *flow)
{
	if (flow->name[0])
		audit_put_text(ev, "host", flow->name, NAME_ROOM);
	else
		audit_put_null(ev, "host");
}

static void put_rule(struct audit_event *ev, const struct plan *plan, const struct net_flow *flow)
{
	if (flow->rule >= 0 && (size_t)flow->rule < plan->allow_count)
		audit_put_text(ev, "rule", plan->allow_texts[flow->rule], NAME_ROOM);
	else
		audit_put_null(ev, "rule");
}

static void put_flow(struct audit_event *ev, const struct plan *plan, const struct net_flow *flow)
{
	audit_put_word(ev, "protocol", net_protocol_word((enum net_protocol)flow->protocol));
	put_host(ev, flow);
	put_address(ev, &flow->address);
	if (flow->port)
		audit_put_number(ev, "port", flow->port);
	else
		audit_put_null(ev, "port");
	put_rule(ev, plan, flow);
}

static void put_cause(struct audit_event *ev, const struct net_flow *flow)
{
	audit_put_word(ev, "cause", net_cause_word((enum net_cause)flow->cause));
	if (flow->never)
		audit_put_word(ev, "range", addr_never_row((enum addr_never)flow->never)->word);
	if (flow->presented[0])
		audit_put_text(ev, "presented", flow->presented, NAME_ROOM);
}

static bool tell_allowed(struct trail *t, const struct plan *plan, const struct outcome *o,
			 const struct net_flow *flow)
{
	struct audit_event ev;

	audit_event_init(&ev, AUDIT_EGRESS_ALLOWED);
	put_flow(&ev, plan, flow);
	audit_put_number(&ev, "would_deny", flow->would_deny);
	return trail_event(t, o, &ev);
}

static bool tell_denied(struct trail *t, const struct plan *plan, const struct outcome *o,
			const struct net_flow *flow)
{
	const bool question = flow->protocol == NET_PROTOCOL_DNS;
	struct audit_event ev;
	char buf[16];

	audit_event_init(&ev, question ? AUDIT_DNS_DENIED : AUDIT_EGRESS_DENIED);
	if (question) {
		put_host(&ev, flow);
		audit_put_word(&ev, "type", dns_type_word(flow->dns_type, buf, sizeof(buf)));
	} else {
		put_flow(&ev, plan, flow);
	}
	put_cause(&ev, flow);
	return trail_event(t, o, &ev);
}

bool trail_flow(struct trail *t, const struct plan *plan, const struct outcome *o,
		const struct net_event *event)
{
	if (!t)
		return true;
	if (event->kind == NET_EVENT_ALLOWED)
		return tell_allowed(t, plan, o, &event->flow);
	if (event->kind == NET_EVENT_DENIED)
		return tell_denied(t, plan, o, &event->flow);
	return true;
}

bool trail_network_end(struct trail *t, const struct outcome *o, bool orderly)
{
	const struct egress_report *report = o->egress;
	struct audit_event ev;

	if (!t)
		return true;
	audit_event_init(&ev, AUDIT_EGRESS_TOTALS);
	audit_put_number(&ev, "allowed", report->allowed);
	audit_put_number(&ev, "denied", egress_report_denied(report));
	audit_put_number(&ev, "would_deny", report->would_deny);
	audit_put_number(&ev, "bytes_in", report->bytes_in);
	audit_put_number(&ev, "bytes_out", report->bytes_out);
	if (!trail_event(t, o, &ev))
		return false;
	audit_event_init(&ev, AUDIT_GATEWAY_END);
	audit_put_word(&ev, "why", orderly ? "stopped" : "lost");
	return trail_event(t, o, &ev);
}
