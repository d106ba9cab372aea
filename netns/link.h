/* link.h - the veth pair between W and G, addresses and routes, built with libnl.
 *
 *	W: lo, eth0 10.x.y.2/30, default via .1        G: lo, gw0 10.x.y.1/30, local 0.0.0.0/0 dev lo
 *
 * The peer is made in W at once (IFLA_NET_NS_FD inside VETH_INFO_PEER): moving a link between
 * namespaces costs two grace periods (25 ms).  The local route makes every address G's own, so that
 * transparent sockets and the resolver answer for all of them; it stands in the main table, because in
 * the local one it would also make the workload's address look like ours (a martian source).
 * No forwarding and no IPv6 in either.  Needs CAP_NET_ADMIN over both namespaces.
 * Runs in: socket maker.  Sources: rtnetlink(7), veth(4), ip-sysctl. */
#ifndef NETNS_LINK_H
#define NETNS_LINK_H

#include "base/err.h"
#include "netns/subnet.h"

#define LINK_MTU 65520 /* GSO crosses a veth whole; the largest multiple of 8 that IP can carry */

/* link_build() - everything.  The calling thread is in W; G is made and is where it is afterwards.
 * @workload_ns: descriptor of W   @out_gate_index: interface index of gw0 in G. */
int link_build(int workload_ns, const struct subnet *net, unsigned *out_gate_index, struct err *e);

#endif
