/* gateway_state.h - what the parts of the gateway share.  Included by netns/gateway*.c, relay, udp, aim
 * and flow only; everybody else knows netns/gateway.h.
 *
 *	gateway.c	  start, commands of the supervisor, end
 *	gateway_confine.c walls of the process
 *	gateway_dns.c	  sockets of the responder (netns/dns.h answers)
 *	gateway_log.c	  denials by the kernel (netns/nflog.h parses)
 *	relay.c		  TCP connections (netns/channel.h moves bytes)
 *	udp.c		  UDP flows
 *	aim.c		  where a flow goes, and may it
 *	flow.c		  what is told of a flow */
#ifndef NETNS_GATEWAY_STATE_H
#define NETNS_GATEWAY_STATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "netns/channel.h"
#include "netns/denials.h"
#include "netns/egress.h"
#include "netns/gateway.h"
#include "netns/hostaddr.h"
#include "netns/outbox.h"
#include "netns/pool.h"
#include "netns/resolver.h"

#define GATEWAY_DATAGRAM_MAX 65536
#define GATEWAY_BLOCK_BYTES \
	(CHANNEL_BLOCK_BYTES > GATEWAY_DATAGRAM_MAX ? CHANNEL_BLOCK_BYTES : GATEWAY_DATAGRAM_MAX)

struct gateway;
struct dns_client;
struct udp_flow;
struct relay;

/* ------------------------------------------------------------------------------------------- flows */

/* What is told of one connection or UDP flow.  Lives in it. */
struct flow {
	struct report report;
	struct gateway *gateway;
	const struct pool_entry *entry;	 /* name asked for, NULL = a literal address */
	void (*told)(struct flow *flow); /* everything was taken: the owner may be freed */
	uint64_t id, opened_ns, ended_ns, time_ns, bytes_in, bytes_out;
	int32_t rule, errnum;
	struct addr address; /* dialled, or last tried */
	uint16_t port;
	uint8_t protocol, cause, end, never;
	bool would_deny;
	bool connected; /* has an upstream; counts as open */
	bool announce;	/* ALLOWED is due, or was told */
	bool announced; /* ALLOWED was told */
	bool over;	/* CLOSED or UNREACHED is due, or was told */
	bool closed;	/* that was told */
};

void flow_init(struct flow *flow, struct gateway *gw, enum net_protocol protocol);
void flow_connected(struct flow *flow); /* an upstream exists: numbered and counted */
void flow_announce(struct flow *flow);	/* tell ALLOWED; at most once */

/* flow_end() - the end of a connected flow; REFUSED before it was announced tells nothing (the denial
 * tells).  told() is called later, always. */
void flow_end(struct flow *flow, enum net_end end);
void flow_unreached(struct flow *flow, enum net_cause cause, int errnum); /* never connected */
void flow_drop(struct flow *flow); /* never connected, and a denial tells: only told() */
void flow_deny(struct flow *flow, enum net_cause cause, const char *presented); /* record one */
void flow_moved(struct flow *flow, uint64_t in_bytes, uint64_t out_bytes);

/* -------------------------------------------------------------------------------------------- aims */

/* Where a flow goes: from the address that the workload asked for to one that may be dialled. */
struct aim {
	struct gateway *gateway;
	struct egress_flow want;
	struct egress_decision decision;
	const struct pool_entry *entry; /* NULL: a literal address */
	struct resolver_answer found;	/* candidates */
	uint8_t next;
	bool any_refused; /* then the first refusal */
	struct addr refused;
	struct egress_decision refusal;
};

/* aim_take() - decide on what was asked.  False: denied, and recorded. */
bool aim_take(struct aim *aim, struct gateway *gw, enum egress_protocol protocol,
	      const struct sockaddr_in *asked);

enum net_cause aim_cause(const struct egress_decision *decision); /* in the words of events */

/* aim_next() - the next address that may be dialled, asked of policy and kernel just now. */
bool aim_next(struct aim *aim, struct addr *out);

/* aim_close() - no address is left: record a denial if policy was why (true), else false. */
bool aim_close(const struct aim *aim);

