/* egress_rule.h - the language of rules: text to struct egress_rule and back.  Pure.
 *
 *	HOST[:PORTS][/PROTOCOL]
 *	HOST	name, *.name (one or more labels before name), 192.0.2.7, 192.0.2.0/24, [2001:db8::1],
 *		[2001:db8::]/32 or [2001:db8::/32]
 *	PORTS	443,8000-8010; without: 443 and 80
 *	PROTOCOL tcp (also without) or udp
 *
 * Names are taken in any case, with or without a trailing dot; labels hold letters, digits, '-' and
 * '_'.  A name in another script is written as its A-label (xn--...).  Refused, each with a cause and
 * what to write instead: everything that other programs read in more than one way (octal and hex
 * addresses, host bits behind a prefix, '*' anywhere but as the whole first label), and addresses that
 * no rule can open. */
#ifndef NETNS_EGRESS_RULE_H
#define NETNS_EGRESS_RULE_H

#include "base/err.h"
#include "base/text.h"
#include "netns/egress.h"

/* egress_rule_parse() - name and ports of *out live in the arena.  The message does not name what the
 * text was the value of: the caller prefixes that. */
int egress_rule_parse(const char *text, void **arena, struct egress_rule *out, struct err *e);

/* egress_rule_format() - the shortest text that parses to this rule again, ports always written. */
void egress_rule_format(struct text *t, const struct egress_rule *rule);
void egress_rule_format_host(struct text *t, const struct egress_rule *rule);
void egress_rule_format_ports(struct text *t, const struct egress_rule *rule);

/* X(identifier, what is wrong with the name, in a message) */
#define EGRESS_NAME_TABLE(X)                                                                       \
	X(OK, "is a name")                                                                         \
	X(EMPTY, "is empty")                                                                       \
	X(EMPTY_LABEL, "has an empty label: a dot too many")                                       \
	X(LONG_LABEL, "has a label of more than 63 bytes")                                         \
	X(LONG, "is longer than 253 bytes")                                                        \
	X(HYPHEN, "has a label that begins or ends with '-'")                                      \
	X(NUMERIC, "is no IPv4 address: four decimal numbers up to 255, without leading zeros")    \
	X(SCRIPT, "holds bytes outside ASCII: write the A-label (xn--...), as 'idn2 NAME' prints") \
	X(BYTE, "is no host name: labels of letters, digits, '-' and '_'")

enum egress_name_status {
#define EGRESS_NAME_ENUM(id, problem) EGRESS_NAME_##id,
	EGRESS_NAME_TABLE(EGRESS_NAME_ENUM)
#undef EGRESS_NAME_ENUM
};

const char *egress_name_problem(enum egress_name_status status);

/* egress_name_canonical() - lower case, without the trailing dot; NUL-terminated into out. */
enum egress_name_status egress_name_canonical(const char *name, size_t len,
					      char out[EGRESS_NAME_MAX + 1]);

#endif
