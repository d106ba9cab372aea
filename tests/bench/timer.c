/* timer.c - start commands and measure, without a shell in between.
 *
 *	timer latency ROUNDS GAP_MS   COMMANDS	start to exit, one at a time, interleaved
 *	timer rate ROUNDS IN_FLIGHT   COMMANDS	runs per second with so many in flight
 *	timer depth COUNT 0           COMMANDS	COUNT of them asleep at the same time
 *
 * COMMANDS: `NAME [N<FILE]... PROGRAM ARG... :::` and so on; `9<FILE` opens FILE as descriptor 9 anew
 * for each start.  stdin and stdout are /dev/null; for `depth` stdout is a pipe, and the program has to
 * print something once it runs, and then sleep.
 * Output: one line of tab-separated fields per command, named in the first line.  `ratio` is to the first
 * command: for latency the median over the rounds of what both took in the same round, which is steadier
 * than a ratio of medians where other work comes and goes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMAND_MAX 16
#define REDIRECT_MAX 4

extern char **environ;

struct redirect {
	int fd;
	const char *file;
};

struct command {
	const char *name;
	struct redirect redirects[REDIRECT_MAX];
	int redirect_count;
	char **argv;
	double *wall_us, *cpu_us, *ratios; /* one per round */
	long rss_kib;			   /* the largest seen */
	int failures;
};

static struct command commands[COMMAND_MAX];
static int command_count;

static void die(const char *what)
{
	fprintf(stderr, "timer: %s: %s\n", what, strerror(errno));
	exit(2);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

/* --- commands ------------------------------------------------------------------------------------ */

static void parse(char **arg)
{
	while (*arg) {
		struct command *c = &commands[command_count++];

		if (command_count > COMMAND_MAX)
			exit(2);
		c->name = *arg++;
		for (; *arg && strchr(*arg, '<') && c->redirect_count < REDIRECT_MAX; arg++) {
			c->redirects[c->redirect_count].fd = atoi(*arg);
			c->redirects[c->redirect_count++].file = strchr(*arg, '<') + 1;
		}
		c->argv = arg;
		while (*arg && strcmp(*arg, ":::") != 0)
			arg++;
		if (*arg)
			*arg++ = NULL;
	}
}

/* out < 0: /dev/null */
static pid_t start(const struct command *c, int out)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (out < 0)
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	else
		posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (out >= 0) /* it will be ended by a signal, and may say so */
		posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < c->redirect_count; i++)
		posix_spawn_file_actions_addopen(&actions, c->redirects[i].fd, c->redirects[i].file,
						 O_RDONLY, 0);
	rc = posix_spawn(&pid, c->argv[0], &actions, NULL, c->argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0) {
		errno = rc;
		die(c->argv[0]);
	}
	return pid;
}

static double micros(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

/* --- numbers ------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* part in 0..1 of the sorted values */
static double at(double *values, int count, double part)
{
	qsort(values, (size_t)count, sizeof(*values), by_size);
	return values[(int)(part * (double)(count - 1) + 0.5)];
}

/* --- latency ------------------------------------------------------------------------------------- */

static void one_round(struct command *c, int round)
{
	struct rusage usage;
	double begin = now_us();
	pid_t pid = start(c, -1);
	int status;

	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			die("wait4");
	c->wall_us[round] = now_us() - begin;
	c->cpu_us[round] = micros(usage.ru_utime) + micros(usage.ru_stime);
	if (usage.ru_maxrss > c->rss_kib)
		c->rss_kib = usage.ru_maxrss;
	if (status != 0)
		c->failures++;
}

/* Every round runs each command once, and every round begins with another one: whatever else the
 * machine does meanwhile hits all of them alike. */
static void latency(int rounds, long gap_ms)
{
	for (int i = 0; i < command_count; i++) {
		commands[i].wall_us = calloc((size_t)rounds, sizeof(double));
		commands[i].cpu_us = calloc((size_t)rounds, sizeof(double));
		one_round(&commands[i], 0); /* warm */
		commands[i].failures = 0;
	}
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < command_count; i++) {
			if (gap_ms > 0)
				pause_ms(gap_ms);
			one_round(&commands[(i + round) % command_count], round);
		}
	/* before anything is sorted */
	for (int i = 0; i < command_count; i++) {
		commands[i].ratios = calloc((size_t)rounds, sizeof(double));
		for (int round = 0; round < rounds; round++)
			commands[i].ratios[round] = commands[i].wall_us[round] /
						    commands[0].wall_us[round];
	}
	printf("name\trounds\tmedian_us\tp95_us\tmin_us\tcpu_us\trss_kib\tfailures\tratio\n");
	for (int i = 0; i < command_count; i++) {
		struct command *c = &commands[i];

		printf("%s\t%d\t%.0f\t%.0f\t%.0f\t%.0f\t%ld\t%d\t%.2f\n", c->name, rounds,
		       at(c->wall_us, rounds, 0.5), at(c->wall_us, rounds, 0.95),
		       at(c->wall_us, rounds, 0), at(c->cpu_us, rounds, 0.5), c->rss_kib,
		       c->failures, at(c->ratios, rounds, 0.5));
	}
}

