/* load_net.c - { "to", "ports", "protocol" } to HOST:PORTS/PROTOCOL; the parser of that text judges. */
#include "profiles/load_net.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "netns/addr.h"
#include "profiles/keys.h"

#define MEMBERS_TABLE(X) X(TO, "to") X(PORTS, "ports") X(PROTOCOL, "protocol")

enum member {
#define MEMBER_ENUM(id, name) MEMBER_##id,
	MEMBERS_TABLE(MEMBER_ENUM)
#undef MEMBER_ENUM
		MEMBER_COUNT
};

static const char *const member_names[MEMBER_COUNT] = {
#define MEMBER_NAME(id, name) name,
	MEMBERS_TABLE(MEMBER_NAME)
#undef MEMBER_NAME
};

/* A list of ports longer than this is better written as ranges. */
#define PORTS_TEXT_MAX 4096

static int check_members(const json_t *rule, struct err *e)
{
	const json_t *value;

	for (void *iter = json_object_iter((json_t *)(uintptr_t)rule); iter;
	     iter = json_object_iter_next((json_t *)(uintptr_t)rule, iter)) {
		const char *name = json_object_iter_key(iter), *best = NULL;
		unsigned distance = 0;
		bool known = false;

		for (int i = 0; i < MEMBER_COUNT; i++) {
			known = known || strcmp(name, member_names[i]) == 0;
			key_closer(name, member_names[i], &best, &distance);
		}
		if (!known)
			return err_usage(e, "unknown member '%s' of a rule%s%s%s", name,
					 best ? "; did you mean '"
					      : ": to, ports and protocol are known",
					 best ? best : "", best ? "'?" : "");
	}
	value = json_object_get(rule, "to");
	if (!json_is_string(value))
		return err_usage(e,
				 "a rule wants \"to\": a name, an address or a prefix, as a string");
	value = json_object_get(rule, "protocol");
	if (value && !json_is_string(value))
		return err_usage(e, "\"protocol\" wants \"tcp\" or \"udp\"");
	return 0;
}

static int add_port(struct text *t, const json_t *port, struct err *e)
{
	if (t->len > 0)
		text_str(t, ",");
	if (json_is_integer(port))
		text_i64(t, json_integer_value(port));
	else if (json_is_string(port))
		text_str(t, json_string_value(port));
	else
		return err_usage(e, "\"ports\" wants numbers and strings such as \"8000-8010\"");
	if (t->cut)
		return err_usage(e, "\"ports\" is too long a list: write ranges, or all as 1-65535");
	return 0;
}

static int add_ports(struct text *t, const json_t *ports, struct err *e)
{
	if (!json_is_array(ports))
		return add_port(t, ports, e);
	if (json_array_size(ports) == 0)
		return err_usage(e, "\"ports\" is empty: leave it away for 443 and 80");
	for (size_t i = 0; i < json_array_size(ports); i++)
		if (add_port(t, json_array_get(ports, i), e) != 0)
			return -1;
	return 0;
}

/* In the text form an IPv6 address stands in brackets; here it need not. */
static bool is_bare_ipv6(const char *to)
{
	struct addr addr;

	return addr_parse(to, strcspn(to, "/"), &addr) && addr.family == ADDR_V6;
}

const char *load_rule_text(struct policy *policy, const json_t *rule, struct err *e)
{
	const json_t *ports = json_object_get(rule, "ports");
	const char *protocol = json_string_value(json_object_get(rule, "protocol"));
	const char *to;
	char list[PORTS_TEXT_MAX] = "", *copy;
	struct text t = TEXT_ON(list);
	bool bare;

	if (check_members(rule, e) != 0 || (ports && add_ports(&t, ports, e) != 0))
		return NULL;
	to = json_string_value(json_object_get(rule, "to"));
	bare = is_bare_ipv6(to);
	if (!bare && to[0] != '[' && strchr(to, ':')) {
		err_usage(e, "\"to\": '%s' holds a ':': ports stand in \"ports\"", to);
		return NULL;
	}
	copy = policy_printf(policy, "%s%s%s%s%s%s%s", bare ? "[" : "", to, bare ? "]" : "",
			     ports ? ":" : "", list, protocol ? "/" : "", protocol ? protocol : "");
	if (!copy)
		err_nomem(e);
	return copy;
}
