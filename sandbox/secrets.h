/* secrets.h - values that the workload gets as files below /run/secrets, and nowhere else.
 *
 * A value is read by the supervisor straight into one anonymous mapping, before anything of the workload
 * is started, and written by init straight from it into a tmpfs of its own: owner the workload's uid,
 * 0400, in a directory it can't write, read-only afterwards.  The mapping is *shared* with stage and init: there
 * is one copy, and the init that wipes it has wiped it for all of them; a private one would be copied
 * by the very act of wiping.  It is left out of core dumps and locked in memory as far as the limits
 * allow.  Nothing of this is done for a run without secrets.  Sources: madvise(2), mlock2(2). */
#ifndef SANDBOX_SECRETS_H
#define SANDBOX_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SECRET_DIR "/run/secrets"
#define SECRET_MAX 64			 /* in one run */
#define SECRET_NAME_MAX 128		 /* bytes of a name */
#define SECRET_BYTES_MAX (64u << 10)	 /* one value */
#define SECRET_TOTAL_BYTES (1024u << 10) /* all values of a run */
#define SECRET_WAIT_MS 30000		 /* for all descriptors together to reach their end */

/* Where a value comes from.  X(identifier, word before the colon) */
#define SECRET_SOURCE_TABLE(X)                                            \
	X(FILE, "file") /* a regular file of the caller's */              \
	X(FD, "fd")	/* an open descriptor, read to its end, closed */ \
	X(CRED, "cred") /* a file of $CREDENTIALS_DIRECTORY (systemd.exec(5)) */

enum secret_source {
#define SECRET_SOURCE_ENUM(id, word) SECRET_##id,
	SECRET_SOURCE_TABLE(SECRET_SOURCE_ENUM)
#undef SECRET_SOURCE_ENUM
		SECRET_SOURCE_COUNT
};

const char *secret_source_word(enum secret_source source);

struct secret {
	const char *name;
	enum secret_source source;
	const char *path; /* FILE, CRED */
	int fd;		  /* FD */
};

struct secret_store {
	char *bytes; /* the mapping: values one behind the other; NULL = none */
	size_t size;
	size_t used;	/* by whole values */
	size_t touched; /* by bytes that were read, also of a value that was refused */
	size_t len[SECRET_MAX];
};

/* What to do when wake_fd can be read while a descriptor lets us wait: -1 with *e gives up. */
struct secret_wake {
	int fd;
	int (*woken)(void *arg, struct err *e);
	void *arg;
};

struct outcome;

/* secrets_read() - read all of them into *store.  Never waits longer than SECRET_WAIT_MS.  Warns in *o
 * about files that others can read.  On failure nothing is left in *store.  Runs in: supervisor. */
int secrets_read(const struct secret *list, size_t count, const struct secret_wake *wake,
		 struct secret_store *store, struct outcome *o, struct err *e);

/* secrets_wipe() - overwrite and unmap; idempotent.  child_secrets.c; runs in: init, supervisor. */
void secrets_wipe(struct secret_store *store);

/* secrets_forget() - unmap only: the values are shared with init, who still needs them.  Runs in: gate,
 * socket maker. */
void secrets_forget(struct secret_store *store);

#endif
