/* harness.c - the gateway alone, with a test in the place of the supervisor.
 *
 *	gateway-harness G_NETNS DNS_SERVERS MODE [RULE...] [-- LIMIT=VALUE...]
 *
 * Runs in the network namespace that plays the host.  Makes the sockets in the namespace at path G_NETNS,
 * starts a socket maker there and the gateway here, prints every event as one line of JSON, and takes
 * commands from stdin: stop, totals, rss, quit (closes the socket, as a supervisor that was killed).
 * The rules in G are the caller's (tests/net/gateway). */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/icmp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "netns/egress_rule.h"
#include "netns/event.h"
#include "netns/gateway.h"
#include "netns/maker_wire.h"
#include "seccomp/filter.h"

#define WORKLOAD "10.200.0.2"
#define GATE "10.200.0.1"
#define TPROXY_PORT 40000

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) != 0)
		die(path);
	close(fd);
}

static int option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) != 0)
		die("setsockopt");
	return fd;
}

static int bound(int type, uint16_t port, int ip_option)
{
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };

	if (fd < 0)
		die("socket");
	option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (ip_option)
		option(fd, IPPROTO_IP, ip_option, 1);
	if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0)
		die("bind");
	if (type == SOCK_STREAM && listen(fd, 4096) != 0)
		die("listen");
	return fd;
}

static int raw_icmp(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
	const struct icmp_filter nothing = { .data = ~0u };

	if (fd < 0 || setsockopt(fd, SOL_RAW, ICMP_FILTER, &nothing, sizeof(nothing)) != 0)
		die("raw ICMP socket");
	return fd;
}

