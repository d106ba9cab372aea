/* watchdog.h - what a run without a cgroup uses, summed up from /proc.
 *
 * An ordinary user without a delegated cgroup has nobody in the kernel to count for him.  This reads
 * the tree below init from the host's /proc: cpu time of the living and of everybody they waited for,
 * and resident anonymous and shared memory.  Pages shared after fork are first counted in every process; only
 * when that upper bound passes the limit is the exact share (Pss) read.  Not seen: memory in memfd
 * files, pipes and sockets.  The record says enforced_by `watchdog`, never `cgroup`.
 * Runs in: supervisor.  Sources: proc(5): stat, status, children, smaps_rollup (4.14). */
#ifndef SANDBOX_WATCHDOG_H
#define SANDBOX_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct watchdog_sample {
	uint64_t cpu_user_ns, cpu_system_ns;
	uint64_t memory_bytes;
	uint64_t pids; /* without init */
	bool complete; /* false: more processes than the table holds; memory is a lower bound */
};

/* watchdog_sample() - the tree of `init` (a pid in our namespace, not reaped).
 * @memory_limit: above it the exact share is read; LIMIT_NONE = never */
void watchdog_sample(pid_t init, uint64_t memory_limit, struct watchdog_sample *out);

#endif