/* aim_deny() - record a denial of what was aimed at for another cause. */
void aim_deny(const struct aim *aim, enum net_cause cause, const char *presented);

/* aim_sockaddr() - returns the length. */
socklen_t aim_sockaddr(const struct addr *addr, uint16_t port, struct sockaddr_storage *out);

/* ------------------------------------------------------------------------------------------- parts */

struct relays {
	struct watch listener;
	struct relay *first;
	uint32_t count;		  /* also of those that are over but not yet told */
	struct channel_room room; /* its block is the gateway's */
};

#define UDP_BUCKETS 1024

struct udp_flows {
	struct watch socket, maker;
	struct udp_flow *buckets[UDP_BUCKETS];
	uint32_t count;
	uint64_t seed, next_tag;
};

#define DNS_CLIENTS_MAX 64

struct dns_service {
	struct watch udp, listener;
	struct dns_client *first;
	uint32_t count;
	struct pool *pool;
	uint32_t wildcard_names; /* that have an address; see may_be_new() */
	uint64_t start_ns;
};

/* One group of the kernel's log; see gateway.h. */
struct log_group {
	uint32_t id, expected; /* next sequence number */
	uint64_t marks_sent, marks_seen;
	bool marked; /* one came since log_drain() */
};

struct packet_log {
	struct watch watch;
	struct log_group groups[GATEWAY_LOG_GROUPS];
	struct timer mark_timer;
	unsigned groups_marked, tries;
	unsigned unmarked;		  /* groups of which no mark came back at last */
	void (*done)(struct gateway *gw); /* somebody waits for the marks */
};

enum gateway_stop {
	STOP_NO,
	STOP_FLOWS,  /* until the last flow has ended and the log is drained */
	STOP_EVENTS, /* until everything was told */
	STOP_TOTALS  /* until the totals were told */
};

struct gateway {
	const struct gateway_config *config;
	struct gateway_limits limits; /* defaults filled in */
	struct loop loop;
	struct outbox outbox;
	struct denials denials;
	struct hostaddr hostaddr;
	struct resolver *resolver;
	struct net_totals totals;
	struct watch commands; /* event_fd */
	struct report ready, limited, totals_told;
	struct timer stop_timer;
	struct timer retry; /* set: descriptors had run out, nothing is accepted until then */
	uint64_t last_id;
	uint8_t *block; /* GATEWAY_BLOCK_BYTES, used within one call only */

	struct relays relays;
	struct udp_flows udp;
	struct dns_service dns;
	struct packet_log log;

	bool ready_due, totals_due, limited_due, limited_once;
	uint8_t stop; /* enum gateway_stop */
	bool log_is_drained, finished, failed;
	struct err failure;
};

bool gateway_is_workload(const struct gateway *gw, const struct sockaddr_in *from);
void gateway_limited(struct gateway *gw); /* tell once that connections have to wait */
void gateway_pause(struct gateway *gw);	  /* out of descriptors: accept nothing for a moment */
bool gateway_may_accept(const struct gateway *gw);
void gateway_fail(struct gateway *gw, const char *why); /* ends the loop */

int relay_start(struct gateway *gw, struct err *e);
void relay_listen(struct gateway *gw);	/* poll the listener unless a bound is reached */
void relay_stop(struct gateway *gw);	/* no new ones; bytes in flight go out */
void relay_cut_off(struct gateway *gw); /* end them all */
void relay_free_all(struct gateway *gw);

int udp_start(struct gateway *gw, struct err *e);
void udp_stop(struct gateway *gw);
void udp_free_all(struct gateway *gw);

/* udp_refuse() - ICMP 3/code for a datagram of from to asked, as the kernel's reject would send it. */
void udp_refuse(struct gateway *gw, const struct sockaddr_in *from, const struct sockaddr_in *asked,
		uint8_t code);

int dns_start(struct gateway *gw, struct err *e);
void dns_listen(struct gateway *gw); /* as relay_listen() */
void dns_stop(struct gateway *gw);
void dns_free_all(struct gateway *gw);

int log_start(struct gateway *gw, struct err *e);
/* log_drain() - have everything that was denied until now counted, then call done. */
void log_drain(struct gateway *gw, void (*done)(struct gateway *gw));

#endif
