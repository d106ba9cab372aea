/* maker_wire.h - requests of the gateway to the socket maker.
 *
 * The gateway lives in the host's network namespace and can't enter G; the maker lives in G and does
 * nothing but make sockets there.  One SEQPACKET socketpair, one struct per message, answers in the
 * order of the requests; the gateway sends without waiting, so the maker must answer each one.  EOF
 * ends the maker, and so does a message of a wrong size or magic: its only client is broken then.
 *
 * MAKER_UDP_REPLY: a non-blocking, close-on-exec UDP socket with SO_REUSEADDR, bound to local (which
 * G's "everything is local" route permits), connected to remote, which is the workload's end: what the
 * gateway sends on it comes from the address the workload had asked, and further datagrams of this
 * flow arrive on it.  Needs net.ipv4.ip_unprivileged_port_start 0 in G and no capability.
 * The maker checks that remote is the workload's address and refuses the rest with EPERM. */
#ifndef NETNS_MAKER_WIRE_H
#define NETNS_MAKER_WIRE_H

#include <netinet/in.h>
#include <stdint.h>

#define MAKER_MAGIC 0x4d4b5231u

enum maker_kind { MAKER_UDP_REPLY = 1 };

struct maker_request {
	uint32_t magic;
	uint32_t kind;
	uint64_t tag; /* comes back in the answer */
	struct sockaddr_in local;
	struct sockaddr_in remote;
};

/* Carries one descriptor by SCM_RIGHTS when errnum is 0, none otherwise. */
struct maker_answer {
	uint32_t magic;
	int32_t errnum;
	uint64_t tag;
};

#endif
