/* readback.c - compare the held child with the plan. */
#include "sandbox/readback.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "sandbox/host.h"

static void report(struct wall_report *wall, enum wall_state state, bool read_back,
		   const char *detail)
{
	struct text t = TEXT_ON(wall->detail);

	wall->state = state;
	wall->read_back = read_back;
	text_str(&t, detail);
}

/* --- /proc/PID/status --------------------------------------------------------------------------- */

static bool all_ids(const char *field, unsigned long id)
{
	for (int i = 0; field && i < 4; i++) {
		char *end;

		if (strtoul(field, &end, 10) != id || end == field)
			return false;
		field = end + 1;
	}
	return field != NULL;
}

static bool hex_is_zero(const char *status, const char *name)
{
	const char *field = status_field(status, name);

	return field && strtoull(field, NULL, 16) == 0;
}

static const char *check_caps(const char *status)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (!hex_is_zero(status, sets[i]))
			return "a capability set is not empty";
	return NULL;
}

const char *readback_status(const struct readback *rb, const char *status, struct wall_report *walls)
{
	const char *groups = status_field(status, "Groups"),
		   *nnp = status_field(status, "NoNewPrivs");
	const char *mode = status_field(status, "Seccomp"), *wrong = check_caps(status);
	const char *filters = status_field(status, "Seccomp_filters");
	bool no_groups = groups && groups[strspn(groups, " ")] == '\n';

	if (wrong)
		return wrong;
	report(&walls[WALL_CAPS], WALL_APPLIED, true,
	       "inheritable, permitted, effective, bounding, ambient: 0");
	if (!all_ids(status_field(status, "Uid"), rb->host_uid) ||
	    !all_ids(status_field(status, "Gid"), rb->host_gid))
		return "the process has another uid or gid than planned";
	report(&walls[WALL_UID], WALL_APPLIED, true,
	       rb->plan->root ? "a host uid of this run alone" : "the caller's own uid (rootless)");
	if (!no_groups && rb->plan->root)
		return "supplementary groups are left";
	report(&walls[WALL_GROUPS], no_groups ? WALL_APPLIED : WALL_ABSENT, true,
	       no_groups ? "none"
			 : "an ordinary user can't drop supplementary groups (user_namespaces(7))");
	if (!nnp || nnp[0] != '1')
		return "no_new_privs is not set";
	report(&walls[WALL_NNP], WALL_APPLIED, true, "1");
	if (!mode || mode[0] != '2' ||
	    (filters && strtoul(filters, NULL, 10) < rb->plan->filter_count))
		return "the seccomp filters are not in force";
	report(&walls[WALL_SECCOMP], WALL_APPLIED, true, rb->plan->seccomp_name);
	return NULL;
}

/* --- /proc/PID/mountinfo ------------------------------------------------------------------------ */

static bool starts_path(const char *path, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(path, prefix, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* May something be writable at this mount point?  The rows with the longest target that covers it
 * decide; of several on one target each has left its mount there, only the last can be reached.  Single
 * files covered by /dev/null and our devices show as writable too. */
static bool may_write(const struct plan *plan, const char *path)
{
	bool writable = false;
	size_t longest = 0;

	if (text_starts(path, "/dev/"))
		return true;
	for (size_t i = 0; i < plan->row_count; i++) {
		const struct tree_row *row = &plan->rows[i];
		size_t len = strlen(row->target);

		if (len < longest || !starts_path(path, row->target))
			continue;
		writable = row->writable || (len == longest && writable);
		longest = len;
	}
	return writable;
}

/* Mount points come with space, tab, newline and backslash as \ooo (proc(5)). */
static bool decode_path(const char *field, size_t len, char *out, size_t cap)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		char c = field[i];

		if (c == '\\' && i + 3 < len && field[i + 1] >= '0' && field[i + 1] <= '3') {
			c = (char)((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 +
				   (field[i + 3] - '0'));
			i += 3;
		}
		if (used + 1 >= cap)
			return false;
		out[used++] = c;
	}
	out[used] = '\0';
	return used > 0;
}

/* Field 4 before the mount point: the host's /dev/null lies there, as --hide and the covers put it, on
 * what the target names when it is a link. */
static bool is_null_device(const char *mount_point)
{
	return strncmp(mount_point - 6, "/null ", 6) == 0;
}

/* "36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/root rw": fields 5 and 6. */
const char *readback_mounts(const struct plan *plan, const char *mountinfo, char *path, size_t cap)
{
	bool root_seen = false, secrets_seen = plan->secret_count == 0;

	for (const char *line = mountinfo; *line;) {
		const char *field = line, *next = strchrnul(line, '\n');
		size_t len;

		for (int i = 0; i < 4; i++) {
			field = strchrnul(field, ' ');
			if (field >= next)
				return "mountinfo can't be read";
			field++;
		}
		len = strcspn(field, " \n");
		if (!decode_path(field, len, path, cap))
			return "a mount point's name is too long";
		if (!text_starts(field + len, " ro,nosuid") &&
		    !text_starts(field + len, " rw,nosuid"))
			return "a mount honours set-user-id bits";
		if (!text_starts(field + len, " ro,") && !is_null_device(field) &&
		    !may_write(plan, path))
			return "a mount is writable that should not be";
		if (strcmp(path, "/") == 0)
			root_seen = true;
		if (plan->secret_count && strcmp(path, SECRET_DIR) == 0)
			secrets_seen = text_starts(field + len, " ro,nosuid,nodev,noexec");
		line = *next ? next + 1 : next;
	}
	if (!secrets_seen)
		return "no read-only tmpfs of the secrets";
	return root_seen ? NULL : "no root mount";
}

/* --- the rest ----------------------------------------------------------------------------------- */

struct ns_row {
	const char *link, *self;
	enum wall_id wall;
};

static const struct ns_row namespaces[] = {
	{ "ns/user", "/proc/self/ns/user", WALL_USER_NS },
	{ "ns/pid", "/proc/self/ns/pid", WALL_PID_NS },
	{ "ns/mnt", "/proc/self/ns/mnt", WALL_MOUNT_NS },
	{ "ns/net", "/proc/self/ns/net", WALL_NET_NS },
	{ "ns/ipc", "/proc/self/ns/ipc", WALL_IPC_NS },
	{ "ns/uts", "/proc/self/ns/uts", WALL_UTS_NS },
	{ "ns/cgroup", "/proc/self/ns/cgroup", WALL_CGROUP_NS },
};

#define NS_TEXT_CAP 48 /* "user:[4026531837]" */

/* By the text of the links: a stat would have the kernel make a file of each namespace first. */
static int check_namespaces(int proc, struct wall_report *walls, struct err *e)
{
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++) {
		const struct ns_row *row = &namespaces[i];
		char theirs[NS_TEXT_CAP] = "", ours[NS_TEXT_CAP] = "";

		if (readlinkat(proc, row->link, theirs, sizeof(theirs) - 1) <= 0 ||
		    readlink(row->self, ours, sizeof(ours) - 1) <= 0)
			return err_sys(e, "read back %s", row->link);
		if (strcmp(theirs, ours) == 0)
			return err_sysn(e, 0, "read-back: %s is the host's", row->link);
		report(&walls[row->wall], WALL_APPLIED, true, theirs);
	}
	return 0;
}

