/* plan.h - everything one run will do, decided before the first side effect.
 *
 * profiles/resolve makes a plan from a policy and the facts of this host; `explain` prints it;
 * sandbox/session carries it out.  Children execute a plan, they never compute one: every string,
 * filter and table they need is in here, made by the supervisor.
 * Ownership: all pointers belong to the plan's arena (plan_release frees them all); const after
 * resolve, except the descriptors of struct tree_row, which the session fills. */
#ifndef SANDBOX_PLAN_H
#define SANDBOX_PLAN_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "netns/egress.h"
#include "sandbox/limits.h"
#include "sandbox/secrets.h"

/* The file tree, row by row in order; later rows win.  X(identifier, word in explain) */
#define TREE_TABLE(X)                                                                    \
	X(DIR, "dir")	      /* make an empty directory */                              \
	X(SYMLINK, "symlink") /* source = link text */                                   \
	X(FILE, "file")	      /* source = contents, synthesised */                       \
	X(BIND, "bind")	      /* source = host path, with everything mounted below it */ \
	X(SCRATCH, "tmpfs")   /* a directory of the one size-capped tmpfs */             \
	X(HIDE, "hide")	      /* cover with nothing: empty directory or /dev/null */     \
	X(SECRETS, "secrets") /* the tmpfs of the secrets; at most one, and the last row */

enum tree_kind {
#define TREE_ENUM(id, word) TREE_##id,
	TREE_TABLE(TREE_ENUM)
#undef TREE_ENUM
		TREE_KIND_COUNT
};

struct tree_row {
	enum tree_kind kind;
	const char *source;
	const char *target; /* absolute path inside, normalised: no "." or ".." or "//" */
	bool writable;	    /* BIND: --rw; else read-only, recursively */
	bool optional;	    /* BIND: a missing source is skipped (--ro-try) */
	bool by_user;	    /* named by the user: openat2 instead of a plain path */
	mode_t mode;	    /* DIR, FILE, SCRATCH */
};

struct rlimit_row {
	int resource; /* RLIMIT_* */
	const char *name;
	rlim_t wanted;
	rlim_t set; /* after clamping to the hard limit of this process */
};

/* Where one of the workload's streams comes from or goes to. */
enum stream_kind {
	STREAM_INHERIT, /* the caller's descriptor, relayed */
	STREAM_NULL,	/* /dev/null: the caller's was closed */
	STREAM_PATH	/* --stdin/--stdout/--stderr FILE */
};

struct stream_plan {
	enum stream_kind kind;
	const char *path;
	bool terminal; /* INHERIT: the caller's descriptor is one */
};

#define PLAN_FILTER_MAX 4
#define PLAN_PASS_FD_MAX 16

enum wall_state { WALL_APPLIED, WALL_ABSENT, WALL_FAILED };

/* The walls by name: record, --require and --allow-missing.  X(identifier, wire name, meaning) */
#define WALL_TABLE(X)                                                                         \
	X(USER_NS, "user-namespace", "own user namespace, nested in an outer one of the run") \
	X(PID_NS, "pid-namespace", "own process ids; nothing of the host visible")            \
	X(MOUNT_NS, "mount-namespace", "own mounts")                                          \
	X(NET_NS, "net-namespace", "own network stack")                                       \
	X(NETWORK, "network", "no way out but a confined gateway; with --net none, none")     \
	X(IPC_NS, "ipc-namespace", "own System V and POSIX ipc")                              \
	X(UTS_NS, "uts-namespace", "own host name")                                           \
	X(CGROUP_NS, "cgroup-namespace", "own view of the control groups")                    \
	X(NESTED_USERNS, "no-nested-userns", "no further user namespace can be made")         \
	X(ROOTFS, "read-only-root", "read-only root, old root gone")                          \
	X(UID, "unprivileged-uid", "runs as an unprivileged user id of this run alone")       \
	X(GROUPS, "no-groups", "no supplementary group of the caller")                        \
	X(CAPS, "no-capabilities", "every capability set empty, bounding set included")       \
	X(NNP, "no-new-privs", "no exec gains privilege")                                     \
	X(SECCOMP, "seccomp", "system call filters")                                          \
	X(KEYRING, "keyring", "own session keyring")                                          \
	X(CGROUP_MEMORY, "cgroup-memory", "kernel memory limit")                              \
	X(CGROUP_PIDS, "cgroup-pids", "kernel process limit")                                 \
	X(CGROUP_CPU, "cgroup-cpu", "kernel cpu limit")                                       \
	X(LANDLOCK, "landlock", "second wall around the file tree")                           \
	X(APPARMOR, "apparmor", "deny profile")

enum wall_id {
#define WALL_ENUM(id, name, meaning) WALL_##id,
	WALL_TABLE(WALL_ENUM)
#undef WALL_ENUM
		WALL_COUNT
};

_Static_assert(WALL_COUNT <= 32, "wall sets are one 32-bit mask");

const char *wall_name(enum wall_id id);
const char *wall_meaning(enum wall_id id);
bool wall_find(const char *name, enum wall_id *out_id);

struct plan {
	void *arena; /* owner of every string below; opaque */

	/* who */
	bool root;	       /* root path (CAP_SETUID, CAP_SETGID, CAP_SYS_ADMIN) or rootless */
	const char *user_mode; /* "root" or "rootless", with the reason in user_why */
	const char *user_why;
	uint64_t ignored_signals; /* bit N-1: the caller had signal N ignored; reset inside */
	bool caller_groups;	  /* the caller has supplementary groups */
	uid_t inside_uid;
	gid_t inside_gid;
	const char *hostname;

	/* what to exec */
	char *const *argv;
	char *const *envp;
	const char *const *exec_paths; /* NULL-terminated candidates, tried in order */
	const char *workdir;	       /* inside */

	/* the tree */
	struct tree_row *rows;
	size_t row_count;
	const char *rootfs; /* --rootfs DIR or NULL = host system tree */
	uint64_t scratch_bytes, scratch_inodes;
	const struct secret *secrets; /* names and sources; values are never in a plan */
	size_t secret_count;

	/* limits */
	struct limits limits;
	struct rlimit_row *rlimits;
	size_t rlimit_count;
	bool kill_on_pids; /* --on-pids kill */
	const char *cgroup_parent;
	uint64_t stop_timeout_ns;

	/* system calls: loaded in order; the first carries the listener */
	struct sock_fprog filters[PLAN_FILTER_MAX];
	size_t filter_count;
	const char *seccomp_name;
	bool kill_on_violation;

	/* streams and descriptors */
	struct stream_plan stdin_from, stdout_to, stderr_to;
	bool stderr_to_stdout;
	bool tty;	/* a private terminal */
	bool on_tty[3]; /* which streams are on it; 0 and 1 always are */
	bool strip_escapes;
	int pass_fds[PLAN_PASS_FD_MAX];
	size_t pass_fd_count;

	/* network: what egress_decide() is asked with; rule N of a decision is allow_texts[N] */
	enum net_mode net;
	bool gate;		     /* a denied flow ends the run as reason `egress` */
	const struct egress *egress; /* NULL with NET_NONE */
	const struct egress_rule *allow_rules;
	const char *const *allow_texts; /* as the caller wrote them */
	size_t allow_count;

	uint32_t walls_required; /* bit per wall_id: absent = refused */
	uint32_t walls_may_miss; /* bit per wall_id: absent is accepted by the policy */
};

void plan_release(struct plan *plan);
void *plan_alloc(struct plan *plan, size_t size); /* zeroed, aligned; NULL when out of memory */
char *plan_printf(struct plan *plan, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
