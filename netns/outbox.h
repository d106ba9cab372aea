/* outbox.h - events on their way to the supervisor: never dropped, never waited for, no copies.
 *
 * What has something to tell queues a struct report that lives in itself; its fill function writes the
 * event at the moment the socket takes it.  So the queue needs no memory, is bounded by the things that
 * exist (connections, flows, rows of the denial table), and what happens twice before it could be told
 * once is added up by its owner.  A supervisor that does not read makes reports wait; connections that
 * wait to be reported count against the connection limit, and the gateway takes no new ones.
 * Runs in: gateway. */
#ifndef NETNS_OUTBOX_H
#define NETNS_OUTBOX_H

#include <stdbool.h>

#include "base/loop.h"
#include "netns/event.h"

/* Starts zeroed but for fill. */
struct report {
	/* Write the next event (out is zeroed, but for its magic); false: nothing to tell any more.
	 * Then the report is out of the queue already, and its owner may free it. */
	bool (*fill)(struct report *report, struct net_event *out);
	struct report *next;
	bool queued;
};

struct outbox {
	struct loop *loop;
	struct watch *watch; /* of the socket, shared with whoever reads commands from it */
	struct task task;
	struct report *first, **last;
	struct net_event held; /* filled, but the socket was full */
	bool is_held;
	bool gone; /* the supervisor has closed its end */
};

/* @watch: watched for EPOLLIN already; its owner calls outbox_writable() on EPOLLOUT. */
void outbox_init(struct outbox *outbox, struct loop *loop, struct watch *watch);
void outbox_add(struct outbox *outbox, struct report *report);
void outbox_writable(struct outbox *outbox);
bool outbox_empty(const struct outbox *outbox);

#endif
