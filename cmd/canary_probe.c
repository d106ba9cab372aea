/* canary_probe.c - the tries themselves: each answers whether it got through, never by guessing.
 *
 * "Through" means: connected and, for datagrams, answered; opened; allowed by the kernel.  The code is the
 * same inside and outside, so a control that succeeds there shows that a failure here means the wall. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/canary.h"
#include "netns/subnet.h"

#define TRY_MS 3000 /* a first packet that is lost costs one second */
#define ANSWER_MS 1000
#define SILENCE_MS 100 /* where even a refusal can't be heard: no ICMP is sent about multicast */

const struct canary_row canary_rows[CANARY_COUNT] = {
#define CANARY_ROW(id, name, control, first, answer, recorded, what) \
	{ name, what, control, first, answer, recorded },
	CANARY_TABLE(CANARY_ROW)
#undef CANARY_ROW
};

static struct canary_try outcome(bool through)
{
	return (struct canary_try){ .tried = true,
				    .through = through,
				    .error = through ? 0 : errno };
}

static const struct canary_try nothing_to_try = { .tried = false };

/* ------------------------------------------------------------------------------------- connecting */

/* Connected for good: a gateway that resets afterwards has let nothing through. */
static bool stays_connected(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	if (poll(&p, 1, wait_ms) <= 0)
		return true;
	return recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0;
}

/* wait_ms: for somebody in between to cut it off */
static bool connects(int family, const void *addr, socklen_t len, int wait_ms)
{
	autofd int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t size = sizeof(error);

	if (fd < 0)
		return false;
	if (connect(fd, addr, len) != 0) {
		if (errno != EINPROGRESS)
			return false;
		if (poll(&p, 1, TRY_MS) != 1) {
			errno = ETIMEDOUT;
			return false;
		}
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
			errno = error ? error : errno;
			return false;
		}
	}
	return stays_connected(fd, wait_ms);
}

static struct sockaddr_in ipv4(in_addr_t addr, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_addr.s_addr = addr,
				     .sin_port = htons(port) };
}

/* On the host nobody stands in between. */
static int cut_ms(const struct canary_target *t)
{
	return t->inside ? ANSWER_MS : 0;
}

static struct canary_try tcp4(const struct canary_target *t, in_addr_t addr, uint16_t port)
{
	const struct sockaddr_in to = ipv4(addr, port);

	if (!addr || !port)
		return nothing_to_try;
	return outcome(connects(AF_INET, &to, sizeof(to), cut_ms(t)));
}

static struct canary_try tcp6(const struct canary_target *t, const char *addr, uint16_t port)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (!port)
		return nothing_to_try;
	inet_pton(AF_INET6, addr, &to.sin6_addr);
	return outcome(connects(AF_INET6, &to, sizeof(to), cut_ms(t)));
}

/* Send, and wait for an answer or a refusal.  Returns the answer's length, -1 with errno. */
static ssize_t ask(const struct sockaddr_in *to, const void *question, size_t len, uint8_t *answer,
		   size_t cap, int wait_ms)
{
	autofd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) != 0 ||
	    send(fd, question, len, MSG_NOSIGNAL) < 0)
		return -1;
	if (poll(&p, 1, wait_ms) != 1) {
		errno = ETIMEDOUT;
		return -1;
	}
	return recv(fd, answer, cap, 0);
}

static struct canary_try udp4(in_addr_t addr, uint16_t port, int wait_ms)
{
	const struct sockaddr_in to = ipv4(addr, port);
	uint8_t answer[64];

	return outcome(ask(&to, "x", 1, answer, sizeof(answer), wait_ms) >= 0);
}

static struct canary_try unix_socket(const char *name, bool abstract)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct text t = { .at = to.sun_path + abstract, .cap = sizeof(to.sun_path) - abstract };

	text_str(&t, name);
	return outcome(
		connects(AF_UNIX, &to,
			 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + t.len), 0));
}

/* ------------------------------------------------------------------------------------------- names */

static size_t put_label(uint8_t *at, const char *label, size_t len)
{
	at[0] = (uint8_t)len;
	memcpy(at + 1, label, len);
	return len + 1;
}

