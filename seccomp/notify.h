/* notify.h - the supervisor's end of the seccomp listener: refuse, count, name.
 *
 * The listener never decides by looking at memory of the workload (that would be a race the
 * workload wins): every notified call is refused, with the errno of a small table (EPERM, sockets
 * EAFNOSUPPORT).  Numbers and counts go to the record.  Runs in: supervisor.  seccomp_unotify(2). */
#ifndef SECCOMP_NOTIFY_H
#define SECCOMP_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define SECCOMP_VIOLATION_MAX 64 /* distinct system calls kept; the rest only counts in `more` */

struct seccomp_violation {
	int nr;	   /* system call number */
	pid_t pid; /* first offender, pid in the supervisor's namespace */
	uint64_t count;
};

struct seccomp_violations {
	struct seccomp_violation entries[SECCOMP_VIOLATION_MAX];
	size_t count;
	uint64_t more; /* calls whose number did not fit the table */
	uint64_t total;
};

/* seccomp_notify_answer() - receive and refuse one pending notification.
 * Returns 1 if one was answered, 0 if the caller vanished meanwhile (ENOENT) or nothing pends. */
int seccomp_notify_answer(int listener, struct seccomp_violations *v, struct err *e);

/* seccomp_syscall_name() - "mount" for its number; "syscall_425" style in buf when unknown. */
const char *seccomp_syscall_name(int nr, char *buf, size_t cap);

#endif
