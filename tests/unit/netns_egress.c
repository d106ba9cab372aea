/* The egress decision: row by row, then random rules and flows against a slow reference that walks
 * over all rules.  ENCLAVE_TEST_RUNS (default 200) sets how many: 5,000 flows per run. */
#include "netns/egress.h"

#include <stdlib.h>

#include "base/arena.h"
#include "netns/egress_rule.h"
#include "tests/unit/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RULES_MAX 24

struct setup {
	void *arena;
	struct egress_rule rules[RULES_MAX];
	size_t count;
	const struct egress *egress;
};

static bool build(struct setup *s, enum net_mode mode)
{
	struct err e;

	if (egress_build(mode, s->rules, s->count, &s->arena, &s->egress, &e) == 0)
		return true;
	fail("rules compile: %s", e.msg);
	return false;
}

static bool add_rule(struct setup *s, const char *text)
{
	struct err e;

	if (egress_rule_parse(text, &s->arena, &s->rules[s->count], &e) != 0)
		return fail("'%s' is a rule: %s", text, e.msg);
	s->count++;
	return true;
}

/* host may be a name or an address */
static struct egress_flow flow_to(const char *host, unsigned port, enum egress_protocol protocol)
{
	struct egress_flow flow = { .protocol = protocol, .port = (uint16_t)port };

	if (!addr_parse(host, strlen(host), &flow.addr)) {
		flow.name = host;
		flow.name_len = strlen(host);
	}
	return flow;
}

static const char *cause_of(const struct egress_decision *d)
{
	static char buf[64];
	struct text t = TEXT_ON(buf);

	buf[0] = '\0';
	egress_cause_text(&t, d);
	return buf;
}

/* ---------------------------------------------------------------------------------------- examples */

static const char *const example_rules[] = {
	/* 0 */ "api.example.org",
	/* 1 */ "*.example.org:443",
	/* 2 */ "api.example.org:5000-5010,7000",
	/* 3 */ "dns.example.org:53/udp",
	/* 4 */ "203.0.113.0/24:22",
	/* 5 */ "203.0.113.7:8080",
	/* 6 */ "0.0.0.0/0:9000",
	/* 7 */ "10.1.0.0/16:5432",
	/* 8 */ "198.51.100.9:443",
	/* 9 */ "169.254.0.0/16:81",
	/* 10 */ "169.254.169.254:82",
	/* 11 */ "[2001:db8::]/32:443",
	/* 12 */ "[fd00::]/16:443",
	/* 13 */ "8.0.0.0/5:9001",
};

#define TCP EGRESS_TCP
#define UDP EGRESS_UDP

