/* cgroup_v2.c - back end for control groups v2 (one hierarchy).
 *
 * Limits work in a directory only if its parent distributes the controllers (cgroup.subtree_control),
 * and a cgroup that does so may not hold processes itself, the root apart ("no internal processes",
 * cgroups(7)).  So the parent is, in this order:
 *	--cgroup-parent		 controllers are switched on there if need be, and stay on
 *	our own, distributing	 only the root can be both
 *	our own, we are alone	 move ourselves to a leaf beside the run, switch on; undone at the end
 * else absent.  We never move a process we did not start and never climb to an ancestor.
 *
 * Undoing switches controllers off for all children, so it must not happen below another run that was
 * given our cgroup as --cgroup-parent.  Each run holds a shared flock on its parent; undoing needs
 * it exclusively, else everything stays as it is.
 *
 * A killed launcher's leaf is removed by the next sweep, but the controllers stay switched on.
 * Kernel: memory.oom.group 4.19, CLONE_INTO_CGROUP 5.7, cgroup.kill 5.14, memory.peak 5.19,
 * pids.peak 6.1. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "sandbox/cgroup_ops.h"

#define CONTROLLERS_ON "+memory +pids +cpu"
#define CONTROLLERS_OFF "-memory -pids -cpu"
#define REMEDY                                                     \
	"start it by: systemd-run --user --scope -p Delegate=yes " \
	"enclave-run ..., or use --cgroup-parent PATH"

static const struct cgroup_file_row v2_files[CGROUP_FILE_COUNT] = {
	[FILE_MEMORY_LIMIT] = { CONTROLLER_MEMORY, "memory.max", O_RDWR, false },
	[FILE_SWAP_LIMIT] = { CONTROLLER_MEMORY, "memory.swap.max", O_RDWR, true },
	[FILE_CPU_LIMIT] = { CONTROLLER_CPU, "cpu.max", O_RDWR, false },
	[FILE_PIDS_LIMIT] = { CONTROLLER_PIDS, "pids.max", O_RDWR, false },
	[FILE_OOM_EVENTS] = { CONTROLLER_MEMORY, "memory.events", O_RDONLY, false },
	[FILE_PIDS_EVENTS] = { CONTROLLER_PIDS, "pids.events", O_RDONLY, false },
	[FILE_CPU_USED] = { CONTROLLER_CPU, "cpu.stat", O_RDONLY, false },
	[FILE_MEMORY_NOW] = { CONTROLLER_MEMORY, "memory.current", O_RDONLY, true },
	[FILE_PIDS_NOW] = { CONTROLLER_PIDS, "pids.current", O_RDONLY, true },
};

/* ------------------------------------------------------------------------------------ placement */

static bool has_controllers(const char *text)
{
	return cgroup_text_has_word(text, "memory") && cgroup_text_has_word(text, "pids") &&
	       cgroup_text_has_word(text, "cpu");
}

