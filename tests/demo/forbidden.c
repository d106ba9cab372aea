/* forbidden.c - everything that would be a step out: each is tried once.
 *
 * The arguments are those that would work for a privileged process outside, but harmless if they did:
 * a set-up that lets one of them through shows, and breaks nothing. */
#include "attempt.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/fanotify.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <linux/sched.h>

#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif

static void mounts(void)
{
	mkdir("m", 0700);
	attempt("mount a tmpfs", mount("none", "m", "tmpfs", 0, NULL));
	attempt("mount /proc anew", mount("proc", "m", "proc", 0, NULL));
	attempt("bind / elsewhere", mount("/", "m", NULL, MS_BIND | MS_REC, NULL));
	attempt("make / writable", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
	attempt("unmount /proc", umount2("/proc", MNT_DETACH));
	attempt("open a mount tree", syscall(SYS_open_tree, -100, "/", 1 /* OPEN_TREE_CLONE */));
	attempt("open a file system", syscall(SYS_fsopen, "tmpfs", 0));
	attempt("change a mount's attributes", syscall(SYS_mount_setattr, -100, "/", 0, NULL, 0));
	attempt("pivot_root", syscall(SYS_pivot_root, ".", "."));
	attempt("chroot", chroot("/tmp"));
}

/* In a child: what it gets must not help what is tried next. */
static void in_child(const char *what, long (*call)(void))
{
	int status = 0, error;
	pid_t pid = fork();

	if (pid == 0) {
		long rc = call();

		_exit(rc >= 0 ? 0 : errno < 255 ? errno : 255);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		held(what, "no process for the attempt");
	} else if (WIFSIGNALED(status)) {
		held(what, strsignal(WTERMSIG(status)));
	} else {
		error = WEXITSTATUS(status);
		errno = error;
		attempt(what, error == 0 ? 0 : -1);
	}
}

static long clone3_user_namespace(void)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid;
}

static long clone_user_namespace(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long new_user_namespace(void)
{
	return unshare(CLONE_NEWUSER);
}

static long new_mount_namespace(void)
{
	return unshare(CLONE_NEWNS);
}

static long new_network_namespace(void)
{
	return unshare(CLONE_NEWNET);
}

static long join_namespace(void)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : setns(fd, 0);
}

static void namespaces(void)
{
	in_child("unshare a user namespace", new_user_namespace);
	in_child("clone into a user namespace", clone_user_namespace);
	in_child("clone3 into a user namespace", clone3_user_namespace);
	in_child("unshare a mount namespace", new_mount_namespace);
	in_child("unshare a network namespace", new_network_namespace);
	in_child("join the namespaces of pid 1", join_namespace);
}

static long gain_capability(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 1u << CAP_SYS_ADMIN, 1u << CAP_SYS_ADMIN, 0 },
						  { 0 } };

	return syscall(SYS_capset, &head, data);
}

