/* egress_rule.c - take a rule apart from its end: protocol, ports, host. */
#include "netns/egress_rule.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "netns/name.h"

/* A part of the text; not terminated. */
struct part {
	const char *at;
	size_t len;
};

static struct part part_of(const char *from, const char *to)
{
	return (struct part){ from, (size_t)(to - from) };
}

/* For "%.*s". */
static int width(struct part p)
{
	return (int)(p.len < 80 ? p.len : 80);
}

static const char *find(struct part p, char c)
{
	return memchr(p.at, c, p.len);
}

/* ------------------------------------------------------------------------------------------- names */

/* Why name_canonical() does not take it; what is left over is a byte that no name has. */
static const char *name_problem(struct part name)
{
	size_t label = 0;

	if (name.len > 0 && name.at[name.len - 1] == '.' && name.len > 1)
		name.len--;
	if (name.len > NAME_MAX_LEN)
		return "is longer than 253 bytes";
	for (size_t i = 0; i <= name.len; i++) {
		if (i < name.len && (unsigned char)name.at[i] >= 0x80)
			return "holds bytes outside ASCII: write the A-label (xn--...), as 'idn2 NAME' "
			       "prints it";
		if (i < name.len && name.at[i] != '.') {
			label++;
			continue;
		}
		if (label == 0)
			return "has an empty label: a dot too many";
		if (label > 63)
			return "has a label of more than 63 bytes";
		label = 0;
	}
	return "is no host name: labels of letters, digits, '-' and '_'";
}

static const char *canonical(struct part name, char out[NAME_CAP])
{
	if (!name_canonical(name.at, name.len, out))
		return name_problem(name);
	if (name_is_address(out))
		return "is no IPv4 address: four decimal numbers up to 255, without leading zeros";
	return NULL;
}

/* Where /etc/hosts, or the C library without it, leads: the sandbox itself (RFC 6761, 6.3). */
static bool is_localhost(const char *name)
{
	size_t len = strlen(name), word = strlen("localhost");

	return len >= word && strcmp(name + len - word, "localhost") == 0 &&
	       (len == word || name[len - word - 1] == '.');
}

static int parse_name(struct part host, void **arena, struct egress_rule *out, struct err *e)
{
	char name[NAME_CAP];
	struct part bare = host;
	const char *problem;
	char *copy;

	if (host.len == 1 && host.at[0] == '*')
		return err_usage(e, "'*' alone is every host: name them, or record them all with "
				    "--net audit; 0.0.0.0/0 is every public address");
	out->kind = EGRESS_EXACT;
	if (host.len > 2 && host.at[0] == '*' && host.at[1] == '.') {
		out->kind = EGRESS_BELOW;
		bare = part_of(host.at + 2, host.at + host.len);
	}
	if (find(bare, '*'))
		return err_usage(e,
				 "'%.*s': '*' can only be the whole first label, as in "
				 "*.example.org",
				 width(host), host.at);
	problem = canonical(bare, name);
	if (problem)
		return err_usage(e, "'%.*s' %s", width(host), host.at, problem);
	if (is_localhost(name))
		return err_usage(e,
				 "'%.*s' is the sandbox itself, inside: allow the host by another of "
				 "its addresses, on which the service must listen",
				 width(host), host.at);
	copy = arena_alloc(arena, strlen(name) + 1);
	if (!copy)
		return err_nomem(e);
	memcpy(copy, name, strlen(name) + 1);
	out->name = copy;
	return 0;
}

/* --------------------------------------------------------------------------------------- addresses */

static int host_bits_set(struct part host, const struct egress_rule *rule, struct err *e)
{
	char prefix[ADDR_TEXT_MAX] = "", whole[ADDR_TEXT_MAX] = "";
	struct text p = TEXT_ON(prefix), w = TEXT_ON(whole);
	struct addr masked = addr_mask(&rule->addr, rule->prefix_len);

	addr_format(&p, &masked);
	addr_format(&w, &rule->addr);
	return err_usage(e,
			 "'%.*s' has bits set behind its prefix: write %s/%u, or %s for this one "
			 "address",
			 width(host), host.at, prefix, rule->prefix_len, whole);
}

/* Addresses that a rule could name, but that it could never open. */
static int check_reachable(struct part host, const struct egress_rule *rule, struct err *e)
{
	struct addr plain = addr_unwrap(&rule->addr);
	const struct addr_never_row *row = addr_never_row(addr_never(&rule->addr));
	char inner[ADDR_TEXT_MAX] = "";
	struct text t = TEXT_ON(inner);

	addr_format(&t, &plain);
	if (plain.family != rule->addr.family)
		return err_usage(e, "'%.*s' stands for IPv4 addresses: write those, as in %s",
				 width(host), host.at, inner);
	if (row->opening == ADDR_SHUT && rule->prefix_len >= row->prefix_len)
		return err_usage(e, "'%.*s' can't be allowed: %s/%u (%s) is never dialled",
				 width(host), host.at, row->text, row->prefix_len, row->word);
	return 0;
}

