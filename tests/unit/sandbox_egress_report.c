/* Sums over the gateway's events: rows by kind, bounded lists, totals that are never too small. */
#include "sandbox/egress_report.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

static struct net_event event(enum net_event_kind kind, const char *name, uint16_t port)
{
	struct net_event ev = { .magic = NET_EVENT_MAGIC, .kind = kind };

	ev.flow.protocol = NET_PROTOCOL_TCP;
	ev.flow.port = port;
	ev.flow.count = 1;
	ev.flow.rule = NET_NO_RULE;
	memcpy(ev.flow.name, name, strlen(name) + 1);
	if (kind == NET_EVENT_DENIED)
		ev.flow.cause = NET_CAUSE_NO_RULE;
	return ev;
}

static void denials(struct egress_report *r)
{
	struct net_event ev = event(NET_EVENT_DENIED, "a.example", 443);

	ok(egress_report_add(r, &ev), "the first of a kind has a row");
	ev.flow.count = 41;
	ok(!egress_report_add(r, &ev), "its repetition has none");
	is_int(r->denials.count, 1, "one row");
	is_int(r->denials.row[0].count, 42, "with both counts");
	ev.flow.port = 80;
	ok(egress_report_add(r, &ev), "another port is another kind");
	ev.flow.cause = NET_CAUSE_SNI_MISMATCH;
	ok(egress_report_add(r, &ev), "another cause, too");
	ev.flow.dns_type = 28;
	ok(egress_report_add(r, &ev), "another question, too");
	is_int(egress_report_denied(r), 42 + 3 * 41, "all are counted");
	r->totals.denied_tcp = 1000;
	r->totals.denied_dns = 1;
	is_int(egress_report_denied(r), 1001, "the gateway's own total, if it is larger");
}

static void flood(struct egress_report *r)
{
	for (unsigned i = 0; i < 3 * EGRESS_ROWS_MAX; i++) {
		struct net_event ev = event(NET_EVENT_DENIED, "", (uint16_t)(i + 1));

		egress_report_add(r, &ev);
	}
	is_int(r->denials.count, EGRESS_ROWS_MAX, "the list is bounded");
	is_int(r->denials.unlisted, 2 * EGRESS_ROWS_MAX, "the rest is counted");
	is_int(egress_report_denied(r), 3 * EGRESS_ROWS_MAX, "and nothing lost");
}

static void destinations(struct egress_report *r)
{
	struct net_event ev = event(NET_EVENT_ALLOWED, "b.example", 443);

	ev.flow.address = addr_v4(0xcb007101);
	ok(egress_report_add(r, &ev), "a destination");
	ev.flow.address = addr_v4(0xcb007102);
	ok(!egress_report_add(r, &ev), "the same name at another address is the same");
	ev.kind = NET_EVENT_CLOSED;
	ev.flow.bytes_in = 100;
	ev.flow.bytes_out = 7;
	ok(!egress_report_add(r, &ev), "its end");
	is_int(r->allowed, 2, "two connections");
	is_int(r->destinations.row[0].count, 2, "in one row");
	is_int(r->destinations.row[0].bytes_in, 100, "bytes in");
	is_int(r->bytes_out, 7, "bytes out");
	ev = event(NET_EVENT_ALLOWED, "", 443);
	ev.flow.address = addr_v4(0xcb007101);
	ok(egress_report_add(r, &ev), "an address dialled as such is another destination");
	ev.flow.address = addr_v4(0xcb007103);
	ok(egress_report_add(r, &ev), "and so is the next");
}

static void audit_mode(struct egress_report *r)
{
	struct net_event ev = event(NET_EVENT_ALLOWED, "c.example", 22);

	ev.flow.would_deny = 1;
	egress_report_add(r, &ev);
	egress_report_add(r, &ev);
	is_int(r->would_deny, 2, "what would have been denied");
	is_int(r->denials.count, 1, "stands among the denials");
	is_int(r->destinations.count, 1, "and among the destinations");
	is_int(egress_report_denied(r), 0, "but was not denied");
	ev = event(NET_EVENT_ALLOWED, "d.example", 443);
	egress_report_add(r, &ev);
	ev.flow.would_deny = 1;
	ok(egress_report_add(r, &ev), "it is the first of its kind where others went before it");
	ok(!egress_report_add(r, &ev), "and only that");
}

static void ends(struct egress_report *r)
{
	struct net_event ev = { .magic = NET_EVENT_MAGIC, .kind = NET_EVENT_TOTALS };

	egress_report_add(r, &ev);
	ok(!egress_report_exact(r), "totals on the way are not the last");
	ev.totals.final = 1;
	egress_report_add(r, &ev);
	ok(egress_report_exact(r), "the last ones make it exact");
	ev.totals.unread = 1;
	egress_report_add(r, &ev);
	ok(!egress_report_exact(r), "unless something was never read");
}

int main(void)
{
	static void (*const tests[])(struct egress_report *) = { denials, flood, destinations,
								 audit_mode, ends };

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		struct egress_report *r = calloc(1, sizeof(*r));

		if (!r)
			return 1;
		tests[i](r);
		free(r);
	}
	return done();
}
