/* setid.c - a program to be installed with set-user-id and file capabilities: who does it run as? */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	printf("uid %d euid %d gid %d egid %d\n", getuid(), geteuid(), getgid(), getegid());
	return 0;
}