static const struct {
	const char *host;
	unsigned port;
	enum egress_protocol protocol;
	bool is_local;
	enum egress_verdict verdict;
	const char *cause;
	int rule; /* -2: any */
} example_flows[] = {
	{ "api.example.org", 443, TCP, false, EGRESS_ALLOW, "rule", -2 },
	{ "api.example.org", 80, TCP, false, EGRESS_ALLOW, "rule", 0 },
	{ "api.example.org", 81, TCP, false, EGRESS_DENY, "wrong-port", -2 },
	{ "api.example.org", 5005, TCP, false, EGRESS_ALLOW, "rule", 2 },
	{ "api.example.org", 5011, TCP, false, EGRESS_DENY, "wrong-port", -2 },
	{ "api.example.org", 7000, TCP, false, EGRESS_ALLOW, "rule", 2 },
	{ "api.example.org", 443, UDP, false, EGRESS_DENY, "wrong-protocol", -2 },
	{ "api.example.org", 0, TCP, false, EGRESS_DENY, "wrong-port", -1 },
	{ "www.example.org", 443, TCP, false, EGRESS_ALLOW, "rule", 1 },
	{ "a.b.example.org", 443, TCP, false, EGRESS_ALLOW, "rule", 1 },
	{ "www.example.org", 80, TCP, false, EGRESS_DENY, "wrong-port", 1 },
	{ "example.org", 443, TCP, false, EGRESS_DENY, "no-rule", -1 },
	{ "badexample.org", 443, TCP, false, EGRESS_DENY, "no-rule", -1 },
	{ "api.example.org.evil", 443, TCP, false, EGRESS_DENY, "no-rule", -1 },
	{ "org", 443, TCP, false, EGRESS_DENY, "no-rule", -1 },
	{ "API.example.org", 443, TCP, false, EGRESS_DENY, "bad-name", -1 },
	{ "api.example.org.", 443, TCP, false, EGRESS_DENY, "bad-name", -1 },
	{ ".example.org", 443, TCP, false, EGRESS_DENY, "bad-name", -1 },
	{ "a..example.org", 443, TCP, false, EGRESS_DENY, "bad-name", -1 },
	{ "a b.example.org", 443, TCP, false, EGRESS_DENY, "bad-name", -1 },
	{ "", 443, TCP, false, EGRESS_DENY, "bad-name", -1 },
	{ "127.1", 443, TCP, false, EGRESS_DENY, "bad-name", -1 },
	{ "0x7f.0x1", 443, TCP, false, EGRESS_DENY, "bad-name", -1 },
	{ "2.example.org", 443, TCP, false, EGRESS_ALLOW, "rule", 1 },
	{ "dns.example.org", 53, UDP, false, EGRESS_ALLOW, "rule", 3 },
	{ "dns.example.org", 53, TCP, false, EGRESS_DENY, "wrong-port", 1 },
	{ "203.0.113.7", 22, TCP, false, EGRESS_ALLOW, "rule", 4 },
	{ "203.0.113.7", 8080, TCP, false, EGRESS_ALLOW, "rule", 5 },
	{ "203.0.113.7", 9000, TCP, false, EGRESS_ALLOW, "rule", 6 },
	{ "203.0.113.7", 443, TCP, false, EGRESS_DENY, "wrong-port", 5 },
	{ "203.0.113.8", 8080, TCP, false, EGRESS_DENY, "wrong-port", 4 },
	{ "203.0.113.8", 22, UDP, false, EGRESS_DENY, "wrong-protocol", 4 },
	{ "203.0.114.0", 22, TCP, false, EGRESS_DENY, "wrong-port", 6 },
	{ "203.0.112.255", 9000, TCP, false, EGRESS_ALLOW, "rule", 6 },
	/* never dialled: a wider rule opens nothing */
	{ "10.1.2.3", 5432, TCP, false, EGRESS_ALLOW, "rule", 7 },
	{ "10.1.2.3", 9000, TCP, false, EGRESS_DENY, "wrong-port", 7 },
	{ "10.2.2.3", 9000, TCP, false, EGRESS_DENY, "never-dialled:private", -1 },
	{ "10.2.2.3", 9001, TCP, false, EGRESS_DENY, "never-dialled:private", -1 },
	{ "9.2.2.3", 9001, TCP, false, EGRESS_ALLOW, "rule", 13 },
	{ "11.2.2.3", 9001, TCP, false, EGRESS_ALLOW, "rule", 13 },
	{ "127.0.0.1", 9000, TCP, false, EGRESS_DENY, "never-dialled:loopback", -1 },
	{ "169.254.1.1", 81, TCP, false, EGRESS_ALLOW, "rule", 9 },
	{ "169.254.169.254", 81, TCP, false, EGRESS_DENY, "wrong-port", 10 },
	{ "169.254.169.254", 82, TCP, false, EGRESS_ALLOW, "rule", 10 },
	{ "198.18.0.1", 9000, TCP, false, EGRESS_DENY, "never-dialled:benchmark", -1 },
	{ "224.0.0.1", 9000, TCP, false, EGRESS_DENY, "never-dialled:multicast", -1 },
	{ "255.255.255.255", 9000, TCP, false, EGRESS_DENY, "never-dialled:broadcast", -1 },
	{ "0.0.0.0", 9000, TCP, false, EGRESS_DENY, "never-dialled:this-network", -1 },
	/* the host's own: the rule must be that one address */
	{ "203.0.113.7", 8080, TCP, true, EGRESS_ALLOW, "rule", 5 },
	{ "203.0.113.7", 22, TCP, true, EGRESS_DENY, "wrong-port", 5 },
	{ "203.0.113.8", 22, TCP, true, EGRESS_DENY, "host-local", -1 },
	{ "198.51.100.9", 443, TCP, true, EGRESS_ALLOW, "rule", 8 },
	{ "198.51.100.9", 9000, TCP, true, EGRESS_DENY, "wrong-port", 8 },
	{ "10.1.2.3", 5432, TCP, true, EGRESS_DENY, "never-dialled:private", -1 },
	/* IPv6 */
	{ "2001:db8::1", 443, TCP, false, EGRESS_ALLOW, "rule", 11 },
	{ "2001:db9::1", 443, TCP, false, EGRESS_DENY, "no-rule", -1 },
	{ "fd00::1", 443, TCP, false, EGRESS_ALLOW, "rule", 12 },
	{ "fd00:ec2::254", 443, TCP, false, EGRESS_DENY, "never-dialled:metadata", -1 },
	{ "fd01::1", 443, TCP, false, EGRESS_DENY, "never-dialled:private", -1 },
	{ "::1", 443, TCP, false, EGRESS_DENY, "never-dialled:loopback", -1 },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 443, TCP, false, EGRESS_DENY,
	  "never-dialled:multicast", -1 },
	{ "::ffff:10.1.2.3", 5432, TCP, false, EGRESS_ALLOW, "rule", 7 },
	{ "::ffff:203.0.113.7", 22, TCP, false, EGRESS_ALLOW, "rule", 4 },
	{ "64:ff9b::127.0.0.1", 9000, TCP, false, EGRESS_DENY, "never-dialled:loopback", -1 },
};