static int parse_prefix_len(struct part host, const char *slash, struct egress_rule *out,
			    struct err *e)
{
	struct part digits = part_of(slash + 1, host.at + host.len);
	unsigned most = addr_bits(&out->addr);
	uint64_t number;

	if (!text_parse_u64(digits.at, digits.len, &number) || number > most ||
	    (digits.len > 1 && digits.at[0] == '0'))
		return err_usage(e, "'%.*s': the prefix length '%.*s' is not 0 to %u", width(host),
				 host.at, width(digits), digits.at, most);
	out->prefix_len = (unsigned)number;
	return 0;
}

/* Sets *out_taken if the text is an address or clearly meant to be one. */
static int parse_address(struct part host, bool *out_taken, struct egress_rule *out, struct err *e)
{
	const char *slash = find(host, '/');
	struct part bare = part_of(host.at, slash ? slash : host.at + host.len);
	struct addr masked;

	*out_taken = addr_parse(bare.at, bare.len, &out->addr);
	if (!*out_taken) {
		if (slash || find(bare, ':') || find(bare, '%'))
			return err_usage(e, "'%.*s' is no address%s", width(bare), bare.at,
					 find(bare, '%') ? ": a zone (%) can't be part of a rule"
					 : slash ? ", and only an address takes a prefix length or a "
						   "path: /tcp and /udp stand at the end"
						 : "");
		return 0;
	}
	out->kind = EGRESS_ADDRESS;
	out->prefix_len = addr_bits(&out->addr);
	if (slash && parse_prefix_len(host, slash, out, e) != 0)
		return -1;
	masked = addr_mask(&out->addr, out->prefix_len);
	if (!addr_equal(&masked, &out->addr))
		return host_bits_set(host, out, e);
	return check_reachable(host, out, e);
}

/* ------------------------------------------------------------------------------------------- ports */

static const struct egress_ports usual_ports[] = { { 443, 443 }, { 80, 80 } };

static bool parse_port(struct part p, uint16_t *out)
{
	uint64_t number;

	if (!text_parse_u64(p.at, p.len, &number) || number == 0 || number > UINT16_MAX ||
	    p.at[0] == '0')
		return false;
	*out = (uint16_t)number;
	return true;
}

static int parse_range(struct part p, struct egress_ports *out, struct err *e)
{
	const char *dash = find(p, '-');

	if (p.len == 1 && p.at[0] == '*')
		return err_usage(e, "port '*': all ports are written 1-65535");
	if (!parse_port(part_of(p.at, dash ? dash : p.at + p.len), &out->low) ||
	    (dash && !parse_port(part_of(dash + 1, p.at + p.len), &out->high)))
		return err_usage(e,
				 "port '%.*s': wants numbers from 1 to 65535, as in "
				 "443,8000-8010",
				 width(p), p.at);
	if (!dash)
		out->high = out->low;
	if (out->high < out->low)
		return err_usage(e, "port '%.*s': the range is reversed: write %u-%u", width(p),
				 p.at, out->high, out->low);
	return 0;
}

static int parse_ports(struct part list, void **arena, struct egress_rule *out, struct err *e)
{
	struct egress_ports *ports;
	unsigned count = 1;

	for (size_t i = 0; i < list.len; i++)
		count += list.at[i] == ',';
	ports = arena_alloc(arena, count * sizeof(*ports));
	if (!ports)
		return err_nomem(e);
	for (unsigned i = 0; i < count; i++) {
		const char *comma = find(list, ','), *end = list.at + list.len;

		if (parse_range(part_of(list.at, comma ? comma : end), &ports[i], e) != 0)
			return -1;
		list = part_of(comma ? comma + 1 : end, end);
	}
	out->ports = ports;
	out->ports_count = count;
	return 0;
}

/* ------------------------------------------------------------------------------------------- rules */

/* Cut "/tcp" or "/udp" off the end; digits behind the last slash are a prefix length. */
static int take_protocol(struct part *rule, struct egress_rule *out, struct err *e)
{
	const char *slash = memrchr(rule->at, '/', rule->len);
	struct part word = part_of(slash ? slash + 1 : rule->at, rule->at + rule->len);

	out->protocol = EGRESS_TCP;
	if (!slash || (word.len > 0 && word.at[0] >= '0' && word.at[0] <= '9'))
		return 0;
	for (int i = 0; i < EGRESS_PROTOCOL_COUNT; i++) {
		const char *known = egress_protocol_word((enum egress_protocol)i);

		if (word.len != strlen(known) || memcmp(word.at, known, word.len) != 0)
			continue;
		out->protocol = (enum egress_protocol)i;
		rule->len = (size_t)(slash - rule->at);
		return 0;
	}
	return err_usage(e, "'/%.*s' is no protocol: /tcp or /udp, and no path can be allowed",
			 width(word), word.at);
}