/* Who undoes holds it exclusively for some 10 ms: wait that long, but not for a stranger's lock. */
static int hold_parent(int fd, const char *path, struct err *e)
{
	struct timespec pause = { .tv_nsec = 5 * NS_PER_MS };

	for (unsigned i = 0; i < 100; i++) {
		if (flock(fd, LOCK_SH | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		nanosleep(&pause, NULL);
	}
	return err_sys(e, "lock control group '%s'", path);
}

/* The kernel lets us start a process in a foreign cgroup only if we may write cgroup.procs of the
 * nearest common ancestor of both; clone3 would say no more than EACCES. */
static int check_reachable(const struct cgroup_place *place, const struct cgroup_dir *dir,
			   struct err *e)
{
	size_t root_len = strcmp(place->root, "/") == 0 ? 0 : strlen(place->root), common = 0;
	char path[CGROUP_PATH_CAP];
	struct text t = TEXT_ON(path);

	for (size_t i = 0;; i++) {
		char a = place->own[i], b = dir->seen[i];

		if ((a == '/' || a == '\0') && (b == '/' || b == '\0'))
			common = i;
		if (a != b || a == '\0')
			break;
	}
	text_str(&t, place->mount);
	if (common > root_len)
		text_bytes(&t, place->own + root_len, common - root_len);
	text_str(&t, "/cgroup.procs");
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
		return err_unsupported(e,
				       "no process may move there from '%s': %s is not writable (%s)",
				       place->own, path, text_errno_name(errno));
	return 0;
}

static int switch_on(int parent_fd, const char *path, struct err *e)
{
	if (fd_write_file(parent_fd, "cgroup.subtree_control", CONTROLLERS_ON) == 0)
		return 0;
	return err_unsupported(e, "memory, pids and cpu can't be switched on in '%.*s' (%s); %s",
			       60, path, text_errno_name(errno),
			       errno == EBUSY ? "it holds processes; " REMEDY : REMEDY);
}

/* Make the leaf and go there.  The one write to a cgroup.procs file of this program: it costs a grace
 * period, and there is no tasks file on v2. */
static int enter_leaf(struct cgroup *cg, unsigned slot, struct err *e)
{
	struct cgroup_dir *leaf = &cg->leaf;
	char name[CGROUP_NAME_CAP];

	memcpy(leaf->parent, cg->dir[0].parent, sizeof(leaf->parent));
	cgroup_name(name, slot, 0, "self");
	switch (cgroup_dir_make(cg->ops, leaf, name, e)) {
	case 0:
		break;
	case 1:
		return err_unsupported(e, "control group '%s' exists already", leaf->path);
	default:
		return -1;
	}
	if (fd_write_file(leaf->fd, "cgroup.procs", "0") != 0)
		return err_unsupported(e, "can't move to '%.*s' (%s); %s", 60, leaf->path,
				       text_errno_name(errno), REMEDY);
	return 0;
}

/* Own cgroup, not distributing: possible only if nobody else is in it. */
static int own_to_leaf(struct cgroup *cg, unsigned slot, struct err *e)
{
	char procs[CGROUP_TEXT_CAP];
	const char *path = cg->dir[0].parent;

	/* Too long to read means too many; unreadable (threaded) can't be used either. */
	if (!cgroup_read(cg->parent_fd, "cgroup.procs", procs, sizeof(procs)) ||
	    !cgroup_text_sole_pid(procs, getpid()))
		return err_unsupported(e, "our cgroup '%.*s' holds other processes; %s", 60, path,
				       REMEDY);
	if (enter_leaf(cg, slot, e) != 0)
		return -1;
	return switch_on(cg->parent_fd, path, e);
}

static int v2_place(struct cgroup *cg, const struct cgroup_layout *layout,
		    const struct cgroup_spec *spec, struct err *e)
{
	struct cgroup_dir *dir = &cg->dir[0];
	char text[CGROUP_TEXT_CAP];

	if (layout->v2.mount[0] == '\0')
		return err_unsupported(e, "no cgroup2 mount shows our cgroup '%.*s'; mount it", 80,
				       layout->v2.own);
	if (!cgroup_text_parent(&layout->v2, spec->parent, dir->parent, dir->seen))
		return err_usage(e, "not a path below the cgroup root");
	cg->dir_count = 1;
	dir->controllers = CONTROLLER_ALL;
	cg->parent_fd = open(dir->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cg->parent_fd < 0)
		return err_unsupported(e, "cgroup '%.*s' can't be opened (%s)", 80, dir->parent,
				       text_errno_name(errno));
	if (hold_parent(cg->parent_fd, dir->parent, e) != 0 ||
	    (spec->parent && check_reachable(&layout->v2, dir, e) != 0))
		return -1;
	if (!cgroup_read(cg->parent_fd, "cgroup.subtree_control", text, sizeof(text)))
		return err_unsupported(e, "'%.*s' is no usable cgroup (%s)", 80, dir->parent,
				       text_errno_name(errno));
	if (has_controllers(text))
		return 0;
	if (!cgroup_read(cg->parent_fd, "cgroup.controllers", text, sizeof(text)) ||
	    !has_controllers(text))
		return err_unsupported(e, "cgroup '%.*s' was not given memory, pids and cpu; %s",
				       40, dir->parent, REMEDY);
	return spec->parent ? switch_on(cg->parent_fd, dir->parent, e)
			    : own_to_leaf(cg, spec->slot, e);
}

/* Back to where we came from.  Order: off first, else the parent takes no process.  Every step may
 * fail (somebody else came meanwhile); then the leaf remains, and we in it. */
static unsigned v2_restore(struct cgroup *cg)
{
	if (cg->leaf.fd < 0)
		return 0;
	if (flock(cg->parent_fd, LOCK_EX | LOCK_NB) == 0 &&
	    fd_write_file(cg->parent_fd, "cgroup.subtree_control", CONTROLLERS_OFF) == 0 &&
	    fd_write_file(cg->parent_fd, "cgroup.procs", "0") == 0)
		return cgroup_dir_remove(&cg->leaf);
	fd_close(&cg->leaf.members_fd);
	fd_close(&cg->leaf.fd);
	return 1;
}

/* --------------------------------------------------------------------------------------- values */

static int set_cpu(const struct cgroup *cg, uint64_t cpus_milli, struct err *e)
{
	char value[64];
	struct text t = TEXT_ON(value);

	text_u64(&t, cpus_milli * CGROUP_US_PER_MILLI);
	text_str(&t, " ");
	text_u64(&t, CGROUP_CPU_PERIOD_US);
	if (cgroup_file_set(cg, FILE_CPU_LIMIT, value, e) != 0)
		return err_wrap(e, "a quota is at least 0.01 cpu");
	return 0;
}

static int v2_limit(const struct cgroup *cg, const struct cgroup_spec *spec, struct err *e)
{
	if (spec->memory_bytes != LIMIT_NONE) {
		if (cgroup_file_set_u64(cg, FILE_MEMORY_LIMIT, spec->memory_bytes, e) != 0)
			return -1;
		if (cg->file[FILE_SWAP_LIMIT] >= 0 &&
		    cgroup_file_set(cg, FILE_SWAP_LIMIT, "0", e) != 0)
			return -1;
	}
	/* Also without a limit of our own: an outer one may strike. */
	if (fd_write_file(cg->dir[0].fd, "memory.oom.group", "1") != 0)
		return err_sys(e, "set memory.oom.group to 1");
	if (spec->pids_count != LIMIT_NONE &&
	    cgroup_file_set_u64(cg, FILE_PIDS_LIMIT, spec->pids_count, e) != 0)
		return -1;
	return spec->cpus_milli == LIMIT_NONE ? 0 : set_cpu(cg, spec->cpus_milli, e);
}

/* Without memory.swap.max the kernel was built without swap. */
static int v2_readback(const struct cgroup *cg, struct cgroup_readback *out, struct err *e)
{
	uint64_t quota_us, period_us, swap_bytes = 0;

	if (cgroup_file_limit(cg, FILE_MEMORY_LIMIT, 0, &out->memory_bytes, e) != 0 ||
	    cgroup_file_limit(cg, FILE_PIDS_LIMIT, 0, &out->pids_count, e) != 0 ||
	    cgroup_file_limit(cg, FILE_CPU_LIMIT, 0, &quota_us, e) != 0 ||
	    cgroup_file_limit(cg, FILE_CPU_LIMIT, 1, &period_us, e) != 0)
		return -1;
	if (cg->file[FILE_SWAP_LIMIT] >= 0 &&
	    cgroup_file_limit(cg, FILE_SWAP_LIMIT, 0, &swap_bytes, e) != 0)
		return -1;
	if (period_us == 0)
		return err_internal(e, "cpu.max holds a period of 0");
	out->cpus_milli = quota_us == LIMIT_NONE ? LIMIT_NONE : quota_us * 1000 / period_us;
	out->swap_excluded = swap_bytes == 0;
	return 0;
}

/* `oom` counts where the limit was hit, `oom_kill` where the victim was. */
static uint64_t v2_times_full(int dirfd)
{
	return cgroup_counter(dirfd, "memory.events.local", "oom");
}

static uint64_t v2_times_killed(int dirfd)
{
	return cgroup_counter(dirfd, "memory.events.local", "oom_kill");
}

static uint64_t usec_counter_ns(const char *text, const char *key)
{
	uint64_t value;

	return cgroup_text_counter(text, key, &value) ? value * 1000 : 0;
}

static uint64_t v2_cpu_ns(const struct cgroup *cg)
{
	char text[CGROUP_TEXT_CAP];

	return cgroup_file_text(cg, FILE_CPU_USED, text, sizeof(text))
		       ? usec_counter_ns(text, "usage_usec")
		       : 0;
}

/* A group kill counts its victim twice: once as the victim and once as a member of the group.  Who has
 * gone by the time the members are counted is missed: seen once in four kills of five processes. */
static uint64_t v2_oom_kills(const struct cgroup *cg)
{
	char text[CGROUP_TEXT_CAP];
	uint64_t kills, group_kills = 0;

	if (!cgroup_file_text(cg, FILE_OOM_EVENTS, text, sizeof(text)) ||
	    !cgroup_text_counter(text, "oom_kill", &kills))
		return UINT64_MAX;
	cgroup_text_counter(text, "oom_group_kill", &group_kills); /* 5.17 */
	return kills > group_kills ? kills - group_kills : kills;
}

static void v2_usage(const struct cgroup *cg, struct cgroup_usage *out)
{
	char text[CGROUP_TEXT_CAP];
	uint64_t throttled_us;

	out->throttled_ns = UINT64_MAX;
	out->oom_kills = v2_oom_kills(cg);
	if (cgroup_file_text(cg, FILE_CPU_USED, text, sizeof(text))) {
		out->cpu_ns = usec_counter_ns(text, "usage_usec");
		out->cpu_user_ns = usec_counter_ns(text, "user_usec");
		out->cpu_system_ns = usec_counter_ns(text, "system_usec");
		if (cgroup_text_counter(text, "throttled_usec", &throttled_us))
			out->throttled_ns = throttled_us * 1000;
	}
	out->memory_peak_bytes = cgroup_read_number(cg, CONTROLLER_MEMORY, "memory.peak");
	out->pids_peak = cgroup_read_number(cg, CONTROLLER_PIDS, "pids.peak");
}

/* Before 5.14 there is none; the caller kills the init of the pid namespace as well. */
static void v2_kill(const struct cgroup *cg)
{
	(void)fd_write_file(cg->dir[0].fd, "cgroup.kill", "1");
}

const struct cgroup_ops cgroup_v2_ops = {
	.mode = CGROUP_V2,
	.files = v2_files,
	.members_name = "cgroup.procs",
	.members_flags = O_RDONLY,
	.cpu_unlimited = "max",
	.remedy = REMEDY,
	.place = v2_place,
	.limit = v2_limit,
	.readback = v2_readback,
	.times_full = v2_times_full,
	.times_killed = v2_times_killed,
	.cpu_ns = v2_cpu_ns,
	.usage = v2_usage,
	.kill = v2_kill,
	.restore = v2_restore,
};
