/* membomb.c - take memory and write to every page of it.
 *
 *	membomb LIMIT_MIB
 *
 * It gives up at sixteen times the limit, so that a broken sandbox costs a second and not the machine. */
#include "attempt.h"

#include <stdlib.h>
#include <sys/mman.h>

#define MIB (1024L * 1024)

int main(int argc, char **argv)
{
	long limit = argc > 1 ? atol(argv[1]) : 64, got;

	for (got = 0; got < 16 * limit; got++) {
		char *block = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				   -1, 0);
		if (block == MAP_FAILED) {
			held("use more memory than the limit", strerror(errno));
			return 0;
		}
		memset(block, 'x', MIB);
	}
	sleep(1); /* whoever looks only now and then has seen it by now */
	breach("use more memory than the limit");
	return 1;
}
