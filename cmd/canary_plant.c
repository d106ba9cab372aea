/* canary_plant.c - what the host offers to whoever gets out: listeners, unix sockets, a file. */
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/canary.h"

static int listen_at(struct canary_plants *p, enum canary_listener index, int family,
		     const void *addr, socklen_t len, uint16_t *out_port)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_storage got;
	socklen_t size = sizeof(got);

	p->listener[index] = fd;
	if (fd < 0 || bind(fd, addr, len) != 0 || listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&got, &size) != 0)
		return -1;
	if (out_port) /* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): getsockname filled it */
		*out_port = ntohs(family == AF_INET6
					  ? ((struct sockaddr_in6 *)(void *)&got)->sin6_port
					  : ((struct sockaddr_in *)(void *)&got)->sin_port);
	return 0;
}

static in_addr_t find_own_address(void)
{
	struct ifaddrs *list = NULL;
	in_addr_t own = 0;

	if (getifaddrs(&list) != 0)
		return 0;
	for (const struct ifaddrs *i = list; i && !own; i = i->ifa_next) {
		struct sockaddr_in addr;

		if (!i->ifa_addr || i->ifa_addr->sa_family != AF_INET || !(i->ifa_flags & IFF_UP))
			continue;
		memcpy(&addr, i->ifa_addr, sizeof(addr));
		if (ntohl(addr.sin_addr.s_addr) >> 24 != 127)
			own = addr.sin_addr.s_addr;
	}
	freeifaddrs(list);
	return own;
}

static int plant_network(struct canary_plants *p, struct canary_target *t, struct err *e)
{
	struct sockaddr_in loopback = { .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in own = { .sin_family = AF_INET };
	const struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6,
					   .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	if (listen_at(p, CANARY_LISTENER_LOOPBACK, AF_INET, &loopback, sizeof(loopback),
		      &t->loopback_port) != 0)
		return err_sys(e, "listen on 127.0.0.1");
	own.sin_addr.s_addr = t->own = find_own_address();
	if (t->own &&
	    (listen_at(p, CANARY_LISTENER_OWN, AF_INET, &own, sizeof(own), &t->own_port) != 0 ||
	     listen_at(p, CANARY_LISTENER_RANGE, AF_INET, &own, sizeof(own), &t->range_port) != 0 ||
	     listen_at(p, CANARY_LISTENER_ALLOWED, AF_INET, &own, sizeof(own), &t->allowed_port) !=
		     0))
		return err_sys(e, "listen on an address of this host");
	if (listen_at(p, CANARY_LISTENER_IPV6, AF_INET6, &ipv6, sizeof(ipv6), &t->ipv6_port) != 0)
		t->ipv6_port = 0; /* a host without IPv6 */
	return 0;
}

static int plant_unix(struct canary_plants *p, struct canary_target *target, struct err *e)
{
	struct sockaddr_un abstract = { .sun_family = AF_UNIX }, path = { .sun_family = AF_UNIX };
	struct text name = TEXT_ON(target->abstract), at = TEXT_ON(path.sun_path);
	struct text hidden = { .at = abstract.sun_path + 1, .cap = sizeof(abstract.sun_path) - 1 };
	char file[96] = "";
	struct text t = TEXT_ON(file);
	autofd int planted = -1;

	text_fmt(&name, "enclave-canary-%d", (int)getpid());
	text_str(&hidden, target->abstract);
	text_fmt(&at, "%s/socket", target->directory);
	text_fmt(&t, "%s/file", target->directory);
	planted = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (planted < 0)
		return err_sys(e, "make '%s'", file);
	if (listen_at(p, CANARY_LISTENER_UNIX, AF_UNIX, &path, sizeof(path), NULL) != 0)
		return err_sys(e, "listen on '%s'", path.sun_path);
	/* Root's sandbox runs as another uid: what it could reach, it shall be able to. */
	if (chmod(path.sun_path, 0666) != 0)
		return err_sys(e, "open '%s' to everybody", path.sun_path);
	fd_close(&planted);
	planted = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (planted < 0 ||
	    bind(planted, (const struct sockaddr *)&abstract,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + hidden.len)) != 0 ||
	    listen(planted, 8) != 0)
		return err_sys(e, "listen on an abstract socket");
	p->abstract = fd_take(&planted);
	return 0;
}

int canary_plant(struct canary_plants *p, struct canary_target *t, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	struct text directory = TEXT_ON(t->directory), record = TEXT_ON(p->record);

	for (size_t i = 0; i < CANARY_LISTENERS; i++)
		p->listener[i] = -1;
	p->abstract = -1;
	text_fmt(&directory, "%s/enclave-canary.XXXXXX", tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	if (!mkdtemp(t->directory)) {
		t->directory[0] = '\0'; /* nothing to remove */
		return err_sys(e, "make a directory in %s", tmp ? tmp : "/tmp");
	}
	if (chmod(t->directory, 0755) != 0)
		return err_sys(e, "open '%s' to everybody", t->directory);
	text_fmt(&record, "%s/record.json", t->directory);
	return plant_network(p, t, e) == 0 ? plant_unix(p, t, e) : -1;
}

void canary_unplant(struct canary_plants *p, const struct canary_target *t)
{
	static const char *const names[] = { "socket", "file", "record.json" };

	if (!*t->directory)
		return;
	for (size_t i = 0; i < CANARY_LISTENERS; i++)
		fd_close(&p->listener[i]);
	fd_close(&p->abstract);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[96] = "";
		struct text at = TEXT_ON(path);

		text_fmt(&at, "%s/%s", t->directory, names[i]);
		unlink(path);
	}
	rmdir(t->directory);
}

unsigned canary_callers(struct canary_plants *p)
{
	unsigned count = 0;

	for (size_t i = 0; i < CANARY_LISTENERS; i++) {
		int fd;

		if (i == CANARY_LISTENER_ALLOWED)
			continue;
		while (p->listener[i] >= 0 &&
		       (fd = accept4(p->listener[i], NULL, NULL, SOCK_CLOEXEC)) >= 0) {
			close(fd);
			count++;
		}
	}
	return count;
}
