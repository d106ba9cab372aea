/* Events of the gateway: the words, and that the supervisor takes nothing an honest one can't send. */
#include "netns/event.h"

#include "tests/unit/tap.h"

static struct net_event sample(enum net_event_kind kind)
{
	struct net_event event = { .magic = NET_EVENT_MAGIC, .kind = kind };

	switch (kind) {
	case NET_EVENT_ALLOWED:
	case NET_EVENT_CLOSED:
		event.flow = (struct net_flow){ .id = 7,
						.time_ns = 1,
						.count = 1,
						.port = 443,
						.protocol = NET_PROTOCOL_TCP,
						.address = { ADDR_V4, { 203, 0, 113, 5 } },
						.name = "a.example" };
		event.flow.end = kind == NET_EVENT_CLOSED ? NET_END_DONE : NET_END_NONE;
		break;
	case NET_EVENT_DENIED:
		event.flow = (struct net_flow){ .time_ns = 1,
						.count = 3,
						.rule = NET_NO_RULE,
						.protocol = NET_PROTOCOL_DNS,
						.dns_type = 28,
						.cause = NET_CAUSE_NO_RULE,
						.name = "b.example" };
		break;
	case NET_EVENT_UNREACHED:
		event.flow = (struct net_flow){ .time_ns = 1,
						.count = 1,
						.errnum = 111,
						.protocol = NET_PROTOCOL_TCP,
						.cause = NET_CAUSE_NO_CONNECTION,
						.name = "a.example" };
		break;
	case NET_EVENT_LIMITED:
		event.flow = (struct net_flow){ .time_ns = 1,
						.count = 1,
						.cause = NET_CAUSE_CONNECTION_LIMIT };
		break;
	case NET_EVENT_TOTALS:
		event.totals = (struct net_totals){ .allowed = 2, .closed = 1, .final = 1 };
		break;
	case NET_EVENT_FAILED:
		err_internal(&event.err, "sample");
		break;
	case NET_EVENT_READY:
	case NET_EVENT_COUNT:
		break;
	}
	return event;
}

static bool valid(const struct net_event *event)
{
	return net_event_valid(event, sizeof(*event));
}

static void test_words(void)
{
	is_str(net_event_word(NET_EVENT_UNREACHED), "unreached", "word of an event");
	is_str(net_cause_word(NET_CAUSE_SNI_MISMATCH), "sni-mismatch", "word of a cause");
	is_str(net_protocol_word(NET_PROTOCOL_DNS), "dns", "word of a protocol");
	is_str(net_end_word(NET_END_RESET_INSIDE), "reset-inside", "word of an end");
	is_str(net_cause_word(NET_CAUSE_COUNT), "?", "no word beyond the table");
	is_int(net_cause_class(NET_CAUSE_NO_RESOLVER), NET_CLASS_FAILURE, "class of a cause");
}

static void test_samples(void)
{
	for (int kind = 0; kind < NET_EVENT_COUNT; kind++) {
		struct net_event event = sample((enum net_event_kind)kind);

		ok(valid(&event), "a proper event: %s", net_event_word((enum net_event_kind)kind));
		ok(!net_event_valid(&event, sizeof(event) - 1), "one byte less");
		event.magic++;
		ok(!valid(&event), "another magic");
	}
}

#define REFUSES(kind, change, what)                    \
	do {                                           \
		struct net_event event = sample(kind); \
		struct net_flow *f = &event.flow;      \
		change;                                \
		(void)f;                               \
		ok(!valid(&event), what);              \
	} while (0)

static void test_refused(void)
{
	REFUSES(NET_EVENT_ALLOWED, event.kind = NET_EVENT_COUNT, "an unknown kind");
	REFUSES(NET_EVENT_ALLOWED, f->id = 0, "a flow without a number");
	REFUSES(NET_EVENT_ALLOWED, f->address.family = ADDR_NONE, "a flow to nowhere");
	REFUSES(NET_EVENT_ALLOWED, f->address.family = 5, "an unknown family");
	REFUSES(NET_EVENT_ALLOWED, f->address.bytes[15] = 1, "bytes behind an IPv4 address");
	REFUSES(NET_EVENT_ALLOWED, f->end = NET_END_DONE, "opened and ended in one");
	REFUSES(NET_EVENT_ALLOWED, f->cause = NET_CAUSE_NO_RULE, "allowed with a cause of denial");
	REFUSES(NET_EVENT_ALLOWED, f->protocol = NET_PROTOCOL_ICMP, "a flow of ICMP");
	REFUSES(NET_EVENT_ALLOWED, f->count = 2, "two flows in one event");
	REFUSES(NET_EVENT_ALLOWED, f->reserved[4] = 1, "reserved bytes in use");
	REFUSES(NET_EVENT_ALLOWED, f->would_deny = 2, "a truth value of 2");
	REFUSES(NET_EVENT_ALLOWED, f->never = ADDR_NEVER_COUNT, "an unknown row");
	REFUSES(NET_EVENT_CLOSED, f->end = NET_END_COUNT, "an unknown end");
	REFUSES(NET_EVENT_CLOSED, f->end = NET_END_NONE, "closed without an end");
	REFUSES(NET_EVENT_CLOSED, memset(f->name, 'a', sizeof(f->name)), "a name without an end");
	REFUSES(NET_EVENT_CLOSED, f->name[200] = 'x', "bytes hidden behind a name");
	REFUSES(NET_EVENT_CLOSED, f->name[1] = '\n', "a line break in a name");
	REFUSES(NET_EVENT_CLOSED, f->name[1] = (char)0x9b, "a terminal's control byte in a name");
	REFUSES(NET_EVENT_CLOSED, f->presented[0] = '\033', "an escape in a presented name");
	REFUSES(NET_EVENT_CLOSED, f->name[1] = ';',
		"a byte in a name that means something to a shell");
	REFUSES(NET_EVENT_CLOSED, f->presented[0] = '$', "one in a presented name");
	REFUSES(NET_EVENT_DENIED, f->cause = NET_CAUSE_NONE, "denied without a cause");
	REFUSES(NET_EVENT_DENIED, f->cause = NET_CAUSE_NO_ADDRESS, "a failure as a denial");
	REFUSES(NET_EVENT_DENIED, f->cause = NET_CAUSE_COUNT, "an unknown cause");
	REFUSES(NET_EVENT_DENIED, f->count = 0, "no denial at all");
	REFUSES(NET_EVENT_DENIED, f->bytes_out = 1, "bytes of a denied flow");
	REFUSES(NET_EVENT_DENIED, f->protocol = NET_PROTOCOL_TCP, "a question type for TCP");
	REFUSES(NET_EVENT_DENIED, f->rule = -2, "a rule below none");
	REFUSES(NET_EVENT_UNREACHED, f->errnum = -1, "a negative errno");
	REFUSES(NET_EVENT_UNREACHED, f->cause = NET_CAUSE_NO_RULE, "a denial as a failure");
	REFUSES(NET_EVENT_LIMITED, f->cause = NET_CAUSE_NO_RULE, "a denial as a bound");
	REFUSES(NET_EVENT_TOTALS, event.totals.closed = 3, "more closed than opened");
	REFUSES(NET_EVENT_TOTALS, event.totals.final = 2, "a flag of 2");
	REFUSES(NET_EVENT_TOTALS, event.totals.log_lost = 1, "lost beyond unlisted");
	REFUSES(NET_EVENT_FAILED, event.err.kind = ERR_KIND_COUNT, "an unknown kind of error");
}

int main(void)
{
	test_words();
	test_samples();
	test_refused();
	return done();
}