/* --- rate ---------------------------------------------------------------------------------------- */

#define BLOCKS 5

static double one_block(struct command *c, int runs, int in_flight)
{
	double begin = now_us();
	int started = 0, running = 0, status;

	while (started < runs || running > 0) {
		if (started < runs && running < in_flight) {
			start(c, -1);
			started++;
			running++;
			continue;
		}
		if (wait(&status) < 0)
			die("wait");
		running--;
		if (status != 0)
			c->failures++;
	}
	return (double)runs / ((now_us() - begin) / 1e6);
}

static void rate(int rounds, int in_flight)
{
	int runs = rounds / BLOCKS > 0 ? rounds / BLOCKS : 1;

	for (int i = 0; i < command_count; i++)
		commands[i].wall_us = calloc(BLOCKS, sizeof(double));
	for (int block = 0; block < BLOCKS; block++)
		for (int i = 0; i < command_count; i++)
			commands[i].wall_us[block] = one_block(&commands[i], runs, in_flight);
	printf("name\truns\tper_second\tlowest\thighest\tfailures\tratio\n");
	for (int i = 0; i < command_count; i++) {
		struct command *c = &commands[i];
		double median = at(c->wall_us, BLOCKS, 0.5);

		printf("%s\t%d\t%.0f\t%.0f\t%.0f\t%d\t%.2f\n", c->name, runs * BLOCKS, median,
		       at(c->wall_us, BLOCKS, 0), at(c->wall_us, BLOCKS, 1), c->failures,
		       median / at(commands[0].wall_us, BLOCKS, 0.5));
	}
}

/* --- depth --------------------------------------------------------------------------------------- */

/* The number behind `key` in a file of /proc; 0 if it can't be read. */
static long proc_number(const char *file, const char *key)
{
	char line[256];
	long value = 0;
	FILE *f = fopen(file, "re");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			value = atol(line + strlen(key));
	if (f)
		fclose(f);
	return value;
}

struct tree {
	int processes;
	long pss_kib;
};

/* pid and everything below it */
static void measure_tree(long pid, struct tree *t)
{
	char path[64];
	int child;
	FILE *f;

	t->processes++;
	snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
	t->pss_kib += proc_number(path, "Pss:");
	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", pid, pid);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &child) == 1)
		measure_tree(child, t);
	if (f)
		fclose(f);
}

static void one_depth(struct command *c, int count)
{
	pid_t *pids = calloc((size_t)count, sizeof(*pids));
	double *ready_us = calloc((size_t)count, sizeof(*ready_us)), begin;
	long available = proc_number("/proc/meminfo", "MemAvailable:"), peak_kib;
	struct tree tree = { 0 };
	char byte, path[64];
	int tenth = count >= 10 ? count / 10 : 1;

	for (int i = 0; i < count; i++) {
		struct pollfd ready;
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) != 0)
			die("pipe");
		begin = now_us();
		pids[i] = start(c, ends[1]);
		close(ends[1]);
		ready = (struct pollfd){ .fd = ends[0], .events = POLLIN };
		if (poll(&ready, 1, 10000) != 1 || read(ends[0], &byte, 1) != 1)
			c->failures++;
		ready_us[i] = now_us() - begin;
		/* ends[0] stays open: its end would be a signal to the sleeper */
	}
	available -= proc_number("/proc/meminfo", "MemAvailable:");
	for (int i = 0; i < count; i++)
		measure_tree(pids[i], &tree);
	snprintf(path, sizeof(path), "/proc/%d/status", pids[0]);
	peak_kib = proc_number(path, "VmHWM:");
	begin = now_us();
	for (int i = 0; i < count; i++)
		kill(pids[i], SIGTERM);
	for (int i = 0; i < count; i++)
		waitpid(pids[i], NULL, 0);
	printf("%s\t%d\t%.0f\t%.0f\t%.1f\t%ld\t%ld\t%ld\t%.0f\t%d\n", c->name, count,
	       at(ready_us, tenth, 0.5), at(ready_us + count - tenth, tenth, 0.5),
	       (double)tree.processes / count, peak_kib, tree.pss_kib / count, available / count,
	       (now_us() - begin) / count, c->failures);
	free(pids);
	free(ready_us);
	for (int fd = 3; fd < count + 16; fd++)
		close(fd);
}

static void depth(int count)
{
	printf("name\tcount\tfirst_us\tlast_us\tprocesses\tlauncher_peak_kib\tpss_kib\tavailable_kib"
	       "\tend_us\tfailures\n");
	for (int i = 0; i < command_count; i++)
		one_depth(&commands[i], count);
}

int main(int argc, char **argv)
{
	struct rlimit files = { 4096, 4096 };

	if (argc < 6) {
		fprintf(stderr, "usage: timer latency|rate|depth N M COMMANDS\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &files);
	parse(argv + 4);
	if (strcmp(argv[1], "latency") == 0)
		latency(atoi(argv[2]), atol(argv[3]));
	else if (strcmp(argv[1], "rate") == 0)
		rate(atoi(argv[2]), atoi(argv[3]));
	else
		depth(atoi(argv[2]));
	return 0;
}