/* One configuration message of nfnetlink_log with one attribute. */
static void log_configure(int fd, uint16_t group, uint16_t attr_type, const void *value, size_t len)
{
	struct {
		struct nlmsghdr head;
		struct nfgenmsg gen;
		struct nlattr attr;
		char value[16];
	} m = { .head = { .nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.gen = { .version = NFNETLINK_V0, .res_id = htons(group) },
		.attr = { .nla_type = attr_type, .nla_len = (uint16_t)(sizeof(m.attr) + len) } };
	char answer[256];

	m.head.nlmsg_len = (uint32_t)(offsetof(typeof(m), value) + len);
	memcpy(m.value, value, len);
	m.head.nlmsg_len = (m.head.nlmsg_len + 3) & ~3u;
	if (send(fd, &m, m.head.nlmsg_len, 0) < 0 || recv(fd, answer, sizeof(answer), 0) < 0)
		die("configure the packet log");
	if (((struct nlmsgerr *)NLMSG_DATA(answer))->error != 0) {
		errno = -((struct nlmsgerr *)NLMSG_DATA(answer))->error;
		die("packet log");
	}
}

static int log_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	struct nfulnl_msg_config_cmd bind_it = { .command = NFULNL_CFG_CMD_BIND };
	struct nfulnl_msg_config_mode mode = { .copy_range = htonl(64),
					       .copy_mode = NFULNL_COPY_PACKET };
	uint16_t sequence = htons(NFULNL_CFG_F_SEQ);
	uint32_t threshold = htonl(1);

	if (fd < 0)
		die("netlink socket");
	for (uint16_t group = 1; group <= GATEWAY_LOG_GROUPS; group++) {
		log_configure(fd, group, NFULA_CFG_CMD, &bind_it, sizeof(bind_it));
		log_configure(fd, group, NFULA_CFG_MODE, &mode, sizeof(mode));
		log_configure(fd, group, NFULA_CFG_FLAGS, &sequence, sizeof(sequence));
		log_configure(fd, group, NFULA_CFG_QTHRESH, &threshold, sizeof(threshold));
	}
	option(fd, SOL_SOCKET, SO_RCVBUF, 4 << 20);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Stands in for netns/maker. */
static void maker(int fd)
{
	struct maker_request request;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (recv(fd, &request, sizeof(request), 0) == (ssize_t)sizeof(request)) {
		struct maker_answer answer = { .magic = MAKER_MAGIC, .tag = request.tag };
		int on = 1, s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (bind(s, (struct sockaddr *)&request.local, sizeof(request.local)) != 0 ||
		    connect(s, (struct sockaddr *)&request.remote, sizeof(request.remote)) != 0)
			answer.errnum = errno;
		fd_send(fd, &answer, sizeof(answer), &s, answer.errnum ? 0 : 1);
		close(s);
	}
	_exit(0);
}

/* ------------------------------------------------------------------------------------------ printing */

static void print_flow(const struct net_flow *f)
{
	char address[ADDR_TEXT_MAX];
	struct text t = TEXT_ON(address);

	if (f->address.family != ADDR_NONE)
		addr_format(&t, &f->address);
	printf(",\"id\":%llu,\"protocol\":\"%s\",\"name\":\"%s\",\"address\":\"%s\",\"port\":%u"
	       ",\"cause\":\"%s\",\"end\":\"%s\",\"count\":%llu,\"bytes_in\":%llu,\"bytes_out\":%llu"
	       ",\"would_deny\":%u,\"dns_type\":%u,\"errno\":%d,\"presented\":\"%s\",\"rule\":%d"
	       ",\"duration_ns\":%llu",
	       (unsigned long long)f->id, net_protocol_word(f->protocol), f->name,
	       f->address.family == ADDR_NONE ? "" : address, f->port, net_cause_word(f->cause),
	       net_end_word(f->end), (unsigned long long)f->count, (unsigned long long)f->bytes_in,
	       (unsigned long long)f->bytes_out, f->would_deny, f->dns_type, f->errnum,
	       f->presented, f->rule, (unsigned long long)f->duration_ns);
}

static void print_totals(const struct net_totals *t)
{
#define N(field) printf(",\"" #field "\":%llu", (unsigned long long)t->field)
	N(allowed), N(closed), N(denied_tcp), N(denied_udp), N(denied_other), N(denied_dns);
	N(unlisted), N(log_lost), N(unreached), N(dns_answered), N(bytes_in), N(bytes_out);
	N(open_now), N(open_peak), N(unread), N(final);
#undef N
}

static void print_event(const struct net_event *event)
{
	printf("{\"event\":\"%s\"", net_event_word(event->kind));
	if (event->kind == NET_EVENT_TOTALS)
		print_totals(&event->totals);
	else if (event->kind == NET_EVENT_FAILED)
		printf(",\"message\":\"%s\",\"at\":\"%s\"", event->err.msg, event->err.at);
	else if (event->kind != NET_EVENT_READY)
		print_flow(&event->flow);
	printf("}\n");
}

/* --------------------------------------------------------------------------------------- supervisor */

static void print_rss(pid_t pid)
{
	char path[64], text[4096], *at;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (fd_read_file(AT_FDCWD, path, text, sizeof(text)) < 0)
		return;
	at = strstr(text, "VmRSS:");
	printf("{\"event\":\"rss\",\"kb\":%lu", at ? strtoul(at + 6, NULL, 10) : 0);
	at = strstr(text, "RssAnon:");
	printf(",\"anon_kb\":%lu}\n", at ? strtoul(at + 8, NULL, 10) : 0);
}

/* False: quit. */
static bool command(int fd, pid_t gateway, bool *slow)
{
	static char line[64];
	struct net_command c = { .magic = NET_EVENT_MAGIC };

	if (!fgets(line, sizeof(line), stdin) || strcmp(line, "quit\n") == 0)
		return false;
	if (strcmp(line, "rss\n") == 0)
		print_rss(gateway);
	*slow = strcmp(line, "deaf\n") == 0;
	c.kind = strcmp(line, "stop\n") == 0	 ? NET_COMMAND_STOP
		 : strcmp(line, "totals\n") == 0 ? NET_COMMAND_TOTALS
						 : 0;
	if (c.kind != 0 && send(fd, &c, sizeof(c), MSG_NOSIGNAL) < 0)
		return false;
	return true;
}

static int supervise(int fd, pid_t gateway, bool quiet)
{
	struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = 0, .events = POLLIN } };
	bool slow = false;
	int status = 0;

	for (;;) {
		struct net_event event;
		ssize_t n;

		fds[0].events = slow ? 0 : POLLIN;
		if (poll(fds, 2, -1) < 0)
			die("poll");
		if ((fds[1].revents & (POLLIN | POLLHUP)) && !command(fd, gateway, &slow))
			break;
		if (!(fds[0].revents & (POLLIN | POLLHUP)))
			continue;
		n = recv(fd, &event, sizeof(event), 0);
		if (n <= 0)
			break;
		if (!net_event_valid(&event, (size_t)n)) {
			printf("{\"event\":\"invalid\",\"kind\":%u}\n", event.kind);
			print_event(&event);
		} else if (!quiet || event.kind == NET_EVENT_TOTALS ||
			   event.kind == NET_EVENT_READY || event.kind == NET_EVENT_FAILED) {
			print_event(&event);
		}
		fflush(stdout);
	}
	close(fd);
	waitpid(gateway, &status, 0);
	printf("{\"event\":\"exit\",\"status\":%d,\"signal\":%d}\n",
	       WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return 0;
}

