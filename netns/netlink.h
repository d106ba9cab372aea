/* netlink.h - several netlink messages in one send, with the first refusal named.
 *
 * Messages are built with libnl (attributes, nesting, sizes); they are sent at once, because the
 * kernel then carries them out in one system call, and nf_tables takes a batch in no other way.
 * Runs in: socket maker (netns/maker.h), before it is confined. */
#ifndef NETNS_NETLINK_H
#define NETNS_NETLINK_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define NETLINK_BATCH_MESSAGES 64

struct netlink_batch {
	char *bytes; /* heap */
	size_t len, cap;
	unsigned count;
	const char *what[NETLINK_BATCH_MESSAGES]; /* of each message, for errors; static strings */
	bool failed;				  /* out of memory on the way: told by send */
};

/* netlink_message() - a message with its header and fixed part; NULL when out of memory. */
struct nl_msg *netlink_message(uint16_t type, uint16_t flags, const void *fixed, size_t fixed_len,
			       size_t room);

/* netlink_add() - append and free take_msg (NULL is remembered as a failure). */
void netlink_add(struct netlink_batch *b, struct nl_msg *take_msg, const char *what);

/* netlink_add_marker() - the same for one that is never answered (start and end of an nf_tables batch). */
void netlink_add_marker(struct netlink_batch *b, struct nl_msg *take_msg);

/* netlink_send() - send everything, wait for the last answer; -1 with *e names the message that the
 * kernel refused first.  The batch is empty afterwards. */
int netlink_send(int fd, struct netlink_batch *b, struct err *e);

void netlink_release(struct netlink_batch *b);

#endif