static int wrong_is_error(const char *wrong, struct err *e)
{
	return wrong ? err_set(e, ERR_SETUP, 0, ERR_AT, "read-back of the held child: %s", wrong)
		     : 0;
}

static int read_text(int proc, const char *file, char *buf, size_t cap, struct err *e)
{
	return fd_read_once(proc, file, buf, cap) < 0 ? err_sys(e, "read back /proc/PID/%s", file)
						      : 0;
}

/* A file of many records may come in several pieces, unlike status and cgroup. */
static int read_mounts(int proc, char *buf, size_t cap, struct err *e)
{
	return fd_read_file(proc, "mountinfo", buf, cap) < 0
		       ? err_sys(e, "read back /proc/PID/mountinfo")
		       : 0;
}

/* Root pages and periods are rounded by the kernel: equal or stricter is what counts. */
static bool within(uint64_t seen, uint64_t wanted)
{
	return wanted == LIMIT_NONE || seen <= wanted;
}

static int check_cgroup(const struct readback *rb, int proc, char *buf, size_t cap,
			struct wall_report *walls, struct err *e)
{
	static const enum wall_id ids[3] = { WALL_CGROUP_MEMORY, WALL_CGROUP_PIDS, WALL_CGROUP_CPU };
	const uint64_t *want = rb->plan->limits.value;
	struct cgroup_readback seen;

	if (!rb->cgroup) {
		for (int i = 0; i < 3; i++)
			report(&walls[ids[i]], WALL_ABSENT, true, rb->cgroup_why);
		return 0;
	}
	if (read_text(proc, "cgroup", buf, cap, e) != 0 ||
	    cgroup_readback(rb->cgroup, &seen, e) != 0)
		return -1;
	if (!cgroup_contains(rb->cgroup, buf))
		return wrong_is_error("the process is not in the run's cgroup", e);
	if (!within(seen.memory_bytes, want[LIMIT_MEMORY]) ||
	    !within(seen.cpus_milli, want[LIMIT_CPUS]) ||
	    (want[LIMIT_PIDS] != LIMIT_NONE && seen.pids_count > want[LIMIT_PIDS] + 1))
		return wrong_is_error("a cgroup limit is wider than planned", e);
	if (want[LIMIT_MEMORY] != LIMIT_NONE && !seen.swap_excluded)
		return wrong_is_error("the memory limit does not hold for swap", e);
	for (int i = 0; i < 3; i++)
		report(&walls[ids[i]], WALL_APPLIED, true,
		       cgroup_mode(rb->cgroup) == CGROUP_V2 ? "cgroup v2" : "cgroup v1");
	return 0;
}