static const struct {
	const char *name;
	size_t offset;
} limits[] = {
#define L(name)                                              \
	{                                                    \
#name, offsetof(struct gateway_limits, name) \
	}
	L(connections),	       L(udp_flows),	    L(denials),		L(connect_timeout_ms),
	L(resolve_timeout_ms), L(hello_timeout_ms), L(idle_timeout_ms), L(udp_timeout_ms),
	L(stop_timeout_ms),    L(new_names),	    L(new_name_ms),
#undef L
};

static void set_limit(struct gateway_limits *l, const char *text, bool *quiet)
{
	const char *equals = strchr(text, '=');

	if (strcmp(text, "quiet") == 0) {
		*quiet = true;
		return;
	}
	for (size_t i = 0; equals && i < sizeof(limits) / sizeof(limits[0]); i++)
		if (strncmp(limits[i].name, text, (size_t)(equals - text)) == 0) {
			uint32_t value = (uint32_t)strtoul(equals + 1, NULL, 10);

			memcpy((char *)l + limits[i].offset, &value, sizeof(value));
			return;
		}
	fprintf(stderr, "unknown limit %s\n", text);
	exit(1);
}

static enum net_mode mode_of(const char *word)
{
	return strcmp(word, "deny") == 0    ? NET_DENY
	       : strcmp(word, "audit") == 0 ? NET_AUDIT
					    : NET_ALLOW;
}

static struct egress_rule rules[4096];

int main(int argc, char **argv)
{
	const struct seccomp_profile *profile = seccomp_profile_find("gateway");
	struct gateway_config config = { .event_fd = -1 };
	int events[2], requests[2], host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	void *arena = NULL;
	bool quiet = false;
	size_t count = 0;
	int i = 4;
	pid_t pid;
	struct err e;

	if (argc < 4)
		return 1;
	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (egress_rule_parse(argv[i], &arena, &rules[count++], &e) != 0)
			return fprintf(stderr, "%s\n", e.msg), 1;
	for (i++; i < argc; i++)
		set_limit(&config.limits, argv[i], &quiet);
	if (egress_build(mode_of(argv[3]), rules, count, &arena, &config.egress, &e) != 0)
		return fprintf(stderr, "%s\n", e.msg), 1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, events) != 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, requests) != 0)
		die("socketpair");
	enter(argv[1]);
	config.tcp_fd = bound(SOCK_STREAM, TPROXY_PORT, IP_TRANSPARENT);
	config.udp_fd = option(bound(SOCK_DGRAM, TPROXY_PORT, IP_TRANSPARENT), IPPROTO_IP,
			       IP_RECVORIGDSTADDR, 1);
	config.dns_udp_fd = bound(SOCK_DGRAM, 53, IP_PKTINFO);
	config.dns_tcp_fd = bound(SOCK_STREAM, 53, 0);
	config.icmp_fd = raw_icmp();
	config.nflog_fd = log_socket();
	if (fork() == 0) {
		close(requests[0]);
		close(events[0]);
		close(events[1]);
		maker(requests[1]);
	}
	close(requests[1]);
	if (setns(host, CLONE_NEWNET) != 0)
		die("back to the host's namespace");
	config.event_fd = events[1];
	config.maker_fd = requests[0];
	fcntl(config.event_fd, F_SETFL, O_NONBLOCK);
	fcntl(config.maker_fd, F_SETFL, O_NONBLOCK);
	config.workload_address.s_addr = inet_addr(WORKLOAD);
	config.gateway_address.s_addr = inet_addr(GATE);
	config.dns_servers = strcmp(argv[2], "-") == 0 ? NULL : argv[2];
	if (getenv("NO_FILTER") == NULL)
		config.filter = profile ? &profile->allow : NULL;
	pid = fork();
	if (pid == 0) {
		close(events[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		i = gateway_run(&config, &e) == 0 ? 0 : 125;
		arena_release(&arena); /* the sanitizer build looks for leaks at exit() */
		exit(i);
	}
	arena_release(&arena);
	close(events[1]);
	close(requests[0]);
	return supervise(events[0], pid, quiet);
}
