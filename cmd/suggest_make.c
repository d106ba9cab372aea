/* suggest_make.c - which rules a run needs.  Pure but for its arena.
 *
 * What a present rule lets through marks that rule as used.  Of what is left each host (a name if one
 * is known, else the address) gets one rule per protocol with the ports that were seen. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cmd/suggest.h"
#include "netns/egress_rule.h"

static const char signs[] = {
#define SUGGEST_SIGN(id, sign) sign,
	SUGGEST_LINE_TABLE(SUGGEST_SIGN)
#undef SUGGEST_SIGN
};

char suggest_sign(enum suggest_kind kind)
{
	return signs[kind];
}

/* A host and port that no present rule lets through. */
struct need {
	const char *host; /* NULL: addr */
	struct addr addr;
	enum egress_protocol protocol;
	uint16_t port; /* 0 = not known */
	uint64_t count;
	const char *cause;
};

struct maker {
	struct suggest *s;
	struct egress_rule *rules; /* present */
	const char **texts;
	bool *used;
	size_t rule_count;
	const struct egress *egress;
	struct need *needs;
	size_t need_count;
	bool failed; /* out of memory */
};

/* Arrays that double: what was outgrown stays in the arena. */
static void *grow(void **arena, void *items, size_t count, size_t size)
{
	void *larger;

	if (count != 0 && (count < 16 || (count & (count - 1)) != 0))
		return items;
	larger = arena_alloc(arena, (count == 0 ? 16 : 2 * count) * size);
	if (larger && count > 0)
		memcpy(larger, items, count * size);
	return larger;
}

__attribute__((format(printf, 2, 3))) static const char *format(struct suggest *s, const char *fmt,
								...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(&s->arena, fmt, ap);
	va_end(ap);
	return text;
}

int suggest_add_flow(struct suggest *s, const struct suggest_flow *flow, struct err *e)
{
	struct suggest_flow *flows = grow(&s->arena, s->flows, s->flow_count, sizeof(*flows));

	if (!flows)
		return err_nomem(e);
	s->flows = flows;
	flows[s->flow_count++] = *flow;
	return 0;
}

int suggest_present(struct suggest *s, const char *text, struct err *e)
{
	const char **list;
	const char *copy;

	for (size_t i = 0; i < s->present_count && s->present_count < 1000; i++)
		if (strcmp(s->present[i], text) == 0)
			return 0;
	list = grow(&s->arena, s->present, s->present_count, sizeof(*list));
	copy = format(s, "%s", text);
	if (!list || !copy)
		return err_nomem(e);
	s->present = list;
	list[s->present_count++] = copy;
	return 0;
}

void suggest_release(struct suggest *s)
{
	arena_release(&s->arena);
}

static void add_line(struct maker *m, enum suggest_kind kind, const char *text, const char *why)
{
	struct suggest *s = m->s;
	struct suggest_line *lines = grow(&s->arena, s->lines, s->line_count, sizeof(*lines));

	if (!lines || !text || !why) {
		m->failed = true;
		return;
	}
	s->lines = lines;
	lines[s->line_count++] = (struct suggest_line){ kind, text, why };
}

/* ------------------------------------------------------------------------------------------- flows */

static const char *target_text(struct maker *m, const struct suggest_flow *flow, bool by_address)
{
	char buf[NAME_CAP + 32] = "";
	struct text t = TEXT_ON(buf);
	bool v6 = flow->addr.family == ADDR_V6;

	if (flow->host && !by_address) {
		text_str(&t, flow->host);
	} else if (flow->addr.family != ADDR_NONE) {
		text_str(&t, v6 ? "[" : "");
		addr_format(&t, &flow->addr);
		text_str(&t, v6 ? "]" : "");
	} else {
		text_str(&t, "(a host that can't be named)");
	}
	if (flow->port)
		text_fmt(&t, ":%u", flow->port);
	if (strcmp(flow->protocol, "udp") == 0)
		text_str(&t, "/udp");
	return format(m->s, "%s", buf);
}

