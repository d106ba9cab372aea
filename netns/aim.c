/* aim.c - from what the workload asked for to what may be dialled.
 *
 *	asked address --pool--> name --egress_decide--> --resolver--> candidates --egress_decide_resolved-->
 *		      `-------> literal address --------------------> itself      + hostaddr, just before
 *
 * The second decision: the rules in G let it through already.  Policy and kernel are asked again for
 * every address right before it is dialled, so neither a cached answer nor a new address of the host
 * opens a gap.  An address that may not be dialled is passed over; if nothing else is left it is the
 * denial that is recorded, with the address (rebinding shows that way). */
#include <arpa/inet.h>
#include <string.h>

#include "netns/gateway_state.h"

enum net_cause aim_cause(const struct egress_decision *decision)
{
	static const uint8_t causes[EGRESS_CAUSE_COUNT] = {
		[EGRESS_CAUSE_RULE] = NET_CAUSE_NO_RULE, /* these two deny nothing */
		[EGRESS_CAUSE_PUBLIC] = NET_CAUSE_NO_RULE,
		[EGRESS_CAUSE_NO_RULE] = NET_CAUSE_NO_RULE,
		[EGRESS_CAUSE_WRONG_PORT] = NET_CAUSE_WRONG_PORT,
		[EGRESS_CAUSE_WRONG_PROTOCOL] = NET_CAUSE_WRONG_PROTOCOL,
		[EGRESS_CAUSE_NEVER_DIALLED] = NET_CAUSE_NEVER_DIALLED,
		[EGRESS_CAUSE_HOST_LOCAL] = NET_CAUSE_HOST_LOCAL,
		[EGRESS_CAUSE_BAD_NAME] = NET_CAUSE_BAD_NAME,
	};

	return causes[decision->cause];
}

static void deny(const struct aim *aim, const struct egress_decision *decision,
		 const struct addr *address, enum net_cause cause, const char *presented)
{
	struct net_flow denial = { .port = aim->want.port,
				   .protocol = aim->want.protocol == EGRESS_TCP ? NET_PROTOCOL_TCP
										: NET_PROTOCOL_UDP,
				   .cause = (uint8_t)cause,
				   .rule = decision->rule,
				   .never = (uint8_t)decision->never,
				   .address = *address };

	if (aim->entry)
		memcpy(denial.name, aim->entry->name, strlen(aim->entry->name));
	if (presented)
		memcpy(denial.presented, presented,
		       strnlen(presented, sizeof(denial.presented) - 1));
	denials_add(&aim->gateway->denials, &denial);
}

void aim_deny(const struct aim *aim, enum net_cause cause, const char *presented)
{
	const struct addr none = { 0 };

	deny(aim, &aim->decision, aim->entry ? &none : &aim->want.addr, cause, presented);
}

bool aim_take(struct aim *aim, struct gateway *gw, enum egress_protocol protocol,
	      const struct sockaddr_in *asked)
{
	*aim = (struct aim){ .gateway = gw,
			     .want = { .protocol = protocol, .port = ntohs(asked->sin_port) },
			     .decision = { .rule = EGRESS_NO_RULE } };
	aim->want.addr = addr_v4(ntohl(asked->sin_addr.s_addr));
	if (pool_covers(asked->sin_addr.s_addr)) {
		aim->entry = pool_find_address(gw->dns.pool, asked->sin_addr.s_addr);
		if (!aim->entry) {
			aim_deny(aim, NET_CAUSE_UNKNOWN_NAME, NULL);
			return false;
		}
		aim->want.name = aim->entry->name;
		aim->want.name_len = strlen(aim->entry->name);
	} else {
		aim->want.is_local = hostaddr_is_own(&gw->hostaddr, &aim->want.addr);
		aim->found.addrs[0] = aim->want.addr;
		aim->found.count = 1;
	}
	aim->decision = egress_decide(gw->config->egress, &aim->want);
	if (aim->decision.verdict == EGRESS_DENY) {
		aim_deny(aim, aim_cause(&aim->decision), NULL);
		return false;
	}
	return true;
}

/* A literal address was decided by aim_take() an instant ago. */
static bool may_dial(struct aim *aim, const struct addr *addr)
{
	struct egress_decision decision;

	if (!aim->entry)
		return true;
	aim->want.addr = *addr;
	aim->want.is_local = hostaddr_is_own(&aim->gateway->hostaddr, addr);
	decision = egress_decide_resolved(aim->gateway->config->egress, &aim->want);
	if (decision.verdict != EGRESS_DENY)
		return true;
	if (!aim->any_refused) {
		aim->any_refused = true;
		aim->refused = *addr;
		aim->refusal = decision;
	}
	return false;
}

bool aim_next(struct aim *aim, struct addr *out)
{
	while (aim->next < aim->found.count) {
		const struct addr *addr = &aim->found.addrs[aim->next++];

		if (may_dial(aim, addr)) {
			*out = *addr;
			return true;
		}
	}
	return false;
}

bool aim_close(const struct aim *aim)
{
	if (!aim->any_refused)
		return false;
	deny(aim, &aim->refusal, &aim->refused, aim_cause(&aim->refusal), NULL);
	return true;
}

socklen_t aim_sockaddr(const struct addr *addr, uint16_t port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (addr->family == ADDR_V4) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, addr->bytes, 4);
		return sizeof(*v4);
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	memcpy(&v6->sin6_addr, addr->bytes, 16);
	return sizeof(*v6);
}
