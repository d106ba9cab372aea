/* maker.h - the socket maker: builds the run's network, then makes sockets in G on request.
 *
 * A process in user namespace U1 and network namespace W, which was born with it.  It makes G and moves
 * there, makes the veth pair, rules and listening sockets while it has every capability over both
 * namespaces, gives everything up, hands the sockets to the gateway, and then answers fixed-size requests
 * (netns/maker_wire.h) until the gateway is gone.  G lives as long as this process and those sockets:
 * nothing keeps it after the run.  W goes to stage by a descriptor.
 *
 *	maker_build() -> maker_confine() -> maker_hand_over() -> maker_serve()
 *
 * Reads no hostile byte: its only client is the gateway.   Kernel: 5.9. */
#ifndef NETNS_MAKER_H
#define NETNS_MAKER_H

#include <linux/filter.h>

#include "base/err.h"
#include "netns/egress.h"
#include "netns/subnet.h"

/* The sockets of G that the gateway works with; see struct gateway_config.  Owned. */
enum maker_socket {
	MAKER_TCP,
	MAKER_UDP,
	MAKER_DNS_UDP,
	MAKER_DNS_TCP,
	MAKER_NFLOG,
	MAKER_ICMP,
	MAKER_SOCKET_COUNT
};

/* maker_build() - network and sockets; the calling thread is in W, with every capability over it, and
 * ends in G.  @workload_ns: descriptor of W   @out: all of them, or none on -1 */
int maker_build(int workload_ns, const struct subnet *net, const struct egress *egress,
		int out[MAKER_SOCKET_COUNT], struct err *e);

/* maker_hand_over() - one message with all sockets; ours are closed.
 * maker_take_over() - the gateway's end of it: waits for the message. */
int maker_hand_over(int gateway_fd, int take_sockets[MAKER_SOCKET_COUNT], struct err *e);
int maker_take_over(int maker_fd, int out[MAKER_SOCKET_COUNT], struct err *e);

/* maker_confine() - no capability, no_new_privs, not dumpable, the filter.  The bounding set stays: it
 * only matters to an exec, which the filter kills for. */
int maker_confine(const struct sock_fprog *filter, struct err *e);

/* maker_serve() - until the gateway's end is closed or it sends garbage. */
void maker_serve(int gateway_fd, const struct subnet *net);

#endif
