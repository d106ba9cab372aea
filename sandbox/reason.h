/* reason.h - from evidence to one reason: pure, by table, with precedence.
 *
 * The wait status alone is never the verdict.  Evidence comes from init's siginfo report, our own
 * kill flags (set before the kill), cgroup counters read after the end and before removal, the
 * seccomp listener, byte counts and the set-up stage.  Runs in: supervisor, tests. */
#ifndef SANDBOX_REASON_H
#define SANDBOX_REASON_H

#include <stdbool.h>
#include <stdint.h>

/* X(identifier, wire word, exit status or -1 = from the workload's own end, meaning) */
#define REASON_TABLE(X)                                                                     \
	X(EXIT, "exit", -1, "the workload ended by itself")                                 \
	X(SIGNAL, "signal", -1, "a signal ended the workload")                              \
	X(MEMORY, "memory", 137, "the kernel killed for memory inside the run's own limit") \
	X(CPU_TIME, "cpu-time", 124, "the cpu time budget of the whole tree was used up")   \
	X(DEADLINE, "deadline", 124, "the wall clock deadline passed")                      \
	X(PIDS, "pids", 137, "a fork was refused by the process limit")                     \
	X(DISK, "disk", 137, "no block or inode was left in the writable space")            \
	X(OUTPUT, "output", 137, "more output than the limit")                              \
	X(FILE_SIZE, "file-size", 153, "a file grew beyond the limit")                      \
	X(SECCOMP, "seccomp", 137, "a forbidden system call was made")                      \
	X(EGRESS, "egress", 1, "a connection was denied in gate mode")                      \
	X(CANCELLED, "cancelled", -2, "the launcher was told to stop")                      \
	X(EXTERNAL_KILL, "external-kill", 137, "something outside the run killed it")       \
	X(GATEWAY, "gateway", 125, "the network gateway ended")                             \
	X(AUDIT, "audit", 125, "the audit log could not be written")                        \
	X(EXEC_FAILED, "exec-failed", -3, "the command could not be executed")              \
	X(SETUP, "setup", 125, "the sandbox could not be built; nothing was executed")      \
	X(LAUNCHER_LOST, "launcher-lost", 125, "the launcher vanished while the run went on")

enum reason {
#define REASON_ENUM(id, word, status, meaning) REASON_##id,
	REASON_TABLE(REASON_ENUM)
#undef REASON_ENUM
		REASON_COUNT
};

/* status of the record: running|exited|signaled|killed|refused|failed */
enum run_status { RUN_RUNNING, RUN_EXITED, RUN_SIGNALED, RUN_KILLED, RUN_REFUSED, RUN_FAILED };

/* Everything a verdict may rest on.  Zero = did not happen / unknown. */
struct evidence {
	bool setup_failed;  /* no workload was exec'ed */
	bool refused;	    /* ... because it was refused before any side effect */
	int exec_errno;	    /* execve failed with this */
	bool main_reported; /* init told how the workload's main process ended: */
	int main_code;	    /*   CLD_EXITED, CLD_KILLED, CLD_DUMPED */
	int main_status;    /*   exit code or signal number */
	bool init_killed;   /* init died by a signal, without a report */
	int init_signal;
	bool kill_deadline, kill_cpu_time, kill_output, kill_disk, kill_pids, kill_memory;
	bool kill_seccomp, kill_egress, kill_gateway,
		kill_audit; /* our own kills, flagged before */
	bool kill_rest; /* of what the kernel left over when a group around us was out of memory */
	/* Limits found to be reached only when the workload had ended: no kill was needed. */
	bool late_pids, late_output, late_disk;
	int cancel_signal;     /* first TERM/INT/HUP/QUIT the launcher got, 0 = none */
	bool cancel_escalated; /* stop timeout passed, we killed */
	/* Counted until the end or until we killed: a tree that we end may run into other limits. */
	uint64_t oom_kills, pids_refused; /* by the run's own limits */
	uint64_t outer_oom_kills,
		outer_pids_refused; /* by those of a group around it, or the machine */
	bool oom_shared; /* v1: a group around us was full as well, it may have been that one */
	char oom_cgroup[160]; /* the group around us that was full, "" = can't be seen */
	uint64_t violations;  /* seccomp notifications */
	int first_violation_nr;
	uint64_t cpu_used_ns;	/* of the whole tree */
	uint64_t cpu_rlimit_ns; /* RLIMIT_CPU of each process, 0 = none */
	bool file_size_signal;	/* main ended by SIGXFSZ with a limit in force */
	bool disk_full;		/* at the last look, or when we killed for it */
	bool stopped;		/* main was seen stopped at the end */
	bool has_cgroup;
};

struct verdict {
	enum run_status status;
	enum reason reason;
	bool exact;    /* certainty: exact or inferred */
	int exit_code; /* of the workload, -1 if none */
	int signal;    /* that ended the workload, 0 if none */
	bool core_dumped;
	int exit_status; /* of the launcher */
};

/* X(kill flag in struct evidence, reason it stands for) */
#define KILL_TABLE(X)              \
	X(kill_deadline, DEADLINE) \
	X(kill_cpu_time, CPU_TIME) \
	X(kill_output, OUTPUT)     \
	X(kill_disk, DISK)         \
	X(kill_pids, PIDS)         \
	X(kill_memory, MEMORY)     \
	X(kill_seccomp, SECCOMP)   \
	X(kill_egress, EGRESS)     \
	X(kill_gateway, GATEWAY)   \
	X(kill_audit, AUDIT)       \
	X(kill_rest, EXTERNAL_KILL)

struct verdict reason_from(const struct evidence *ev);

/* reason_of_kill() - what a kill with this flag of ev is made for; NULL: because of a signal to us. */
enum reason reason_of_kill(const struct evidence *ev, const bool *flag);

const char *reason_word(enum reason reason);
const char *reason_meaning(enum reason reason);
const char *run_status_word(enum run_status status);

#endif