static void test_examples(void)
{
	struct setup s = { 0 };

	for (size_t i = 0; i < COUNT(example_rules); i++)
		if (!add_rule(&s, example_rules[i]))
			return;
	if (!build(&s, NET_ALLOW))
		return;
	for (size_t i = 0; i < COUNT(example_flows); i++) {
		struct egress_flow flow = flow_to(example_flows[i].host, example_flows[i].port,
						  example_flows[i].protocol);
		struct egress_decision d;

		flow.is_local = example_flows[i].is_local;
		d = egress_decide(s.egress, &flow);
		ok(d.verdict == example_flows[i].verdict &&
			   strcmp(cause_of(&d), example_flows[i].cause) == 0 &&
			   (example_flows[i].rule == -2 || example_flows[i].rule == d.rule),
		   "'%s' %s %u%s: %s", example_flows[i].host,
		   egress_protocol_word(example_flows[i].protocol), example_flows[i].port,
		   flow.is_local ? " of the host" : "", example_flows[i].cause);
		if (strcmp(cause_of(&d), example_flows[i].cause) != 0 ||
		    (example_flows[i].rule != -2 && example_flows[i].rule != d.rule))
			diag("verdict %d, cause %s, rule %d", d.verdict, cause_of(&d), d.rule);
	}
	ok(egress_decide_name(s.egress, "www.example.org", 15).by_wildcard,
	   "labels of one's own choice");
	ok(!egress_decide_name(s.egress, "api.example.org", 15).by_wildcard,
	   "a name that a rule spells out");
	ok(!egress_decide_name(s.egress, "example.net", 11).by_wildcard, "a name of no rule");
	arena_release(&s.arena);
}

