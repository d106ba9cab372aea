/* relay.h - one TCP connection of the workload.  The states and who changes them: relay.c.
 *
 * About 400 bytes while it is idle; the dial and the sniffer exist only while they are needed, buffers
 * only while one side is slower than the other. */
#ifndef NETNS_RELAY_H
#define NETNS_RELAY_H

#include "netns/channel.h"
#include "netns/gateway_state.h"
#include "netns/sniff.h"

enum relay_state {
	RELAY_RESOLVING,  /* dial set; no upstream socket */
	RELAY_CONNECTING, /* dial set; upstream socket in progress */
	RELAY_OPEN,	  /* dial gone; both sockets */
	RELAY_OVER	  /* no sockets; kept until everything was told */
};

enum relay_gate {
	RELAY_GATE_OPEN,    /* bytes pass */
	RELAY_GATE_WAITING, /* none came yet; no timer */
	RELAY_GATE_HOLDING, /* sniff set, bytes in out.bytes, timer runs */
	RELAY_GATE_ANSWER   /* out.limit set: no more before the server's first bytes are known */
};

struct relay_dial {
	struct relay *relay;
	struct resolver_wait wait;
	struct aim aim;
};

struct relay {
	struct half client, upstream;
	struct channel out, in; /* out of, and into the sandbox */
	struct flow flow;
	struct timer timer;
	struct task task; /* a further turn; at the end: free */
	struct relay_dial *dial;
	struct sniff *sniff;
	struct relay *next, *prev;
	uint64_t moved_ns, attempt_ns, held_since_ns;
	uint8_t state, gate;
	bool retried; /* the server asked for a second hello */
};

/* relay.c */
void relay_advance(struct relay *r); /* whatever is possible now; may end it */
void relay_arm(struct relay *r);     /* the timer of its state */
void relay_unreached(struct relay *r, enum net_cause cause, int errnum);
void relay_denied(struct relay *r);	   /* after the denial was recorded */
void relay_broken_inside(struct relay *r); /* the workload went away */
void relay_forget_dial(struct relay *r);
void relay_reset_on_close(int fd);
void relay_told(struct flow *flow);
void relay_timer(struct timer *timer);
void relay_turn(struct task *task);
void relay_client_ready(struct watch *watch, uint32_t events);

/* relay_gate.c
 * relay_gate_feed() - WAITING, HOLDING: take in what the workload sent and look at it.  False: the relay is over.
 * relay_gate_answer() - ANSWER: look at the server's first bytes.  False: they may not be read yet. */
bool relay_gate_feed(struct relay *r);
bool relay_gate_answer(struct relay *r);

/* relay_open.c */
void relay_upstream_ready(struct watch *watch, uint32_t events);
/* Try the next address; errnum: why the last one failed, 0 = there was none. */
void relay_dial_next(struct relay *r, int errnum);
/* relay_refuse_waiting() - of the connections not accepted yet, record what is denied. */
void relay_refuse_waiting(struct gateway *gw);

#endif
