/* streams.h - the workload's stdin, stdout and stderr, always through pipes of our own.
 *
 * The workload never holds a descriptor of the caller: a regular file could be reopened through
 * /proc/self/fd with other modes, a terminal could be typed into.  The supervisor copies, counts and
 * stops at the output limit.  It never blocks in a write, so a stuck reader can't delay a deadline.
 *
 *	caller's 0 / FILE --read--> buf --write--> pipe --> workload 0
 *	workload 1, 2 --> pipe --read--> buf --write--> caller's 1, 2 / FILE
 *
 * Runs in: supervisor. */
#ifndef SANDBOX_STREAMS_H
#define SANDBOX_STREAMS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sandbox/plan.h"

#define RELAY_BUFFER_BYTES 65536u

enum relay_write {
	RELAY_NONBLOCK, /* a description of our own, or a regular file */
	RELAY_SOCKET,	/* send(MSG_DONTWAIT) */
	RELAY_CAREFUL	/* the caller's description: poll, then at most PIPE_BUF bytes */
};

/* States: reading (len == 0) -> writing (len > 0) -> reading ... -> closed (from < 0).
 * Transitions only in relay_step(). */
struct relay {
	int from, to; /* owned; -1 = closed */
	enum relay_write how;
	bool regular_from; /* poll always says ready */
	char *buf;	   /* heap, RELAY_BUFFER_BYTES, made at first use */
	size_t off, len;
	uint64_t bytes; /* delivered */
	bool counted;	/* its bytes count against the output limit */
};

struct streams {
	int workload_ends[3]; /* owned until streams_started() */
	struct relay relay[3];
	uint64_t output_left; /* LIMIT_NONE = unlimited */
	bool output_over;     /* the workload wrote more than the limit */
};

/* streams_open() - pipes and files; nothing of it is visible to anybody yet. */
int streams_open(const struct plan *plan, struct streams *s, struct err *e);

/* streams_is_pipe() - is the workload's end of stream n a pipe of ours (else it is /dev/null)? */
bool streams_is_pipe(const struct streams *s, int n);

/* streams_started() - the children have their copies: close ours. */
void streams_started(struct streams *s);

/* streams_poll() - fill 3 pollfds (fd -1 = not interested). */
void streams_poll(const struct streams *s, struct pollfd *fds);

/* streams_step() - move what can be moved; fds as filled by streams_poll and answered by poll. */
void streams_step(struct streams *s, const struct pollfd *fds);

/* streams_output_done() - stdout and stderr are at their end and all is delivered. */
bool streams_output_done(const struct streams *s);

/* streams_stop_input() - the workload is gone: no more reading from the caller. */
void streams_stop_input(struct streams *s);

void streams_release(struct streams *s);

/* streams_check_passed() - may this descriptor of the caller be handed in (--pass-fd)? */
int streams_check_passed(int fd, struct err *e);

#endif
