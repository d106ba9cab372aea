/* outcome.h - how a run ended: what the record, the report and the exit status are made from.
 *
 * Filled by sandbox/session (walls, limits, usage) and sandbox/reason (the verdict), also when
 * set-up failed.  Plain data; what a rare kind of run needs more of is on the heap. */
#ifndef SANDBOX_OUTCOME_H
#define SANDBOX_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "audit/hash.h"
#include "base/err.h"
#include "sandbox/egress_report.h"
#include "sandbox/plan.h"
#include "sandbox/reason.h"
#include "sandbox/timeline.h"
#include "seccomp/notify.h"

struct wall_report {
	enum wall_state state;
	bool read_back;	  /* seen from outside in the running child, not assumed */
	char detail[192]; /* what was read, or why it is absent */
};

/* UINT64_MAX = not known; of the peaks 0 says the same. */
struct outcome_usage {
	uint64_t wall_ns, cpu_user_ns, cpu_system_ns, throttled_ns;
	uint64_t memory_peak_bytes, pids_peak, oom_kills;
	uint64_t max_rss_bytes; /* of the largest process that somebody waited for; a peak */
	uint64_t stdin_bytes, stdout_bytes, stderr_bytes;
	uint64_t disk_used_bytes, disk_used_inodes;
	uint64_t context_switches_voluntary, context_switches_forced;
};

/* What this run has written to its audit log. */
struct audit_report {
	bool wanted;	    /* there was a log */
	uint64_t records;   /* lines */
	uint64_t head_line; /* number of the last of them in the file, 0 = none */
	struct hash head;   /* and its SHA-256 */
};

enum phase { PHASE_SETUP, PHASE_EXEC, PHASE_RUN, PHASE_TEARDOWN };

struct outcome {
	char session[24]; /* "er-<slot>-<random>" */
	uint64_t started_real_ns, ended_real_ns;
	pid_t supervisor_pid;
	enum phase phase;	  /* how far it came */
	struct verdict verdict;	  /* reason.h */
	struct evidence evidence; /* reason.h */
	struct outcome_usage usage;
	struct timeline timeline;
	struct limit_report limits[LIMIT_COUNT];
	struct wall_report walls[WALL_COUNT];
	struct seccomp_violations violations;
	struct egress_report *egress; /* heap; NULL without a network */
	const char *cgroup_mode;      /* "v1", "v2", "none" */
	uid_t host_uid;		      /* uid the workload had on the host */
	bool secrets_handed;	      /* the plan's secrets were there when the workload started */
	struct audit_report audit;
	bool truncated_output; /* output was cut by the limit */
	bool has_error;
	struct err error; /* valid if has_error */
	char warnings[8][160];
	size_t warning_count;
};

/* outcome_split_cpu() - share out total_ns in the proportion of *user_ns to *system_ns: the kernel counts
 * the sum exactly, and the parts by sampling. */
void outcome_split_cpu(uint64_t total_ns, uint64_t *user_ns, uint64_t *system_ns);

void outcome_release(struct outcome *o);

void outcome_warn(struct outcome *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
