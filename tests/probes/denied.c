/* denied.c - make every call that a sandbox should refuse, one child each, and print how it ended.
 *
 * One line per attempt: its name, then "OK" when the call worked, the name of the errno, or the
 * name of the signal that ended the child.  Arguments are such that the kernel itself would let the
 * call through, or fail it with another errno than a filter does, wherever that is possible. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asm/unistd.h>

#define WORKED 255

/* Newer than the headers of some systems we are built on. */
#define NR_fchmodat2 452
#define NR_map_shadow_stack 453
#define NR_statmount 457
#define NR_listmount 458
#define NR_lsm_get_self_attr 459
#define NR_lsm_set_self_attr 460
#define NR_lsm_list_modules 461
#define NR_open_tree_attr 467
#define NR_unknown 999

static void report(const char *name, int status)
{
	if (WIFSIGNALED(status))
		printf("%s SIG%s\n", name, sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == WORKED)
		printf("%s OK\n", name);
	else
		printf("%s %s\n", name, strerrorname_np(WEXITSTATUS(status)));
	fflush(stdout);
}

#define TRY(name, call)                                             \
	do {                                                        \
		int status_ = 0;                                    \
		pid_t child_ = fork();                              \
		if (child_ == 0) {                                  \
			errno = 0;                                  \
			_exit((long)(call) == -1 ? errno : WORKED); \
		}                                                   \
		waitpid(child_, &status_, 0);                       \
		report(name, status_);                              \
	} while (0)

/* The call by its own name, all arguments as given. */
#define CALL(name, ...) TRY(#name, syscall(__NR_##name, ##__VA_ARGS__))
#define SOCKET(name, family, type, protocol) TRY("socket-" name, socket(family, type, protocol))

static void namespaces(void)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} kinds[] = {
		{ "mount", CLONE_NEWNS },  { "cgroup", CLONE_NEWCGROUP },
		{ "uts", CLONE_NEWUTS },   { "ipc", CLONE_NEWIPC },
		{ "user", CLONE_NEWUSER }, { "pid", CLONE_NEWPID },
		{ "net", CLONE_NEWNET },   { "time", 0x80 },
	};
	char name[32];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(name, sizeof(name), "unshare-%s", kinds[i].name);
		TRY(name, syscall(__NR_unshare, kinds[i].flag));
		snprintf(name, sizeof(name), "unshare-user+%s", kinds[i].name);
		TRY(name, syscall(__NR_unshare, kinds[i].flag | CLONE_NEWUSER));
		if (kinds[i].flag == 0x80) /* only clone3 and unshare know it */
			continue;
		snprintf(name, sizeof(name), "clone-%s", kinds[i].name);
		TRY(name, syscall(__NR_clone, kinds[i].flag | SIGCHLD, 0, 0, 0, 0));
		snprintf(name, sizeof(name), "clone-high-%s", kinds[i].name);
		TRY(name, syscall(__NR_clone, kinds[i].flag | SIGCHLD | 1ul << 32, 0, 0, 0, 0));
	}
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	struct clone_args plain = { .exit_signal = SIGCHLD };

	TRY("clone3-user", syscall(__NR_clone3, &args, sizeof(args)));
	TRY("clone3-plain", syscall(__NR_clone3, &plain, sizeof(plain)));
	TRY("setns-self", syscall(__NR_setns, open("/proc/self/ns/user", O_RDONLY), 0));
	TRY("setns-net", syscall(__NR_setns, open("/proc/self/ns/net", O_RDONLY), CLONE_NEWNET));
	TRY("setns-pidfd", syscall(__NR_setns, syscall(__NR_pidfd_open, getpid(), 0), CLONE_NEWNS));
}

