/* listen.c - three services of the host for reach.c to find.
 *
 *	listen ABSTRACT PATH
 *
 * Prints the port it got on 127.0.0.1, then a line for each caller, until stdin ends. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int serve(int family, const void *address, size_t len)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, address, (socklen_t)len) != 0 || listen(fd, 16) != 0) {
		perror("listen");
		exit(1);
	}
	return fd;
}

static int serve_unix(const char *name, int abstract)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path + abstract, sizeof(at.sun_path) - (size_t)abstract, "%s", name);
	return serve(AF_UNIX, &at,
		     offsetof(struct sockaddr_un, sun_path) + (size_t)abstract + strlen(name));
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	struct pollfd ready[4] = { { .fd = STDIN_FILENO, .events = POLLIN } };
	static const char *const names[] = { "", "tcp", "abstract", "path" };

	if (argc != 3)
		return 2;
	ready[1] = (struct pollfd){ .fd = serve(AF_INET, &at, sizeof(at)), .events = POLLIN };
	ready[2] = (struct pollfd){ .fd = serve_unix(argv[1], 1), .events = POLLIN };
	ready[3] = (struct pollfd){ .fd = serve_unix(argv[2], 0), .events = POLLIN };
	getsockname(ready[1].fd, (struct sockaddr *)&at, &len);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%d\n", ntohs(at.sin_port));
	while (poll(ready, 4, -1) > 0 && !ready[0].revents)
		for (int i = 1; i < 4; i++)
			if (ready[i].revents) {
				close(accept(ready[i].fd, NULL, NULL));
				printf("caller %s\n", names[i]);
			}
	return 0;
}
