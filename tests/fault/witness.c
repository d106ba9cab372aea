/* witness.c - tell what a sandbox looks like from inside, so that two of them can be compared.
 *
 *	witness [tcp|udp|http HOST PORT]...
 *
 * Everything it prints is the same in every undisturbed run; process and mount numbers are left out.  Each
 * destination is tried: what came of it, and whether within a second. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void folder(const char *path)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, by_name);

	for (int i = 0; i < count; i++) {
		char file[512], target[256] = "";
		struct stat st;

		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (lstat(file, &st) != 0)
			continue;
		if (S_ISLNK(st.st_mode) && readlink(file, target, sizeof(target) - 1) < 0)
			target[0] = '\0';
		printf("file %s mode %o owner %u:%u size %ld %s\n", file, st.st_mode, st.st_uid,
		       st.st_gid, S_ISREG(st.st_mode) ? (long)st.st_size : 0, target);
	}
}

/* "36 35 98:0 /root /point options fields - type source super-options", without the numbers */
static void mounts(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[1024];

	while (f && fgets(line, sizeof(line), f)) {
		char *rest = line;

		for (int i = 0; i < 3 && rest; i++)
			rest = strchr(rest + 1, ' ');
		printf("mount%s", rest ? rest : " ?\n");
	}
	if (f)
		fclose(f);
}

static void status(void)
{
	static const char *const wanted[] = { "Uid:",	     "Gid:",	"Groups:", "Cap",
					      "NoNewPrivs:", "Seccomp", "SigIgn:", "SigBlk:",
					      "Threads:",    "NSpid:" };
	FILE *f = fopen("/proc/self/status", "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				printf("status %s", line);
	if (f)
		fclose(f);
}

/* --- network ------------------------------------------------------------------------------------- */

static void interfaces(void)
{
	struct if_nameindex *list = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifaddrs *addresses = NULL;

	for (struct if_nameindex *i = list; i && i->if_name; i++) {
		struct ifreq flags = { 0 }, mtu = { 0 };

		snprintf(flags.ifr_name, IFNAMSIZ, "%s", i->if_name);
		snprintf(mtu.ifr_name, IFNAMSIZ, "%s", i->if_name);
		ioctl(fd, SIOCGIFFLAGS, &flags);
		ioctl(fd, SIOCGIFMTU, &mtu);
		/* RUNNING appears when the kernel gets to it */
		printf("interface %s flags %x mtu %d\n", i->if_name,
		       flags.ifr_flags & 0xffff & ~IFF_RUNNING, mtu.ifr_mtu);
	}
	if_freenameindex(list);
	close(fd);
	if (getifaddrs(&addresses) != 0)
		printf("no addresses: %s\n", strerrorname_np(errno));
	for (struct ifaddrs *a = addresses; a; a = a->ifa_next) {
		char host[64] = "", mask[64] = "";

		if (!a->ifa_addr || a->ifa_addr->sa_family == AF_PACKET ||
		    getnameinfo(a->ifa_addr,
				a->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
								  : sizeof(struct sockaddr_in6),
				host, sizeof(host), NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		if (a->ifa_netmask && a->ifa_netmask->sa_family == AF_INET)
			inet_ntop(AF_INET, &((struct sockaddr_in *)a->ifa_netmask)->sin_addr, mask,
				  sizeof(mask));
		printf("address %s %s %s\n", a->ifa_name, host, mask);
	}
	freeifaddrs(addresses);
}

static void routes(void)
{
	FILE *f = fopen("/proc/self/net/route", "re");
	char line[512], name[32];
	unsigned to, by, flags, mask;

	while (f && fgets(line, sizeof(line), f)) {
		char text[3][INET_ADDRSTRLEN];

		if (sscanf(line, "%31s %x %x %x %*d %*d %*d %x", name, &to, &by, &flags, &mask) != 5)
			continue;
		inet_ntop(AF_INET, &to, text[0], INET_ADDRSTRLEN);
		inet_ntop(AF_INET, &by, text[1], INET_ADDRSTRLEN);
		inet_ntop(AF_INET, &mask, text[2], INET_ADDRSTRLEN);
		printf("route %s to %s/%s by %s flags %x\n", name, text[0], text[2], text[1], flags);
	}
	if (f)
		fclose(f);
}

static void contents(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		printf("%s: %s", path, line);
	if (f)
		fclose(f);
}

/* An answer, or the error's name. */
static const char *converse(const struct addrinfo *to, const char *say)
{
	int fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, 0);
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	const char *result = "answered";
	char buffer[4];

	if (fd < 0 || connect(fd, to->ai_addr, to->ai_addrlen) != 0 ||
	    send(fd, say, strlen(say), MSG_NOSIGNAL) != (ssize_t)strlen(say))
		result = strerrorname_np(errno);
	else if (poll(&wait, 1, 1500) != 1)
		result = "silence";
	else if (recv(fd, buffer, sizeof(buffer), 0) != 4)
		result = errno ? strerrorname_np(errno) : "ended";
	close(fd);
	return result;
}

static void try(const char *kind, const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_family = AF_INET,
					.ai_socktype = kind[0] == 'u' ? SOCK_DGRAM : SOCK_STREAM };
	char request[128];
	struct addrinfo *found = NULL;
	struct timespec begin, end;
	const char *result;
	int rc;

	snprintf(request, sizeof(request),
		 kind[0] == 'h' ? "GET / HTTP/1.1\r\nHost: %s\r\n\r\n" : "ping", host);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	rc = getaddrinfo(host, port, &hints, &found);
	errno = 0;
	result = rc == 0 ? converse(found, request) : gai_strerror(rc);
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("%s %s %s: %s%s\n", kind, host, port, result,
	       (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000 < 1000
		       ? ""
		       : ", slow");
	if (found)
		freeaddrinfo(found);
}

static void network(void)
{
	interfaces();
	routes();
	contents("/proc/self/net/if_inet6");
	contents("/proc/self/net/ipv6_route");
	contents("/proc/sys/net/ipv6/conf/all/disable_ipv6");
	contents("/proc/sys/net/ipv6/conf/default/disable_ipv6");
	contents("/proc/sys/net/ipv4/ip_forward");
	contents("/etc/resolv.conf");
}

int main(int argc, char **argv)
{
	static const char *const folders[] = { "/",	"/etc",		 "/dev",  "/dev/pts",
					       "/home", "/home/sandbox", "/run",  "/var",
					       "/data", "/rw",		 "/extra" };
	char here[256] = "", host[64] = "";
	struct rlimit limit;
	struct statfs fs;

	for (char **var = environ; *var; var++)
		printf("env %s\n", *var);
	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("fd %d\n", fd);
	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (getrlimit(i, &limit) == 0)
			printf("rlimit %d %lx %lx\n", i, limit.rlim_cur, limit.rlim_max);
	gethostname(host, sizeof(host));
	printf("host %s cwd %s umask %o\n", host, getcwd(here, sizeof(here)), umask(0));
	printf("own session %d scheduler %d nice %d writable home %d\n", getsid(0) == getpid(),
	       sched_getscheduler(0), getpriority(PRIO_PROCESS, 0), access(here, W_OK) == 0);
	if (statfs("/tmp", &fs) == 0)
		printf("disk %lu blocks %lu inodes\n", fs.f_blocks, fs.f_files);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		folder(folders[i]);
	mounts();
	status();
	network();
	for (int i = 1; i + 2 < argc; i += 3)
		try(argv[i], argv[i + 1], argv[i + 2]);
	return 0;
}