/* "[2001:db8::1]:443", "[2001:db8::]/32", "[2001:db8::/32]": address and length joined into buf. */
static int split_brackets(struct part rule, struct part *host, struct part *ports,
			  char buf[static ADDR_TEXT_MAX + 8], struct err *e)
{
	const char *end = rule.at + rule.len, *close = find(rule, ']'),
		   *rest = close ? close + 1 : end;
	struct text t = { .at = buf, .cap = ADDR_TEXT_MAX + 8 };
	struct part inside = part_of(rule.at + 1, close ? close : end);
	const char *colon;

	colon = memchr(rest, ':', (size_t)(end - rest));
	text_bytes(&t, inside.at, inside.len);
	text_bytes(&t, rest, (size_t)((colon ? colon : end) - rest));
	*host = (struct part){ buf, t.len };
	*ports = colon ? part_of(colon + 1, end) : (struct part){ 0 };
	if (!close || t.cut || !find(inside, ':') || (rest < end && *rest != ':' && *rest != '/'))
		return err_usage(e,
				 "'%.*s': brackets hold one IPv6 address, as in [2001:db8::1]:443",
				 width(rule), rule.at);
	return 0;
}

static int split_plain(struct part rule, struct part *host, struct part *ports, struct err *e)
{
	const char *end = rule.at + rule.len, *colon = find(rule, ':');

	if (colon && memchr(colon + 1, ':', (size_t)(end - colon - 1)))
		return err_usage(e,
				 "'%.*s' has more than one ':': wants HOST[:PORTS][/udp]; an IPv6 "
				 "address can't be allowed, only a name that resolves to it",
				 width(rule), rule.at);
	*host = part_of(rule.at, colon ? colon : end);
	*ports = colon ? part_of(colon + 1, end) : (struct part){ 0 };
	return 0;
}

static int check_bytes(const char *text, struct err *e)
{
	if (!*text)
		return err_usage(e, "the rule is empty: wants HOST[:PORTS][/udp]");
	if (strstr(text, "://"))
		return err_usage(e, "'%.*s' is a URL: write the host alone, as in example.org:443",
				 (int)strnlen(text, 80), text);
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return err_usage(e, "'%.*s' holds a blank or a control character",
					 (int)strnlen(text, 80), text);
	return 0;
}

int egress_rule_parse(const char *text, void **arena, struct egress_rule *out, struct err *e)
{
	struct egress_rule rule = { .ports = usual_ports, .ports_count = 2 };
	struct part whole, host = { 0 }, ports = { 0 };
	char joined[ADDR_TEXT_MAX + 8];
	bool is_address = false;

	if (check_bytes(text, e) != 0)
		return -1;
	whole = part_of(text, text + strlen(text));
	if (take_protocol(&whole, &rule, e) != 0)
		return -1;
	if ((whole.len > 0 && whole.at[0] == '[' ? split_brackets(whole, &host, &ports, joined, e)
						 : split_plain(whole, &host, &ports, e)) != 0)
		return -1;
	if (host.len == 0)
		return err_usage(e, "'%.*s' names no host: wants HOST[:PORTS][/udp]", width(whole),
				 whole.at);
	if (parse_address(host, &is_address, &rule, e) != 0 ||
	    (!is_address && parse_name(host, arena, &rule, e) != 0) ||
	    (ports.at && parse_ports(ports, arena, &rule, e) != 0))
		return -1;
	*out = rule;
	return 0;
}

/* ------------------------------------------------------------------------------------------- print */

void egress_rule_format_host(struct text *t, const struct egress_rule *rule)
{
	bool v6 = rule->kind == EGRESS_ADDRESS && rule->addr.family == ADDR_V6;

	if (rule->kind != EGRESS_ADDRESS) {
		text_fmt(t, "%s%s", rule->kind == EGRESS_BELOW ? "*." : "", rule->name);
		return;
	}
	text_str(t, v6 ? "[" : "");
	addr_format(t, &rule->addr);
	if (rule->prefix_len < addr_bits(&rule->addr))
		text_fmt(t, "/%u", rule->prefix_len);
	text_str(t, v6 ? "]" : "");
}

void egress_rule_format_ports(struct text *t, const struct egress_rule *rule)
{
	for (unsigned i = 0; i < rule->ports_count; i++) {
		text_fmt(t, "%s%u", i > 0 ? "," : "", rule->ports[i].low);
		if (rule->ports[i].high != rule->ports[i].low)
			text_fmt(t, "-%u", rule->ports[i].high);
	}
}

void egress_rule_format(struct text *t, const struct egress_rule *rule)
{
	egress_rule_format_host(t, rule);
	text_str(t, ":");
	egress_rule_format_ports(t, rule);
	if (rule->protocol != EGRESS_TCP)
		text_fmt(t, "/%s", egress_protocol_word(rule->protocol));
}
