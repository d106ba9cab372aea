/* subnet.c - four addresses per slot. */
#include "netns/subnet.h"

#include <arpa/inet.h>

struct subnet subnet_of_slot(unsigned slot)
{
	const uint32_t base = SUBNET_BASE + (slot % SUBNET_COUNT) * 4;

	return (struct subnet){ .network.s_addr = htonl(base),
				.gateway.s_addr = htonl(base + 1),
				.workload.s_addr = htonl(base + 2) };
}
