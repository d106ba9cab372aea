/* chain.h - append to an audit log that other runs append to as well.
 *
 * Every append takes a lock on the whole file (fcntl(2), open file description locks, 3.15), looks at
 * the last line, writes one line behind it and lets go.  The kernel frees the lock of a dead holder.
 * The wait for it is bounded: after that the append has failed.
 *
 * Nothing is ever appended to damage: a last line that is torn (a crash, a full disk) or no line of
 * ours, a file that became shorter or was removed makes every append fail.  A line that could be
 * written only in part is taken back.  Runs in: supervisor; no allocation. */
#ifndef AUDIT_CHAIN_H
#define AUDIT_CHAIN_H

#include <stdint.h>

#include "audit/event.h"
#include "audit/hash.h"
#include "base/err.h"

#define AUDIT_WAIT_MS 2000 /* for the lock */

struct audit_log {
	int fd;		      /* -1 = there is none */
	const char *path;     /* borrowed, for messages */
	uint64_t size;	      /* of the file, up to the last line that we know */
	uint64_t seq;	      /* of that line, 0 = none */
	struct hash head;     /* of that line */
	uint64_t records;     /* written by this run */
	uint64_t own_seq;     /* of the last of them, */
	struct hash own_head; /* and its hash: what the record keeps */
};

/* audit_open() - create (0600) or open, and look at the end of it.  Refused: what is no regular file,
 * a link, a file with a second name, damage. */
int audit_open(const char *path, struct audit_log *out, struct err *e);

/* audit_open_to_read() - the descriptor, or -1; *out_size: up to the end of the line that was the last
 * then.  Others may go on writing: the lock is held for a moment only. */
int audit_open_to_read(const char *path, uint64_t *out_size, struct err *e);

/* audit_append() - one line, or -1 and the file as it was.  wait_ms: for the lock. */
int audit_append(struct audit_log *log, const char *session, const struct audit_event *ev,
		 unsigned wait_ms, struct err *e);

/* audit_close() - to the disk, and close.  -1: what was written may be lost. */
int audit_close(struct audit_log *log, struct err *e);

#endif
