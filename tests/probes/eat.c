/* eat.c - eat KIND MIB: use up memory in one of the ways that count, then say so and end.
 *
 * Kinds: anonymous, shared, memfd, tmpfs (a file in /tmp), shm (System V), children (1 MiB each),
 * pipes (full pipes, never read), sockets (full unix sockets), tables (page tables), child (one child
 * eats it all while the main process waits; then it exits with 0). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1024ul * 1024ul)

static int file_of(int fd, size_t mib)
{
	static char block[MIB];

	memset(block, 0x5a, sizeof(block));
	for (size_t i = 0; i < mib; i++)
		if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
			return -1;
	return 0;
}

static int touch(char *p, size_t mib)
{
	if (p == MAP_FAILED || !p)
		return -1;
	for (size_t i = 0; i < mib * MIB; i += 4096)
		p[i] = 1;
	return 0;
}

static int children(size_t mib)
{
	for (size_t i = 0; i < mib; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return -1;
		if (pid == 0) {
			touch(malloc(MIB), 1);
			pause();
			_exit(0);
		}
	}
	sleep(1);
	return 0;
}

static int pipes(size_t mib)
{
	static char block[65536];
	int ends[2];

	for (size_t i = 0; i < mib * 16; i++) {
		if (pipe(ends) != 0)
			return -1;
		if (write(ends[1], block, sizeof(block)) < 0)
			return -1;
	}
	return 0;
}

static int sockets(size_t mib)
{
	static char block[65536];
	size_t done = 0;
	int ends[2];

	while (done < mib * MIB) {
		ssize_t n;

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
			return -1;
		while ((n = write(ends[0], block, sizeof(block))) > 0)
			done += (size_t)n;
	}
	return 0;
}

/* One touched page in each 2 MiB: as much page table as data. */
static int tables(size_t mib)
{
	size_t step = 2 * MIB, count = mib * MIB / 8192;
	char *p = mmap(NULL, count * step, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED || madvise(p, count * step, MADV_NOHUGEPAGE) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		p[i * step] = 1;
	return 0;
}

static int anonymous(size_t mib)
{
	return touch(mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0),
		     mib);
}

static int child(size_t mib)
{
	if (fork() == 0)
		_exit(anonymous(mib) == 0 ? 0 : 9);
	wait(NULL);
	return 0;
}

int main(int argc, char **argv)
{
	size_t mib = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	const char *kind = argc > 1 ? argv[1] : "";
	int rc = -1;

	if (strcmp(kind, "anonymous") == 0)
		rc = anonymous(mib);
	else if (strcmp(kind, "shared") == 0)
		rc = touch(mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				-1, 0),
			   mib);
	else if (strcmp(kind, "memfd") == 0)
		rc = file_of(memfd_create("eat", 0), mib);
	else if (strcmp(kind, "tmpfs") == 0)
		rc = file_of(open("/tmp/eat", O_CREAT | O_WRONLY, 0600), mib);
	else if (strcmp(kind, "shm") == 0)
		rc = touch(shmat(shmget(IPC_PRIVATE, mib * MIB, IPC_CREAT | 0600), NULL, 0), mib);
	else if (strcmp(kind, "children") == 0)
		rc = children(mib);
	else if (strcmp(kind, "pipes") == 0)
		rc = pipes(mib);
	else if (strcmp(kind, "sockets") == 0)
		rc = sockets(mib);
	else if (strcmp(kind, "tables") == 0)
		rc = tables(mib);
	else if (strcmp(kind, "child") == 0)
		rc = child(mib);
	printf("%s %s\n", kind, rc == 0 ? "eaten" : strerrorname_np(errno));
	return rc == 0 ? 0 : 9;
}
