/* egress.h - may this flow leave?  Pure, and the answer at the end of every walk is no.
 *
 *	policy --profiles--> egress_rule[] --egress_build()--> struct egress --egress_decide*()--> verdict
 *
 * Three questions, asked by the gateway; each may be asked again at any time and gets the same answer:
 *
 *	egress_decide_name()		a DNS question: may this name be known inside at all?
 *	egress_decide()			a connection or datagram: to a name, or to a literal address
 *	egress_decide_resolved()	what an allowed name resolved to: may this address be dialled?
 *
 * Rules: exact names, "*.x" (one or more labels before x, not x), addresses and prefixes; each with
 * ports and a protocol.  No rule denies, so their order does not matter: a flow passes if any rule
 * lets it.  On top of that stands the table of netns/addr.h: what is in it is refused unless an
 * address rule no wider than the row lets this port and protocol through, also for an allowed name;
 * and an address of the host itself is refused unless a rule names exactly that address (no prefix).
 * NET_AUDIT lets every other destination through and says what NET_ALLOW would have refused.
 *
 * Nothing here does I/O, reads a clock or allocates, egress_build() excepted.  A struct egress is one
 * block of memory without pointers, constant after it was built: fine in a clone of the builder.
 * Runs in: supervisor (build), gateway (decide). */
#ifndef NETNS_EGRESS_H
#define NETNS_EGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "netns/addr.h"
#include "netns/name.h"

enum net_mode { NET_NONE, NET_DENY, NET_ALLOW, NET_AUDIT };

enum egress_protocol { EGRESS_TCP, EGRESS_UDP, EGRESS_PROTOCOL_COUNT };

const char *egress_protocol_word(enum egress_protocol protocol); /* "tcp", "udp" */

/* ------------------------------------------------------------------------------------------ rules */

#define EGRESS_NAME_MAX NAME_MAX_LEN

struct egress_ports {
	uint16_t low, high; /* both included; never 0 */
};

enum egress_kind { EGRESS_EXACT, EGRESS_BELOW /* "*.x": name holds x */, EGRESS_ADDRESS };

/* One rule, as netns/egress_rule.h parses it. */
struct egress_rule {
	enum egress_kind kind;
	enum egress_protocol protocol;
	const char *name;    /* lower case, no trailing dot; NULL for an address; borrowed */
	struct addr addr;    /* host bits are 0 */
	unsigned prefix_len; /* 32 or 128: one address */
	const struct egress_ports *ports; /* borrowed */
	unsigned ports_count;		  /* at least 1 */
};

/* --------------------------------------------------------------------------------------- compiled */

struct egress; /* opaque */

/* egress_build() - compile rules; the block comes from the arena.  NET_NONE and NET_DENY compile to
 * nothing but the mode.  100,000 rules take some tens of milliseconds and about 10 MB. */
int egress_build(enum net_mode mode, const struct egress_rule *rules, size_t count, void **arena,
		 const struct egress **out, struct err *e);

enum net_mode egress_mode(const struct egress *egress);
size_t egress_size_bytes(const struct egress *egress); /* of the block that starts at egress */

/* --------------------------------------------------------------------------------------- decision */

/* X(identifier, word in the record, for people) */
#define EGRESS_CAUSE_TABLE(X)                                                                   \
	X(RULE, "rule", "a rule lets it through")                                               \
	X(PUBLIC, "public", "the name is allowed, and this is a public address")                \
	X(NO_RULE, "no-rule", "no rule names this host")                                        \
	X(WRONG_PORT, "wrong-port", "the host is allowed on other ports only")                  \
	X(WRONG_PROTOCOL, "wrong-protocol", "the host is allowed with the other protocol only") \
	X(NEVER_DIALLED, "never-dialled", "an address that only an address rule can open")      \
	X(HOST_LOCAL, "host-local", "an address of the host, not named by an address rule")     \
	X(BAD_NAME, "bad-name", "no host name")

enum egress_cause {
#define EGRESS_CAUSE_ENUM(id, word, meaning) EGRESS_CAUSE_##id,
	EGRESS_CAUSE_TABLE(EGRESS_CAUSE_ENUM)
#undef EGRESS_CAUSE_ENUM
		EGRESS_CAUSE_COUNT
};

enum egress_verdict {
	EGRESS_DENY = 0,
	EGRESS_ALLOW,
	EGRESS_WOULD_DENY /* NET_AUDIT: goes through; would be refused by NET_ALLOW */
};

#define EGRESS_NO_RULE (-1)

struct egress_decision {
	enum egress_verdict verdict;
	enum egress_cause cause;
	enum addr_never never; /* the row the address is in, ADDR_PUBLIC otherwise */
	/* Of a rule that let it through, or that names the host but not this port or protocol;
	 * EGRESS_NO_RULE = none. */
	int32_t rule;
	bool by_wildcard; /* a name that no rule spells out: who asks has chosen labels of it */
};

struct egress_flow {
	enum egress_protocol protocol;
	uint16_t port;	  /* host order */
	const char *name; /* what a connection was opened for: canonical (netns/name.h), need not
			   * end in NUL; NULL = the address was dialled as such */
	size_t name_len;
	struct addr addr; /* name == NULL, and egress_decide_resolved() */
	bool is_local;	  /* the host's routing calls addr its own, asked just now */
};

struct egress_decision egress_decide(const struct egress *egress, const struct egress_flow *flow);
struct egress_decision egress_decide_name(const struct egress *egress, const char *name,
					  size_t name_len);

/* egress_decide_resolved() - flow as for egress_decide(), which allowed it, and with addr. */
struct egress_decision egress_decide_resolved(const struct egress *egress,
					      const struct egress_flow *flow);

const char *egress_cause_word(enum egress_cause cause);
const char *egress_cause_meaning(enum egress_cause cause);

/* egress_cause_text() - for the record: "no-rule", "never-dialled:metadata". */
void egress_cause_text(struct text *t, const struct egress_decision *decision);

/* egress_hint() - the option that would let this flow through, "--allow api.example.org:443/udp";
 * nothing if no option could.  port 0: a DNS question, no ports are named. */
void egress_hint(struct text *t, const struct egress_flow *flow,
		 const struct egress_decision *decision);

/* -------------------------------------------------------------------------------------- kernel set */

/* Disjoint rectangles; inside them egress_decide() lets a literal IPv4 address through that is not
 * the host's own, outside of them never.  Host order, bounds included. */
struct egress_kernel_row {
	uint32_t low, high;
	enum egress_protocol protocol;
	struct egress_ports ports;
};

/* egress_kernel_rows() - fills at most cap rows, in order; returns how many there are, or more than cap
 * if they don't fit: then let the kernel hand everything to the gateway, whose decision is the same. */
size_t egress_kernel_rows(const struct egress *egress, struct egress_kernel_row *rows, size_t cap);

#endif
