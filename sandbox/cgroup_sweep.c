/* cgroup_sweep.c - remove what dead runs left behind.
 *
 * A launcher that is killed leaves its empty directories.  The mark of a live run is an flock on each
 * of its directories (not the pid in the name: that means something else in another pid namespace,
 * and pid 1 of a container is always "alive").  Every directory is judged for itself, because two
 * launchers may share the parent in one hierarchy and not in another.
 *
 * Races, and how they are closed:
 *	maker:	 mkdir, open, flock, open members file	(any of the last three fails: try another name)
 *	sweeper: open, flock, same inode still?, rmdir
 * - A sweep between the maker's mkdir and flock: the maker's open or flock fails, or the lock is taken
 *   on a directory already removed, in which the members file can't be opened.
 * - A directory removed by another sweep and made again under the same name: only who holds the lock
 *   of an inode removes it, so "same inode" after the lock can't change any more.
 * - A directory that still holds processes is never removed: rmdir gives EBUSY.
 *
 * Cost: the link count of a cgroup directory is 2 + its subdirectories, so one stat per hierarchy is
 * all when there are none.  The sweep of every start looks into one hierarchy, chosen by the clock,
 * at no more than SWEEP_BUDGET directories, and removes all groups of the runs that it finds there. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "sandbox/cgroup_ops.h"

struct sweep {
	const char *const *parents;
	size_t count;
	size_t current; /* the hierarchy that is being read */
	uint64_t skip;	/* directories to pass over first */
	uint64_t left;	/* how many may still be looked at */
	unsigned removed;
};

static unsigned remove_if_dead(int parent_fd, const char *name)
{
	struct stat held, there;
	autofd int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &held) != 0 ||
	    fstatat(parent_fd, name, &there, AT_SYMLINK_NOFOLLOW) != 0 ||
	    held.st_ino != there.st_ino || held.st_dev != there.st_dev)
		return 0;
	return unlinkat(parent_fd, name, AT_REMOVEDIR) == 0 ? 1 : 0;
}

/* A run's groups: the network's has directories in some hierarchies only. */
static const char *const suffixes[] = { ".work", ".gate", ".self" };

/* One is dead: all of the same run in all hierarchies are looked at. */
static void sweep_entry(struct sweep *s, int parent_fd, const char *name)
{
	const char *dot = strchr(name, '.');

	if (!dot || remove_if_dead(parent_fd, name) == 0)
		return;
	s->removed++;
	for (size_t i = 0; i < s->count; i++) {
		autofd int other = open(s->parents[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		for (size_t k = 0; other >= 0 && k < sizeof(suffixes) / sizeof(suffixes[0]); k++) {
			char sibling[80];
			struct text t = TEXT_ON(sibling);

			text_bytes(&t, name, (size_t)(dot - name));
			text_str(&t, suffixes[k]);
			s->removed += remove_if_dead(other, sibling);
		}
	}
}

static void sweep_read(struct sweep *s, int parent_fd)
{
	_Alignas(struct dirent64) char buf[16384];
	ssize_t n;

	while (s->left > 0 && (n = getdents64(parent_fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n && s->left > 0;) {
			const struct dirent64 *d = (const void *)(buf + at);

			at += d->d_reclen;
			if (d->d_type != DT_DIR || !cgroup_text_is_run(d->d_name))
				continue;
			if (s->skip > 0) {
				s->skip--;
				continue;
			}
			s->left--;
			sweep_entry(s, parent_fd, d->d_name);
		}
	}
}

static void sweep_hierarchy(struct sweep *s, unsigned budget, uint64_t random)
{
	const char *path = s->parents[s->current];
	autofd int parent_fd = -1;
	struct stat st;

	if (stat(path, &st) != 0 || st.st_nlink <= 2)
		return;
	s->left = budget > 0 ? budget : UINT64_MAX;
	s->skip = budget > 0 && st.st_nlink - 2 > budget ? random % (st.st_nlink - 2) : 0;
	parent_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent_fd >= 0)
		sweep_read(s, parent_fd);
}

unsigned cgroup_sweep_some(const char *const *parents, size_t count, unsigned budget)
{
	struct sweep s = { .parents = parents, .count = count };
	uint64_t random = clock_now_ns() / 64; /* the lowest bits are often constant */

	if (count == 0)
		return 0;
	if (budget > 0) {
		s.current = random % count;
		sweep_hierarchy(&s, budget, random / count);
		return s.removed;
	}
	for (s.current = 0; s.current < count; s.current++)
		sweep_hierarchy(&s, 0, 0);
	return s.removed;
}
