/* watchdog.c - sum up a process tree from /proc. */
#include "sandbox/watchdog.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "sandbox/limits.h"

#define WATCHDOG_PIDS_MAX 1024

struct walk {
	pid_t pids[WATCHDOG_PIDS_MAX]; /* breadth first; also the queue */
	size_t count;
	bool complete;
};

static int open_proc(pid_t pid)
{
	char path[32];
	struct text t = TEXT_ON(path);

	text_fmt(&t, "/proc/%d", (int)pid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Numbers of a stat line after the command name, which may hold any byte: from the last ')'. */
static bool stat_fields(const char *stat, uint64_t *fields, size_t count)
{
	const char *p = strrchr(stat, ')');

	if (!p || strlen(p) < 4)
		return false;
	p += 4; /* ") S " */
	for (size_t i = 0; i < count; i++) {
		char *end;

		fields[i] = strtoull(p, &end, 10);
		if (end == p)
			return false;
		p = end;
	}
	return true;
}

static void add_children(int proc, const char *tid, struct walk *w)
{
	char path[64], list[8192];
	struct text t = TEXT_ON(path);

	text_fmt(&t, "task/%s/children", tid);
	if (fd_read_file(proc, path, list, sizeof(list)) < 0)
		return;
	for (char *p = list, *end; *p; p = end) {
		long pid = strtol(p, &end, 10);

		if (end == p)
			break;
		end += *end == ' ';
		if (w->count == WATCHDOG_PIDS_MAX) {
			w->complete = false;
			return;
		}
		w->pids[w->count++] = (pid_t)pid;
	}
}

/* A child belongs to the thread that forked it. */
static void add_children_of_threads(int proc, struct walk *w)
{
	int fd = openat(proc, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		fd_close(&fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			add_children(proc, entry->d_name, w);
	closedir(dir);
}

enum { F_UTIME = 10, F_STIME = 11, F_CUTIME = 12, F_CSTIME = 13, F_THREADS = 16, F_USED };

/* "RssAnon:     123 kB" lines of a status or smaps_rollup text; a missing one counts as 0. */
static uint64_t kib_field(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line ? strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

static void visit(struct walk *w, pid_t pid, struct watchdog_sample *out)
{
	const uint64_t ns_per_tick = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	uint64_t f[F_USED];
	char buf[4096], tid[16];
	struct text t = TEXT_ON(tid);
	autofd int proc = open_proc(pid);

	if (proc < 0 || fd_read_file(proc, "stat", buf, sizeof(buf)) < 0 ||
	    !stat_fields(buf, f, F_USED))
		return;
	out->cpu_user_ns += (f[F_UTIME] + f[F_CUTIME]) * ns_per_tick;
	out->cpu_system_ns += (f[F_STIME] + f[F_CSTIME]) * ns_per_tick;
	if (fd_read_file(proc, "status", buf, sizeof(buf)) > 0)
		out->memory_bytes += kib_field(buf, "\nRssAnon:") + kib_field(buf, "\nRssShmem:");
	if (f[F_THREADS] > 1) {
		add_children_of_threads(proc, w);
	} else {
		text_i64(&t, pid);
		add_children(proc, tid, w);
	}
}

/* The exact share of one process; UINT64_MAX if it may not be looked into. */
static uint64_t exact_share(pid_t pid)
{
	char buf[4096];
	autofd int proc = open_proc(pid);

	if (proc < 0 || fd_read_file(proc, "smaps_rollup", buf, sizeof(buf)) < 0 ||
	    !strstr(buf, "\nPss_Anon:"))
		return UINT64_MAX;
	return kib_field(buf, "\nPss_Anon:") + kib_field(buf, "\nPss_Shmem:");
}

void watchdog_sample(pid_t init, uint64_t memory_limit, struct watchdog_sample *out)
{
	struct walk w = { .pids = { init }, .count = 1, .complete = true };
	uint64_t exact = 0;

	*out = (struct watchdog_sample){ 0 };
	for (size_t i = 0; i < w.count; i++)
		visit(&w, w.pids[i], out);
	out->pids = w.count - 1;
	out->complete = w.complete;
	if (memory_limit == LIMIT_NONE || out->memory_bytes <= memory_limit)
		return;
	for (size_t i = 1; i < w.count; i++) {
		uint64_t share = exact_share(w.pids[i]);

		if (share == UINT64_MAX)
			return; /* hidden from us: the upper bound stands */
		exact += share;
	}
	out->memory_bytes = exact;
}