static int check_rlimits(const struct readback *rb, struct err *e)
{
	struct rlimit nproc;

	if (rb->nproc &&
	    (prlimit(rb->pid, RLIMIT_NPROC, NULL, &nproc) != 0 || nproc.rlim_max > rb->nproc))
		return err_sysn(e, 0, "read-back: rlimit nproc is not what was set");
	for (size_t i = 0; i < rb->plan->rlimit_count; i++) {
		const struct rlimit_row *row = &rb->plan->rlimits[i];
		struct rlimit seen;

		if (prlimit(rb->pid, (__rlimit_resource_t)row->resource, NULL, &seen) != 0)
			return err_sys(e, "read back rlimit %s", row->name);
		if (seen.rlim_cur != row->set || seen.rlim_max != row->set)
			return err_sysn(e, 0, "read-back: rlimit %s is not what was set", row->name);
	}
	return 0;
}

/* Init shares the workload's uid: what keeps the two apart is read back too. */
static int check_init(const struct readback *rb, char *buf, size_t cap, struct err *e)
{
	char path[32];
	struct text t = TEXT_ON(path);
	const char *mode, *nnp;
	autofd int proc = -1;
	struct stat st;

	text_fmt(&t, "/proc/%d", (int)rb->init_pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0 || fstatat(proc, "environ", &st, 0) != 0 ||
	    fd_read_once(proc, "status", buf, cap) < 0)
		return err_sys(e, "read back init");
	mode = status_field(buf, "Seccomp");
	nnp = status_field(buf, "NoNewPrivs");
	if (!mode || mode[0] != '2' || !nnp || nnp[0] != '1' || check_caps(buf))
		return wrong_is_error("init is not sealed", e);
	/* The files of a process that is not dumpable belong to root (proc(5)). */
	if (st.st_uid == rb->host_uid)
		return wrong_is_error("init can be looked into", e);
	return 0;
}

static void report_unseen(struct wall_report *walls)
{
	report(&walls[WALL_NESTED_USERNS], WALL_APPLIED, false,
	       "max_user_namespaces 0, read again by init; unshare, setns and clone flags filtered");
	report(&walls[WALL_KEYRING], WALL_APPLIED, false, "new session keyring joined");
	report(&walls[WALL_LANDLOCK], WALL_ABSENT, false, "not part of this version");
	report(&walls[WALL_APPARMOR], WALL_ABSENT, false, "not part of this version");
}

/* Absence accepted by ARCHITECTURE: groups and cgroups of an ordinary user, walls not built yet. */
static uint32_t accepted_absent(const struct plan *plan)
{
	uint32_t set = 1u << WALL_LANDLOCK | 1u << WALL_APPARMOR | plan->walls_may_miss;

	if (!plan->root)
		set |= 1u << WALL_GROUPS | 1u << WALL_CGROUP_MEMORY | 1u << WALL_CGROUP_PIDS |
		       1u << WALL_CGROUP_CPU;
	return set & ~plan->walls_required;
}

static int judge(const struct plan *plan, const struct wall_report *walls, struct err *e)
{
	uint32_t accepted = accepted_absent(plan);

	for (unsigned i = 0; i < WALL_COUNT; i++) {
		if (walls[i].state == WALL_APPLIED || (accepted >> i & 1))
			continue;
		err_unsupported(e, "the wall '%s' is absent: %s (accept it with --allow-missing %s)",
				wall_name((enum wall_id)i), walls[i].detail,
				wall_name((enum wall_id)i));
		return err_stage(e, "walls");
	}
	return 0;
}

static int check_mounts(const struct readback *rb, const char *mountinfo, struct err *e)
{
	char path[PATH_MAX] = "";
	const char *wrong = readback_mounts(rb->plan, mountinfo, path, sizeof(path));

	return wrong ? err_set(e, ERR_SETUP, 0, ERR_AT, "read-back of the held child: %s: '%s'",
			       wrong, path)
		     : 0;
}

#define READBACK_TEXT_BYTES 65536u

int readback_walls(const struct readback *rb, struct outcome *out, struct err *e)
{
	autofree char *buf = malloc(READBACK_TEXT_BYTES);
	struct wall_report *walls = out->walls;
	char path[32];
	struct text t = TEXT_ON(path);
	autofd int proc = -1;

	if (!buf)
		return err_nomem(e);
	text_fmt(&t, "/proc/%d", (int)rb->pid);
	proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return err_sys(e, "open %s", path);
	report_unseen(walls);
	if (read_text(proc, "status", buf, READBACK_TEXT_BYTES, e) != 0 ||
	    wrong_is_error(readback_status(rb, buf, walls), e) != 0 ||
	    check_namespaces(proc, walls, e) != 0 ||
	    read_mounts(proc, buf, READBACK_TEXT_BYTES, e) != 0 || check_mounts(rb, buf, e) != 0)
		return -1;
	report(&walls[WALL_ROOTFS], WALL_APPLIED, true,
	       "every mount read-only but the planned ones");
	if ((rb->init_pid && check_init(rb, buf, READBACK_TEXT_BYTES, e) != 0) ||
	    readback_network(rb, proc, buf, READBACK_TEXT_BYTES, &walls[WALL_NETWORK], e) != 0 ||
	    check_cgroup(rb, proc, buf, READBACK_TEXT_BYTES, walls, e) != 0 ||
	    check_rlimits(rb, e) != 0)
		return -1;
	return judge(rb->plan, walls, e);
}
