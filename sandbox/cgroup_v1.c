/* cgroup_v1.c - back end for control groups v1, each controller (or pair) in its own hierarchy.
 *
 * The run gets a directory in every hierarchy that holds memory, cpu, cpuacct or pids, all with one
 * name.  All or nothing: a run with half of its limits would be reported as limited.  There is no
 * kill-all on v1; that every process dies is the work of the caller, who kills the init of the pid
 * namespace, and v1_kill() only makes it quick.  pids.events and memory.oom_control
 * can't be polled, hence the tick (pids.events 4.7, oom_kill counter 4.13). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "sandbox/cgroup_ops.h"
#include "sandbox/process.h"

static const struct cgroup_file_row v1_files[CGROUP_FILE_COUNT] = {
	[FILE_MEMORY_LIMIT] = { CONTROLLER_MEMORY, "memory.limit_in_bytes", O_RDWR, false },
	[FILE_SWAP_LIMIT] = { CONTROLLER_MEMORY, "memory.memsw.limit_in_bytes", O_RDWR, true },
	[FILE_CPU_LIMIT] = { CONTROLLER_CPU, "cpu.cfs_quota_us", O_RDWR, false },
	[FILE_PIDS_LIMIT] = { CONTROLLER_PIDS, "pids.max", O_RDWR, false },
	[FILE_OOM_EVENTS] = { CONTROLLER_MEMORY, "memory.oom_control", O_RDONLY, false },
	[FILE_PIDS_EVENTS] = { CONTROLLER_PIDS, "pids.events", O_RDONLY, true },
	[FILE_CPU_USED] = { CONTROLLER_CPUACCT, "cpuacct.usage", O_RDONLY, false },
	[FILE_MEMORY_NOW] = { CONTROLLER_MEMORY, "memory.usage_in_bytes", O_RDONLY, true },
	[FILE_PIDS_NOW] = { CONTROLLER_PIDS, "pids.current", O_RDONLY, true },
};

static int v1_place(struct cgroup *cg, const struct cgroup_layout *layout,
		    const struct cgroup_spec *spec, struct err *e)
{
	unsigned missing = CONTROLLER_ALL;

	for (size_t i = 0; i < layout->v1_count; i++) {
		const struct cgroup_place *place = &layout->v1[i];
		struct cgroup_dir *dir = &cg->dir[i];

		if (place->mount[0] == '\0')
			continue;
		if (!cgroup_text_parent(place, spec->parent, dir->parent, dir->seen))
			return err_usage(e, "'%s' can't be a path below the cgroup root",
					 spec->parent ? spec->parent : place->own);
		missing &= ~place->controllers;
		dir->controllers = place->controllers;
	}
	cg->dir_count = layout->v1_count;
	for (unsigned id = 0; id < CONTROLLER_COUNT; id++)
		if (missing & CONTROLLER_BIT(id))
			return err_unsupported(e,
					       "no mount shows our cgroup of the '%s' controller "
					       "(cgroup v1); mount it in this mount namespace",
					       controller_name(id));
	return 0;
}

/* Without swap accounting there is no memsw limit; then swappiness 0 keeps this group's anonymous
 * pages out of swap. */
static int v1_exclude_swap(const struct cgroup *cg, uint64_t memory_bytes, struct err *e)
{
	const struct cgroup_dir *dir = cgroup_dir_of(cg, CONTROLLER_MEMORY);

	if (cg->file[FILE_SWAP_LIMIT] >= 0)
		return cgroup_file_set_u64(cg, FILE_SWAP_LIMIT, memory_bytes, e);
	if (fd_write_file(dir->fd, "memory.swappiness", "0") != 0 && errno != ENOENT)
		return err_sys(e, "set memory.swappiness to 0");
	return 0;
}

/* Buffers of sockets are not in memory.limit_in_bytes on v1: they have a limit of their own, which is not
 * counted at all unless it is set.  A socket that hits it waits, or loses datagrams. */
static int v1_limit_sockets(const struct cgroup *cg, uint64_t memory_bytes, struct err *e)
{
	const struct cgroup_dir *dir = cgroup_dir_of(cg, CONTROLLER_MEMORY);
	char number[24];
	struct text t = TEXT_ON(number);

	text_u64(&t, memory_bytes);
	if (fd_write_file(dir->fd, "memory.kmem.tcp.limit_in_bytes", number) != 0 && errno != ENOENT)
		return err_sys(e, "set memory.kmem.tcp.limit_in_bytes");
	return 0;
}

