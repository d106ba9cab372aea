/* meta.h - the result in the format of isolate(1), META-FILES: key:value lines, for judges that read it.
 *
 * The keys and their units are isolate's (seconds with three places, kilobytes); what it has no word for
 * is told by its nearest status and a message:
 *
 *	no status	exit 0
 *	RE		exit with another code; egress (--gate)
 *	SG		signal, memory, pids, disk, output, file-size, seccomp, cancelled, external-kill
 *	TO		cpu-time, deadline (its message holds "wall")
 *	XX		exec-failed, setup, gateway, audit, launcher-lost */
#ifndef CMD_META_H
#define CMD_META_H

#include "base/text.h"
#include "profiles/policy.h"
#include "sandbox/outcome.h"

#define META_BYTES 1024

/* meta_running() - what the file says while the run goes on, and for ever if the launcher is lost.
 * meta_final() - how it ended.  One line per key, whatever bytes a message holds. */
void meta_running(struct text *t);
void meta_final(struct text *t, const struct policy *policy, const struct outcome *o);

#endif
