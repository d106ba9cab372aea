/* load.c - traffic for measurements: a server that takes, gives or answers, and clients for it.
 *
 *	load server ADDRESS PORT	PORT takes bytes, +1 gives them, +2 answers one and closes, +3 answers each
 *	load out ADDRESS PORT STREAMS SECONDS	Gbit/s to a server that takes
 *	load in ADDRESS PORT STREAMS SECONDS	Gbit/s from one that gives (PORT+1)
 *	load rate ADDRESS PORT CLIENTS SECONDS	connections/s: connect, one byte there and back, close (PORT+2)
 *	load turn ADDRESS PORT 1 SECONDS	us for one byte there and back (PORT+3)
 *	load idle ADDRESS PORT COUNT SECONDS	hold COUNT connections, used once; prints how many (PORT+3) */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define BLOCK 131072

static char block[BLOCK];
static int epoll_fd;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address(const char *text, int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	if (inet_pton(AF_INET, text, &sa.sin_addr) != 1)
		die(text);
	return sa;
}

static void watch(int fd, uint32_t role, uint32_t events)
{
	struct epoll_event ev = { .events = events,
				  .data.u64 = (uint64_t)role << 32 | (uint32_t)fd };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		die("epoll_ctl");
}

/* ------------------------------------------------------------------------------------------- server */

enum role { TAKE, GIVE, ANSWER, PONG, LISTEN = 16 };

static void listen_on(const char *text, int port, uint32_t role)
{
	struct sockaddr_in sa = address(text, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 || listen(fd, 4096) != 0)
		die("listen");
	watch(fd, LISTEN + role, EPOLLIN);
}

static void take_all(int listener, uint32_t role)
{
	int fd, on = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		watch(fd, role, role == GIVE ? EPOLLOUT : EPOLLIN);
	}
}

static void serve_one(int fd, uint32_t role)
{
	ssize_t n = role == GIVE ? send(fd, block, BLOCK, MSG_NOSIGNAL) : recv(fd, block, BLOCK, 0);

	if (role != GIVE && n > 0 && role != TAKE) {
		n = send(fd, "x", 1, MSG_NOSIGNAL);
		if (role == ANSWER)
			n = 0;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN))
		close(fd);
}

static void __attribute__((noreturn)) server(const char *text, int port)
{
	struct epoll_event ready[256];

	for (uint32_t role = TAKE; role <= PONG; role++)
		listen_on(text, port + (int)role, role);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		int n = epoll_wait(epoll_fd, ready, 256, -1);

		for (int i = 0; i < n; i++) {
			uint32_t role = (uint32_t)(ready[i].data.u64 >> 32);
			int fd = (int)(uint32_t)ready[i].data.u64;

			if (role >= LISTEN)
				take_all(fd, role - LISTEN);
			else
				serve_one(fd, role);
		}
	}
}

/* ------------------------------------------------------------------------------------------ clients */

static int dial(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void stream(const struct sockaddr_in *to, int streams, uint64_t duration_ns, uint32_t events)
{
	uint64_t start, now, bytes = 0;
	struct epoll_event ready[256];

	for (int i = 0; i < streams; i++)
		watch(dial(to), 0, events);
	start = now = clock_now_ns();
	while (now - start < duration_ns) {
		int n = epoll_wait(epoll_fd, ready, 256, 100);

		for (int i = 0; i < n; i++) {
			int fd = (int)(uint32_t)ready[i].data.u64;
			ssize_t moved = events == EPOLLOUT ? send(fd, block, BLOCK,
								  MSG_DONTWAIT | MSG_NOSIGNAL)
							   : recv(fd, block, BLOCK, MSG_DONTWAIT);

			if (moved == 0 || (moved < 0 && errno != EAGAIN))
				die("stream");
			bytes += moved > 0 ? (uint64_t)moved : 0;
		}
		now = clock_now_ns();
	}
	printf("%.2f\n", (double)bytes * 8 / (double)(now - start));
}

static void begin(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    (connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0 && errno != EINPROGRESS))
		die("connect");
	watch(fd, 1, EPOLLOUT);
}

static void rate(const struct sockaddr_in *to, int clients, uint64_t duration_ns)
{
	uint64_t start, now, count = 0, failed = 0;
	struct epoll_event ready[256];

	for (int i = 0; i < clients; i++)
		begin(to);
	start = now = clock_now_ns();
	while (now - start < duration_ns) {
		int n = epoll_wait(epoll_fd, ready, 256, 100);

		for (int i = 0; i < n; i++) {
			int fd = (int)(uint32_t)ready[i].data.u64;
			struct epoll_event ev = { .events = EPOLLIN, .data.u64 = (uint32_t)fd };

			if (ready[i].data.u64 >> 32 && send(fd, "x", 1, MSG_NOSIGNAL) == 1) {
				epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &ev);
				continue;
			}
			if (recv(fd, block, 1, 0) == 1)
				count++;
			else
				failed++;
			close(fd);
			begin(to);
		}
		now = clock_now_ns();
	}
	if (failed)
		fprintf(stderr, "%lu failed\n", (unsigned long)failed);
	printf("%.0f\n", (double)count * 1e9 / (double)(now - start));
}

static void turn(const struct sockaddr_in *to, uint64_t duration_ns)
{
	int fd = dial(to);
	uint64_t start = clock_now_ns(), now = start, count = 0;

	for (; now - start < duration_ns; now = clock_now_ns(), count++)
		if (send(fd, "x", 1, MSG_NOSIGNAL) != 1 || recv(fd, block, 1, 0) != 1)
			die("turn");
	printf("%.1f\n", (double)(now - start) / 1e3 / (double)count);
}

static void idle(const struct sockaddr_in *to, int clients, unsigned seconds)
{
	int held = 0;

	for (int i = 0; i < clients; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0 ||
		    send(fd, "x", 1, MSG_NOSIGNAL) != 1 || recv(fd, block, 1, 0) != 1)
			break;
		held++;
	}
	printf("%d\n", held);
	fflush(stdout);
	sleep(seconds);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to;
	uint64_t duration_ns;
	int port, clients;

	if (argc < 4)
		return 1;
	signal(SIGPIPE, SIG_IGN);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	port = (int)strtol(argv[3], NULL, 10);
	if (strcmp(argv[1], "server") == 0)
		server(argv[2], port);
	if (argc < 6)
		return 1;
	clients = (int)strtol(argv[4], NULL, 10);
	duration_ns = (uint64_t)(strtod(argv[5], NULL) * 1e9);
	if (strcmp(argv[1], "out") == 0) {
		to = address(argv[2], port + TAKE);
		stream(&to, clients, duration_ns, EPOLLOUT);
	} else if (strcmp(argv[1], "in") == 0) {
		to = address(argv[2], port + GIVE);
		stream(&to, clients, duration_ns, EPOLLIN);
	} else if (strcmp(argv[1], "rate") == 0) {
		to = address(argv[2], port + ANSWER);
		rate(&to, clients, duration_ns);
	} else if (strcmp(argv[1], "idle") == 0) {
		to = address(argv[2], port + PONG);
		idle(&to, clients, (unsigned)(duration_ns / 1000000000));
	} else {
		to = address(argv[2], port + PONG);
		turn(&to, duration_ns);
	}
	return 0;
}
