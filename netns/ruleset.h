/* ruleset.h - the packet rules of G, one nf_tables transaction.
 *
 *	prerouting (mangle)	lo, udp to port 1, 2, 3		mark in the log group of that number, drop
 *				lo				accept
 *				other than gw0			drop
 *				source is not the workload's	count, drop
 *				ICMP "unreachable"		drop: of the workload's kernel, about an answer
 *				0.0.0.0/8, 127.0.0.0/8		deny
 *				multicast, broadcast		deny
 *				own /30 but the gateway		deny
 *				to port 53, udp or tcp		accept (the responder; every address is ours)
 *				udp of an open flow		accept (a reply socket of its own)
 *				the gateway			deny
 *				@allow, or everything		to the gateway's transparent socket
 *				the synthetic range		the same
 *				anything else			deny
 *	deny			numbered log message to the NFLOG group of its protocol (gateway.h), then reset
 *				(tcp) or "prohibited"
 *	forward			drop
 *	output			lo, and to the workload; drop
 *	IPv6			drop (and switched off on both interfaces)
 *
 * So a denied connect() fails at once and is counted exactly: the log carries sequence numbers.  What
 * gets through here is decided again by the gateway.  TPROXY needs no conntrack; for a connection that
 * exists it finds the socket itself, for UDP the rule before it has to (nft_tproxy would otherwise
 * break off at a socket that is not transparent).
 *
 * Built with libnl, sent as one batch: it is in force as a whole or not at all.
 * Runs in: socket maker, inside G, with CAP_NET_ADMIN.  Kernel: 5.9 (reject in prerouting), 5.6
 * (intervals in concatenations), modules nf_tables, nft_tproxy, nft_socket, nft_reject, nfnetlink_log. */
#ifndef NETNS_RULESET_H
#define NETNS_RULESET_H

#include <stddef.h>

#include "base/err.h"
#include "netns/egress.h"
#include "netns/subnet.h"

#define RULESET_TPROXY_PORT 40000
#define RULESET_ROWS_MAX 1000 /* more do not fit one transaction of an ordinary user (EMSGSIZE) */

struct ruleset {
	struct subnet net;
	unsigned gate_index; /* interface gw0 */
	bool everything;     /* all of tcp and udp to the gateway: rows are not used */
	const struct egress_kernel_row *rows; /* at most RULESET_ROWS_MAX */
	size_t row_count;
};

/* ruleset_load() - -1 with *e naming the part that the kernel refused. */
int ruleset_load(const struct ruleset *rules, struct err *e);

/* ruleset_open_log() - a netlink socket bound to the log groups, with sequence numbers; -1 with *e. */
int ruleset_open_log(struct err *e);

#endif
