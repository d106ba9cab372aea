/* Any text as a rule: no crash, what is taken reads back as itself, and its compiled form lets through
 * what it names. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "netns/egress_rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_decision(const struct egress_rule *rule, void **arena)
{
	struct egress_flow flow = { .protocol = rule->protocol,
				    .port = rule->ports[rule->ports_count - 1].high,
				    .name = rule->kind == EGRESS_EXACT ? rule->name : NULL,
				    .name_len = rule->kind == EGRESS_EXACT ? strlen(rule->name) : 0,
				    .addr = rule->addr };
	const struct egress *egress;
	struct err e;

	if (egress_build(NET_ALLOW, rule, 1, arena, &egress, &e) != 0)
		abort();
	if (rule->kind == EGRESS_BELOW)
		return;
	/* Only what is wider than a row of the never-dialled table may fail to open it. */
	if (egress_decide(egress, &flow).verdict != EGRESS_ALLOW &&
	    (flow.name || rule->prefix_len == addr_bits(&rule->addr)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char input[600], text[4096], twice[4096];
	struct text t = TEXT_ON(text), t2 = TEXT_ON(twice);
	struct egress_rule rule, again;
	void *arena = NULL;
	struct err e;

	if (size >= sizeof(input))
		return 0;
	memcpy(input, data, size);
	input[size] = '\0';
	if (egress_rule_parse(input, &arena, &rule, &e) == 0) {
		egress_rule_format(&t, &rule);
		if (egress_rule_parse(text, &arena, &again, &e) != 0)
			abort();
		egress_rule_format(&t2, &again);
		if (t.cut || strcmp(text, twice) != 0)
			abort();
		check_decision(&rule, &arena);
	}
	arena_release(&arena);
	return 0;
}