static void mounts(void)
{
	struct file_handle handle = { .handle_bytes = 0 };
	int mount_id = 0;

	CALL(mount, "none", "/tmp", "tmpfs", 0, NULL);
	TRY("mount-bind", mount("/tmp", "/home/sandbox", NULL, MS_BIND, NULL));
	TRY("mount-remount", mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
	TRY("mount-proc", mount("proc", "/tmp", "proc", 0, NULL));
	CALL(umount2, "/proc/kcore", MNT_DETACH);
	CALL(pivot_root, "/tmp", "/tmp");
	CALL(chroot, "/tmp");
	CALL(fsopen, "tmpfs", 0);
	CALL(fsconfig, -1, 0, NULL, NULL, 0);
	CALL(fsmount, -1, 0, 0);
	CALL(fspick, AT_FDCWD, "/", 0);
	CALL(open_tree, AT_FDCWD, "/", 1);
	CALL(move_mount, AT_FDCWD, "/tmp", AT_FDCWD, "/home/sandbox", 0);
	CALL(mount_setattr, AT_FDCWD, "/", 0, NULL, 0);
	TRY("statmount", syscall(NR_statmount, NULL, NULL, 0, 0));
	TRY("listmount", syscall(NR_listmount, NULL, NULL, 0, 0));
	TRY("open_tree_attr", syscall(NR_open_tree_attr, AT_FDCWD, "/", 1, NULL, 0));
	TRY("name_to_handle_at", name_to_handle_at(AT_FDCWD, "/", &handle, &mount_id, 0));
	TRY("open_by_handle_at", open_by_handle_at(AT_FDCWD, &handle, O_RDONLY));
	CALL(swapon, "/tmp/x", 0);
	CALL(swapoff, "/tmp/x");
	CALL(quotactl, 0, NULL, 0, NULL);
	CALL(quotactl_fd, 0, 0, 0, NULL);
	CALL(acct, "/tmp/x");
	CALL(fanotify_init, 0, O_RDONLY);
	CALL(fanotify_mark, 0, 0, 0, 0, NULL);
}

/* In the current directory: what would it mean on a tree that the host shares? */
static void modes(void)
{
	struct {
		uint64_t flags, mode, resolve;
	} how = { O_CREAT | O_WRONLY, 06755, 0 };
	int fd = open("plain", O_CREAT | O_RDWR, 0755);

	mkdir("dir", 0755);
	TRY("mknod-char", mknod("char", S_IFCHR | 0666, makedev(1, 3)));
	TRY("mknod-block", mknod("block", S_IFBLK | 0666, makedev(8, 0)));
	TRY("mknod-setuid", mknod("mknod-s", S_IFREG | 04755, 0));
	TRY("mknodat-setuid", mknodat(AT_FDCWD, "mknodat-s", S_IFREG | 04755, 0));
	TRY("chmod-setuid", syscall(__NR_chmod, "plain", 04755));
	TRY("chmod-setgid", syscall(__NR_chmod, "plain", 02755));
	TRY("chmod-high", syscall(__NR_chmod, "plain", 04755 | 1ul << 32));
	TRY("fchmod-setuid", syscall(__NR_fchmod, fd, 04755));
	TRY("fchmodat-setuid", syscall(__NR_fchmodat, AT_FDCWD, "plain", 06755));
	TRY("fchmodat2-setuid", syscall(NR_fchmodat2, AT_FDCWD, "plain", 06755, 0));
	TRY("chmod-dir-setgid", syscall(__NR_chmod, "dir", 02755));
	TRY("open-setuid", syscall(__NR_open, "open-s", O_CREAT | O_WRONLY, 04755));
	TRY("openat-setuid", syscall(__NR_openat, AT_FDCWD, "openat-s", O_CREAT | O_WRONLY, 04755));
	TRY("openat-setgid", syscall(__NR_openat, AT_FDCWD, "openat-g", O_CREAT | O_WRONLY, 02755));
	TRY("openat-tmpfile-setuid",
	    syscall(__NR_openat, AT_FDCWD, ".", O_TMPFILE | O_WRONLY, 04755));
	TRY("openat2-setuid", syscall(__NR_openat2, AT_FDCWD, "openat2-s", &how, sizeof(how)));
	TRY("creat-setuid", syscall(__NR_creat, "creat-s", 04755));
	TRY("mkdir-setgid", syscall(__NR_mkdir, "mkdir-g", 02755));
	TRY("mkdirat-setuid", syscall(__NR_mkdirat, AT_FDCWD, "mkdirat-s", 04755));
	/* Not a hole, but what programs need: a sticky directory, and plain modes. */
	TRY("mkdir-sticky", syscall(__NR_mkdir, "sticky", 01777));
	TRY("chmod-plain", syscall(__NR_chmod, "plain", 0640));
}

static void others(void)
{
	static char buf[64];
	struct iovec iov = { buf, sizeof(buf) };
	pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	TRY("ptrace-traceme", ptrace(PTRACE_TRACEME, 0, 0, 0));
	TRY("ptrace-attach", ptrace(PTRACE_ATTACH, child, 0, 0));
	TRY("ptrace-seize", ptrace(PTRACE_SEIZE, child, 0, 0));
	TRY("process_vm_readv", process_vm_readv(child, &iov, 1, &iov, 1, 0));
	TRY("process_vm_writev", process_vm_writev(child, &iov, 1, &iov, 1, 0));
	CALL(pidfd_getfd, syscall(__NR_pidfd_open, child, 0), 0, 0);
	CALL(process_madvise, syscall(__NR_pidfd_open, child, 0), &iov, 1, 20, 0);
	CALL(process_mrelease, syscall(__NR_pidfd_open, child, 0), 0);
	CALL(kcmp, getpid(), child, 0, 0, 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void kernel(void)
{
	static char buf[4096];
	struct iovec iov = { buf, sizeof(buf) };
	long ctx = 0;

	CALL(bpf, 0, buf, sizeof(buf));
	CALL(io_uring_setup, 1, buf);
	CALL(io_uring_enter, 0, 0, 0, 0, NULL, 0);
	CALL(io_uring_register, 0, 0, NULL, 0);
	CALL(userfaultfd, O_CLOEXEC | 1);
	CALL(perf_event_open, buf, 0, -1, -1, 0);
	CALL(keyctl, 0, -3, 0);
	CALL(add_key, "user", "x", "y", 1, -2);
	CALL(request_key, "user", "x", NULL, -2);
	CALL(init_module, buf, 0, "");
	CALL(finit_module, 0, "", 0);
	CALL(delete_module, "x", 0);
	CALL(kexec_load, 0, 0, NULL, 0);
	CALL(kexec_file_load, 0, 0, 0, NULL, 0);
	CALL(reboot, 0xfee1dead, 672274793, 0x89abcdef, NULL);
	CALL(syslog, 3, buf, sizeof(buf));
	CALL(iopl, 3);
	CALL(ioperm, 0, 1, 1);
	CALL(settimeofday, buf, NULL);
	CALL(clock_settime, 0, buf);
	CALL(sethostname, "x", 1);
	CALL(setdomainname, "x", 1);
	CALL(vhangup);
	CALL(modify_ldt, 0, buf, sizeof(buf));
	CALL(memfd_secret, 0);
	TRY("vmsplice", ({
		    int ends[2] = { -1, -1 };
		    if (pipe(ends) != 0)
			    _exit(0);
		    vmsplice(ends[1], &iov, 1, 0);
	    }));
	CALL(mbind, buf, sizeof(buf), 0, NULL, 0, 0);
	CALL(set_mempolicy, 0, NULL, 0);
	CALL(move_pages, 0, 0, NULL, NULL, NULL, 0);
	CALL(migrate_pages, 0, 0, NULL, NULL);
	CALL(io_setup, 1, &ctx);
	CALL(uselib, "/x");
	CALL(ustat, 0, buf);
	CALL(sysfs, 3);
	CALL(lookup_dcookie, 0, buf, 0);
	CALL(remap_file_pages, buf, 0, 0, 0, 0);
	TRY("lsm_get_self_attr", syscall(NR_lsm_get_self_attr, 100, NULL, buf, 0));
	TRY("lsm_list_modules", syscall(NR_lsm_list_modules, buf, buf, 0));
	TRY("unknown-call", syscall(NR_unknown));
	TRY("personality-read-implies-exec", syscall(__NR_personality, 0x0400000));
	TRY("personality-mmap-zero", syscall(__NR_personality, 0x0100000));
	TRY("personality-query", syscall(__NR_personality, 0xffffffff));
	TRY("prctl-set-mm", prctl(PR_SET_MM, PR_SET_MM_ARG_START, buf, 0, 0));
	TRY("prctl-set-ptracer", prctl(PR_SET_PTRACER, -1, 0, 0, 0));
	TRY("prctl-capbset", prctl(PR_CAPBSET_READ, 0, 0, 0, 0));
	TRY("seccomp-listener", syscall(__NR_seccomp, 1, 8, &(struct {
						unsigned short len;
						void *filter;
					}){ 1, &(uint64_t){ 0x7fff000000000006 } }));
	TRY("seccomp-plain", syscall(__NR_seccomp, 1, 0, &(struct {
					     unsigned short len;
					     void *filter;
				     }){ 1, &(uint64_t){ 0x7fff000000000006 } }));
}

static void terminal(void)
{
	int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	char c = 'x', lines[2] = { 2 };

	TRY("open-ptmx", fd);
	TRY("ioctl-tiocsti", ioctl(fd, TIOCSTI, &c));
	TRY("ioctl-tiocsti-high", syscall(__NR_ioctl, fd, TIOCSTI | 1ul << 32, &c));
	TRY("ioctl-tioclinux", ioctl(fd, TIOCLINUX, lines));
	TRY("ioctl-tiocsetd", ioctl(fd, TIOCSETD, &(int){ 0 }));
	TRY("ioctl-tioccons", ioctl(fd, TIOCCONS, 0));
	TRY("open-tty", open("/dev/tty", O_RDWR));
}

static void sockets(void)
{
	int pair[2];

	SOCKET("unix", AF_UNIX, SOCK_STREAM, 0);
	SOCKET("inet-stream", AF_INET, SOCK_STREAM, 0);
	SOCKET("inet-dgram", AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	SOCKET("inet6-stream", AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	SOCKET("netlink-route", AF_NETLINK, SOCK_RAW, 0);
	SOCKET("inet-raw", AF_INET, SOCK_RAW, 1);
	SOCKET("inet-raw-tcp", AF_INET, SOCK_RAW, 6);
	SOCKET("inet-icmp", AF_INET, SOCK_DGRAM, 1);
	SOCKET("inet6-raw", AF_INET6, SOCK_RAW, 58);
	SOCKET("inet-packet", AF_INET, 10, 0);
	SOCKET("inet-sctp", AF_INET, SOCK_STREAM, 132);
	SOCKET("inet-mptcp", AF_INET, SOCK_STREAM, 262);
	SOCKET("inet-dccp", AF_INET, 6, 33);
	SOCKET("inet-udplite", AF_INET, SOCK_DGRAM, 136);
	SOCKET("packet", AF_PACKET, SOCK_RAW, 0x300);
	SOCKET("packet-dgram", AF_PACKET, SOCK_DGRAM, 0x300);
	SOCKET("vsock", AF_VSOCK, SOCK_STREAM, 0);
	SOCKET("alg", AF_ALG, SOCK_SEQPACKET, 0);
	SOCKET("key", AF_KEY, SOCK_RAW, 2);
	SOCKET("tipc", AF_TIPC, SOCK_DGRAM, 0);
	SOCKET("bluetooth", AF_BLUETOOTH, SOCK_RAW, 1);
	SOCKET("can", AF_CAN, SOCK_RAW, 1);
	SOCKET("rds", AF_RDS, SOCK_SEQPACKET, 0);
	SOCKET("kcm", AF_KCM, SOCK_DGRAM, 0);
	SOCKET("xdp", AF_XDP, SOCK_RAW, 0);
	SOCKET("smc", AF_SMC, SOCK_STREAM, 0);
	SOCKET("nfc", AF_NFC, SOCK_RAW, 0);
	SOCKET("x25", AF_X25, SOCK_SEQPACKET, 0);
	SOCKET("qipcrtr", AF_QIPCRTR, SOCK_DGRAM, 0);
	SOCKET("mctp", AF_MCTP, SOCK_DGRAM, 0);
	SOCKET("netlink-netfilter", AF_NETLINK, SOCK_RAW, 12);
	SOCKET("netlink-xfrm", AF_NETLINK, SOCK_RAW, 6);
	SOCKET("netlink-audit", AF_NETLINK, SOCK_RAW, 9);
	SOCKET("netlink-uevent", AF_NETLINK, SOCK_RAW, 15);
	SOCKET("netlink-generic", AF_NETLINK, SOCK_RAW, 16);
	SOCKET("netlink-diag", AF_NETLINK, SOCK_RAW, 4);
	TRY("socket-vsock-high",
	    syscall(__NR_socket, AF_VSOCK | 1ul << 32, (unsigned long)SOCK_STREAM, 0ul));
	TRY("socketpair-unix", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	TRY("socketpair-tipc", socketpair(AF_TIPC, SOCK_SEQPACKET, 0, pair));
}

int main(void)
{
	/* Some of these would change the host if anything let them through. */
	if (!getenv("container")) {
		fprintf(stderr, "denied: only inside a sandbox\n");
		return 2;
	}
	sockets(); /* first: the record names the first 64 different calls */
	namespaces();
	mounts();
	modes();
	others();
	kernel();
	terminal();
	puts("complete OK");
	return 0;
}
