/* udp.h - one UDP flow of the workload: a pair of connected sockets, one at each end.
 *
 *	first datagram	udp_fd (IP_RECVORIGDSTADDR says what was asked)
 *	further ones	`inside`, made by the socket maker, bound to what was asked and connected to the
 *			workload's end: the kernel finds it before udp_fd, and answers sent on it come
 *			from the right address
 *	upstream	`outside`, connected: only that peer is heard
 *
 * A datagram that a socket does not take is dropped, as a router would.  Until both sockets are there the
 * first few wait.  A flow is over when it was idle; what is refused is answered by ICMP at once. */
#ifndef NETNS_UDP_H
#define NETNS_UDP_H

#include "netns/gateway_state.h"

#define UDP_WAITING_MAX 4
#define UDP_WAITING_BYTES 8192

struct udp_key {
	struct sockaddr_in from, asked;
};

struct udp_waiting {
	struct udp_waiting *next;
	size_t len;
	uint8_t bytes[];
};

struct udp_flow {
	struct udp_flow *next; /* in its bucket */
	struct udp_key key;
	uint64_t tag; /* of the request to the socket maker */
	struct watch inside, outside;
	struct flow flow;
	struct aim aim;
	struct resolver_wait wait;
	struct timer timer;
	struct task task;
	struct udp_waiting *waiting;
	size_t waiting_count, waiting_bytes;
	uint64_t moved_ns;
	bool open, over; /* open: outside is connected */
};

/* udp_table.c: flows by their ends (those that are over are not found), or by tag.  Pure. */
struct udp_flow *udp_find(const struct udp_flows *flows, const struct udp_key *key);
struct udp_flow *udp_find_tag(const struct udp_flows *flows, uint64_t tag);
void udp_insert(struct udp_flows *flows, struct udp_flow *flow);
void udp_remove(struct udp_flows *flows, struct udp_flow *flow);

/* udp_flow.c */
void udp_open(struct gateway *gw, const struct udp_key *key, const uint8_t *bytes, size_t len);
void udp_datagram(struct udp_flow *f, const uint8_t *bytes, size_t len); /* out of the sandbox */
void udp_take_inside(struct udp_flow *f, int take_fd);
void udp_over(struct udp_flow *f, enum net_end end);
void udp_close(struct udp_flow *f); /* both sockets and all that waits; tells nothing */

#endif