/* The period is left alone: a new group has the kernel's default, which is CGROUP_CPU_PERIOD_US, and
 * readback looks at what it really is. */
static int v1_limit(const struct cgroup *cg, const struct cgroup_spec *spec, struct err *e)
{
	if (spec->memory_bytes != LIMIT_NONE &&
	    (cgroup_file_set_u64(cg, FILE_MEMORY_LIMIT, spec->memory_bytes, e) != 0 ||
	     v1_exclude_swap(cg, spec->memory_bytes, e) != 0 ||
	     v1_limit_sockets(cg, spec->memory_bytes, e) != 0))
		return -1;
	if (spec->pids_count != LIMIT_NONE &&
	    cgroup_file_set_u64(cg, FILE_PIDS_LIMIT, spec->pids_count, e) != 0)
		return -1;
	if (spec->cpus_milli != LIMIT_NONE &&
	    cgroup_file_set_u64(cg, FILE_CPU_LIMIT, spec->cpus_milli * CGROUP_US_PER_MILLI, e) != 0)
		/* v1 refuses a quota above that of an ancestor, where v2 would just obey the ancestor. */
		return err_wrap(e,
				"a quota is at least 0.01 cpu and at most that of the outer group");
	return 0;
}

static bool v1_swap_excluded(const struct cgroup *cg, uint64_t memory_bytes)
{
	uint64_t both;
	struct err e;

	if (memory_bytes == LIMIT_NONE)
		return false;
	if (cg->file[FILE_SWAP_LIMIT] < 0)
		return cgroup_read_number(cg, CONTROLLER_MEMORY, "memory.swappiness") == 0;
	return cgroup_file_limit(cg, FILE_SWAP_LIMIT, 0, &both, &e) == 0 && both == memory_bytes;
}

static int v1_readback(const struct cgroup *cg, struct cgroup_readback *out, struct err *e)
{
	uint64_t quota_us, period_us;

	if (cgroup_file_limit(cg, FILE_MEMORY_LIMIT, 0, &out->memory_bytes, e) != 0 ||
	    cgroup_file_limit(cg, FILE_PIDS_LIMIT, 0, &out->pids_count, e) != 0 ||
	    cgroup_file_limit(cg, FILE_CPU_LIMIT, 0, &quota_us, e) != 0)
		return -1;
	period_us = cgroup_read_number(cg, CONTROLLER_CPU, "cpu.cfs_period_us");
	if (period_us == 0)
		return err_sys(e, "read cpu.cfs_period_us");
	out->cpus_milli = quota_us == LIMIT_NONE ? LIMIT_NONE : quota_us * 1000 / period_us;
	out->swap_excluded = v1_swap_excluded(cg, out->memory_bytes);
	return 0;
}

/* Charges that failed, whether reclaim helped or not.  Where the limit of memory and swap is the one that
 * is hit, 6.18 counts none; then the peak that reached the limit counts as one. */
static uint64_t v1_times_full(int dirfd)
{
	uint64_t limit = cgroup_counter(dirfd, "memory.limit_in_bytes", NULL);
	uint64_t peak = cgroup_counter(dirfd, "memory.max_usage_in_bytes", NULL);
	/* a charge of several pages fails before the last one is used */
	uint64_t slack_bytes = limit / 16 < 256 << 10 ? limit / 16 : 256 << 10;

	return cgroup_counter(dirfd, "memory.failcnt", NULL) +
	       cgroup_counter(dirfd, "memory.memsw.failcnt", NULL) +
	       (limit != LIMIT_NONE && peak + slack_bytes >= limit);
}

static uint64_t v1_times_killed(int dirfd)
{
	return cgroup_counter(dirfd, "memory.oom_control", "oom_kill");
}

static uint64_t v1_cpu_ns(const struct cgroup *cg)
{
	char text[CGROUP_TEXT_CAP];
	uint64_t value;

	return cgroup_file_text(cg, FILE_CPU_USED, text, sizeof(text)) &&
			       cgroup_text_limit(text, 0, &value)
		       ? value
		       : 0;
}

static uint64_t v1_counter(const char *text, const char *key)
{
	uint64_t value;

	return cgroup_text_counter(text, key, &value) ? value : UINT64_MAX;
}

