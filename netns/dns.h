/* dns.h - the sandbox's only name server: answers from policy, never asks anybody.
 *
 * Theory of operation.  Every question is decided here and now: an allowed name gets a synthetic address
 * (netns/pool.h), any other one a refusal.  No question leaves the machine, so that no byte of a name is
 * seen outside before the workload connects to a name that policy allows.
 *
 *	question				answer
 *	A of an allowed name			its synthetic address, TTL 60
 *	any other type of an allowed name	no data (AAAA: the sandbox has IPv4 only; HTTPS and SVCB:
 *						no keys for an encrypted ClientHello; TXT, MX, SRV...)
 *	localhost, *.localhost			127.0.0.1, the sandbox's own (RFC 6761)
 *	PTR of a synthetic address		its name; of anything else: no such name
 *	any name not allowed			refused, see below
 *	allowed, but pool full or rate limit	SERVFAIL
 *	classes other than IN (version.bind)	REFUSED
 *	other opcodes, EDNS versions		NOTIMP, BADVERS
 *	garbage with a header			FORMERR
 *	shorter than a header, or a response	nothing is sent (no loops)
 *
 * How a refusal looks.  A client that speaks EDNS gets REFUSED and the extended error 18, "Prohibited"
 * (RFC 8914), with the remedy as text, which dig prints.  One that doesn't gets "no such name" with a SOA:
 * the resolvers of C libraries send no EDNS, and REFUSED is no answer to them.  musl drops it and waits its
 * five seconds, glibc asks twice and calls the failure temporary, so that programs try again; to both
 * NXDOMAIN is final at once.  The outcome is DNS_REFUSED either way.
 *
 * Negative answers carry a SOA of the root with a minimum of 60 s, without which no stub caches them.
 * Every reply fits 512 bytes: TC is never set.  The question is echoed as it came (mixed case is a
 * client's defence against forgery: draft-vixie-dnsext-dns0x20).
 *
 * Queries: one question, QR 0, no compression, any additional records are walked for one OPT.
 * Sources: RFC 1035, 2308, 6761, 6891, 8914, 9460.
 *
 * Pure: no sockets, no clock, no allocation.   Runs in: gateway, tests.
 * Fuzzed: tests/fuzz/fuzz_dns.c, tests/fuzz/fuzz_dns_frame.c. */
#ifndef NETNS_DNS_H
#define NETNS_DNS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/name.h"
#include "netns/pool.h"

#define DNS_QUERY_MAX 1232 /* a longer query is malformed; what clients announce over UDP */
#define DNS_REPLY_MAX 512
#define DNS_TTL_S 60

/* What the caller's policy says of one canonical name. */
enum dns_verdict {
	DNS_NAME_DENIED,
	DNS_NAME_ALLOWED,
	DNS_NAME_LIMITED, /* allowed, but no more new names for now: SERVFAIL */
};

struct dns_policy {
	/* Called once for a question of class IN about a name that could be a host name; in the
	 * canonical form.  For a share per wildcard: pool_find_name() tells new names from old ones,
	 * struct dns_report.fresh counts them.  @out_rule: what allowed it, kept in the pool. */
	enum dns_verdict (*decide)(void *context, const char *name, uint32_t *out_rule);
	void *context;
	struct pool *pool;
};

/* X(identifier, word in logs, is it a denial?) */
#define DNS_OUTCOME_TABLE(X)                                                                \
	X(ANSWERED, "answered", false)	/* an address or a name was given */                \
	X(NO_DATA, "no-data", false)	/* allowed name, a type that we have nothing for */ \
	X(UNKNOWN, "unknown", false)	/* PTR of an address that has no name here */       \
	X(REFUSED, "refused", true)	/* the policy does not allow the name */            \
	X(LIMITED, "rate-limit", true)	/* allowed, but the caller's limit for new names */ \
	X(FULL, "pool-full", true)	/* allowed, but POOL_MAX names are in use */        \
	X(MALFORMED, "malformed", true) /* no question could be read */                     \
	X(DROPPED, "dropped", true)	/* nothing that deserves a reply */

enum dns_outcome {
#define DNS_OUTCOME_ENUM(id, word, denial) DNS_##id,
	DNS_OUTCOME_TABLE(DNS_OUTCOME_ENUM)
#undef DNS_OUTCOME_ENUM
		DNS_OUTCOME_COUNT
};

const char *dns_outcome_word(enum dns_outcome outcome);
bool dns_outcome_denial(enum dns_outcome outcome);

/* dns_type_word() - "AAAA" for 28, "TYPE65280" style in buf (16 bytes do) when it has no name here. */
const char *dns_type_word(uint16_t type, char *buf, size_t cap);

/* What to count and log.  name is printable ASCII without blank, '"' or '\' other than in \DDD: canonical,
 * or for names that no host can have RFC 1035's text form, cut to fit; "." for the root; "" when the
 * question could not be read. */
struct dns_report {
	enum dns_outcome outcome;
	uint16_t type;	      /* of the question; 0 if it could not be read */
	uint32_t rule;	      /* from decide(), when allowed */
	bool fresh;	      /* the name took a new address of the pool */
	in_addr_t address_be; /* the synthetic address given or asked about; 0 if none */
	char name[NAME_CAP];
};

/* dns_respond() - answer one query (without the length prefix of TCP).
 * Returns the length of the reply, 0: send nothing.  *out is always written. */
size_t dns_respond(const struct dns_policy *policy, const uint8_t *query, size_t len,
		   uint8_t reply[DNS_REPLY_MAX], struct dns_report *out);

/* Framing over TCP (RFC 1035 4.2.2, RFC 7766: several queries may come in one segment).  Hold
 * DNS_FRAME_MAX bytes per connection, append what is read, then loop:
 *
 *	while (dns_frame(buf, len, &size) == DNS_FRAME_WHOLE) {
 *		respond to buf + 2, size - 2; write the reply with a length prefix of its own;
 *		drop size bytes from the front; }
 *	DNS_FRAME_BAD: close the connection. */
#define DNS_FRAME_MAX (2 + DNS_QUERY_MAX)

enum dns_frame {
	DNS_FRAME_MORE,
	DNS_FRAME_WHOLE,
	DNS_FRAME_BAD, /* announces no header, or more than DNS_QUERY_MAX */
};

/* dns_frame() - does a whole query stand at the front?  @out_size: with the prefix; only if WHOLE. */
enum dns_frame dns_frame(const uint8_t *bytes, size_t len, size_t *out_size);

#endif
