/* forks.c - forks N [threads]: have N children (or threads) at a time, say how many came to be.
 * Without a number: a fork bomb that goes on until it is ended. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *wait_for_end(void *arg)
{
	pause();
	return arg;
}

static int one(int as_thread)
{
	pthread_t thread;
	pid_t pid;

	if (as_thread) {
		pthread_attr_t attr;

		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, 65536);
		return (errno = pthread_create(&thread, &attr, wait_for_end, NULL)) != 0 ? -1 : 0;
	}
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	int wanted = argc > 1 ? atoi(argv[1]) : 0, made = 0;

	while (wanted == 0)
		if (fork() < 0)
			usleep(1000);
	while (made < wanted && one(argc > 2) == 0)
		made++;
	printf("made %d of %d: %s\n", made, wanted, made < wanted ? strerrorname_np(errno) : "OK");
	fflush(stdout);
	_exit(0);
}