static void note(struct maker *m, const struct suggest_flow *flow, bool by_address, const char *why)
{
	add_line(m, SUGGEST_NOTE, target_text(m, flow, by_address), why);
}

static void add_need(struct maker *m, const struct suggest_flow *flow, bool by_address)
{
	struct need *needs = grow(&m->s->arena, m->needs, m->need_count, sizeof(*needs));

	if (!needs) {
		m->failed = true;
		return;
	}
	m->needs = needs;
	needs[m->need_count++] = (struct need){
		.host = by_address ? NULL : flow->host,
		.addr = by_address || !flow->host ? flow->addr : (struct addr){ 0 },
		.protocol = strcmp(flow->protocol, "udp") == 0 ? EGRESS_UDP : EGRESS_TCP,
		.port = flow->port,
		.count = flow->count,
		.cause = flow->cause ? flow->cause : "let through",
	};
}

/* An address that needs a rule of its own. */
static void need_address(struct maker *m, const struct suggest_flow *flow)
{
	enum addr_never never = addr_never(&flow->addr);
	const struct addr_never_row *row = addr_never_row(never);
	bool local = flow->cause && strcmp(flow->cause, "host-local") == 0;

	if (flow->addr.family == ADDR_NONE)
		note(m, flow, true,
		     "not suggested: the file names no address that could be allowed");
	else if (never != ADDR_PUBLIC && row->opening == ADDR_SHUT)
		note(m, flow, true,
		     format(m->s, "not suggested: no rule opens %s addresses", row->word));
	else if (addr_unwrap(&flow->addr).family == ADDR_V6)
		note(m, flow, true, "not suggested: inside there is IPv4 only");
	else if (local)
		note(m, flow, true,
		     "not suggested: an address of the host itself; allow it by hand if it is meant");
	else if (never != ADDR_PUBLIC && row->opening != ADDR_HINTED)
		note(m, flow, true,
		     format(m->s, "not suggested: a %s address; allow it by hand if it is meant",
			    row->word));
	else
		add_need(m, flow, true);
	if (never != ADDR_PUBLIC && row->opening == ADDR_HINTED && !local)
		note(m, flow, true,
		     format(m->s, "a %s address: the rule lets every allowed name lead there",
			    row->word));
}

static void mark_used(struct maker *m, const struct egress_decision *d)
{
	if (d->rule >= 0 && (size_t)d->rule < m->rule_count)
		m->used[d->rule] = true;
}

/* Can a rule change this verdict?  The others are about what was said inside the connection. */
static bool rule_helps(const char *cause)
{
	static const char *const others[] = { "would-deny", "denied" };
	size_t len = strcspn(cause, ":"); /* "never-dialled:private" */

	for (unsigned i = 0; i < EGRESS_CAUSE_COUNT; i++) {
		const char *word = egress_cause_word((enum egress_cause)i);

		if (i != EGRESS_CAUSE_BAD_NAME && strlen(word) == len &&
		    memcmp(word, cause, len) == 0)
			return true;
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(others[i], cause) == 0)
			return true;
	return false;
}

static void take_question(struct maker *m, const struct suggest_flow *flow)
{
	if (!flow->host)
		note(m, flow, false, "not suggested: no host name");
	else if (egress_decide_name(m->egress, flow->host, strlen(flow->host)).verdict !=
		 EGRESS_ALLOW)
		add_need(m,
			 &(struct suggest_flow){ .protocol = "dns",
						 .host = flow->host,
						 .count = flow->count,
						 .cause = flow->cause },
			 false);
}

static void take_named(struct maker *m, const struct suggest_flow *flow, struct egress_flow *asked)
{
	struct egress_decision d;
	bool to_address = flow->cause && (text_starts(flow->cause, "never-dialled") ||
					  strcmp(flow->cause, "host-local") == 0);

	asked->name = flow->host;
	asked->name_len = strlen(flow->host);
	d = egress_decide(m->egress, asked);
	if (d.verdict == EGRESS_ALLOW)
		mark_used(m, &d);
	else
		add_need(m, flow, false);
	if (flow->addr.family == ADDR_NONE)
		return;
	d = egress_decide_resolved(m->egress, asked);
	if (d.verdict == EGRESS_ALLOW && d.cause == EGRESS_CAUSE_RULE && d.never != ADDR_PUBLIC)
		mark_used(m, &d);
	else if (to_address || d.verdict != EGRESS_ALLOW)
		need_address(m, flow);
}

