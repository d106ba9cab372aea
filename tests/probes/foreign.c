/* foreign.c - foreign int80|x32: make one system call through another architecture's entry. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long rc = -1;

	if (argc > 1 && strcmp(argv[1], "x32") == 0) {
		errno = 0;
		rc = syscall(0x40000000 | 39); /* getpid */
		printf("x32 %s\n", rc == -1 ? strerrorname_np(errno) : "OK");
		return 0;
	}
#ifdef __x86_64__
	__asm__ volatile("int $0x80" : "=a"(rc) : "a"(20l) : "memory", "r8", "r9", "r10", "r11");
#endif
	printf("int80 %ld\n", rc);
	return 0;
}
