/* hostaddr.h - is an address one of this host's own, at this moment?
 *
 * The kernel's routing is asked (RTM_GETROUTE) for each address that is about to be dialled: addresses
 * come and go during a run, and some are local without standing on an interface (local routes, floating
 * addresses of load balancers).  The socket is opened before the confinement, in the host's network
 * namespace; an answer takes about 3 us and is there when send() returns (rtnetlink answers in place).
 *
 * Own: routes of type local, broadcast, anycast, multicast, and whatever is not understood.  Not own:
 * unicast, and where there is no route (the connect fails by itself then).  An IPv6 address that stands
 * for an IPv4 one (addr_unwrap()) is the host's own if either of them is.
 * Runs in: gateway.   Sources: rtnetlink(7), rtnetlink.h. */
#ifndef NETNS_HOSTADDR_H
#define NETNS_HOSTADDR_H

#include <stdbool.h>

#include "base/err.h"
#include "netns/addr.h"

struct hostaddr {
	int fd;
	uint32_t sequence; /* of the last question, so that no answer is taken for another one's */
};

int hostaddr_open(struct hostaddr *h, struct err *e);
bool hostaddr_is_own(struct hostaddr *h, const struct addr *addr);

#endif
