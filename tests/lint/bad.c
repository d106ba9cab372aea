/* bad.c - what the checks must find, and what they must leave alone; never compiled.
 *
 * check-itself reads it as netns/bad.c: each line that says `expect: NAME` must be found by that
 * check, and no other line. */
#include "sandbox/plan.h" /* expect: layering */
#include "seccomp/spec.h" /* expect: layering */
#include "audit/event.h"
#include "netns/link.h"

int open(const char *path, int flags, ...); /* a declaration is no call */

static const char *text = "fork() and open(x, 0) in a string \" system(y)";

static int descriptors(const char *path, struct msghdr *message)
{
	struct open_how how = { .flags = O_PATH };
	int fd = open(path, O_RDONLY); /* expect: cloexec */

	fd = open(path, O_RDONLY | O_CLOEXEC);
	fd = openat(fd, path, O_RDONLY | O_CLOEXEC);
	fd = syscall(SYS_openat2, fd, path, &how, sizeof(how)); /* expect: cloexec */
	how.flags = O_PATH | O_CLOEXEC;
	fd = syscall(SYS_openat2, fd, path, &how, sizeof(how));
	fd = dup2(fd, 0); /* lint: cloexec-ok: the workload's stdin */
	fd = dup2(fd, 1); /* expect: cloexec */
	/* lint: cloexec-ok: the workload's stderr */
	fd = dup2(fd, 2);
	fd = fcntl(fd, F_DUPFD, 3); /* expect: cloexec */
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	fd = socket(AF_INET, SOCK_STREAM, 0);			/* expect: cloexec */
	fd = syscall(SYS_open_tree, fd, path, OPEN_TREE_CLONE); /* expect: cloexec */
	return recvmsg(fd, message, 0);				/* expect: cloexec */
}

static void processes(struct clone_args *args)
{
	/* fork() in a comment */
	if (fork() == 0)			  /* expect: process */
		_exit(1);			  /* expect: silence */
	syscall(SYS_clone3, args, sizeof(*args)); /* expect: process */
	execve("/bin/sh", NULL, NULL);		  /* expect: process */
}

static int words(char *to, const char *from, FILE *file)
{
	strcpy(to, from); /* expect: banned */
	strlcpy(to, from, 3);
	printf("%s", to);     /* expect: silence */
	fprintf(stderr, "x"); /* expect: silence */
	fprintf(file, "x");
	write(2, "x", 1); /* expect: silence */
	write(fd, "x", 1);
	if (!getenv("HOME")) /* expect: banned */
		exit(1);     /* expect: silence */
	return atoi(to);     /* expect: banned */
}
