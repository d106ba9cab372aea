/* egress.c - what a decision costs: nanoseconds per lookup, and the time to compile the rules.
 *
 *	build/bench/egress
 *
 * Addresses are random single ones and short prefixes, names have three labels, every fourth rule is a
 * "*.x"; half of the lookups hit.  The flows are made before the clock runs; the clock is that of
 * the processor time used. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "netns/egress.h"

#define FLOWS 65536
#define ROUNDS 16

static const struct egress_ports ports[] = { { 443, 443 }, { 80, 80 } };
static uint64_t state = 0x9e3779b97f4a7c15;

/* Of this process: what else runs on the machine does not count. */
static uint64_t cpu_now_ns(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint32_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32);
}

static void address_rule(struct egress_rule *rule)
{
	struct addr addr = addr_v4(0x0b000000 + draw() % 0x20000000); /* 11.0.0.0 and on */

	rule->kind = EGRESS_ADDRESS;
	rule->prefix_len = 24 + draw() % 9;
	rule->addr = addr_mask(&addr, rule->prefix_len);
}

static void name_rule(struct egress_rule *rule, char *name, size_t cap)
{
	rule->kind = draw() % 4 == 0 ? EGRESS_BELOW : EGRESS_EXACT;
	snprintf(name, cap, "host-%08x.zone-%04x.example", draw(), draw() % 65536);
	rule->name = name;
}

static void make_flow(struct egress_flow *flow, const struct egress_rule *rule, char *name,
		      size_t cap)
{
	*flow = (struct egress_flow){ .protocol = EGRESS_TCP, .port = draw() % 2 ? 443 : 80 };
	if (rule->kind == EGRESS_ADDRESS) {
		flow->addr = rule->addr;
		if (draw() % 2)
			flow->addr = addr_v4(0x0b000000 + draw() % 0x20000000);
		return;
	}
	flow->name = name;
	flow->name_len = (size_t)snprintf(name, cap, "%s%s%s", draw() % 2 ? "" : "no-",
					  rule->kind == EGRESS_BELOW ? "www." : "", rule->name);
}

static void measure(const char *what, bool names, size_t count)
{
	struct egress_rule *rules = calloc(count, sizeof(*rules));
	struct egress_flow *flows = calloc(FLOWS, sizeof(*flows));
	char(*rule_names)[64] = calloc(count, sizeof(*rule_names));
	char(*flow_names)[80] = calloc(FLOWS, sizeof(*flow_names));
	const struct egress *egress = NULL;
	uint64_t best = UINT64_MAX, build_ns;
	void *arena = NULL;
	size_t allowed = 0;
	struct err e;

	if (!rules || !flows || !rule_names || !flow_names)
		abort();
	for (size_t i = 0; i < count; i++) {
		rules[i].ports = ports;
		rules[i].ports_count = 2;
		if (names)
			name_rule(&rules[i], rule_names[i], sizeof(rule_names[i]));
		else
			address_rule(&rules[i]);
	}
	for (size_t i = 0; i < FLOWS; i++)
		make_flow(&flows[i], &rules[draw() % count], flow_names[i], sizeof(flow_names[i]));
	build_ns = cpu_now_ns();
	if (egress_build(NET_ALLOW, rules, count, &arena, &egress, &e) != 0)
		abort();
	build_ns = cpu_now_ns() - build_ns;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = cpu_now_ns(), took;

		for (size_t i = 0; i < FLOWS; i++)
			allowed += egress_decide(egress, &flows[i]).verdict == EGRESS_ALLOW;
		took = cpu_now_ns() - start;
		best = took < best ? took : best;
	}
	printf("    %-10s %7zu rules  %5.0f ns per lookup  built in %6.2f ms  %6zu KiB  %2zu%% allowed\n",
	       what, count, (double)best / FLOWS, (double)build_ns / 1e6,
	       egress_size_bytes(egress) / 1024, allowed * 100 / FLOWS / ROUNDS);
	arena_release(&arena);
	free(rules);
	free(flows);
	free(rule_names);
	free(flow_names);
}

int main(void)
{
	static const size_t counts[] = { 1, 1000, 100000 };

	for (size_t i = 0; i < 3; i++)
		measure("addresses", false, counts[i]);
	for (size_t i = 0; i < 3; i++)
		measure("names", true, counts[i]);
	return 0;
}
