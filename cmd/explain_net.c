/* explain_net.c - what a plan says about the network. */
#include "cmd/explain_net.h"

#include "base/text.h"
#include "netns/egress_rule.h"

static const struct {
	const char *word, *meaning;
} modes[] = {
	[NET_NONE] = { "none", "a loopback interface, nothing else" },
	[NET_DENY] = { "deny", "every attempt to leave is refused and recorded" },
	[NET_ALLOW] = { "allow", "what the rules name may leave, all else is refused and recorded" },
	[NET_AUDIT] = { "audit", "every public host, with a record of what the rules do not name" },
};

const char *net_mode_word(enum net_mode mode)
{
	return modes[mode].word;
}

static void print_rule(FILE *out, const struct egress_rule *rule)
{
	char host[EGRESS_NAME_MAX + 3] = "", ports[512] = "";
	struct text h = TEXT_ON(host), p = TEXT_ON(ports);

	egress_rule_format_host(&h, rule);
	egress_rule_format_ports(&p, rule);
	fprintf(out, "  %-36s %s %s%s\n", host, egress_protocol_word(rule->protocol), ports,
		p.cut ? "..." : "");
}

void explain_net_text(FILE *out, const struct plan *plan)
{
	fprintf(out, "Network       %s: %s\n", modes[plan->net].word, modes[plan->net].meaning);
	for (size_t i = 0; i < plan->allow_count; i++)
		print_rule(out, &plan->allow_rules[i]);
	if (plan->net == NET_ALLOW && plan->allow_count == 0)
		fputs("  no rules: nothing may leave\n", out);
	if (plan->gate)
		fputs("  any denial fails the run\n", out);
}

static json_t *ports_json(const struct egress_rule *rule)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < rule->ports_count; i++) {
		const struct egress_ports *range = &rule->ports[i];
		char buf[16] = "";
		struct text t = TEXT_ON(buf);

		if (range->low == range->high) {
			json_array_append_new(list, json_integer(range->low));
			continue;
		}
		text_fmt(&t, "%u-%u", range->low, range->high);
		json_array_append_new(list, json_string(buf));
	}
	return list;
}

json_t *explain_rule_json(const struct egress_rule *rule)
{
	char host[EGRESS_NAME_MAX + 3] = "";
	struct text t = TEXT_ON(host);
	json_t *object = json_object();

	egress_rule_format_host(&t, rule);
	json_object_set_new(object, "to", json_string(host));
	json_object_set_new(object, "ports", ports_json(rule));
	json_object_set_new(object, "protocol", json_string(egress_protocol_word(rule->protocol)));
	return object;
}

json_t *explain_net_json(const struct plan *plan)
{
	json_t *object = json_object(), *rules = json_array();

	for (size_t i = 0; i < plan->allow_count; i++)
		json_array_append_new(rules, explain_rule_json(&plan->allow_rules[i]));
	json_object_set_new(object, "mode", json_string(modes[plan->net].word));
	json_object_set_new(object, "gate", json_boolean(plan->gate));
	json_object_set_new(object, "rules", rules);
	return object;
}