/* What an allowed name resolved to. */
static void test_resolved(void)
{
	static const struct {
		const char *addr;
		unsigned port;
		bool is_local;
		enum egress_verdict verdict;
		const char *cause;
	} rows[] = {
		{ "198.51.100.1", 443, false, EGRESS_ALLOW, "public" },
		{ "2001:db8:1::1", 443, false, EGRESS_ALLOW, "rule" },
		{ "2a00::1", 443, false, EGRESS_ALLOW, "public" },
		{ "198.51.100.1", 443, true, EGRESS_DENY, "host-local" },
		{ "198.51.100.9", 443, true, EGRESS_ALLOW, "rule" },
		{ "203.0.113.9", 22, true, EGRESS_DENY, "host-local" },
		{ "10.1.2.3", 5432, false, EGRESS_ALLOW, "rule" },
		{ "10.1.2.3", 443, false, EGRESS_DENY, "wrong-port" },
		{ "10.2.2.3", 443, false, EGRESS_DENY, "never-dialled:private" },
		{ "127.0.0.1", 9000, false, EGRESS_DENY, "never-dialled:loopback" },
		{ "127.0.0.1", 9000, true, EGRESS_DENY, "never-dialled:loopback" },
		{ "169.254.169.254", 81, false, EGRESS_DENY, "wrong-port" },
		{ "169.254.169.254", 82, false, EGRESS_ALLOW, "rule" },
		{ "198.18.3.4", 443, false, EGRESS_DENY, "never-dialled:benchmark" },
		{ "::ffff:169.254.169.254", 443, false, EGRESS_DENY, "wrong-port" },
		{ "::1", 443, false, EGRESS_DENY, "never-dialled:loopback" },
		{ "fe80::1", 443, false, EGRESS_DENY, "never-dialled:link-local" },
		{ "100::1", 443, false, EGRESS_DENY, "never-dialled:reserved" },
	};
	static const enum net_mode modes[] = { NET_ALLOW, NET_AUDIT };
	struct setup s = { 0 };

	for (size_t i = 0; i < COUNT(example_rules); i++)
		if (!add_rule(&s, example_rules[i]))
			return;
	for (size_t m = 0; m < COUNT(modes); m++) {
		if (!build(&s, modes[m]))
			return;
		for (size_t i = 0; i < COUNT(rows); i++) {
			struct egress_flow flow = flow_to(rows[i].addr, rows[i].port, EGRESS_TCP);
			struct egress_decision d;

			flow.name = "api.example.org";
			flow.name_len = strlen(flow.name);
			flow.is_local = rows[i].is_local;
			d = egress_decide_resolved(s.egress, &flow);
			ok(d.verdict == rows[i].verdict && strcmp(cause_of(&d), rows[i].cause) == 0,
			   "mode %d: a name at %s%s, port %u: %s", modes[m], rows[i].addr,
			   flow.is_local ? " (the host's)" : "", rows[i].port, rows[i].cause);
		}
	}
	arena_release(&s.arena);
}

static void test_names_known(void)
{
	struct setup s = { 0 };
	struct egress_decision d;

	add_rule(&s, "a.example:53/udp");
	add_rule(&s, "*.b.example:1");
	if (!build(&s, NET_ALLOW))
		return;
	is_int(egress_decide_name(s.egress, "a.example", 9).verdict, EGRESS_ALLOW, "known by udp");
	is_int(egress_decide_name(s.egress, "x.b.example", 11).verdict, EGRESS_ALLOW, "by '*'");
	is_int(egress_decide_name(s.egress, "b.example", 9).verdict, EGRESS_DENY, "not x itself");
	is_int(egress_decide_name(s.egress, "c.example", 9).verdict, EGRESS_DENY, "no rule");
	is_int(egress_decide_name(s.egress, "a.example?", 9).verdict, EGRESS_ALLOW, "length counts");
	if (!build(&s, NET_AUDIT))
		return;
	is_int(egress_decide_name(s.egress, "c.example", 9).verdict, EGRESS_WOULD_DENY, "audit");
	d = egress_decide_name(s.egress, "c..example", 10);
	is_int(d.verdict, EGRESS_DENY, "no name passes not even in audit mode");
	is_int(d.cause, EGRESS_CAUSE_BAD_NAME, "  and says why");
	arena_release(&s.arena);
}

