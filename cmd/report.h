/* report.h - the only writer to standard output and standard error.
 *
 * Messages are one line, "enclave-run: ...", written at once so that lines of concurrent runs don't
 * mix; bytes that a terminal would act upon are replaced. */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "profiles/policy.h"
#include "sandbox/outcome.h"

/* report_error() - print *e; returns the exit status for its kind. */
int report_error(const struct err *e);

/* report_note() - one line of a verb that prints its result elsewhere. */
void report_note(const char *message);

/* report_outcome() - what is to be said about a run that is over, depending on policy->verbosity. */
void report_outcome(const struct policy *policy, const struct outcome *o);

/* report_page() - let page write to standard output; the exit status: 0, or 125 if it can't be
 * written. */
int report_page(void (*page)(FILE *out, const void *arg), const void *arg);

/* report_bytes() - write to a descriptor of the caller's; 0 or -1 with errno.  A reader that is gone
 * is an error, never SIGPIPE: the run has a verdict to report. */
int report_bytes(int fd, const char *bytes, size_t len);

#endif
