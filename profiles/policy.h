/* policy.h - what the caller asked for, after preset, policy file and options were merged.
 *
 * Made by profiles/load + profiles/merge through the one key table (profiles/keys), checked by
 * profiles/check, turned into a plan by profiles/resolve.  No host facts in here.
 * Ownership: all strings belong to the policy's arena; policy_release() frees everything. */
#ifndef PROFILES_POLICY_H
#define PROFILES_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/limits.h"
#include "sandbox/plan.h"

enum file_kind { FILE_RO, FILE_RO_TRY, FILE_RW, FILE_TMPFS, FILE_HIDE };

/* One ordered entry of the files group; later entries win. */
struct file_entry {
	enum file_kind kind;
	char *source; /* absolute or relative to the caller's directory; NULL for TMPFS and HIDE */
	char *target; /* absolute */
};

struct rlimit_entry {
	char *name; /* lower case without RLIMIT_: "nofile" */
	int resource;
	rlim_t value;
};

struct env_entry {
	char *name;
	char *value; /* never NULL */
};

struct text_list {
	char **items;
	size_t count;
};

enum wanted { WANT_REQUIRED, WANT_IF_AVAILABLE, WANT_OFF };
enum tty_mode { TTY_AUTO, TTY_YES, TTY_NO };

struct policy {
	void *arena; /* opaque */

	struct limits limits;
	bool kill_on_pids;
	struct rlimit_entry *rlimits;
	size_t rlimit_count;

	char *rootfs; /* NULL = the host's system tree */
	struct file_entry *files;
	size_t file_count;
	char *workdir; /* --chdir */
	char *hostname;

	struct env_entry *env; /* -e, --env-file, --keep-env already expanded */
	size_t env_count;
	uid_t inside_uid;
	gid_t inside_gid;
	enum tty_mode tty;
	char *stdin_path, *stdout_path, *stderr_path; /* NULL = inherit */
	bool stderr_to_stdout;
	bool strip_escapes;
	char *caller_term; /* the caller's TERM; NULL = none */
	int pass_fds[PLAN_PASS_FD_MAX];
	size_t pass_fd_count;
	uint64_t stop_timeout_ns;

	struct secret *secrets; /* no values in here */
	size_t secret_count;

	enum net_mode net;
	struct text_list allow;		 /* egress rules, as written */
	struct egress_rule *allow_rules; /* the same, parsed */
	bool gate;

	char *seccomp; /* profile name or file path */
	bool seccomp_is_file;
	bool kill_on_violation;
	enum wanted apparmor, landlock;
	uint32_t walls_required, walls_may_miss;

	char *cgroup_parent;

	/* result: used by cmd/ only */
	char *record_path;
	char *meta_path;
	int status_fd; /* -1 = none */
	char *audit_path;
	struct env_entry *labels;
	size_t label_count;
	int verbosity; /* -1 quiet, 0, 1 */

	char **argv; /* the command, borrowed from main's argv */

	const char *unavailable; /* first key asked for that this version can't honour; NULL = none */
};

/* Memory that lives as long as the policy, zeroed; NULL when there is none left. */
void *policy_alloc(struct policy *policy, size_t size);
char *policy_printf(struct policy *policy, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* policy_grow() - make room for one more item behind `count` items of `size` bytes; the array to use
 * from now on, NULL when out of memory.  Start with NULL and 0. */
void *policy_grow(struct policy *policy, void *items, size_t count, size_t size);

void policy_release(struct policy *policy);

#endif
