/* set_net.c - the network: its mode and the rules of what may leave. */
#include <errno.h>

#include "netns/egress_rule.h"
#include "profiles/set.h"

#define SOURCE_DEFAULT \
	1 /* the preset `default`: what it says about net is no decision of anybody */

int set_net(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	int index = set_word(key, value, e);

	if (index < 0)
		return -1;
	m->policy->net = (enum net_mode)index;
	m->net_source = m->source;
	return 0;
}

int set_egress(struct merge *m, const struct key *key, const char *value, struct err *e)
{
	struct policy *policy = m->policy;
	struct text_list *list = &policy->allow;
	struct egress_rule rule, *rules;
	char **items;

	(void)key;
	if (egress_rule_parse(value, &policy->arena, &rule, e) != 0)
		return -1;
	/* Inside there is IPv4 only: the rule could never be what lets a connection out. */
	if (rule.kind == EGRESS_ADDRESS && rule.addr.family == ADDR_V6)
		return err_usage(e,
				 "'%s': an IPv6 address can't be reached from inside, where there is "
				 "IPv4 only; allow the host by its name, which may resolve to IPv6",
				 value);
	items = policy_grow(policy, list->items, list->count, sizeof(*items));
	rules = policy_grow(policy, policy->allow_rules, list->count, sizeof(*rules));
	if (!items || !rules)
		return err_nomem(e);
	list->items = items;
	policy->allow_rules = rules;
	rules[list->count] = rule;
	items[list->count] = policy_printf(policy, "%s", value);
	if (!items[list->count])
		return err_nomem(e);
	list->count++;
	m->allow_source = m->source;
	return 0;
}

int set_net_finish(struct merge *m, struct err *e)
{
	struct policy *policy = m->policy;
	bool open = policy->net == NET_ALLOW || policy->net == NET_AUDIT;

	if (policy->allow.count == 0 || open)
		return 0;
	if (m->net_source > m->allow_source) {
		policy->allow.count = 0;
		return 0;
	}
	if (m->net_source > SOURCE_DEFAULT && m->net_source == m->allow_source)
		return err_usage(e,
				 "--allow contradicts --net %s, which lets nothing out (said as options, "
				 "or in one policy file): say --net allow, or leave --allow away",
				 policy->net == NET_NONE ? "none" : "deny");
	if (m->net_source > SOURCE_DEFAULT && policy->net == NET_NONE)
		return err_usage(e, "--allow contradicts the policy, which says net none: say --net "
				    "allow to lift that");
	policy->net = NET_ALLOW;
	return 0;
}
