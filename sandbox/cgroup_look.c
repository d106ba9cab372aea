/* cgroup_look.c - what a run's control group says while it lives and at its end: limits, counters, usage;
 * and the two things that are done to it then: no throttling any more, and the end of everybody in it.
 *
 * Nothing here fails but the reading back: what can't be read is 0 or unknown, as the header says. */
#include "sandbox/cgroup.h"

#include <fcntl.h>
#include <string.h>

#include "sandbox/cgroup_ops.h"

int cgroup_readback(const struct cgroup *cg, struct cgroup_readback *out, struct err *e)
{
	struct cgroup_readback found;

	if (!cg)
		return err_internal(e, "no control group to read back");
	if (cg->ops->readback(cg, &found, e) != 0)
		return -1;
	*out = found;
	return 0;
}

bool cgroup_contains(const struct cgroup *cg, const char *proc_cgroup_text)
{
	if (!cg)
		return false;
	for (size_t i = 0; i < cg->dir_count; i++)
		if (!cgroup_text_in(proc_cgroup_text,
				    cg->ops->mode == CGROUP_V2 ? 0 : cg->dir[i].controllers,
				    cg->dir[i].seen))
			return false;
	return true;
}

static uint64_t file_counter(const struct cgroup *cg, enum cgroup_file id, const char *key)
{
	char text[CGROUP_TEXT_CAP];
	uint64_t value;

	return cgroup_file_text(cg, id, text, sizeof(text)) && cgroup_text_counter(text, key, &value)
		       ? value
		       : 0;
}

uint64_t cgroup_counter(int dirfd, const char *file, const char *key)
{
	char text[CGROUP_TEXT_CAP];
	uint64_t value;

	if (!cgroup_read(dirfd, file, text, sizeof(text)))
		return 0;
	return (key ? cgroup_text_counter(text, key, &value) : cgroup_text_limit(text, 0, &value))
		       ? value
		       : 0;
}

static bool memory_was_full(const struct cgroup *cg)
{
	const struct cgroup_dir *dir = cgroup_dir_of(cg, CONTROLLER_MEMORY);

	return dir && cg->ops->times_full(dir->fd) > 0;
}

/* A kernel without pids.peak can't tell; then it was the limit that we know of. */
static bool pids_were_full(const struct cgroup *cg)
{
	uint64_t limit = LIMIT_NONE, peak = cgroup_read_number(cg, CONTROLLER_PIDS, "pids.peak");
	struct err e;

	if (cgroup_file_limit(cg, FILE_PIDS_LIMIT, 0, &limit, &e) != 0 || limit == LIMIT_NONE)
		return false;
	return peak == 0 || peak >= limit;
}

/* The second look is taken only where something was counted. */
void cgroup_events(const struct cgroup *cg, struct cgroup_events *out)
{
	uint64_t count;

	memset(out, 0, sizeof(*out));
	if (!cg)
		return;
	count = file_counter(cg, FILE_OOM_EVENTS, "oom_kill");
	if (count > 0)
		*(memory_was_full(cg) ? &out->oom_kills : &out->outer_oom_kills) = count;
	count = file_counter(cg, FILE_PIDS_EVENTS, "max");
	if (count > 0)
		*(pids_were_full(cg) ? &out->pids_refused : &out->outer_pids_refused) = count;
}

uint64_t cgroup_cpu_ns(const struct cgroup *cg)
{
	return cg ? cg->ops->cpu_ns(cg) : 0;
}

void cgroup_usage(const struct cgroup *cg, struct cgroup_usage *out)
{
	*out = (struct cgroup_usage){ .throttled_ns = UINT64_MAX, .oom_kills = UINT64_MAX };
	if (cg)
		cg->ops->usage(cg, out);
}

static uint64_t now_number(struct cgroup *cg, enum cgroup_file id)
{
	const struct cgroup_file_row *row = &cg->ops->files[id];
	const struct cgroup_dir *dir = cgroup_dir_of(cg, row->controller);
	char text[CGROUP_TEXT_CAP];
	uint64_t value;

	if (cg->file[id] < 0 && dir)
		cg->file[id] = openat(dir->fd, row->name, row->flags | O_CLOEXEC);
	return cgroup_file_text(cg, id, text, sizeof(text)) && cgroup_text_limit(text, 0, &value)
		       ? value
		       : UINT64_MAX;
}

void cgroup_now(struct cgroup *cg, struct cgroup_now *out)
{
	*out = (struct cgroup_now){ UINT64_MAX, UINT64_MAX, UINT64_MAX };
	if (!cg)
		return;
	out->memory_bytes = now_number(cg, FILE_MEMORY_NOW);
	out->tasks = now_number(cg, FILE_PIDS_NOW);
	out->cpu_ns = cg->ops->cpu_ns(cg);
}

void cgroup_lift_cpu(const struct cgroup *cg)
{
	struct err ignored;

	if (cg)
		(void)cgroup_file_set(cg, FILE_CPU_LIMIT, cg->ops->cpu_unlimited, &ignored);
}

void cgroup_kill(const struct cgroup *cg)
{
	if (cg)
		cg->ops->kill(cg);
}
