/* nflog.h - one message of the kernel's packet log.  Pure.
 *
 * A message holds the head of a packet that the rules in G refused.  The packet is the workload's work,
 * the frame around it the kernel's; both are bounds-checked alike.
 * Source: linux/netfilter/nfnetlink_log.h, RFC 791, RFC 8200.   Fuzzed: tests/fuzz/fuzz_nflog.c. */
#ifndef NETNS_NFLOG_H
#define NETNS_NFLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/addr.h"

#define NFLOG_MESSAGE_MAX 4096
#define NFLOG_PREFIX_CAP 16

struct nflog_packet {
	uint16_t group;
	bool has_sequence;
	uint32_t sequence;	       /* of the group */
	char prefix[NFLOG_PREFIX_CAP]; /* of the rule, cut to fit */
	bool has_packet;	       /* the rest is filled: an IP header could be read */
	uint8_t protocol;	       /* IPPROTO_* */
	struct addr destination;
	uint16_t port; /* host order; 0 if there is none, or in a later fragment */
};

enum nflog_status {
	NFLOG_PACKET,
	NFLOG_OTHER, /* a well-formed message of another type: skip it */
	NFLOG_END    /* no further whole message in these bytes */
};

/* nflog_next() - read the message at *bytes and step over it.  @out: written for NFLOG_PACKET only */
enum nflog_status nflog_next(const uint8_t **bytes, size_t *len, struct nflog_packet *out);

#endif
