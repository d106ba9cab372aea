/* forkbomb.c - every process makes processes, as fast as it can.
 *
 *	forkbomb LIMIT
 *
 * It gives up at twice the limit, so that a broken sandbox costs a second and not the machine. */
#include "attempt.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

struct shared {
	atomic_int made, refused, error;
};

static void explode(struct shared *s, int most, time_t end)
{
	while (time(NULL) < end && atomic_load(&s->made) < most && atomic_load(&s->refused) < 500) {
		pid_t pid = fork();

		if (pid > 0)
			atomic_fetch_add(&s->made, 1);
		if (pid >= 0)
			continue; /* both go on */
		atomic_store(&s->error, errno);
		atomic_fetch_add(&s->refused, 1);
		usleep(10000);
	}
}

int main(int argc, char **argv)
{
	int limit = argc > 1 ? atoi(argv[1]) : 256;
	pid_t self = getpid();
	char why[96];
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return 2;
	explode(s, 2 * limit, time(NULL) + 3);
	if (getpid() != self) {
		pause();
		_exit(0);
	}
	if (atomic_load(&s->refused) == 0) {
		breach("make more processes than the limit");
		return 1;
	}
	snprintf(why, sizeof(why), "%d, then: %s", atomic_load(&s->made),
		 strerror(atomic_load(&s->error)));
	held("make more processes than the limit", why);
	return 0;
}