/* The address of the name; 0: there is none.  Asked by hand: a resolver's library would need files. */
static in_addr_t address_of(const char *name)
{
	const struct sockaddr_in to = ipv4(inet_addr(SUBNET_RESOLVER), 53);
	uint8_t query[300] = { 0, 1, 1, 0, 0, 1 }, answer[512];
	size_t len = 12;
	in_addr_t addr;
	ssize_t n;

	for (const char *p = name; *p;) {
		size_t label = strcspn(p, ".");

		len += put_label(query + len, p, label);
		p += label + (p[label] == '.');
	}
	query[len++] = 0;
	query[len + 1] = 1; /* type A */
	query[len + 3] = 1; /* class IN */
	len += 4;
	n = ask(&to, query, len, answer, sizeof(answer), ANSWER_MS);
	if (n < 12)
		return 0;
	errno = EACCES;
	if ((answer[3] & 15) != 0 || !(answer[6] || answer[7]) || (size_t)n < len + 16)
		return 0;
	memcpy(&addr, answer + len + 12, sizeof(addr)); /* behind name, type, class, TTL, length */
	return addr;
}

static struct canary_try name_port(const struct canary_target *t)
{
	in_addr_t addr = address_of(CANARY_ALLOWED_NAME);

	return addr ? tcp4(t, addr, CANARY_OTHER_PORT) : outcome(false);
}

static struct canary_try tunnel(void)
{
	static const char digits[] = "0123456789abcdef";
	bool through = false;

	for (int i = 0; i < 100 && !through; i++) {
		char name[64] = "", bytes[20];
		struct text t = TEXT_ON(name);

		if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
			return nothing_to_try;
		for (size_t k = 0; k < sizeof(bytes); k++)
			text_bytes(&t, &digits[bytes[k] & 15], 1);
		text_str(&t, CANARY_TUNNEL_NAME);
		through = address_of(name) != 0;
	}
	return outcome(through);
}

/* ------------------------------------------------------------------------------------------ others */

static struct canary_try socket_opens(int family, int type, int protocol)
{
	autofd int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	return outcome(fd >= 0);
}

static struct canary_try transparent(void)
{
	autofd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	return outcome(fd >= 0 && setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof(on)) == 0);
}

static struct canary_try interface_down(void)
{
	autofd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq down = { .ifr_name = "eth0" };

	return outcome(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &down) == 0);
}

static struct canary_try opens(const char *directory, const char *name, int flags)
{
	char path[128] = "";
	struct text t = TEXT_ON(path);
	autofd int fd = -1;

	text_fmt(&t, "%s/%s", directory, name);
	fd = open(path, flags | O_CLOEXEC);
	return outcome(fd >= 0);
}

static struct canary_try socket_in(const char *directory)
{
	char path[128] = "";
	struct text t = TEXT_ON(path);

	text_fmt(&t, "%s/socket", directory);
	return unix_socket(path, false);
}

/* The second wall behind that: seccomp is the first. */
static struct canary_try namespace_limit(void)
{
	char now[16] = "";

	if (fd_read_file(AT_FDCWD, "/proc/sys/user/max_user_namespaces", now, sizeof(now)) < 0)
		return outcome(false);
	errno = ENOSPC; /* what the kernel would say */
	return outcome(now[0] != '0');
}

/* Not tried on the host, where it would change the canary itself. */
static struct canary_try own_namespace(void)
{
	return outcome(unshare(CLONE_NEWUSER) == 0);
}

static struct canary_try gateway_ports(const struct canary_target *t)
{
	struct canary_try other = tcp4(t, t->gateway, 22);

	return other.through ? other : tcp4(t, t->gateway, CANARY_GATEWAY_TRIED);
}

struct canary_try canary_probe(enum canary_id id, const struct canary_target *t)
{
	const in_addr_t loopback = htonl(INADDR_LOOPBACK), nobody = inet_addr(CANARY_NOBODY);

