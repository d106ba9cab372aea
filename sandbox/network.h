/* network.h - the supervisor's side of a run's network: gate, socket maker, and what they report.
 *
 *	network_start()		as soon as it can be: gate cgroup, gate process, its id maps; U1 for stage
 *	network_ready()		before the workload's process: the gateway is confined and its loop runs,
 *				which is read back
 *	network_explain()	set-up failed: if the network's processes told why, that is why
 *	network_poll/step()	in the loop: events into the outcome, the gateway's end
 *	network_stop()		after the workload's end: the gateway is asked for its totals
 *	network_finish()	and they are waited for, and the last events
 *	network_release()	always, idempotent: nothing is left
 *
 * Without a network (NET_NONE) each does nothing, and makes no system call.
 * The gateway reads hostile bytes: of what it sends only net_event_valid() messages are believed, and
 * anything else is its end.  Runs in: supervisor. */
#ifndef SANDBOX_NETWORK_H
#define SANDBOX_NETWORK_H

#include <poll.h>
#include <stdbool.h>

#include "base/err.h"
#include "sandbox/process.h"

struct run;

struct network {
	struct process gate, maker; /* pidfd -1 = not there */
	int wire, event;	    /* our ends; -1 = closed */
	struct cgroup *cgroup;
	bool ready, stopping, ended;
};

enum { NETWORK_POLL_EVENT, NETWORK_POLL_GATE, NETWORK_POLL_COUNT };

void network_init(struct network *net);
int network_start(struct run *r, struct err *e);
int network_ready(struct run *r, struct err *e);
void network_explain(struct run *r, struct err *e);

/* network_children_started() - stage has its copies: close the ends that are not ours. */
void network_children_started(struct run *r);

void network_poll(const struct run *r, struct pollfd *fds);
void network_step(struct run *r, const struct pollfd *fds);
void network_stop(struct run *r);
void network_finish(struct run *r);
bool network_release(struct run *r); /* false: a process could not be ended */

#endif
