/* ends.c - ends WAY [NUMBER]: end, or fail to end, in one of the ways that a verdict has to tell apart.
 *
 * For the benchmark of kill latency the ways that reach a limit write "mark NANOSECONDS" (CLOCK_REALTIME)
 * to stderr at that moment if MARK is in the environment. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024ul * 1024ul)

static char block[MIB];

static void mark(void)
{
	char line[64];
	struct timespec now;

	if (!getenv("MARK"))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(line, sizeof(line), "mark %lld\n", now.tv_sec * 1000000000ll + now.tv_nsec);
	if (write(2, line, strlen(line)) < 0)
		_exit(99);
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

static void ignore_all(void)
{
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
}

static void spin(void)
{
	for (volatile unsigned long n = 0;; n++)
		;
}

static double cpu_seconds(clockid_t clock)
{
	struct timespec used;

	clock_gettime(clock, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* ---------------------------------------------------------------- ends of its own */

static int way_exit(int n)
{
	return n;
}

static int way_signal(int n)
{
	signal(n, SIG_DFL);
	kill(getpid(), n);
	wait_for_ever();
	return 0;
}

static int way_abort(int n)
{
	(void)n;
	abort();
}

static int way_segv(int n)
{
	*(volatile int *)(uintptr_t)n = 1;
	return 0;
}

/* The main process is ended by one of its children. */
static int way_sibling(int n)
{
	if (fork() == 0) {
		kill(getppid(), n);
		_exit(0);
	}
	wait_for_ever();
	return 0;
}

/* Everything that can be reached, init included. */
static int way_kill_all(int n)
{
	kill(1, n);
	kill(-1, n);
	return 3;
}

static int way_orphan(int n)
{
	if (fork() == 0) {
		setsid();
		ignore_all();
		wait_for_ever();
	}
	return n;
}

static int way_stack(int n)
{
	volatile char frame[65536];

	frame[0] = (char)n;
	return (n >= 0 ? way_stack(n + 1) : 0) + frame[0];
}

/* ---------------------------------------------------------------- does not end */

static int way_sleep(int n)
{
	usleep((useconds_t)n * 1000);
	return 0;
}

static int way_stop(int n)
{
	(void)n;
	raise(SIGSTOP);
	wait_for_ever();
	return 0;
}

static int way_stop_all(int n)
{
	while (n-- > 0)
		if (fork() == 0)
			wait_for_ever();
	kill(-1, SIGSTOP);
	raise(SIGSTOP);
	return 0;
}

static int way_ignore(int n)
{
	(void)n;
	ignore_all();
	mark();
	wait_for_ever();
	return 0;
}

/* The parent of a vfork can't be interrupted by anything but SIGKILL. */
static int way_vfork(int n)
{
	(void)n;
	ignore_all();
	if (vfork() == 0)
		for (;;)
			pause();
	return 0;
}

static int way_tree(int n)
{
	ignore_all();
	mark();
	while (n-- > 0)
		if (fork() == 0)
			wait_for_ever();
	mark();
	wait_for_ever();
	return 0;
}

static int way_threads_spin(int n)
{
	mark();
	while (n-- > 0)
		if (fork() == 0)
			spin();
	spin();
	return 0;
}

/* ---------------------------------------------------------------- quotas */

static int way_cpu(int n)
{
	while (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) * 1000 < n)
		;
	mark();
	spin();
	return 0;
}

/* Many short children; a tick sees only few of them alive. */
static int way_cpu_short(int n)
{
	for (;;) {
		if (fork() == 0) {
			while (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) * 1000 < n)
				;
			_exit(0);
		}
		wait(NULL);
	}
	return n;
}

static int way_cpu_stopped(int n)
{
	for (int i = 0; i < n; i++)
		if (fork() == 0)
			way_stop(0);
	spin();
	return 0;
}

static int way_memory(int n)
{
	char *p = mmap(NULL, (size_t)n * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	for (size_t i = 0; i < (size_t)n * MIB; i += 4096) {
		if (i % (MIB / 2) == 0)
			mark();
		p[i] = 1;
	}
	return 0;
}

static int way_forks(int n)
{
	pid_t pid;

	while ((pid = fork()) > 0)
		;
	if (pid < 0)
		mark();
	wait_for_ever();
	return n;
}

/* One refused fork, and the main process ends at once. */
static int way_forks_exit(int n)
{
	for (;;) {
		pid_t pid = fork();

		if (pid < 0)
			return n;
		if (pid == 0)
			wait_for_ever();
	}
}

static int way_bomb(int n)
{
	for (;;)
		if (fork() < 0)
			usleep(1000);
	return n;
}

/* A fork bomb each of whose processes also eats memory. */
static int way_hungry_bomb(int n)
{
	for (;;) {
		if (fork() == 0)
			memset(malloc((size_t)n * MIB), 1, (size_t)n * MIB);
		else
			usleep(100);
	}
	return n;
}

static int fill_file(const char *path, size_t bytes)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);

	while (bytes > 0) {
		ssize_t done = write(fd, block, bytes < MIB ? bytes : MIB);

		if (done < 0)
			return errno;
		bytes -= (size_t)done;
	}
	close(fd);
	return 0;
}

