/* descriptors.c - what this process was born with: every open descriptor, and what can be made of 0-2.
 *
 *	open N           the descriptor is there
 *	reopen N RESULT  /proc/self/fd/N opened again for writing (0) or reading and writing (1, 2)
 *	type N TYPE      fifo, socket, file, dir, char, other
 *	up N RESULT      openat(N, "..") */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *type_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return "none";
	return S_ISFIFO(st.st_mode)   ? "fifo"
	       : S_ISSOCK(st.st_mode) ? "socket"
	       : S_ISREG(st.st_mode)  ? "file"
	       : S_ISDIR(st.st_mode)  ? "dir"
	       : S_ISCHR(st.st_mode)  ? "char"
				      : "other";
}

int main(void)
{
	int open_fds[64], count = 0;
	char path[32];

	for (int fd = 0; fd < 4096 && count < 64; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			open_fds[count++] = fd;
	for (int i = 0; i < count; i++) {
		int fd = open_fds[i];

		printf("open %d\n", fd);
		printf("type %d %s\n", fd, type_of(fd));
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		errno = 0;
		printf("reopen %d %s\n", fd,
		       open(path, (fd == 0 ? O_WRONLY : O_RDWR) | O_NONBLOCK) < 0
			       ? strerrorname_np(errno)
			       : "OK");
		printf("up %d %s\n", fd,
		       openat(fd, "..", O_RDONLY) < 0 ? strerrorname_np(errno) : "OK");
	}
	puts("complete OK");
	return 0;
}
