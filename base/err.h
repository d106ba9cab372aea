/* err.h - the one error value of the whole tree.
 *
 * Functions return 0 (or a value >= 0) on success and -1 with *e filled on failure; pure functions
 * return enums and take no struct err.  The value holds no pointers, so it crosses process borders
 * as plain bytes: a child reports a failed step by one send() of this struct.  Nothing below cmd/
 * prints or exits; kind selects the exit status in cmd/report.c. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <limits.h>
#include <stdbool.h>

enum err_kind {
	ERR_NONE,
	ERR_USAGE,	 /* the command line or the policy is wrong */
	ERR_UNSUPPORTED, /* this host can't put up a wall that was asked for */
	ERR_SETUP,	 /* a step of building the sandbox failed */
	ERR_EXEC,	 /* the command could not be exec'ed; errnum tells why */
	ERR_INTERNAL,	 /* a contract of our own was broken */
	ERR_KIND_COUNT
};

struct err {
	enum err_kind kind;
	int errnum;	/* errno of the failing call, 0 if none */
	char at[40];	/* file:line where the error was made */
	char stage[24]; /* set-up stage, "" if none: the record's error.stage */
	char msg[384];	/* one line: cause, then remedy */
};

_Static_assert(sizeof(struct err) <= PIPE_BUF, "one err must fit one atomic write");

/* err_set() - fill *e; returns -1 always, so that callers can `return err_set(...)`. */
int err_set(struct err *e, enum err_kind kind, int errnum, const char *at, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* err_wrap() - prefix the message with context ("step: message"); keeps kind, errno and place. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* err_stage() - name the set-up stage once; an inner stage already set wins.  Returns -1. */
int err_stage(struct err *e, const char *stage);

/* err_sanitize() - make a struct received from another process safe to use: kind range-checked,
 * strings terminated.  Returns false if it could not have been made by err_set(). */
bool err_sanitize(struct err *e);

#define ERR_STR2(x) #x
#define ERR_STR(x) ERR_STR2(x)
#define ERR_AT __FILE__ ":" ERR_STR(__LINE__)

/* err_sys() - a system call failed: set-up kind, errno appended to the message. */
#define err_sys(e, ...) err_set((e), ERR_SETUP, errno, ERR_AT, __VA_ARGS__)
#define err_sysn(e, num, ...) err_set((e), ERR_SETUP, (num), ERR_AT, __VA_ARGS__)
#define err_usage(e, ...) err_set((e), ERR_USAGE, 0, ERR_AT, __VA_ARGS__)
#define err_unsupported(e, ...) err_set((e), ERR_UNSUPPORTED, 0, ERR_AT, __VA_ARGS__)
#define err_internal(e, ...) err_set((e), ERR_INTERNAL, 0, ERR_AT, __VA_ARGS__)
#define err_nomem(e) err_set((e), ERR_INTERNAL, ENOMEM, ERR_AT, "out of memory")

#endif
