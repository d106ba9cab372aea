/* egress_text.h - one flow of the gateway, in words: for the record, status lines and messages. */
#ifndef CMD_EGRESS_TEXT_H
#define CMD_EGRESS_TEXT_H

#include <jansson.h>

#include "base/text.h"
#include "netns/event.h"
#include "profiles/policy.h"

/* egress_text_target() - "api.example.org:443", "[2001:db8::1]:53/udp", "the name x.example". */
void egress_text_target(struct text *t, const struct net_flow *flow);

/* egress_text_hint() - "--allow api.example.org:443"; nothing if no option would let it through. */
void egress_text_hint(struct text *t, const struct net_flow *flow);

/* egress_flow_json() - what every kind of flow has in common; policy NULL: without the rule. */
json_t *egress_flow_json(const struct policy *policy, const struct net_flow *flow);

/* egress_denial_json() - the same with why, and what would let it through. */
json_t *egress_denial_json(const struct policy *policy, const struct net_flow *flow);

#endif
