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

#endif