/* The empty set, and the modes that take no rules. */
static void test_modes(void)
{
	static const char *const hosts[] = { "example.org", "198.51.100.1", "10.0.0.1", "2a00::1",
					     "169.254.169.254" };
	static const enum net_mode modes[] = { NET_ALLOW, NET_NONE, NET_DENY, NET_AUDIT };
	struct setup s = { 0 };

	for (size_t m = 0; m < COUNT(modes); m++) {
		if (m == 1) { /* rules that these modes must not look at */
			add_rule(&s, "example.org");
			add_rule(&s, "0.0.0.0/0");
		} else if (m == 3) {
			s.count = 0;
		}
		if (!build(&s, modes[m]))
			return;
		is_int(egress_mode(s.egress), modes[m], "mode %d is kept", modes[m]);
		for (size_t i = 0; i < COUNT(hosts); i++) {
			struct egress_flow flow = flow_to(hosts[i], 443, EGRESS_TCP);
			bool through = modes[m] == NET_AUDIT && i != 2 && i != 4;

			is_int(egress_decide(s.egress, &flow).verdict,
			       through ? EGRESS_WOULD_DENY : EGRESS_DENY, "mode %d, no rules: %s",
			       modes[m], hosts[i]);
			flow.is_local = true;
			is_int(egress_decide(s.egress, &flow).verdict,
			       through && i == 0 ? EGRESS_WOULD_DENY : EGRESS_DENY,
			       "mode %d, no rules: %s if the host's own", modes[m], hosts[i]);
		}
	}
	arena_release(&s.arena);
}

static void test_hints(void)
{
	static const struct {
		const char *name, *addr;
		unsigned port;
		enum egress_protocol protocol;
		bool is_local;
		const char *hint;
	} rows[] = {
		{ "h.example", NULL, 443, TCP, false, "--allow h.example:443" },
		{ "h.example", NULL, 53, UDP, false, "--allow h.example:53/udp" },
		{ "h.example", NULL, 0, TCP, false, "--allow h.example" },
		{ "h..example", NULL, 443, TCP, false, "" },
		{ NULL, "198.51.100.1", 22, TCP, false, "--allow 198.51.100.1:22" },
		{ NULL, "10.0.0.1", 22, TCP, false, "--allow 10.0.0.1:22" },
		{ NULL, "198.51.100.1", 22, TCP, true, "--allow 198.51.100.1:22" },
		{ NULL, "169.254.169.254", 80, TCP, false, "" },
		{ NULL, "198.18.0.1", 80, TCP, false, "" },
		{ NULL, "2a00::1", 80, TCP, false, "" },
	};
	struct setup s = { 0 };

	if (!build(&s, NET_ALLOW))
		return;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *host = rows[i].name ? rows[i].name : rows[i].addr;
		struct egress_flow flow = flow_to(host, rows[i].port, rows[i].protocol);
		struct egress_decision d;
		char buf[300] = "";
		struct text t = TEXT_ON(buf);

		flow.is_local = rows[i].is_local;
		d = rows[i].port ? egress_decide(s.egress, &flow)
				 : egress_decide_name(s.egress, flow.name, flow.name_len);
		egress_hint(&t, &flow, &d);
		is_str(buf, rows[i].hint, "hint for %s", host);
	}
	arena_release(&s.arena);
}

/* --------------------------------------------------------------------------------------- reference */

static uint64_t random_state;

static unsigned below(unsigned n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 33) % n;
}