static void take_flow(struct maker *m, const struct suggest_flow *flow)
{
	bool udp = strcmp(flow->protocol, "udp") == 0;
	struct egress_flow asked = { .protocol = udp ? EGRESS_UDP : EGRESS_TCP,
				     .port = flow->port,
				     .addr = flow->addr };
	struct egress_decision d;

	if (flow->cause && !rule_helps(flow->cause)) {
		note(m, flow, false, format(m->s, "not suggested: no rule helps (%s)", flow->cause));
	} else if (strcmp(flow->protocol, "dns") == 0) {
		take_question(m, flow);
	} else if ((!udp && strcmp(flow->protocol, "tcp") != 0) || flow->port == 0) {
		note(m, flow, false,
		     format(m->s, "not suggested: no rule lets this protocol out (%s)",
			    flow->protocol));
	} else if (flow->host) {
		take_named(m, flow, &asked);
	} else {
		d = egress_decide(m->egress, &asked);
		if (d.verdict == EGRESS_ALLOW &&
		    !(flow->cause && !strcmp(flow->cause, "host-local")))
			mark_used(m, &d);
		else
			need_address(m, flow);
	}
}

/* ------------------------------------------------------------------------------------------- rules */

static int compare_host(const struct need *a, const struct need *b)
{
	if (!a->host != !b->host)
		return a->host ? -1 : 1;
	if (a->host)
		return strcmp(a->host, b->host);
	return memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes));
}

static int compare_needs(const void *pa, const void *pb)
{
	const struct need *a = pa, *b = pb;
	int order = compare_host(a, b);

	if (order == 0)
		order = (int)a->protocol - (int)b->protocol;
	return order ? order : (int)a->port - (int)b->port;
}

/* The known ports of one host and protocol, sorted; touching ones as a range. */
static const char *ports_text(struct maker *m, const struct need *needs, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count && text;) {
		uint16_t low = needs[i].port, high = low;

		for (; i < count && needs[i].port <= high + 1; i++)
			high = needs[i].port;
		if (low == high)
			text = format(m->s, "%s%s%u", text, *text ? "," : "", low);
		else
			text = format(m->s, "%s%s%u-%u", text, *text ? "," : "", low, high);
	}
	return text;
}

/* What --net audit let out is listed as that and as a denial: it is counted once. */
static uint64_t count_of(const struct need *needs, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count;) {
		const uint16_t port = needs[i].port;
		uint64_t let = 0, would = 0;

		for (; i < count && needs[i].port == port; i++) {
			if (strcmp(needs[i].cause, "let through") == 0)
				let += needs[i].count;
			else if (strcmp(needs[i].cause, "would-deny") == 0)
				would += needs[i].count;
			else
				sum += needs[i].count;
		}
		sum += let > would ? let : would;
	}
	return sum;
}

static void add_rule(struct maker *m, const struct need *needs, size_t count)
{
	char host[NAME_CAP] = "";
	struct text t = TEXT_ON(host);
	const char *ports = needs->port ? ports_text(m, needs, count) : "443,80";
	unsigned long long seen = count_of(needs, count);

	if (needs->host)
		text_str(&t, needs->host);
	else
		addr_format(&t, &needs->addr);
	if (!ports) {
		m->failed = true;
		return;
	}
	add_line(m, SUGGEST_ADDED,
		 format(m->s, "%s:%s%s", host, ports, needs->protocol == EGRESS_UDP ? "/udp" : ""),
		 format(m->s, "%s, %llu time%s%s", needs->cause, seen, seen == 1 ? "" : "s",
			needs->port ? "" : "; only its name was asked for, the ports are a guess"));
}

