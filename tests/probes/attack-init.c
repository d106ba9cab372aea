/* attack-init.c - try to read, change, trace, end or impersonate pid 1 of the sandbox.
 *
 * One line per attempt: its name and OK or the name of the errno.  "seen" means that the path could
 * be looked up at all. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void say(const char *name, long rc)
{
	printf("%s %s\n", name, rc == -1 ? strerrorname_np(errno) : "OK");
	fflush(stdout);
}

static void files(void)
{
	static const char *const names[] = {
		"mem",	      "environ",      "cmdline",     "fd",
		"fdinfo",     "maps",	      "smaps",	     "root",
		"cwd",	      "exe",	      "status",	     "stat",
		"ns/user",    "ns/mnt",	      "auxv",	     "stack",
		"syscall",    "mountinfo",    "limits",	     "io",
		"fd/0",	      "attr/current", "uid_map",     "oom_score_adj",
		"task/1/mem", "map_files",    "personality", "timers"
	};
	char path[64], label[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/proc/1/%s", names[i]);
		snprintf(label, sizeof(label), "open-%s", names[i]);
		say(label, open(path, O_RDONLY));
		snprintf(label, sizeof(label), "write-%s", names[i]);
		say(label, open(path, O_WRONLY));
	}
	say("chdir-root", chdir("/proc/1/root"));
	say("chdir-cwd", chdir("/proc/1/cwd"));
}

static void listing(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	long seen = -1;

	errno = ENOENT;
	while (proc && (entry = readdir(proc)) != NULL)
		if (strcmp(entry->d_name, "1") == 0)
			seen = 0;
	errno = ENOENT;
	say("listed", seen);
	closedir(proc);
}

static void calls(void)
{
	static char buf[16];
	struct iovec iov = { buf, sizeof(buf) };
	struct rlimit rl = { 0, 0 };
	int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);

	say("ptrace-attach", ptrace(PTRACE_ATTACH, 1, 0, 0));
	say("ptrace-seize", ptrace(PTRACE_SEIZE, 1, 0, 0));
	say("process_vm_readv", process_vm_readv(1, &iov, 1, &iov, 1, 0));
	say("process_vm_writev", process_vm_writev(1, &iov, 1, &iov, 1, 0));
	say("pidfd_getfd", syscall(SYS_pidfd_getfd, pidfd, 3, 0));
	say("prlimit-set", prlimit(1, RLIMIT_CPU, &rl, NULL));
	say("prlimit-get", prlimit(1, RLIMIT_CPU, NULL, &rl));
	for (int sig = 1; sig <= 64; sig++)
		kill(1, sig);
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	syscall(SYS_pidfd_send_signal, pidfd, SIGSTOP, NULL, 0);
	syscall(SYS_tgkill, 1, 1, SIGKILL);
	usleep(50000);
	say("alive-after-signals", kill(1, 0));
}

int main(void)
{
	/* Outside a sandbox this would be an attack on the host. */
	if (!getenv("container")) {
		fprintf(stderr, "attack-init: only inside a sandbox\n");
		return 2;
	}
	printf("pid %d\n", getpid());
	files();
	listing();
	calls();
	puts("complete OK");
	return 0;
}
