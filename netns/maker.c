/* maker.c - build G's network, then make sockets in it. */
#include "netns/maker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/icmp.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "netns/link.h"
#include "netns/maker_wire.h"
#include "netns/ruleset.h"

#define LISTEN_BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */
#define LOG_BUFFER_BYTES (4 << 20)

/* --------------------------------------------------------------------------------------- sockets */

static int set_option(int fd, int level, int name, int value, struct err *e)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0
		       ? 0
		       : err_sys(e, "socket option %d of level %d", name, level);
}

struct socket_row {
	enum maker_socket id;
	int type;
	uint16_t port;
	int options[2]; /* of IPPROTO_IP; 0 = none */
};

static const struct socket_row socket_rows[] = {
	{ MAKER_TCP, SOCK_STREAM, RULESET_TPROXY_PORT, { IP_TRANSPARENT, 0 } },
	{ MAKER_UDP, SOCK_DGRAM, RULESET_TPROXY_PORT, { IP_TRANSPARENT, IP_RECVORIGDSTADDR } },
	{ MAKER_DNS_TCP, SOCK_STREAM, 53, { 0, 0 } },
	{ MAKER_DNS_UDP, SOCK_DGRAM, 53, { IP_PKTINFO, 0 } },
};

static int make_socket(const struct socket_row *row, struct err *e)
{
	autofd int fd = socket(AF_INET, row->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(row->port) };

	if (fd < 0)
		return err_sys(e, "make a socket for port %u", (unsigned)row->port);
	for (size_t i = 0; i < 2 && row->options[i]; i++)
		if (set_option(fd, IPPROTO_IP, row->options[i], 1, e) != 0)
			return -1;
	if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0 ||
	    (row->type == SOCK_STREAM && listen(fd, LISTEN_BACKLOG) != 0))
		return err_sys(e, "listen on port %u", (unsigned)row->port);
	return fd_take(&fd);
}

/* It only sends: every type is filtered out of what arrives. */
static int make_icmp_socket(struct err *e)
{
	const struct icmp_filter nothing = { .data = ~0u };
	autofd int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);

	if (fd < 0 || setsockopt(fd, SOL_RAW, ICMP_FILTER, &nothing, sizeof(nothing)) != 0)
		return err_sys(e, "make a socket for ICMP");
	/* Its answers come from the address that was asked, which is local here like every other. */
	if (set_option(fd, IPPROTO_IP, IP_TRANSPARENT, 1, e) != 0)
		return -1;
	return fd_take(&fd);
}

static int make_log_socket(struct err *e)
{
	autofd int fd = ruleset_open_log(e);
	int flags;

	if (fd < 0)
		return -1;
	/* Beyond net.core.rmem_max only with CAP_NET_ADMIN over the *host's* namespace: as much as goes. */
	if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, LOG_BUFFER_BYTES, e) != 0 &&
	    set_option(fd, SOL_SOCKET, SO_RCVBUF, LOG_BUFFER_BYTES, e) != 0)
		return -1;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return err_sys(e, "make the packet log non-blocking");
	return fd_take(&fd);
}

static int make_sockets(int out[MAKER_SOCKET_COUNT], struct err *e)
{
	for (size_t i = 0; i < sizeof(socket_rows) / sizeof(socket_rows[0]); i++) {
		out[socket_rows[i].id] = make_socket(&socket_rows[i], e);
		if (out[socket_rows[i].id] < 0)
			return -1;
	}
	out[MAKER_ICMP] = make_icmp_socket(e);
	if (out[MAKER_ICMP] < 0)
		return -1;
	out[MAKER_NFLOG] = make_log_socket(e);
	return out[MAKER_NFLOG] < 0 ? -1 : 0;
}

/* ----------------------------------------------------------------------------------------- build */

static int load_rules(const struct subnet *net, unsigned gate_index, const struct egress *egress,
		      struct err *e)
{
	struct ruleset rules = { .net = *net, .gate_index = gate_index };
	autofree struct egress_kernel_row *rows = calloc(RULESET_ROWS_MAX, sizeof(*rows));

