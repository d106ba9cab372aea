/* readback_net.c - the network that is really there: interfaces, routes, who stands at the way out.
 *
 * /proc/PID/net shows the network namespace of that process.  Source: proc(5), net/ipv4/fib_trie.c
 * (addresses in route are 32-bit words as they lie in memory, in hex). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "sandbox/host.h"
#include "sandbox/readback.h"

static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

const char *readback_links(const char *net_dev, bool has_network)
{
	const char *line = next_line(net_dev);
	bool eth0 = false;

	line = line ? next_line(line) : NULL; /* two header lines */
	for (; line && *line; line = next_line(line)) {
		const char *name = line + strspn(line, " ");

		if (text_starts(name, "lo:"))
			continue;
		if (!has_network || eth0 || !text_starts(name, "eth0:"))
			return has_network ? "there is an interface besides lo and eth0"
					   : "there is an interface besides the loopback";
		eth0 = true;
	}
	if (!line)
		return "no list of interfaces";
	return has_network && !eth0 ? "there is no eth0" : NULL;
}

/* "eth0 00000000 0100C80A 0003 ...": interface, destination, gateway. */
static bool parse_route(const char *line, uint32_t *out_destination, uint32_t *out_gateway)
{
	char *end;

	if (!text_starts(line, "eth0\t"))
		return false;
	*out_destination = (uint32_t)strtoul(line + 5, &end, 16);
	if (*end != '\t')
		return false;
	*out_gateway = (uint32_t)strtoul(end + 1, &end, 16);
	return *end == '\t';
}

const char *readback_routes(const char *routes, const struct subnet *net)
{
	const char *line = next_line(routes); /* a header line */
	bool has_default = false;

	for (; line && *line; line = next_line(line)) {
		uint32_t destination, gateway;

		if (!parse_route(line, &destination, &gateway))
			return "a route that can't be read, or not by eth0";
		if (destination == 0 && gateway == net->gateway.s_addr)
			has_default = true;
		else if (destination != net->network.s_addr || gateway != 0)
			return "there is a route past the gateway";
	}
	return has_default ? NULL : "no route to the gateway";
}

const char *readback_helper(const char *status)
{
	static const char *const empty[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
	const char *mode = status_field(status, "Seccomp"),
		   *nnp = status_field(status, "NoNewPrivs");

	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
		const char *field = status_field(status, empty[i]);

		if (!field || strtoull(field, NULL, 16) != 0)
			return "it has a capability";
	}
	if (!mode || mode[0] != '2')
		return "its seccomp filter is not in force";
	return nnp && nnp[0] == '1' ? NULL : "no_new_privs is not set";
}

static int check_helper(pid_t pid, const char *name, char *buf, size_t cap, struct err *e)
{
	char path[40];
	struct text t = TEXT_ON(path);
	const char *wrong;

	text_fmt(&t, "/proc/%d/status", (int)pid);
	if (fd_read_once(AT_FDCWD, path, buf, cap) < 0)
		return err_sys(e, "read back the %s", name);
	wrong = readback_helper(buf);
	return wrong ? err_set(e, ERR_SETUP, 0, ERR_AT, "read-back of the %s: %s", name, wrong) : 0;
}

int readback_helpers(pid_t gate, pid_t maker, struct err *e)
{
	char buf[4096];

	return check_helper(gate, "gateway", buf, sizeof(buf), e) != 0
		       ? -1
		       : check_helper(maker, "socket maker", buf, sizeof(buf), e);
}

/* A kernel without IPv6 has no such file. */
static int check_no_ipv6(int proc, char *buf, size_t cap, struct err *e)
{
	ssize_t n = fd_read_file(proc, "net/if_inet6", buf, cap);

	if (n > 0)
		return err_sysn(e, 0, "read-back: the workload has an IPv6 address");
	return n == 0 || errno == ENOENT ? 0 : err_sys(e, "read back /proc/PID/net/if_inet6");
}

int readback_network(const struct readback *rb, int proc, char *buf, size_t cap,
		     struct wall_report *wall, struct err *e)
{
	const bool has_network = rb->plan->net != NET_NONE;
	struct text t = TEXT_ON(wall->detail);
	const char *wrong;

	if (fd_read_file(proc, "net/dev", buf, cap) < 0)
		return err_sys(e, "read back /proc/PID/net/dev");
	wrong = readback_links(buf, has_network);
	if (!wrong && has_network) {
		if (fd_read_file(proc, "net/route", buf, cap) < 0)
			return err_sys(e, "read back /proc/PID/net/route");
		wrong = readback_routes(buf, &rb->subnet);
	}
	if (wrong)
		return err_set(e, ERR_SETUP, 0, ERR_AT, "read-back of the held child: %s", wrong);
	if (has_network && check_no_ipv6(proc, buf, cap, e) != 0)
		return -1;
	wall->state = WALL_APPLIED;
	wall->read_back = true;
	text_str(&t, has_network ? "eth0, one route, to a confined gateway" : "loopback only");
	return 0;
}