static bool ref_names_host(const struct egress_rule *rule, const struct egress_flow *flow,
			   const struct addr *plain, enum addr_never never)
{
	const struct addr_never_row *row = addr_never_row(never);
	size_t len;

	if (flow->name) {
		if (rule->kind == EGRESS_ADDRESS)
			return false;
		len = strlen(rule->name);
		if (rule->kind == EGRESS_EXACT)
			return flow->name_len == len && memcmp(flow->name, rule->name, len) == 0;
		return flow->name_len > len + 1 &&
		       memcmp(flow->name + flow->name_len - len, rule->name, len) == 0 &&
		       flow->name[flow->name_len - len - 1] == '.';
	}
	if (rule->kind != EGRESS_ADDRESS || !addr_in_prefix(plain, &rule->addr, rule->prefix_len))
		return false;
	if (flow->is_local && rule->prefix_len != addr_bits(plain))
		return false;
	return never == ADDR_PUBLIC ||
	       (row->opening != ADDR_SHUT && rule->prefix_len >= row->prefix_len);
}

static bool ref_has_port(const struct egress_rule *rule, unsigned port)
{
	for (unsigned i = 0; i < rule->ports_count; i++)
		if (rule->ports[i].low <= port && port <= rule->ports[i].high)
			return true;
	return false;
}

/* One line per way out; the last line is no. */
static struct egress_decision ref_decide(const struct setup *s, enum net_mode mode,
					 const struct egress_flow *flow)
{
	struct addr plain = addr_unwrap(&flow->addr);
	enum addr_never never = flow->name ? ADDR_PUBLIC : addr_never(&flow->addr);
	bool port = false, protocol = false;
	bool rules = mode == NET_ALLOW || mode == NET_AUDIT;
	struct egress_decision d = { .never = never };

	if (flow->name && name_is_address(flow->name)) {
		d.cause = EGRESS_CAUSE_BAD_NAME;
		return d;
	}
	for (size_t i = 0; rules && i < s->count; i++) {
		if (!ref_names_host(&s->rules[i], flow, &plain, never))
			continue;
		if (s->rules[i].protocol != flow->protocol) {
			protocol = true;
			continue;
		}
		port = true;
		if (!ref_has_port(&s->rules[i], flow->port))
			continue;
		d.verdict = EGRESS_ALLOW;
		d.cause = EGRESS_CAUSE_RULE;
		return d;
	}
	d.cause = port				  ? EGRESS_CAUSE_WRONG_PORT
		  : protocol			  ? EGRESS_CAUSE_WRONG_PROTOCOL
		  : never != ADDR_PUBLIC	  ? EGRESS_CAUSE_NEVER_DIALLED
		  : flow->is_local && !flow->name ? EGRESS_CAUSE_HOST_LOCAL
						  : EGRESS_CAUSE_NO_RULE;
	if (mode == NET_AUDIT && never == ADDR_PUBLIC && (flow->name || !flow->is_local))
		d.verdict = EGRESS_WOULD_DENY;
	return d;
}

/* ------------------------------------------------------------------------------------------ random */

