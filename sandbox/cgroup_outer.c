/* cgroup_outer.c - read the counters of the memory groups around a run, twice.
 *
 * v2 has an exact one: `oom` in memory.events.local rises where the limit was hit.  v1 counts failed
 * charges, also those that reclaim made good: a hint, and the verdict is marked as inferred.  Its root
 * group, and a limit that was reached long ago, show nothing.  A cgroup
 * namespace hides what is above its root; then no name is found, and that is said. */
#include "sandbox/cgroup_outer.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "sandbox/cgroup_ops.h"

static const struct cgroup_ops *ops_of(const struct cgroup_outer *o)
{
	return o->v2 ? &cgroup_v2_ops : &cgroup_v1_ops;
}

static int open_dir(const struct cgroup_outer *o, size_t i)
{
	char path[CGROUP_PATH_CAP];
	struct text t = TEXT_ON(path);

	text_bytes(&t, o->dir, o->group[i].dir_len);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static uint64_t times_full(const struct cgroup_outer *o, size_t i)
{
	autofd int fd = open_dir(o, i);

	return fd < 0 ? 0 : ops_of(o)->times_full(fd);
}

static uint64_t times_killed(const struct cgroup_outer *o)
{
	autofd int fd = o->ours && o->count > 0 ? open_dir(o, 0) : -1;

	return fd < 0 ? 0 : ops_of(o)->times_killed(fd);
}

static size_t without_last(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len > 0 ? len - 1 : 0;
}

/* From the innermost up to the one that is the root of what we can see; that has no limit, or is
 * the root of our cgroup namespace. */
static void list_groups(struct cgroup_outer *o, size_t mount_len)
{
	size_t dir_len = strlen(o->dir), seen_len = strlen(o->seen);

	while (o->count < CGROUP_OUTER_MAX) {
		o->group[o->count].dir_len = dir_len;
		o->group[o->count].seen_len = seen_len;
		o->count++;
		if (dir_len <= mount_len)
			return;
		dir_len = without_last(o->dir, dir_len);
		seen_len = without_last(o->seen, seen_len);
	}
}

/* Where the run's directories were made, or else where we are ourselves. */
static bool find_innermost(const struct cgroup *cg, struct cgroup_outer *o, size_t *out_mount_len)
{
	const struct cgroup_place *place = NULL;
	const struct cgroup_dir *dir;
	struct cgroup_layout layout;
	struct err e;

	if (cgroup_layout_read(&layout, &e) != 0)
		return false;
	o->v2 = cgroup_ops_of(&layout) == &cgroup_v2_ops;
	for (size_t i = 0; !o->v2 && i < layout.v1_count; i++)
		if (layout.v1[i].controllers & CONTROLLER_BIT(CONTROLLER_MEMORY))
			place = &layout.v1[i];
	if (o->v2)
		place = &layout.v2;
	if (!place || place->mount[0] == '\0')
		return false;
	*out_mount_len = strlen(place->mount);
	o->ours = cg == NULL;
	if (!cg)
		return cgroup_text_parent(place, NULL, o->dir, o->seen);
	dir = cgroup_dir_of(cg, CONTROLLER_MEMORY);
	memcpy(o->dir, dir->parent, sizeof(o->dir));
	memcpy(o->seen, dir->seen, sizeof(o->seen));
	o->seen[without_last(o->seen, strlen(o->seen))] = '\0';
	return true;
}

void cgroup_outer_look(const struct cgroup *cg, bool ever, struct cgroup_outer *out)
{
	size_t mount_len = 0;

	memset(out, 0, sizeof(*out));
	if (!find_innermost(cg, out, &mount_len))
		return;
	list_groups(out, mount_len);
	for (size_t i = 0; i < out->count && !ever; i++)
		out->group[i].full = times_full(out, i);
	out->killed = times_killed(out);
}

bool cgroup_outer_full(const struct cgroup_outer *o, char *name, size_t cap)
{
	struct text t = { .at = name, .cap = cap };

	for (size_t i = 0; i < o->count; i++) {
		if (times_full(o, i) <= o->group[i].full)
			continue;
		text_bytes(&t, o->seen, o->group[i].seen_len);
		if (o->group[i].seen_len == 0)
			text_str(&t, "/");
		return true;
	}
	return false;
}

uint64_t cgroup_outer_kills(const struct cgroup_outer *o)
{
	uint64_t now = times_killed(o);

	return now > o->killed ? now - o->killed : 0;
}