/* The disk in N parts of 64 KiB, or with empty files, until ENOSPC. */
static int way_disk_small(int n)
{
	char path[64];

	for (int i = 0;; i++) {
		snprintf(path, sizeof(path), "/tmp/%d", i);
		if (fill_file(path, (size_t)n * 1024) != 0)
			break;
	}
	mark();
	wait_for_ever();
	return 0;
}

static int way_disk_big(int n)
{
	fill_file("/tmp/big", (size_t)n * MIB);
	mark();
	wait_for_ever();
	return 0;
}

static int way_disk_exit(int n)
{
	fill_file("/home/sandbox/big", MIB * 1024);
	return n;
}

static int way_disk_freed(int n)
{
	fill_file("/tmp/big", MIB * 3);
	unlink("/tmp/big");
	return n;
}

static int way_shm(int n)
{
	fill_file("/dev/shm/big", (size_t)n * MIB);
	wait_for_ever();
	return 0;
}

static int way_output(int n)
{
	ssize_t done;

	mark();
	while (n > 0 && (done = write(1, block, n < (int)MIB ? (size_t)n : MIB)) > 0)
		n -= (int)done;
	wait_for_ever();
	return 0;
}

/* All of it fits into the pipe: the main process has ended before anybody looks. */
static int way_output_exit(int n)
{
	return write(1, block, (size_t)n) == n ? 0 : 1;
}

/* A grandchild writes on while the main process ends. */
static int way_output_orphan(int n)
{
	if (fork() == 0)
		way_output(n);
	usleep(20000);
	return 0;
}

static int way_fsize(int n)
{
	mark();
	return fill_file("/tmp/big", (size_t)n * MIB) ? 27 : 0;
}

static int way_fsize_ignored(int n)
{
	signal(SIGXFSZ, SIG_IGN);
	return fill_file("/tmp/big", (size_t)n * MIB) == EFBIG ? 27 : 0;
}

/* ---------------------------------------------------------------- forbidden calls */

static int way_forbidden(int n)
{
	mark();
	mount("none", "/tmp", "tmpfs", 0, NULL);
	return n;
}

static int way_forbidden_child(int n)
{
	if (fork() == 0)
		_exit(way_forbidden(0));
	wait(NULL);
	return n;
}

static const struct {
	const char *name;
	int (*run)(int n);
} ways[] = {
	{ "exit", way_exit },
	{ "signal", way_signal },
	{ "abort", way_abort },
	{ "segv", way_segv },
	{ "sibling", way_sibling },
	{ "kill-all", way_kill_all },
	{ "orphan", way_orphan },
	{ "stack", way_stack },
	{ "sleep", way_sleep },
	{ "stop", way_stop },
	{ "stop-all", way_stop_all },
	{ "ignore", way_ignore },
	{ "vfork", way_vfork },
	{ "tree", way_tree },
	{ "spin", way_threads_spin },
	{ "cpu", way_cpu },
	{ "cpu-short", way_cpu_short },
	{ "cpu-stopped", way_cpu_stopped },
	{ "memory", way_memory },
	{ "forks", way_forks },
	{ "forks-exit", way_forks_exit },
	{ "bomb", way_bomb },
	{ "hungry-bomb", way_hungry_bomb },
	{ "disk-small", way_disk_small },
	{ "disk-big", way_disk_big },
	{ "disk-exit", way_disk_exit },
	{ "disk-freed", way_disk_freed },
	{ "shm", way_shm },
	{ "output", way_output },
	{ "output-exit", way_output_exit },
	{ "output-orphan", way_output_orphan },
	{ "fsize", way_fsize },
	{ "fsize-ignored", way_fsize_ignored },
	{ "forbidden", way_forbidden },
	{ "forbidden-child", way_forbidden_child },
};

int main(int argc, char **argv)
{
	/* Some of these would be felt by the host. */
	if (!getenv("container")) {
		fprintf(stderr, "ends: only inside a sandbox\n");
		return 98;
	}
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			return ways[i].run(argc > 2 ? atoi(argv[2]) : 0);
	fprintf(stderr, "ends: no such way\n");
	return 98;
}
