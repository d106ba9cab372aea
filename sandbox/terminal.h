/* terminal.h - the caller's terminal while a private pty stands in for it.
 *
 * The workload never holds the caller's terminal.  Its own is a pty of the sandbox's devpts; we copy
 * between the two, and as the inner one does the line editing, echo and signals, ours is raw meanwhile.
 *
 *	COOKED --terminal_enter, in the foreground--> RAW
 *	RAW --terminal_leave (the end, or before we stop)--> COOKED
 *	RAW --SIGCONT, and somebody else has changed the settings--> COOKED
 *
 * A launcher in the background leaves the terminal alone: it neither reads it nor changes it.
 * Runs in: supervisor.  (termios(3), tty_ioctl(4), "job control" in credentials(7).) */
#ifndef SANDBOX_TERMINAL_H
#define SANDBOX_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

#include "base/err.h"
#include "sandbox/plan.h"

struct terminal {
	int input;	      /* 0 if the caller's stdin is the terminal, else -1 */
	int size;	      /* the descriptor that knows the window size, else -1 */
	bool raw;	      /* saved and ours are valid, and ours are in force */
	struct termios saved; /* as we found it */
	struct termios ours;  /* raw, as the kernel reads it back */
};

/* terminal_init() - which of 0, 1, 2 is one; touches nothing. */
void terminal_init(struct terminal *t, const struct plan *plan);

/* terminal_settings() - give the pty the caller's settings (erase key, UTF-8) and window size.
 * terminal_resize() - the size alone; -1 with errno. */
int terminal_settings(const struct terminal *t, int master, struct err *e);
int terminal_resize(const struct terminal *t, int master);

/* terminal_foreground() - may we read it?  Also true where that can't be known. */
bool terminal_foreground(const struct terminal *t);

/* terminal_enter() - raw, if we are in the foreground and it is not raw already; returns whether we may
 * read it. */
bool terminal_enter(struct terminal *t);

/* terminal_leave() - back to what it was, unless it has passed to somebody else meanwhile. */
void terminal_leave(struct terminal *t);

/* terminal_stop() - SIGTSTP came: leave, stop ourselves, return after SIGCONT. */
void terminal_stop(struct terminal *t);

/* terminal_continued() - SIGCONT came: notice if the settings are no longer ours. */
void terminal_continued(struct terminal *t);

/* terminal_reset() - switch off on descriptor n what a program may have left on: see terminal.c.  Never
 * waits longer than an instant for a terminal that takes nothing. */
void terminal_reset(int n);

#endif