static void privilege(void)
{
	gid_t group = 0;

	attempt("setuid(0)", setuid(0));
	attempt("setresuid(0)", setresuid(0, 0, 0));
	attempt("setgid(0)", setgid(0));
	attempt("setgroups(0)", setgroups(1, &group));
	attempt("gain CAP_SYS_ADMIN", gain_capability());
	attempt("lift no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	attempt("an ambient capability",
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
	close(open("s", O_CREAT | O_WRONLY | O_CLOEXEC, 0755));
	attempt("set the set-user-id bit", chmod("s", 04755));
	attempt("set the set-group-id bit", chmod("s", 02755));
	attempt("create a file with the set-user-id bit",
		open("s2", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 04755));
	attempt("make the file root's", chown("s", 0, 0));
	attempt("make a block device", mknod("b", S_IFBLK | 0600, makedev(254, 0)));
	attempt("make a character device", mknod("c", S_IFCHR | 0600, makedev(1, 1)));
}

static void kernel(void)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(event) };
	struct timex clock = { 0 };
	struct timeval now;
	char params[120] = { 0 }, log[64];

	attempt("bpf", syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)));
	attempt("perf_event_open", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
	attempt("userfaultfd", syscall(SYS_userfaultfd, 0));
	attempt("io_uring_setup", syscall(SYS_io_uring_setup, 4, params));
	attempt("keyctl", syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3, 1));
	attempt("add_key", syscall(SYS_add_key, "user", "demo", "x", 1, -3));
	attempt("load a kernel module", syscall(SYS_init_module, "", 0, ""));
	attempt("load a kernel module from a file", syscall(SYS_finit_module, 0, "", 0));
	attempt("unload a kernel module", syscall(SYS_delete_module, "none", O_NONBLOCK));
	attempt("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
	attempt("reboot (only: turn Ctrl-Alt-Del off)", reboot(RB_DISABLE_CAD));
	attempt("swapon", swapon("/tmp/none", 0));
	attempt("sethostname", sethostname("mine", 4));
	gettimeofday(&now, NULL);
	attempt("set the clock", settimeofday(&now, NULL));
	clock.modes = ADJ_TICK;
	clock.tick = 10000;
	attempt("adjust the clock", adjtimex(&clock));
	attempt("read the kernel log", klogctl(3, log, sizeof(log)));
	attempt("fanotify_init", fanotify_init(FAN_CLASS_CONTENT, O_RDONLY));
	attempt("open_by_handle_at", syscall(SYS_open_by_handle_at, -100, log, 0));
	attempt("process accounting", syscall(SYS_acct, NULL));
	attempt("quotactl", syscall(SYS_quotactl, 0, "/dev/vda", 0, NULL));
#ifdef __x86_64__
	attempt("iopl", iopl(3));
	attempt("ioperm", ioperm(0x80, 1, 1));
#endif
}

static void processes(void)
{
	struct sched_param real_time = { .sched_priority = 1 };
	struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };
	char newline = '\n';

	attempt("ptrace pid 1", ptrace(PTRACE_SEIZE, 1, NULL, NULL));
	attempt("SCHED_FIFO", sched_setscheduler(0, SCHED_FIFO, &real_time));
	attempt("a nice value of -20", setpriority(PRIO_PROCESS, 0, -20));
	attempt("lift the limit of descriptors", setrlimit(RLIMIT_NOFILE, &more));
	attempt("push a key into the terminal (TIOCSTI)", ioctl(0, TIOCSTI, &newline));
	attempt("take the console (TIOCCONS)", ioctl(0, TIOCCONS, 0));
	attempt("open the caller's terminal", open("/dev/tty", O_RDWR | O_CLOEXEC));
}

static void write_to(const char *path)
{
	char what[96];
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	struct stat st;

	snprintf(what, sizeof(what), "write to %s", path);
	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
		held(what, "covered by /dev/null");
	else
		attempt(what, fd); /* opened for writing is enough to know */
	if (fd >= 0)
		close(fd);
}

static void files(void)
{
	static const char *const paths[] = {
		"/proc/sys/kernel/core_pattern",
		"/proc/sys/kernel/hostname",
		"/proc/sys/user/max_user_namespaces",
		"/proc/sysrq-trigger",
		"/proc/1/oom_score_adj",
		"/proc/1/mem",
		"/sys/kernel/uevent_helper",
		"/sys/fs/cgroup/memory/memory.limit_in_bytes",
		"/sys/fs/cgroup/cgroup.procs",
		"/usr/bin/env",
		"/etc/passwd",
		"/etc/hosts",
		"/dev/mem",
		"/dev/kmsg",
		"/dev/fuse",
		"/dev/kvm",
		"/dev/net/tun",
		"/dev/vda",
		"/dev/sda",
	};
	int fd;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		write_to(paths[i]);
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	attempt("hide from the out-of-memory killer", fd < 0 ? -1 : write(fd, "-1000", 5));
	attempt("create a file in /", open("/mine", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	attempt("create a file in /usr/bin",
		open("/usr/bin/mine", O_CREAT | O_WRONLY | O_CLOEXEC, 0700));
	attempt("create a file in /etc", open("/etc/mine", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	attempt("replace /bin", rename("/bin", "/bin.old"));
	attempt("a hard link to a program of the system", link("/usr/bin/env", "l"));
	attempt("change a program's mode", chmod("/usr/bin/env", 0777));
}

int main(void)
{
	mounts();
	namespaces();
	privilege();
	kernel();
	processes();
	files();
	return 0;
}
