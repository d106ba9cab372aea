/* event.h - what the gateway tells the supervisor, as fixed-size messages.
 *
 * One SEQPACKET socketpair per run.  Gateway to supervisor: struct net_event, one per message.
 * Supervisor to gateway: struct net_command.  EOF at either end: the other one is gone.
 *
 *	supervisor			gateway
 *		   <- READY		confined, loop runs: the workload may be released
 *		   <- ALLOWED, CLOSED	one pair per connection or UDP flow, tied by flow.id
 *		   <- DENIED		at once for a new kind of denial; repetitions are added up
 *		   <- UNREACHED		allowed, but no upstream could be had
 *		   <- LIMITED		a bound of the gateway was reached (once per bound)
 *	TOTALS	   ->
 *		   <- TOTALS		numbers since the start
 *	STOP	   ->			drain what is in flight, then
 *		   <- ..., TOTALS	with `final` set, then EOF and exit status 0
 *		   <- FAILED		the gateway can't go on; exit status 125 follows
 *
 * The gateway reads hostile bytes, so the supervisor believes nothing: net_event_valid() first, and
 * whatever does not pass ends the run as `gateway`.  No pointers; host byte order where not said
 * otherwise; every string ends inside its array.
 *
 * Exactness.  The sum of `count` over all DENIED events plus totals.unlisted is the number of all
 * denials: what the bounded table of distinct denials can't hold, or what the kernel's log lost, is
 * counted without being named.  ALLOWED and CLOSED are never dropped or added up: a supervisor that
 * does not read makes the gateway take no new connections. */
#ifndef NETNS_EVENT_H
#define NETNS_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "netns/addr.h"

#define NET_EVENT_KINDS(X)        \
	X(READY, "ready")         \
	X(ALLOWED, "allowed")     \
	X(CLOSED, "closed")       \
	X(DENIED, "denied")       \
	X(UNREACHED, "unreached") \
	X(LIMITED, "limited")     \
	X(TOTALS, "totals")       \
	X(FAILED, "failed")

/* DNS is a question to the responder, OTHER an IP protocol by number */
#define NET_PROTOCOLS(X) \
	X(ANY, "any")    \
	X(TCP, "tcp")    \
	X(UDP, "udp")    \
	X(ICMP, "icmp")  \
	X(DNS, "dns")    \
	X(OTHER, "other")

/* X(identifier, class, word in records, meaning).  Words are those of netns/egress.h, sniff.h and dns.h
 * where the cause is theirs.  Classes: DENIAL of DENIED events, FAILURE of UNREACHED, BOUND of LIMITED. */
#define NET_CAUSES(X)                                                                              \
	X(NONE, NONE, "none", "")                                                                  \
	X(NO_RULE, DENIAL, "no-rule", "no rule names this host")                                   \
	X(WRONG_PORT, DENIAL, "wrong-port", "the host is allowed on other ports only")             \
	X(WRONG_PROTOCOL, DENIAL, "wrong-protocol",                                                \
	  "the host is allowed with the other protocol only")                                      \
	X(NEVER_DIALLED, DENIAL, "never-dialled", "an address that only an address rule can open") \
	X(HOST_LOCAL, DENIAL, "host-local", "an address of the host, not named by a rule")         \
	X(BAD_NAME, DENIAL, "bad-name", "no host name")                                            \
	X(UNKNOWN_NAME, DENIAL, "unknown-name", "a synthetic address that was never given out")    \
	X(SNI_MISMATCH, DENIAL, "sni-mismatch", "the TLS hello names another host")                \
	X(NO_SNI, DENIAL, "no-sni", "the TLS hello names no host")                                 \
	X(HOST_MISMATCH, DENIAL, "host-mismatch", "the HTTP request names another host")           \
	X(NO_HOST, DENIAL, "no-host", "the HTTP request names no host")                            \
	X(BAD_TLS, DENIAL, "malformed-tls", "a TLS hello that can't be read")                      \
	X(BAD_HTTP, DENIAL, "malformed-http", "an HTTP request that can't be read")                \
	X(NO_VERDICT, DENIAL, "no-verdict", "first bytes that were not completed")                 \
	X(BAD_QUESTION, DENIAL, "malformed", "no DNS question that could be read")                 \
	X(RATE_LIMIT, DENIAL, "rate-limit", "too many new names in a short time")                  \
	X(POOL_FULL, DENIAL, "pool-full", "too many names in one run")                             \
	X(FLOW_LIMIT, DENIAL, "flow-limit", "too many UDP flows at one time")                      \
	X(NO_ADDRESS, FAILURE, "no-address", "the name has no address upstream")                   \
	X(NO_RESOLVER, FAILURE, "no-resolver", "no upstream name server answers")                  \
	X(NO_CONNECTION, FAILURE, "no-connection", "the upstream host refuses or does not answer") \
	X(CONNECTION_LIMIT, BOUND, "connection-limit",                                             \
	  "too many connections at one time: further ones wait")                                   \
	X(DENIAL_LIMIT, BOUND, "denial-limit",                                                     \
	  "too many distinct denials: further ones are counted, not named")

/* how a flow ended */
#define NET_ENDS(X)                                                                           \
	X(NONE, "none")                                                                       \
	X(DONE, "done")			  /* both directions ended in order */                \
	X(RESET_INSIDE, "reset-inside")	  /* by the workload */                               \
	X(RESET_OUTSIDE, "reset-outside") /* by the upstream host or the network */           \
	X(IDLE, "idle")			  /* our idle timer */                                \
	X(REFUSED, "refused")		  /* for its first bytes; a DENIED event tells why */ \
	X(STOPPED, "stopped")		  /* the run ended */

