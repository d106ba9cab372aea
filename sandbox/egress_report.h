/* egress_report.h - what the gateway told, added up: the record's `egress`.
 *
 * Pure.  Denials are one row per protocol, host, address, port, question type and cause, destinations
 * one row per protocol, host (or address) and port.  Both lists are bounded; what finds no row is
 * counted without being named.  Runs in: supervisor, tests. */
#ifndef SANDBOX_EGRESS_REPORT_H
#define SANDBOX_EGRESS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/event.h"

#define EGRESS_ROWS_MAX 256

/* A flow as it was seen first; `count` and bytes are sums. */
struct egress_list {
	struct net_flow row[EGRESS_ROWS_MAX];
	size_t count;
	uint64_t unlisted; /* counts that found no row */
};

struct egress_report {
	struct egress_list denials;	 /* DENIED; in audit mode ALLOWED with would_deny */
	struct egress_list destinations; /* ALLOWED, with the bytes of CLOSED */
	struct egress_list unreached;
	struct net_totals totals; /* the gateway's last */
	uint64_t allowed, denied, would_deny, unreached_count, bytes_in, bytes_out; /* of events */
	bool final;		       /* the totals are the last: no event is missing */
	const struct net_flow *latest; /* while SESSION_DENIED is told: what was denied; else NULL */
};

/* egress_report_add() - one valid event.  True: the first of its kind, which got a row of its own. */
bool egress_report_add(struct egress_report *report, const struct net_event *event);

/* egress_report_exact() - is every attempt in a number?  Not after a disorderly end, nor when the gateway was
 * sent more than it could read. */
bool egress_report_exact(const struct egress_report *report);

/* egress_report_denied() - all denials, itemised or not. */
uint64_t egress_report_denied(const struct egress_report *report);

#endif
