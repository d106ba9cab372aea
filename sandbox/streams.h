/* streams.h - the workload's stdin, stdout and stderr, through pipes of our own or a private terminal.
 *
 * The workload holds no descriptor of the caller: a regular file could be reopened through
 * /proc/self/fd with other modes, a terminal could be typed into.  (The one exception is a pipe, see
 * streams_open.c.)  The supervisor copies, counts and stops at the output limit.  It never blocks in a
 * write, so a stuck reader can't delay a deadline.
 *
 *	caller's 0 / FILE --read--> buf --write--> pipe --> workload 0
 *	workload 1, 2 --> pipe --read--> buf --write--> caller's 1, 2 / FILE
 *
 * With a terminal the two sides of the pipes are one pty: relay 0 writes to its master, relay 1 reads
 * from it.  streams_open.c prepares, streams.c copies.
 *
 * Runs in: supervisor. */
#ifndef SANDBOX_STREAMS_H
#define SANDBOX_STREAMS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sandbox/escapes.h"
#include "sandbox/plan.h"
#include "sandbox/terminal.h"

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
	char *buf;	   /* heap, RELAY_BUFFER_BYTES + 1, made at first use */
	size_t off, len;
	uint64_t bytes; /* delivered */
	int refused;  /* errno: why whoever it goes to takes no more, if it isn't that he is gone */
	bool counted; /* its bytes count against the output limit, as the workload wrote them */
	bool passed;  /* the workload has the caller's pipe itself: nothing to relay or count */
	bool to_terminal;
	bool disturbed; /* to_terminal: control sequences went there */
	bool strip;	/* --strip-escapes */
	bool line_open; /* the last byte read was no newline */
	struct escapes escapes;
};

struct streams {
	int workload_ends[3]; /* owned until streams_started() */
	struct relay relay[3];
	uint64_t output_left; /* LIMIT_NONE = unlimited */
	bool output_over;     /* the workload wrote more than the limit */
	int lost; /* errno: bytes were lost by our fault, not by a reader or writer; 0 = none */
	struct terminal terminal; /* the caller's */
	bool tty;		  /* the workload has a private one: */
	int tty_slave;		  /* kept open while the run lives, so that it can't hang up; -1 */
};

/* streams_init() - a state that streams_release() takes; nothing is open. */
void streams_init(struct streams *s);

/* streams_open() - pipes and files; nothing of it is visible to anybody yet. */
int streams_open(const struct plan *plan, struct streams *s, struct err *e);

/* streams_is_pipe() - is the workload's end of stream n a pipe of ours (else it is /dev/null)? */
bool streams_is_pipe(const struct streams *s, int n);

/* streams_started() - the children have their copies: close ours. */
void streams_started(struct streams *s);

/* streams_take_tty() - both sides of the workload's terminal (consumed) are here and it is about to be
 * released: set it up like the caller's and put that one into raw mode. */
int streams_take_tty(struct streams *s, int take_master, int take_slave, struct err *e);

/* streams_take_signal() - did this signal to the launcher concern the terminal?  Then it is done: a new
 * window size, stop and go on. */
bool streams_take_signal(struct streams *s, int sig);

/* streams_poll() - fill 3 pollfds (fd -1 = not interested). */
void streams_poll(struct streams *s, struct pollfd *fds);

/* streams_step() - move what can be moved; fds as filled by streams_poll and answered by poll.  Where one of
 * our own pipes fails or there is no memory, s->lost is set: what the workload makes of that is not its own
 * doing, so the run must not go on.  A caller's reader that is gone or a disk that is full is the caller's:
 * the workload gets EPIPE in turn. */
void streams_step(struct streams *s, const struct pollfd *fds);

/* streams_output_done() - stdout and stderr are at their end and all is delivered. */
bool streams_output_done(const struct streams *s);

/* streams_stop_input() - the workload is gone: no more reading from the caller, and the terminal hangs
 * up once it is read empty. */
void streams_stop_input(struct streams *s);

/* streams_bytes() - delivered on stream n; UINT64_MAX = not known, the caller's pipe was handed in. */
uint64_t streams_bytes(const struct streams *s, int n);

/* streams_release() - close everything; the caller's terminal is what it was before. */
void streams_release(struct streams *s);

/* streams_check_passed() - may this descriptor of the caller be handed in (--pass-fd)? */
int streams_check_passed(int fd, struct err *e);

#endif
