/* process.c - every fork, clone and exec (the only file that may contain them; lint checks it).
 *
 * Theory of operation.  process_clone() is fork(2) with flags: the child runs on a copy of the
 * caller's stack and never returns from spec->main.  No descriptor is closed here: what a child may
 * keep is written in the child's own step table.
 * Pitfall: clone3 with CLONE_PARENT and an exit signal is EINVAL; the kernel then copies the exit
 * signal of the calling thread's group leader (kernel/fork.c, copy_process). */
#include "sandbox/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define RELEASE_WAIT_MS 10000

int process_clone(const struct process_spec *spec, struct process *out, struct err *e)
{
	int pidfd = -1;
	struct clone_args args = { .flags = spec->flags | CLONE_PIDFD,
				   .pidfd = (uint64_t)(uintptr_t)&pidfd };
	long pid;

	if (!(spec->flags & CLONE_PARENT))
		args.exit_signal = SIGCHLD;
	if (spec->cgroup_fd >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint32_t)spec->cgroup_fd;
	}
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		return err_sys(e, "clone3 with flags 0x%lx", (unsigned long)args.flags);
	if (pid == 0) {
		spec->main(spec->arg);
		__builtin_unreachable();
	}
	out->pid = (pid_t)pid;
	out->pidfd = pidfd;
	return 0;
}

int process_exec(const char *const *paths, char *const *argv, char *const *envp)
{
	int denied = 0, last = ENOENT;

	for (; *paths; paths++) {
		execve(*paths, argv, envp);
		last = errno;
		if (last == EACCES)
			denied = last;
		else if (last != ENOENT && last != ENOTDIR)
			return last;
	}
	return denied ? denied : last;
}

struct program {
	const char *path;
	char *const *argv;
	int out_fd;
};

static void program_main(void *arg) __attribute__((noreturn));

static void program_main(void *arg)
{
	const struct program *p = arg;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	/* lint: cloexec-ok: what the program is to have */
	if (null >= 0 && dup2(null, 0) == 0 && dup2(p->out_fd, 1) == 1)
		execve(p->path, p->argv, environ);
	_exit(125);
}

int process_spawn(const char *path, char *const *argv, int out_fd, struct process *out,
		  struct err *e)
{
	struct program program = { path, argv, out_fd };
	struct process_spec spec = { .cgroup_fd = -1, .main = program_main, .arg = &program };

	return process_clone(&spec, out, e);
}

void process_exit(int status)
{
	_exit(status);
}

int process_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int process_signal(const struct process *p, int sig)
{
	if (p->pidfd < 0)
		return ESRCH;
	return syscall(SYS_pidfd_send_signal, p->pidfd, sig, NULL, 0) == 0 ? 0 : errno;
}

int process_signal_group(const struct process *p, int sig)
{
	const unsigned process_group = 1u << 2; /* PIDFD_SIGNAL_PROCESS_GROUP, 6.9 */

	if (syscall(SYS_pidfd_send_signal, p->pidfd, sig, NULL, process_group) == 0)
		return 0;
	if (errno != EINVAL)
		return errno;
	if (process_signal(p, 0) != 0)
		return ESRCH;
	return kill(-p->pid, sig) == 0 ? 0 : errno;
}

int process_reap(const struct process *p, siginfo_t *info, struct rusage *ru, int limit_ms)
{
	struct pollfd end = { .fd = p->pidfd, .events = POLLIN };
	const int how = WEXITED | (limit_ms < 0 ? 0 : WNOHANG);

	/* A pidfd is readable once its process can be reaped: pidfd_open(2). */
	while (limit_ms > 0 && poll(&end, 1, limit_ms) < 0)
		if (errno != EINTR)
			return errno;
	/* Raw: glibc's waitid has no rusage. */
	info->si_pid = 0;
	while (syscall(SYS_waitid, P_PIDFD, p->pidfd, info, how, ru) != 0)
		if (errno != EINTR)
			return errno;
	return info->si_pid ? 0 : EAGAIN;
}

bool process_release(struct process *p)
{
	siginfo_t info;
	bool dies;

	if (p->pidfd < 0)
		return true;
	/* Never wait for one that could not be told to die: the parent-death signal ends it with us. */
	dies = (process_signal(p, SIGKILL) == 0 || kill(p->pid, SIGKILL) == 0) &&
	       process_reap(p, &info, NULL, RELEASE_WAIT_MS) == 0;
	fd_close(&p->pidfd);
	return dies;
}

char process_state(pid_t pid)
{
	char path[32], stat[512];
	struct text t = TEXT_ON(path);
	const char *p;

	text_fmt(&t, "/proc/%d/stat", (int)pid);
	if (pid <= 0 || fd_read_file(AT_FDCWD, path, stat, sizeof(stat)) < 0)
		return 0;
	p = strrchr(stat, ')'); /* the name before it may hold any byte */
	if (!p || !p[1])
		return 0;
	return p[2];
}