enum net_event_kind {
#define X(id, word) NET_EVENT_##id,
	NET_EVENT_KINDS(X)
#undef X
		NET_EVENT_COUNT
};

enum net_protocol {
#define X(id, word) NET_PROTOCOL_##id,
	NET_PROTOCOLS(X)
#undef X
		NET_PROTOCOL_COUNT
};

enum net_cause {
#define X(id, class, word, meaning) NET_CAUSE_##id,
	NET_CAUSES(X)
#undef X
		NET_CAUSE_COUNT
};

enum net_end {
#define X(id, word) NET_END_##id,
	NET_ENDS(X)
#undef X
		NET_END_COUNT
};

enum net_cause_class { NET_CLASS_NONE, NET_CLASS_DENIAL, NET_CLASS_FAILURE, NET_CLASS_BOUND };

#define NET_NAME_CAP 256
#define NET_NO_RULE (-1)

/* One flow, or one kind of denial.
 *
 * |            | ALLOWED | CLOSED  | DENIED                              | UNREACHED  | LIMITED |
 * |------------|---------|---------|-------------------------------------|------------|---------|
 * | id         | yes     | same    | 0                                   | 0          | 0       |
 * | name       | asked   | asked   | asked                               | asked      | -       |
 * | address    | dialled | dialled | asked; of a name: what it led to    | last tried | -       |
 * | count      | 1       | 1       | new ones since the key's last event | 1          | 1       |
 * | time_ns    | opened  | ended   | first of `count`                    | when       | when    |
 *
 * Name: "" when an address was asked for.  The key of a denial is protocol, name, address, port,
 * dns_type and cause. */
struct net_flow {
	uint64_t id;	  /* number of the flow in this run, from 1 */
	uint64_t time_ns; /* CLOCK_REALTIME */
	uint64_t duration_ns;
	uint64_t bytes_in;  /* into the sandbox */
	uint64_t bytes_out; /* out of the sandbox */
	uint64_t count;
	int32_t rule;		 /* as egress_decision.rule */
	int32_t errnum;		 /* UNREACHED: errno of the last attempt, 0 if none */
	uint16_t port;		 /* host order; 0 for protocols without */
	uint16_t dns_type;	 /* DNS: question type */
	uint8_t protocol;	 /* enum net_protocol */
	uint8_t ip_protocol;	 /* OTHER: number */
	uint8_t cause;		 /* DENIED, UNREACHED, LIMITED: enum net_cause */
	uint8_t end;		 /* CLOSED: enum net_end */
	uint8_t would_deny;	 /* audit mode: no rule would have let it out */
	uint8_t never;		 /* enum addr_never of address */
	uint8_t reserved[5];	 /* zero */
	struct addr address;	 /* family ADDR_NONE: none */
	char name[NET_NAME_CAP]; /* a-z 0-9 - _ and dots, other bytes as \DDD, cut to fit */
	char presented[64]; /* name in the TLS hello or the HTTP request, same form, or [IPv6] */
};

_Static_assert(sizeof(struct net_flow) == 408, "no padding: every byte is checked or compared");

/* Since the start of the gateway. */
struct net_totals {
	uint64_t allowed; /* flows opened */
	uint64_t closed;
	uint64_t denied_tcp, denied_udp, denied_other, denied_dns; /* itemised or not */
	uint64_t unlisted; /* denials of the four above that no DENIED event names */
	uint64_t log_lost; /* of unlisted: messages the kernel could not deliver */
	uint64_t unreached;
	uint64_t dns_answered;
	uint64_t bytes_in, bytes_out; /* of closed and open flows */
	uint64_t open_now, open_peak; /* flows */
	/* UDP datagrams and questions that came faster than they were read, and log groups whose end was
	 * not seen: in no other number, because nobody knows what they were. */
	uint64_t unread;
	uint32_t final; /* 1: the last message of an orderly end */
	uint32_t reserved;
};

struct net_event {
	uint32_t magic; /* NET_EVENT_MAGIC */
	uint32_t kind;	/* enum net_event_kind */
	union {
		struct net_flow flow;	  /* ALLOWED CLOSED DENIED UNREACHED LIMITED */
		struct net_totals totals; /* TOTALS */
		struct err err;		  /* FAILED */
	};
};

#define NET_EVENT_MAGIC 0x4e455631u
_Static_assert(sizeof(struct net_event) <= 512, "one event is one small message");

enum net_command_kind { NET_COMMAND_STOP = 1, NET_COMMAND_TOTALS };

struct net_command {
	uint32_t magic; /* NET_EVENT_MAGIC */
	uint32_t kind;	/* enum net_command_kind */
};

/* net_event_valid() - could an honest gateway have sent these bytes?  Pure.  Checks length, magic,
 * every enum, every string (terminated, printable), reserved bytes, and which fields go with which
 * kind.  For FAILED also call err_sanitize().  Runs in: supervisor, fuzzer. */
bool net_event_valid(const void *bytes, size_t len);

/* The words of the tables above; "?" when out of range.  Static storage. */
const char *net_event_word(enum net_event_kind kind);
const char *net_protocol_word(enum net_protocol protocol);
const char *net_cause_word(enum net_cause cause);
const char *net_cause_meaning(enum net_cause cause);
enum net_cause_class net_cause_class(enum net_cause cause);
const char *net_end_word(enum net_end end);

#endif
