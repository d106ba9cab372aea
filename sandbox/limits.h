/* limits.h - what one run may use.  Every value has its unit in its name; LIMIT_NONE lifts it. */
#ifndef SANDBOX_LIMITS_H
#define SANDBOX_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMIT_NONE UINT64_MAX

/* One row = one limit: X(identifier, wire name in record and policy). */
#define LIMIT_TABLE(X)            \
	X(MEMORY, "memory")       \
	X(CPUS, "cpus")           \
	X(CPU_TIME, "cpu-time")   \
	X(WALL_TIME, "wall-time") \
	X(PIDS, "pids")           \
	X(DISK, "disk")           \
	X(OUTPUT, "output-max")   \
	X(FSIZE, "fsize")

enum limit_id {
#define LIMIT_ENUM(id, name) LIMIT_##id,
	LIMIT_TABLE(LIMIT_ENUM)
#undef LIMIT_ENUM
		LIMIT_COUNT
};

enum enforcer { BY_NONE, BY_CGROUP, BY_RLIMIT, BY_WATCHDOG, BY_TMPFS, ENFORCER_COUNT };

/* value[LIMIT_MEMORY] bytes, CPUS thousandths of a cpu, CPU_TIME/WALL_TIME nanoseconds, PIDS count of
 * workload processes, DISK/OUTPUT/FSIZE bytes; LIMIT_NONE = not limited. */
struct limits {
	uint64_t value[LIMIT_COUNT];
};

struct limit_report {
	uint64_t value;
	enum enforcer by;
};

const char *limit_name(enum limit_id id);
const char *enforcer_name(enum enforcer by); /* "cgroup", "rlimit", "watchdog", "tmpfs", "none" */

#endif
