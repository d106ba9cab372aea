/* attempt.h - how the hostile programs of the demonstration say what happened.
 *
 * One line per attempt: `held WHAT: WHY` when the sandbox stood, `BREACH WHAT` when something got
 * through.  Each line is written at once: whoever is killed has said everything before. */
#ifndef DEMO_ATTEMPT_H
#define DEMO_ATTEMPT_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What every planted secret begins with; in two pieces, so that no program contains it. */
#define CANARY_HEAD "demo-"
#define CANARY_TAIL "canary-"

static inline void say(const char *verdict, const char *what, const char *why)
{
	char line[512];
	int len = snprintf(line, sizeof(line), "%s %s%s%s\n", verdict, what, *why ? ": " : "", why);

	if (len >= (int)sizeof(line))
		len = (int)sizeof(line) - 1;
	if (write(STDOUT_FILENO, line, (size_t)len) < 0)
		_exit(3);
}

static inline void held(const char *what, const char *why)
{
	say("held", what, why);
}

static inline void breach(const char *what)
{
	say("BREACH", what, "");
}

/* The usual attempt is one system call: what it returned, with errno as it left it.  True if it got
 * through. */
static inline bool attempt(const char *what, long result)
{
	if (result >= 0)
		breach(what);
	else
		held(what, strerror(errno));
	return result >= 0;
}

static inline bool has_canary(const char *data, size_t len)
{
	const char canary[] = CANARY_HEAD CANARY_TAIL;

	return memmem(data, len, canary, sizeof(canary) - 1) != NULL;
}

#endif
