/* steal.c - look for credentials: of the caller, of the host, of the launcher.
 *
 *	steal HOME [planted]
 *
 * HOME holds planted secrets, as a home directory would; more of them are in the launcher's environment
 * and open as its descriptor 7.  `planted`: try only those, which is how the demonstration makes sure
 * that they can be found where there is no sandbox. */
#include "attempt.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

extern char **environ;

/* Readable at all is a breach: none of these belongs into a sandbox. */
static const char *const secrets[] = {
	"/etc/shadow",
	"/etc/gshadow",
	"/etc/sudoers",
	"/etc/machine-id",
	"/etc/ssh/ssh_host_ed25519_key",
	"/etc/ssh/ssh_host_rsa_key",
	"/root/.ssh/id_rsa",
	"/root/.ssh/id_ed25519",
	"/root/.ssh/authorized_keys",
	"/root/.bash_history",
	"/root/.bashrc",
	"/root/.netrc",
	"/var/run/secrets/kubernetes.io/serviceaccount/token",
	"/var/lib/cloud/instance/user-data.txt",
	"/var/log/syslog",
	"/var/lib/dpkg/status",
	"/run/systemd/private",
	"/proc/1/environ",
	"/proc/1/cmdline",
	"/proc/1/maps",
	"/proc/1/mem",
	"/proc/1/root/etc/shadow",
	"/proc/1/cwd/.",
	"/proc/kcore",
	"/proc/kmsg",
	"/proc/keys",
	"/proc/sysrq-trigger",
	"/proc/timer_list",
	"/proc/sched_debug",
	"/sys/kernel/security/apparmor/profiles",
	"/sys/firmware/dmi/tables/DMI",
	"/dev/mem",
	"/dev/kmsg",
	"/dev/sda",
	"/dev/vda",
	"/dev/nvme0n1",
};

static const char *const sockets[] = {
	"/var/run/docker.sock",
	"/run/docker.sock",
	"/run/containerd/containerd.sock",
	"/run/podman/podman.sock",
	"/run/dbus/system_bus_socket",
	"/run/systemd/notify",
};

/* Length read, or -1 with errno. */
static ssize_t slurp(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, size);
	close(fd);
	return n;
}

static void read_secret(const char *what, const char *path)
{
	char buf[4096], line[256];

	snprintf(line, sizeof(line), "read %s", what);
	ssize_t n = slurp(path, buf, sizeof(buf));

	if (n == 0)
		held(line, "empty");
	else
		attempt(line, n);
}

/* --- what was planted ----------------------------------------------------------------------------- */

static void own_environment(void)
{
	for (char **var = environ; *var; var++)
		if (has_canary(*var, strlen(*var))) {
			breach("find the launcher's secret in the environment");
			return;
		}
	held("find the launcher's secret in the environment", "not there");
}

static void planted_files(const char *home)
{
	static const char *const names[] = { ".aws/credentials", ".ssh/id_demo", ".config/token" };
	char path[512];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char what[64];

		snprintf(path, sizeof(path), "%s/%s", home, names[i]);
		snprintf(what, sizeof(what), "the caller's ~/%s", names[i]);
		read_secret(what, path);
	}
}

static bool descriptor_found;

static void inherited_descriptors(void)
{
	for (int fd = 3; fd < 1024; fd++) {
		char what[64];

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		snprintf(what, sizeof(what), "use the inherited descriptor %d", fd);
		breach(what);
		descriptor_found = true;
	}
	if (!descriptor_found)
		held("use a descriptor the launcher had open", "none is");
}

/* --- what may be lying around --------------------------------------------------------------------- */

static int files_seen, canaries_seen;

static int look(const char *path, const struct stat *st, int type, struct FTW *where)
{
	char buf[65536];
	ssize_t n;

	if (type == FTW_D && (strcmp(path, "/proc") == 0 || strcmp(path, "/sys") == 0 ||
			      strcmp(path, "/usr") == 0 || strcmp(path, "/demo") == 0))
		return FTW_SKIP_SUBTREE;
	if (type != FTW_F || !S_ISREG(st->st_mode) || where->level > 12)
		return FTW_CONTINUE;
	files_seen++;
	n = slurp(path, buf, sizeof(buf));
	if (n > 0 && has_canary(buf, (size_t)n)) {
		breach(path);
		canaries_seen++;
	}
	return FTW_CONTINUE;
}

static void search_everything(void)
{
	char why[64];

	nftw("/", look, 16, FTW_PHYS | FTW_ACTIONRETVAL);
	snprintf(why, sizeof(why), "in none of %d files", files_seen);
	if (canaries_seen == 0)
		held("find a planted secret anywhere in the tree", why);
}

static void other_processes(void)
{
	static const char *const files[] = { "environ", "cmdline", "maps", "mem", "fd/7" };
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[300], why[64], buf[65536];
	int others = 0, read_any = 0;

	while (proc && (entry = readdir(proc))) {
		int pid = atoi(entry->d_name);

		if (pid <= 0 || pid == getpid())
			continue;
		others++;
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
			snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
			if (slurp(path, buf, sizeof(buf)) > 0) {
				breach(path);
				read_any++;
			}
		}
	}
	if (proc)
		closedir(proc);
	snprintf(why, sizeof(why), "%d of them are visible", others);
	if (read_any == 0)
		held("read environments and memory of other processes", why);
}

static void into_the_launcher(void)
{
	char buf[64];
	struct iovec here = { buf, sizeof(buf) };
	struct iovec there = { (void *)environ[0],
			       sizeof(buf) }; /* it is a copy of the same program */
	long pidfd = syscall(SYS_pidfd_open, 1, 0);

	attempt("trace pid 1", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
	attempt("trace the parent", ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
	attempt("read the memory of pid 1", process_vm_readv(1, &here, 1, &there, 1, 0));
	attempt("write the memory of pid 1", process_vm_writev(1, &here, 1, &there, 1, 0));
	if (pidfd < 0)
		attempt("take a descriptor of pid 1", -1);
	else
		attempt("take a descriptor of pid 1", syscall(SYS_pidfd_getfd, pidfd, 0, 0));
	attempt("search the caller's session keyring",
		syscall(SYS_keyctl, 10 /* KEYCTL_SEARCH */, -3, "user", "demo", 0));
}

int main(int argc, char **argv)
{
	const char *home = argc > 1 ? argv[1] : "/root";

	own_environment();
	planted_files(home);
	inherited_descriptors();
	if (argc > 2)
		return 0;
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		read_secret(secrets[i], secrets[i]);
	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		char what[128];

		snprintf(what, sizeof(what), "reach %s", sockets[i]);
		attempt(what, access(sockets[i], F_OK));
	}
	search_everything();
	other_processes();
	into_the_launcher();
	return 0;
}
