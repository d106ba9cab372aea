/* egress_report.c - sums over events. */
#include "sandbox/egress_report.h"

#include <string.h>

static bool same_host(const struct net_flow *a, const struct net_flow *b)
{
	return a->protocol == b->protocol && a->ip_protocol == b->ip_protocol &&
	       a->port == b->port && strcmp(a->name, b->name) == 0;
}

static bool same_denial(const struct net_flow *a, const struct net_flow *b)
{
	return same_host(a, b) && a->cause == b->cause && a->dns_type == b->dns_type &&
	       addr_equal(&a->address, &b->address);
}

/* A name may be dialled at several addresses: the first one stands for them. */
static bool same_destination(const struct net_flow *a, const struct net_flow *b)
{
	return same_host(a, b) && (a->name[0] || addr_equal(&a->address, &b->address));
}

static struct net_flow *find(struct egress_list *list, const struct net_flow *flow,
			     bool (*same)(const struct net_flow *, const struct net_flow *))
{
	for (size_t i = 0; i < list->count; i++)
		if (same(&list->row[i], flow))
			return &list->row[i];
	return NULL;
}

static bool count(struct egress_list *list, const struct net_flow *flow,
		  bool (*same)(const struct net_flow *, const struct net_flow *))
{
	struct net_flow *row = find(list, flow, same);

	if (row) {
		row->count += flow->count;
		return false;
	}
	if (list->count == EGRESS_ROWS_MAX) {
		list->unlisted += flow->count;
		return false;
	}
	list->row[list->count++] = *flow;
	return true;
}

static bool add_allowed(struct egress_report *report, const struct net_flow *flow)
{
	bool fresh = count(&report->destinations, flow, same_destination);

	report->allowed += flow->count;
	if (flow->would_deny) {
		report->would_deny += flow->count;
		fresh = count(&report->denials, flow, same_destination) || fresh;
	}
	return fresh;
}

static void add_closed(struct egress_report *report, const struct net_flow *flow)
{
	struct net_flow *row = find(&report->destinations, flow, same_destination);

	report->bytes_in += flow->bytes_in;
	report->bytes_out += flow->bytes_out;
	if (row) {
		row->bytes_in += flow->bytes_in;
		row->bytes_out += flow->bytes_out;
	}
}

bool egress_report_add(struct egress_report *report, const struct net_event *event)
{
	switch ((enum net_event_kind)event->kind) {
	case NET_EVENT_ALLOWED:
		return add_allowed(report, &event->flow);
	case NET_EVENT_CLOSED:
		add_closed(report, &event->flow);
		break;
	case NET_EVENT_DENIED:
		report->denied += event->flow.count;
		return count(&report->denials, &event->flow, same_denial);
	case NET_EVENT_UNREACHED:
		report->unreached_count += event->flow.count;
		return count(&report->unreached, &event->flow, same_denial);
	case NET_EVENT_TOTALS:
		report->totals = event->totals;
		report->final = event->totals.final != 0;
		break;
	case NET_EVENT_READY:
	case NET_EVENT_LIMITED:
	case NET_EVENT_FAILED:
	case NET_EVENT_COUNT:
		break;
	}
	return false;
}

bool egress_report_exact(const struct egress_report *report)
{
	return report->final && report->totals.unread == 0;
}

uint64_t egress_report_denied(const struct egress_report *report)
{
	const struct net_totals *t = &report->totals;
	uint64_t total = t->denied_tcp + t->denied_udp + t->denied_other + t->denied_dns;

	return total > report->denied ? total : report->denied;
}
