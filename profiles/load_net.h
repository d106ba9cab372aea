/* load_net.h - the object form of an egress rule in a policy file; private to profiles/.
 *
 *	{ "to": "api.example.org", "ports": [443, "8000-8010"], "protocol": "udp" }
 *
 * "ports" (one or an array) and "protocol" may be left away, as in the text form. */
#ifndef PROFILES_LOAD_NET_H
#define PROFILES_LOAD_NET_H

#include <jansson.h>

#include "base/err.h"
#include "profiles/policy.h"

/* load_rule_text() - the same rule as --allow takes it, in the policy's arena; NULL with *e. */
const char *load_rule_text(struct policy *policy, const json_t *rule, struct err *e);

#endif