	switch (id) {
	case CANARY_NEIGHBOUR:
		return tcp4(t, t->neighbour, CANARY_NEIGHBOUR_PORT);
	case CANARY_NEIGHBOUR_GATEWAY:
		return tcp4(t, t->neighbour_gateway, CANARY_GATEWAY_TRIED);
	case CANARY_HOST_LOOPBACK:
		return tcp4(t, loopback, t->loopback_port);
	case CANARY_HOST_ADDRESS:
		return tcp4(t, t->own, t->own_port);
	case CANARY_HOST_RANGE:
		return tcp4(t, t->own, t->range_port);
	case CANARY_HOST_IPV6:
		return tcp6(t, "::1", t->ipv6_port);
	case CANARY_HOST_4IN6:
		return tcp6(t, "::ffff:127.0.0.1", t->loopback_port);
	case CANARY_METADATA:
		return tcp4(t, inet_addr(CANARY_METADATA_ADDRESS), 80);
	case CANARY_DIRECT_TCP:
		return tcp4(t, nobody, 443);
	case CANARY_DIRECT_UDP:
		return udp4(nobody, 443, ANSWER_MS);
	case CANARY_MULTICAST:
		return udp4(inet_addr(CANARY_MULTICAST_ADDRESS), 53, SILENCE_MS);
	case CANARY_THIS_NETWORK:
		return tcp4(t, inet_addr(CANARY_THIS_ADDRESS), 53);
	case CANARY_IPV6:
		return tcp6(t, "2001:db8::1", 443);
	case CANARY_NAME:
		return outcome(address_of(CANARY_OTHER_NAME) != 0);
	case CANARY_NAME_PORT:
		return name_port(t);
	case CANARY_TUNNEL:
		return tunnel();
	case CANARY_GATEWAY_PORT:
		return gateway_ports(t);
	case CANARY_ABSTRACT:
		return unix_socket(t->abstract, true);
	case CANARY_UNIX_PATH:
		return socket_in(t->directory);
	case CANARY_HOST_FILE:
		return opens(t->directory, "file", O_RDONLY);
	case CANARY_RAW:
		return socket_opens(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	case CANARY_PING:
		return socket_opens(AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	case CANARY_PACKET:
		return socket_opens(AF_PACKET, SOCK_RAW, 0x0300);
	case CANARY_VSOCK:
		return socket_opens(AF_VSOCK, SOCK_STREAM, 0); /* never connected */
	case CANARY_NETLINK:
		return socket_opens(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	case CANARY_TRANSPARENT:
		return transparent();
	case CANARY_INTERFACE:
		return interface_down();
	case CANARY_NAMESPACE:
		return own_namespace();
	case CANARY_NAMESPACE_LIMIT:
		return namespace_limit();
	case CANARY_INIT:
		return opens("/proc/1", "mem", O_RDWR);
	case CANARY_COUNT:
		break;
	}
	return nothing_to_try;
}

/* ------------------------------------------------------------------------------------------ inside */

static bool from_hex(const char *hex, void *out, size_t len)
{
	uint8_t *at = out;

	if (strlen(hex) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1) /* NOLINT: two digits */
			return false;
		at[i] = (uint8_t)byte;
	}
	return true;
}

static void say(const char *name, const struct canary_try *result)
{
	printf("%s %d %d %d\n", name, result->tried, result->through, result->error);
	fflush(stdout);
}

/* The other end of our own interface: the address below ours in the /30. */
static in_addr_t find_gateway(void)
{
	autofd int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_name = "eth0" };
	struct sockaddr_in own;

	if (fd < 0 || ioctl(fd, SIOCGIFADDR, &ifr) != 0)
		return 0;
	memcpy(&own, &ifr.ifr_addr, sizeof(own));
	return htonl(ntohl(own.sin_addr.s_addr) - 1);
}

static int serve(void)
{
	const struct sockaddr_in any = ipv4(htonl(INADDR_ANY), CANARY_NEIGHBOUR_PORT);
	autofd int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0 ||
	    listen(fd, 8) != 0)
		return 1;
	puts(CANARY_LISTENING);
	fflush(stdout);
	for (;;) {
		autofd int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (peer < 0)
			return 1;
	}
}

int canary_inside(char *const *words, size_t count)
{
	struct canary_target target;
	struct canary_try result;

	if (count == 1 && strcmp(words[0], "listen") == 0)
		return serve();
	if (count != 1 || !from_hex(words[0], &target, sizeof(target)))
		return 2;
	target.inside = true;
	target.gateway = find_gateway();
	result = tcp4(&target, target.own, target.allowed_port);
	say(CANARY_CONTROL_GATEWAY, &result);
	result = outcome(address_of(CANARY_ALLOWED_NAME) != 0);
	say(CANARY_CONTROL_NAME, &result);
	for (unsigned i = 0; i < CANARY_COUNT; i++) {
		result = canary_probe((enum canary_id)i, &target);
		say(canary_rows[i].name, &result);
	}
	return 0;
}