	if (!rows)
		return err_nomem(e);
	rules.rows = rows;
	rules.row_count = egress_kernel_rows(egress, rows, RULESET_ROWS_MAX);
	rules.everything = rules.row_count > RULESET_ROWS_MAX;
	return ruleset_load(&rules, e);
}

static void close_all(int sockets[MAKER_SOCKET_COUNT])
{
	for (size_t i = 0; i < MAKER_SOCKET_COUNT; i++)
		fd_close(&sockets[i]);
}

int maker_build(int workload_ns, const struct subnet *net, const struct egress *egress,
		int out[MAKER_SOCKET_COUNT], struct err *e)
{
	int sockets[MAKER_SOCKET_COUNT];
	unsigned gate_index = 0;

	for (size_t i = 0; i < MAKER_SOCKET_COUNT; i++)
		sockets[i] = -1;
	/* Sockets before rules: what the rules let through always finds somebody. */
	if (link_build(workload_ns, net, &gate_index, e) != 0 || make_sockets(sockets, e) != 0 ||
	    load_rules(net, gate_index, egress, e) != 0) {
		close_all(sockets);
		return -1;
	}
	memcpy(out, sockets, sizeof(sockets));
	return 0;
}

int maker_hand_over(int gateway_fd, int take_sockets[MAKER_SOCKET_COUNT], struct err *e)
{
	const uint32_t magic = MAKER_MAGIC;
	int rc = fd_send(gateway_fd, &magic, sizeof(magic), take_sockets, MAKER_SOCKET_COUNT);

	close_all(take_sockets);
	return rc == 0 ? 0 : err_sys(e, "hand the sockets to the gateway");
}

int maker_take_over(int maker_fd, int out[MAKER_SOCKET_COUNT], struct err *e)
{
	uint32_t magic = 0;
	size_t count = 0;
	ssize_t n = fd_recv(maker_fd, &magic, sizeof(magic), out, MAKER_SOCKET_COUNT, &count, NULL);

	if (n < 0)
		return err_sys(e, "take the sockets over");
	if (n == 0)
		return err_sysn(e, 0, "the socket maker died before the network stood");
	if (n != (ssize_t)sizeof(magic) || magic != MAKER_MAGIC || count != MAKER_SOCKET_COUNT)
		return err_internal(e, "the socket maker sent no sockets");
	return 0;
}

/* ----------------------------------------------------------------------------------------- serve */

int maker_confine(const struct sock_fprog *filter, struct err *e)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct empty[2] = { 0 };

	if (syscall(SYS_capset, &header, empty) != 0)
		return err_sys(e, "capset to nothing");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_sys(e, "prctl(PR_SET_NO_NEW_PRIVS)");
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return err_sys(e, "prctl(PR_SET_DUMPABLE)");
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) != 0)
		return err_sys(e, "load the socket maker's filter");
	return 0;
}

static int make_reply(const struct maker_request *request, const struct subnet *net)
{
	autofd int fd = -1;
	struct err ignored;

	if (request->kind != MAKER_UDP_REPLY || request->local.sin_family != AF_INET ||
	    request->remote.sin_family != AF_INET ||
	    request->remote.sin_addr.s_addr != net->workload.s_addr) {
		errno = EPERM;
		return -1;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, &ignored) != 0 ||
	    bind(fd, (const struct sockaddr *)&request->local, sizeof(request->local)) != 0 ||
	    connect(fd, (const struct sockaddr *)&request->remote, sizeof(request->remote)) != 0)
		return -1;
	return fd_take(&fd);
}

void maker_serve(int gateway_fd, const struct subnet *net)
{
	for (;;) {
		struct maker_answer answer = { .magic = MAKER_MAGIC };
		struct maker_request request = { 0 };
		ssize_t n = fd_recv(gateway_fd, &request, sizeof(request), NULL, 0, NULL, NULL);
		autofd int fd = -1;

		if (n != (ssize_t)sizeof(request) || request.magic != MAKER_MAGIC)
			return;
		fd = make_reply(&request, net);
		answer.errnum = fd < 0 ? errno : 0;
		answer.tag = request.tag;
		if (fd_send(gateway_fd, &answer, sizeof(answer), &fd, fd < 0 ? 0 : 1) != 0)
			return;
	}
}
