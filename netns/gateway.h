/* gateway.h - the process through which everything leaves a sandbox, or does not.
 *
 * A copy of the single-threaded supervisor (no exec), in user namespace U1 and the *host's* network
 * namespace, in the cgroup `gate`.  It gets sockets of G from the wiring, decides a second time on
 * everything that the rules in G let through, relays, answers DNS, and reports (netns/event.h).
 * It lives as long as the run: EOF on event_fd ends it, and with it the last sockets of G.
 *
 * Memory: about 4 MB, 0.4 KB per connection, and 32 KB for each direction that is stalled or whose first
 * bytes are looked at; the kernel's socket buffers come on top in the same control group.
 *
 * The caller closes every descriptor that is not in the config, moves 0-2 to /dev/null, and arms
 * the parent-death signal.  Order inside: prepare (may read /etc/resolv.conf) -> gateway_confine ->
 * READY -> loop.
 *
 * What the rules in G have to do
 *	tcp	a permitted (address, port), and every port of 198.18.0.0/15: TPROXY to tcp_fd
 *	udp	first `meta l4proto udp socket wildcard 0 accept`: later datagrams of a flow go to the
 *		flow's own socket, which is connected and so matches this flow only; then the same
 *		two as for tcp: TPROXY to udp_fd
 *	53	tcp and udp, to any address: accept (dns_*_fd are bound to 0.0.0.0:53)
 *	output	everything to the workload's address, ICMP of icmp_fd too
 *	audit	mode: TPROXY for every address outside the never-dialled set
 *	rest	NFLOG, then reject: tcp to group GATEWAY_LOG_TCP, udp to _UDP, all else to _OTHER
 *		(snaplen >= 64, queue-threshold 1, NFULNL_CFG_F_SEQ).  One message per denied packet,
 *		without a limit in front of it: the totals are taken from the sequence numbers, and one
 *		group per protocol makes them exact per protocol even when messages are lost
 *	lo	udp to port GATEWAY_LOG_TCP, _UDP, _OTHER that comes in by lo: NFLOG to the group of that
 *		number with prefix GATEWAY_LOG_MARK, then drop.  The gateway sends itself such a datagram
 *		(from dns_udp_fd to 127.0.0.1) to learn the last sequence number, because what is lost
 *		at the very end of a flood leaves no gap behind it
 * A UDP datagram that the kernel lets through and the gateway refuses (a synthetic address whose name
 * is allowed for TCP only, another port) is answered by ICMP 3/13 through icmp_fd, at once, as the
 * kernel's own reject does. */
#ifndef NETNS_GATEWAY_H
#define NETNS_GATEWAY_H

#include <linux/filter.h>
#include <netinet/in.h>
#include <stdint.h>

#include "base/err.h"

struct egress; /* netns/egress.h */

enum gateway_log_group { GATEWAY_LOG_TCP = 1, GATEWAY_LOG_UDP, GATEWAY_LOG_OTHER };
#define GATEWAY_LOG_GROUPS 3 /* from 1 */
#define GATEWAY_LOG_MARK "mark"

/* Every field 0 = the default in the comment. */
struct gateway_limits {
	uint32_t connections;	     /* TCP at one time; 1,024.  Cut to what RLIMIT_NOFILE allows */
	uint32_t udp_flows;	     /* at one time; 1,024 */
	uint32_t denials;	     /* distinct ones reported one by one; 1,024 */
	uint32_t new_names;	     /* under wildcards, at once; 256 */
	uint32_t new_name_ms;	     /* and then one more each; 1,000 */
	uint32_t connect_timeout_ms; /* per upstream address; 10,000 */
	uint32_t resolve_timeout_ms; /* per name, all tries; 10,000 */
	uint32_t hello_timeout_ms;   /* first bytes begun but not complete; 10,000 */
	uint32_t idle_timeout_ms;    /* TCP, neither direction moves; 3,600,000 */
	uint32_t udp_timeout_ms;     /* UDP, neither direction moves; 60,000 */
	uint32_t stop_timeout_ms;    /* from STOP to exit, for bytes in flight; 500 */
};

struct gateway_config {
	/* All non-blocking, close-on-exec.  -1 = none where said. */
	int event_fd;	/* SEQPACKET to the supervisor */
	int maker_fd;	/* SEQPACKET to the socket maker (netns/maker_wire.h); -1: no UDP relay */
	int tcp_fd;	/* G: listening, IP_TRANSPARENT; accepted sockets have the asked address as
			 * their own.  -1: mode deny needs none */
	int udp_fd;	/* G: IP_TRANSPARENT, IP_RECVORIGDSTADDR.  -1 as above */
	int dns_udp_fd; /* G: bound to 0.0.0.0:53, IP_PKTINFO */
	int dns_tcp_fd; /* G: listening on 0.0.0.0:53 */
	int nflog_fd;	/* G: NETLINK_NETFILTER, bound to the NFLOG groups, NFULNL_CFG_F_SEQ, large
			 * SO_RCVBUF, NETLINK_NO_ENOBUFS off */
	int icmp_fd;	/* G: SOCK_RAW, IPPROTO_ICMP, ICMP_FILTER blocking every type; -1: a refused
			 * datagram gets no answer */

	struct in_addr gateway_address;	 /* gw0 */
	struct in_addr workload_address; /* eth0; what comes from elsewhere is dropped */

	const struct egress *egress; /* borrowed; holds the mode, too */
	struct gateway_limits limits;

	/* Upstream name servers, "ADDRESS[:PORT],..." (IPv6 without port); NULL: /etc/resolv.conf,
	 * read once before the confinement. */
	const char *dns_servers;

	/* The allow program of seccomp profile `gateway`; NULL only in tests. */
	const struct sock_fprog *filter;
};

/* gateway_run() - be the gateway.  Returns 0 after STOP or EOF of event_fd; -1 with *e after a
 * failure, which was also sent as FAILED.  The caller then ends the process.  Allocates; single
 * thread.  Runs in: gateway. */
int gateway_run(const struct gateway_config *config, struct err *e);

/* gateway_confine() - called by gateway_run(): every capability set empty, no_new_privs, not
 * dumpable, RLIMIT_NOFILE raised to its hard limit, no further process, SIGPIPE ignored, then the
 * filter, after which no file can be opened.  Runs in: gateway. */
int gateway_confine(const struct sock_fprog *filter, struct err *e);

#endif
