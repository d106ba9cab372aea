/* subnet.h - the /30 of one run, from its session slot.  Pure.
 *
 *	10.200.0.0/14 holds 65536 networks of four addresses, one per slot:
 *	.0 network   .1 gateway (gw0 in G)   .2 workload (eth0 in W)   .3 broadcast
 *
 * A slot belongs to one live run of its host network namespace (sandbox/slot.h), so no two live runs
 * there share a network.  The addresses exist in W and G only, never in a namespace of the host's. */
#ifndef NETNS_SUBNET_H
#define NETNS_SUBNET_H

#include <netinet/in.h>
#include <stdint.h>

#define SUBNET_BASE UINT32_C(0x0ac80000) /* 10.200.0.0 */
#define SUBNET_PREFIX 30
#define SUBNET_COUNT 65536u

/* What the workload's resolv.conf names.  Every address is the gateway's own, so that any would do;
 * this one is in the synthetic range and never given to a name. */
#define SUBNET_RESOLVER "198.19.255.254"

struct subnet {
	struct in_addr network, gateway, workload; /* network order, as in_addr always */
};

/* subnet_of_slot() - slot < SUBNET_COUNT. */
struct subnet subnet_of_slot(unsigned slot);

#endif