static struct addr random_addr(void)
{
	static const char *const seeds[] = {
		"10.1.2.3",
		"11.0.0.0",
		"9.255.255.255",
		"169.254.169.254",
		"169.254.170.2",
		"203.0.113.7",
		"203.0.113.0",
		"0.0.0.0",
		"255.255.255.255",
		"127.0.0.1",
		"172.16.0.1",
		"100.64.0.1",
		"198.18.0.1",
		"224.0.0.1",
		"192.0.0.192",
		"168.63.129.16",
		"2001:db8::1",
		"fd00:ec2::254",
		"fc00::",
		"::",
		"::1",
		"fe80::1",
		"ff02::1",
		"::ffff:10.1.2.3",
		"::ffff:203.0.113.7",
		"64:ff9b::a01:203",
		"2002:a01:203::",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	const char *seed = seeds[below(COUNT(seeds))];
	struct addr addr = { 0 };

	(void)addr_parse(seed, strlen(seed), &addr);
	for (unsigned i = below(3); i > 0; i--) {
		unsigned bit = below(addr_bits(&addr));

		addr.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	return addr;
}

static size_t random_name(char *out)
{
	size_t len = 0;

	for (unsigned labels = 1 + below(4); labels > 0; labels--) {
		for (unsigned i = 1 + below(2); i > 0; i--)
			out[len++] = "ab-_9"[below(20) < 16 ? below(2) : below(5)];
		if (labels > 1)
			out[len++] = '.';
	}
	out[len] = '\0';
	return len;
}

static uint16_t random_port(void)
{
	static const uint16_t ports[] = { 1, 2, 79, 80, 81, 443, 444, 8000, 8010, 65534, 65535 };

	return ports[below(COUNT(ports))];
}

static void random_rule(struct setup *s)
{
	struct egress_rule *rule = &s->rules[s->count];
	struct egress_ports *ports = arena_alloc(&s->arena, 3 * sizeof(*ports));
	char *name = arena_alloc(&s->arena, 16);

	if (!ports || !name)
		abort();
	*rule = (struct egress_rule){ .kind = (enum egress_kind)below(3),
				      .protocol = (enum egress_protocol)(below(4) == 0),
				      .ports = ports,
				      .ports_count = 1 + below(3) };
	for (unsigned i = 0; i < rule->ports_count; i++) {
		uint16_t a = random_port(), b = below(2) ? a : random_port();

		ports[i] = (struct egress_ports){ a < b ? a : b, a < b ? b : a };
	}
	if (rule->kind == EGRESS_ADDRESS) {
		rule->addr = random_addr();
		rule->prefix_len = below(2) ? addr_bits(&rule->addr)
					    : below(addr_bits(&rule->addr) + 1);
		rule->addr = addr_mask(&rule->addr, rule->prefix_len);
	} else {
		random_name(name);
		rule->name = name;
	}
	s->count++;
}

static struct egress_flow random_flow(const struct setup *s, char *name)
{
	struct egress_flow flow = { .protocol = (enum egress_protocol)(below(4) == 0),
				    .port = random_port() };
	const struct egress_rule *rule = s->count ? &s->rules[below((unsigned)s->count)] : NULL;

	if (below(3) == 0) {
		flow.name = name;
		flow.name_len = random_name(name);
		return flow;
	}
	flow.is_local = below(8) == 0;
	flow.addr = random_addr();
	if (rule && rule->kind == EGRESS_ADDRESS && below(2)) { /* at the edges of a rule */
		flow.addr = rule->addr;
		flow.addr.bytes[addr_bits(&rule->addr) / 8 - 1] ^= (uint8_t)(below(2) * below(256));
	}
	return flow;
}

/* Is the rule that the decision names one that explains it? */
static bool rule_explains(const struct setup *s, const struct egress_flow *flow,
			  const struct egress_decision *d)
{
	struct addr plain = addr_unwrap(&flow->addr);
	const struct egress_rule *rule;

	if (d->cause != EGRESS_CAUSE_RULE && d->cause != EGRESS_CAUSE_WRONG_PORT &&
	    d->cause != EGRESS_CAUSE_WRONG_PROTOCOL)
		return d->rule == EGRESS_NO_RULE;
	if (d->rule < 0 || (size_t)d->rule >= s->count)
		return false;
	rule = &s->rules[d->rule];
	return ref_names_host(rule, flow, &plain, d->never) &&
	       (rule->protocol == flow->protocol) == (d->cause != EGRESS_CAUSE_WRONG_PROTOCOL) &&
	       (d->cause == EGRESS_CAUSE_WRONG_PROTOCOL ||
		ref_has_port(rule, flow->port) == (d->cause == EGRESS_CAUSE_RULE));
}

#define KERNEL_ROWS 4096

/* Do the kernel's rectangles hold this flow?  At most one may. */
static unsigned in_kernel(const struct egress_kernel_row *rows, size_t count,
			  const struct egress_flow *flow)
{
	uint32_t addr = addr_v4_host(&flow->addr);
	unsigned hits = 0;

	for (size_t i = 0; i < count; i++)
		hits += rows[i].low <= addr && addr <= rows[i].high &&
			rows[i].protocol == flow->protocol && rows[i].ports.low <= flow->port &&
			flow->port <= rows[i].ports.high;
	return hits;
}

static void show(const struct setup *s, const struct egress_flow *flow,
		 const struct egress_decision *got, const struct egress_decision *want)
{
	char buf[400] = "", addr[64] = "";
	struct text a = TEXT_ON(addr);

	for (size_t i = 0; i < s->count; i++) {
		struct text t = TEXT_ON(buf);

		egress_rule_format(&t, &s->rules[i]);
		diag("rule %zu: %s", i, buf);
	}
	if (!flow->name)
		addr_format(&a, &flow->addr);
	diag("flow %s port %u %s%s", flow->name ? flow->name : addr, flow->port,
	     egress_protocol_word(flow->protocol), flow->is_local ? " local" : "");
	diag("got %d %s rule %d", got->verdict, egress_cause_word(got->cause), got->rule);
	diag("want %d %s", want->verdict, egress_cause_word(want->cause));
}

static bool compare(const struct setup *s, enum net_mode mode, const struct egress_kernel_row *rows,
		    size_t row_count)
{
	char name[16];
	struct egress_flow flow = random_flow(s, name);
	struct egress_decision got = egress_decide(s->egress, &flow);
	struct egress_decision want = ref_decide(s, mode, &flow);
	bool same = got.verdict == want.verdict && got.cause == want.cause &&
		    got.never == want.never;

	same = same && rule_explains(s, &flow, &got);
	if (!flow.name && flow.addr.family == ADDR_V4 && !flow.is_local)
		same = same && in_kernel(rows, row_count, &flow) == (want.verdict != EGRESS_DENY);
	if (!same)
		show(s, &flow, &got, &want);
	return same;
}

static void test_random(void)
{
	static struct egress_kernel_row rows[KERNEL_ROWS];
	static const enum net_mode modes[] = { NET_ALLOW, NET_ALLOW, NET_AUDIT, NET_DENY };
	const char *runs_text = getenv("ENCLAVE_TEST_RUNS");
	unsigned long runs = runs_text ? strtoul(runs_text, NULL, 10) : 200;
	size_t row_count = 0;
	unsigned long sets = runs * 50, bad = 0;

	random_state = 0x9e3779b97f4a7c15;
	for (unsigned long i = 0; i < sets && bad < 3; i++) {
		enum net_mode mode = modes[below(COUNT(modes))];
		struct setup s = { 0 };

		for (unsigned n = below(RULES_MAX); n > 0; n--)
			random_rule(&s);
		if (!build(&s, mode))
			return;
		row_count = egress_kernel_rows(s.egress, rows, KERNEL_ROWS);
		if (row_count > KERNEL_ROWS)
			bad++;
		for (unsigned k = 0; k < 100 && bad < 3; k++)
			bad += !compare(&s, mode, rows, row_count);
		arena_release(&s.arena);
	}
	is_int(bad, 0, "%lu random flows through %lu random rule sets as the reference has it",
	       sets * 100, sets);
}

static void test_kernel_cap(void)
{
	struct setup s = { 0 };
	struct egress_kernel_row row[1];

	add_rule(&s, "1.2.3.4:1,2,4");
	add_rule(&s, "1.2.3.4:3");
	add_rule(&s, "1.2.3.4:7/udp");
	if (!build(&s, NET_ALLOW))
		return;
	is_int(egress_kernel_rows(s.egress, NULL, 0) > 0, 1, "no room: says that there are more");
	is_int(egress_kernel_rows(s.egress, row, 1), 2, "room for one of two");
	is_int(row[0].low, 0x01020304, "the first is there");
	is_int(row[0].ports.high, 4, "touching ports are one row");
	arena_release(&s.arena);
}

int main(void)
{
	test_modes();
	test_examples();
	test_resolved();
	test_names_known();
	test_hints();
	test_kernel_cap();
	test_random();
	return done();
}