/* Does the host of needs[i] have a need with a known port? */
static bool port_known(const struct maker *m, size_t i)
{
	for (size_t k = i; k < m->need_count && compare_host(&m->needs[k], &m->needs[i]) == 0; k++)
		if (m->needs[k].port)
			return true;
	return false;
}

static void add_rules(struct maker *m)
{
	if (m->need_count > 0)
		qsort(m->needs, m->need_count, sizeof(*m->needs), compare_needs);
	for (size_t i = 0, end; i < m->need_count; i = end) {
		for (end = i + 1;
		     end < m->need_count && compare_host(&m->needs[end], &m->needs[i]) == 0 &&
		     m->needs[end].protocol == m->needs[i].protocol &&
		     !m->needs[end].port == !m->needs[i].port;
		     end++)
			;
		/* Questions sort first, port 0: needed only where nothing else tells. */
		if (m->needs[i].port || !port_known(m, i))
			add_rule(m, m->needs + i, end - i);
	}
}

static void add_present(struct maker *m, bool wanted)
{
	for (size_t i = 0; i < m->rule_count; i++) {
		bool kept = m->used[i] || !m->s->knows_allowed;

		if (kept != wanted)
			continue;
		add_line(m, kept ? SUGGEST_KEPT : SUGGEST_UNUSED, m->texts[i],
			 m->used[i] ? "used"
			 : kept	    ? "kept: what was let through is not listed"
				    : "nothing used it");
	}
}

static int parse_present(struct maker *m, struct err *e)
{
	struct suggest *s = m->s;

	m->rules = arena_alloc(&s->arena, (s->present_count + 1) * sizeof(*m->rules));
	m->texts = arena_alloc(&s->arena, (s->present_count + 1) * sizeof(*m->texts));
	m->used = arena_alloc(&s->arena, s->present_count + 1);
	if (!m->rules || !m->texts || !m->used)
		return err_nomem(e);
	for (size_t i = 0; i < s->present_count; i++) {
		if (egress_rule_parse(s->present[i], &s->arena, &m->rules[m->rule_count], e) == 0)
			m->texts[m->rule_count++] = s->present[i];
		else
			add_line(m, SUGGEST_NOTE, s->present[i],
				 "no rule of this version, left away");
	}
	return egress_build(NET_ALLOW, m->rules, m->rule_count, &s->arena, &m->egress, e);
}

static int compare_notes(const void *pa, const void *pb)
{
	const struct suggest_line *a = pa, *b = pb;
	int order = strcmp(a->text, b->text);

	return order ? order : strcmp(a->why, b->why);
}

/* Sorted, each said once. */
static void sort_notes(struct suggest *s)
{
	size_t kept = 0;

	if (s->line_count > 0)
		qsort(s->lines, s->line_count, sizeof(*s->lines), compare_notes);
	for (size_t i = 0; i < s->line_count; i++)
		if (kept == 0 || compare_notes(&s->lines[kept - 1], &s->lines[i]) != 0)
			s->lines[kept++] = s->lines[i];
	s->line_count = kept;
}

int suggest_make(struct suggest *s, struct err *e)
{
	struct maker m = { .s = s };
	struct suggest_line *notes;
	size_t note_count;

	s->lines = NULL;
	s->line_count = 0;
	if (parse_present(&m, e) != 0)
		return -1;
	for (size_t i = 0; i < s->flow_count; i++)
		take_flow(&m, &s->flows[i]);
	if (s->unlisted)
		add_line(&m, SUGGEST_NOTE,
			 format(s, "%llu denials", (unsigned long long)s->unlisted),
			 "counted without being named: more rules may be missing");
	sort_notes(s);
	notes = s->lines;
	note_count = s->line_count;
	s->lines = NULL;
	s->line_count = 0;
	add_present(&m, true);
	add_rules(&m);
	add_present(&m, false);
	for (size_t i = 0; i < note_count; i++)
		add_line(&m, notes[i].kind, notes[i].text, notes[i].why);
	return m.failed ? err_nomem(e) : 0;
}
