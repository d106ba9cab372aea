/* explain_net.h - the network part of a plan, as text and as JSON. */
#ifndef CMD_EXPLAIN_NET_H
#define CMD_EXPLAIN_NET_H

#include <jansson.h>
#include <stdio.h>

#include "sandbox/plan.h"

const char *net_mode_word(enum net_mode mode);

void explain_net_text(FILE *out, const struct plan *plan);

/* explain_net_json() - the rules in the object form of a policy file. */
json_t *explain_net_json(const struct plan *plan);

/* explain_rule_json() - one of them. */
json_t *explain_rule_json(const struct egress_rule *rule);

#endif
