/* egress_text.c - flows in words. */
#include "cmd/egress_text.h"

#include <string.h>

#include "cmd/json.h"
#include "netns/dns.h"
#include "netns/egress.h"

static void put(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static json_t *address_json(const struct addr *addr)
{
	char buf[ADDR_TEXT_MAX];
	struct text t = TEXT_ON(buf);

	if (addr->family == ADDR_NONE)
		return json_null();
	addr_format(&t, addr);
	return json_bytes(buf);
}

/* The causes of the decision have the same words in both tables; others have no remedy in a rule. */
static bool decision_cause(enum net_cause cause, enum egress_cause *out)
{
	for (unsigned i = 0; i < EGRESS_CAUSE_COUNT; i++) {
		if (strcmp(egress_cause_word((enum egress_cause)i), net_cause_word(cause)) == 0) {
			*out = (enum egress_cause)i;
			return true;
		}
	}
	return false;
}

void egress_text_hint(struct text *t, const struct net_flow *row)
{
	struct egress_decision decision = { .verdict = EGRESS_DENY,
					    .cause = EGRESS_CAUSE_NO_RULE,
					    .never = (enum addr_never)row->never,
					    .rule = row->rule };
	const struct egress_flow flow = {
		.protocol = row->protocol == NET_PROTOCOL_UDP ? EGRESS_UDP : EGRESS_TCP,
		.port = row->port,
		.name = row->name[0] ? row->name : NULL,
		.name_len = strlen(row->name),
		.addr = row->address,
	};

	if (row->protocol != NET_PROTOCOL_TCP && row->protocol != NET_PROTOCOL_UDP &&
	    row->protocol != NET_PROTOCOL_DNS)
		return;
	if (!row->would_deny && !decision_cause((enum net_cause)row->cause, &decision.cause))
		return;
	egress_hint(t, &flow, &decision);
}

void egress_text_target(struct text *t, const struct net_flow *flow)
{
	const bool is_question = flow->protocol == NET_PROTOCOL_DNS;
	const bool brackets = !flow->name[0] && flow->address.family == ADDR_V6 && flow->port;

	if (is_question && !flow->name[0]) {
		text_str(t, "a question that can't be read");
		return;
	}
	text_str(t, is_question ? "the name " : brackets ? "[" : "");
	if (flow->name[0])
		text_str(t, flow->name);
	else if (flow->address.family != ADDR_NONE)
		addr_format(t, &flow->address);
	else
		text_str(t, "unknown");
	text_str(t, brackets ? "]" : "");
	if (flow->port)
		text_fmt(t, ":%u", (unsigned)flow->port);
	if (flow->protocol != NET_PROTOCOL_TCP && !is_question)
		text_fmt(t, "/%s", net_protocol_word((enum net_protocol)flow->protocol));
}

/* The rule as the user wrote it. */
static json_t *rule_json(const struct policy *policy, int32_t rule)
{
	return policy && rule >= 0 && (size_t)rule < policy->allow.count
		       ? json_bytes(policy->allow.items[rule])
		       : json_null();
}

json_t *egress_flow_json(const struct policy *policy, const struct net_flow *row)
{
	json_t *object = json_object();

	put(object, "time", json_time(row->time_ns));
	put(object, "protocol", json_string(net_protocol_word((enum net_protocol)row->protocol)));
	put(object, "host", row->name[0] ? json_bytes(row->name) : json_null());
	put(object, "address", address_json(&row->address));
	put(object, "port", row->port ? json_integer(row->port) : json_null());
	put(object, "rule", rule_json(policy, row->rule));
	put(object, "count", json_u64(row->count));
	return object;
}

json_t *egress_denial_json(const struct policy *policy, const struct net_flow *row)
{
	json_t *object = egress_flow_json(policy, row);
	char buf[16], hint[320] = "";
	struct text t = TEXT_ON(hint);

	put(object, "cause",
	    row->would_deny ? json_string("would-deny")
			    : json_string(net_cause_word((enum net_cause)row->cause)));
	if (row->never)
		put(object, "range", json_string(addr_never_row((enum addr_never)row->never)->word));
	if (row->dns_type)
		put(object, "question", json_string(dns_type_word(row->dns_type, buf, sizeof(buf))));
	if (row->presented[0])
		put(object, "presented", json_bytes(row->presented));
	put(object, "would_deny", json_boolean(row->would_deny));
	egress_text_hint(&t, row);
	put(object, "hint", t.len > 0 ? json_bytes(hint) : json_null());
	return object;
}