/* The text of a file that is read once, at the end; "" if there is none. */
static void v1_text(const struct cgroup *cg, enum cgroup_controller id, const char *file,
		    char *text, size_t cap)
{
	const struct cgroup_dir *dir = cgroup_dir_of(cg, id);

	if (!dir || !cgroup_read(dir->fd, file, text, cap))
		text[0] = '\0';
}

static void v1_usage(const struct cgroup *cg, struct cgroup_usage *out)
{
	uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK); /* USER_HZ, no system call */
	uint64_t user, system;
	char text[CGROUP_TEXT_CAP];

	out->memory_peak_bytes = cgroup_read_number(cg, CONTROLLER_MEMORY,
						    "memory.max_usage_in_bytes");
	out->cpu_ns = v1_cpu_ns(cg);
	v1_text(cg, CONTROLLER_CPUACCT, "cpuacct.stat", text, sizeof(text));
	user = v1_counter(text, "user");
	system = v1_counter(text, "system");
	out->cpu_user_ns = user == UINT64_MAX ? 0 : user * tick_ns;
	out->cpu_system_ns = system == UINT64_MAX ? 0 : system * tick_ns;
	v1_text(cg, CONTROLLER_CPU, "cpu.stat", text, sizeof(text));
	out->throttled_ns = v1_counter(text, "throttled_time");
	if (cgroup_file_text(cg, FILE_OOM_EVENTS, text, sizeof(text)))
		out->oom_kills = v1_counter(text, "oom_kill");
	out->pids_peak = cgroup_read_number(cg, CONTROLLER_PIDS, "pids.peak");
}

#define MEMBERS_MAX 8192 /* more than that die with init only */
#define KILL_BATCH 128	 /* descriptors held at a time */

static size_t read_members(const struct cgroup_dir *dir, pid_t *out)
{
	char text[MEMBERS_MAX * 8];
	size_t count = 0;

	if (fd_read_file(dir->fd, "cgroup.procs", text, sizeof(text)) < 0)
		return 0;
	for (char *p = text, *end; count < MEMBERS_MAX; p = end) {
		long pid = strtol(p, &end, 10);

		if (end == p)
			break;
		out[count++] = (pid_t)pid;
	}
	return count;
}

static bool is_member(pid_t pid, const pid_t *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (members[i] == pid)
			return true;
	return false;
}

/* A number can have passed to a stranger since it was read.  So: take hold of who has it now, and ask
 * again; if it is still listed, and he can still be signalled, he is the one that is listed. */
static void kill_batch(const struct cgroup_dir *dir, const pid_t *pids, size_t count)
{
	struct process held[KILL_BATCH];
	pid_t members[MEMBERS_MAX];
	size_t member_count;

	for (size_t i = 0; i < count; i++)
		held[i] = (struct process){ .pid = pids[i], .pidfd = process_open(pids[i]) };
	member_count = read_members(dir, members);
	for (size_t i = 0; i < count; i++) {
		if (is_member(held[i].pid, members, member_count))
			process_signal(&held[i], SIGKILL);
		fd_close(&held[i].pidfd);
	}
}

/* Only the death of init ends all of them for certain, and the caller sees to that.  But init must
 * be given a processor first, and among hundreds of busy processes that can take half a second; this
 * way all of them are dying by then. */
static void v1_kill(const struct cgroup *cg)
{
	const struct cgroup_dir *dir = cgroup_dir_of(cg, CONTROLLER_PIDS);
	pid_t pids[MEMBERS_MAX];
	size_t count = dir ? read_members(dir, pids) : 0;

	for (size_t i = 0; i < count; i += KILL_BATCH)
		kill_batch(dir, pids + i, count - i < KILL_BATCH ? count - i : KILL_BATCH);
}

static unsigned v1_restore(struct cgroup *cg)
{
	(void)cg;
	return 0;
}

const struct cgroup_ops cgroup_v1_ops = {
	.mode = CGROUP_V1,
	.files = v1_files,
	.members_name = "tasks",
	.members_flags = O_WRONLY,
	.cpu_unlimited = "-1",
	.remedy = "run as root, or name a cgroup you own by --cgroup-parent PATH",
	.place = v1_place,
	.limit = v1_limit,
	.readback = v1_readback,
	.times_full = v1_times_full,
	.times_killed = v1_times_killed,
	.cpu_ns = v1_cpu_ns,
	.usage = v1_usage,
	.kill = v1_kill,
	.restore = v1_restore,
};
