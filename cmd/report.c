/* report.c - lines to standard error, pages to standard output. */
#include "cmd/report.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/escape.h"
#include "cmd/verdict.h"

/* One table from kind to exit status; failures of execve have their own (sandbox/reason). */
static const int exit_statuses[ERR_KIND_COUNT] = {
	[ERR_NONE] = 0,	   [ERR_USAGE] = 125, [ERR_UNSUPPORTED] = 125,
	[ERR_SETUP] = 125, [ERR_EXEC] = 126,  [ERR_INTERNAL] = 125,
};

int report_bytes(int fd, const char *bytes, size_t len)
{
	static const struct timespec now = { 0 };
	sigset_t pipe_set, before, pending;
	int rc, saved;

	/* Blocked, not ignored: an ignored signal would be inherited by the workload. */
	sigemptyset(&pipe_set);
	sigaddset(&pipe_set, SIGPIPE);
	sigpending(&pending);
	sigprocmask(SIG_BLOCK, &pipe_set, &before);
	rc = fd_write_all(fd, bytes, len);
	saved = errno;
	if (rc != 0 && saved == EPIPE && !sigismember(&pending, SIGPIPE))
		sigtimedwait(&pipe_set, NULL, &now);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return rc;
}

/* Names, paths and records come from others: nothing of them may act on a terminal, nor reorder the line. */
static void line(const char *message)
{
	char buf[1024];
	struct text t = TEXT_ON(buf);

	text_str(&t, "enclave-run: ");
	while (*message && t.len < sizeof(buf) - 32) {
		const char *at = message;
		uint32_t code = escape_next(&message);

		if (code >= ESCAPE_BYTE || escape_hidden(code))
			text_str(&t, "?");
		else
			text_bytes(&t, at, (size_t)(message - at));
	}
	text_str(&t, "\n");
	report_bytes(STDERR_FILENO, buf, t.len);
}

int report_error(const struct err *e)
{
	line(e->msg);
	return exit_statuses[e->kind];
}

void report_note(const char *message)
{
	line(message);
}

static void report_absent_walls(const struct outcome *o)
{
	for (unsigned i = 0; i < WALL_COUNT; i++) {
		char buf[256];
		struct text t = TEXT_ON(buf);

		if (o->walls[i].state == WALL_APPLIED)
			continue;
		text_fmt(&t, "without the wall %s: %s", wall_name((enum wall_id)i),
			 o->walls[i].detail[0] ? o->walls[i].detail : "no reason was given");
		line(buf);
	}
}

void report_outcome(const struct policy *policy, const struct outcome *o)
{
	bool refused = o->phase == PHASE_SETUP || o->verdict.reason == REASON_SETUP ||
		       o->verdict.reason == REASON_EXEC_FAILED;
	char buf[960];
	struct text t = TEXT_ON(buf);

	if ((policy->verbosity >= 0 || refused) && verdict_line(&t, policy, o))
		line(buf);
	t = TEXT_ON(buf);
	if (policy->verbosity >= 0 && o->verdict.reason != REASON_EGRESS && verdict_egress(&t, o))
		line(buf);
	t = TEXT_ON(buf);
	if (policy->verbosity >= 0 && verdict_unreached(&t, o))
		line(buf);
	if (policy->verbosity <= 0)
		return;
	t = TEXT_ON(buf);
	verdict_summary(&t, o);
	line(buf);
	if (o->phase != PHASE_SETUP)
		report_absent_walls(o);
	for (size_t i = 0; i < o->warning_count; i++)
		line(o->warnings[i]);
}

int report_page(void (*page)(FILE *out, const void *arg), const void *arg)
{
	struct err e;

	page(stdout, arg);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	err_sys(&e, "write to standard output");
	return report_error(&e);
}
