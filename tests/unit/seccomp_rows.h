/* seccomp_rows.h - what each system call must answer under each shipped profile.
 *
 * Written down a second time on purpose, not read from the profiles: a changed profile must change
 * this table too.  Read by the simulator (seccomp_profiles.c) and by the test that makes the calls
 * (seccomp_notify.c). */
#ifndef TESTS_UNIT_SECCOMP_ROWS_H
#define TESTS_UNIT_SECCOMP_ROWS_H

#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ALLOW SECCOMP_RET_ALLOW
#define NOTIFY SECCOMP_RET_USER_NOTIF
#define KILL SECCOMP_RET_KILL_PROCESS
#define ERR(n) (SECCOMP_RET_ERRNO | (uint32_t)(n))
#define HIGH (UINT64_C(1) << 32)
#define ONES UINT64_C(0xffffffff)
#define NR_END 1024 /* higher numbers do not exist */

enum { DEFAULT, STRICT, DEBUG, PROFILE_COUNT };
static const char *const profile_names[PROFILE_COUNT] = { "default", "strict", "debug" };

/* Whole calls, whatever their arguments.  What is in no list must answer ENOSYS. */
struct list {
	uint32_t answer[PROFILE_COUNT];
	const char *names;
};

static const struct list lists[] = {
	{ { ALLOW, ALLOW, ALLOW },
	  "read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 close close_range "
	  "dup dup2 dup3 lseek fstat stat lstat newfstatat statx access faccessat faccessat2 chown "
	  "fchown lchown fchownat umask truncate ftruncate fallocate fsync fdatasync sync syncfs "
	  "sync_file_range fadvise64 readahead copy_file_range sendfile rename renameat renameat2 link "
	  "linkat symlink symlinkat unlink unlinkat rmdir readlink readlinkat getdents getdents64 "
	  "getcwd chdir fchdir statfs fstatfs utime utimes utimensat futimesat getxattr lgetxattr "
	  "fgetxattr setxattr lsetxattr fsetxattr listxattr llistxattr flistxattr removexattr "
	  "lremovexattr fremovexattr inotify_init inotify_init1 inotify_add_watch inotify_rm_watch "
	  "cachestat mmap munmap mprotect mremap brk madvise mincore msync mlock mlock2 munlock "
	  "mlockall munlockall memfd_create membarrier pkey_alloc pkey_free pkey_mprotect mseal "
	  "map_shadow_stack get_mempolicy fork vfork execve execveat exit exit_group wait4 waitid "
	  "getpid getppid gettid getpgid getpgrp setpgid getsid setsid kill tkill tgkill rt_sigaction "
	  "rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigqueueinfo "
	  "rt_tgsigqueueinfo sigaltstack pidfd_open pidfd_send_signal arch_prctl set_tid_address "
	  "set_robust_list get_robust_list rseq futex futex_waitv futex_wait futex_wake futex_requeue "
	  "getrlimit setrlimit getrusage times sched_yield sched_getaffinity "
	  "sched_getparam sched_getscheduler "
	  "sched_getattr sched_get_priority_max sched_get_priority_min "
	  "sched_rr_get_interval getpriority ioprio_get getcpu restart_syscall "
	  "pause alarm getitimer setitimer timer_create timer_settime timer_gettime timer_getoverrun "
	  "timer_delete timerfd_create timerfd_settime timerfd_gettime nanosleep clock_nanosleep "
	  "clock_gettime clock_getres gettimeofday time uname sysinfo getrandom capget capset "
	  "landlock_create_ruleset landlock_add_rule landlock_restrict_self getuid geteuid getgid "
	  "getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid "
	  "setfsuid setfsgid setgroups pipe pipe2 eventfd eventfd2 signalfd signalfd4 epoll_create "
	  "epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 poll ppoll select pselect6 bind "
	  "connect listen accept accept4 getsockname getpeername getsockopt setsockopt sendto recvfrom "
	  "sendmsg recvmsg sendmmsg recvmmsg shutdown uretprobe uprobe" },
	{ { NOTIFY, NOTIFY, NOTIFY },
	  "io_uring_setup io_uring_enter io_uring_register bpf perf_event_open userfaultfd keyctl "
	  "add_key request_key unshare setns mount umount2 pivot_root chroot fsopen fsconfig fsmount "
	  "fspick open_tree open_tree_attr move_mount mount_setattr open_by_handle_at "
	  "name_to_handle_at pidfd_getfd process_madvise process_mrelease kexec_load kexec_file_load "
	  "init_module finit_module delete_module reboot swapon swapoff acct quotactl quotactl_fd "
	  "nfsservctl syslog lookup_dcookie iopl ioperm settimeofday clock_settime clock_adjtime "
	  "adjtimex sethostname setdomainname vhangup fanotify_init fanotify_mark memfd_secret" },
	{ { NOTIFY, NOTIFY, ALLOW }, "ptrace process_vm_readv process_vm_writev kcmp" },
	{ { ERR(ENOSYS), ERR(ENOSYS), ERR(ENOSYS) },
	  "clone3 openat2 statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules "
	  "uselib ustat sysfs _sysctl query_module create_module get_kernel_syms afs_syscall tuxcall "
	  "getpmsg putpmsg vserver security epoll_ctl_old epoll_wait_old modify_ldt remap_file_pages "
	  "io_setup io_submit io_getevents io_pgetevents io_cancel io_destroy vmsplice" },
	{ { ERR(EPERM), ERR(EPERM), ERR(EPERM) },
	  "set_mempolicy mbind move_pages migrate_pages set_mempolicy_home_node" },
	{ { ALLOW, ERR(ENOSYS), ALLOW },
	  "shmget shmat shmdt shmctl semget semop semtimedop semctl msgget msgsnd msgrcv msgctl mq_open "
	  "mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr" },
	{ { ALLOW, ERR(EINVAL), ALLOW }, "splice tee" },
	{ { ALLOW, ERR(ENOLCK), ALLOW }, "flock" },
};

/* Decided by their arguments: the table below. */
__attribute__((unused)) static const char by_arguments[] =
	"clone personality ioctl prctl seccomp socket socketpair chmod fchmod fchmodat fchmodat2 creat "
	"open openat mkdir mkdirat mknod mknodat fcntl prlimit64 sched_setaffinity sched_setattr "
	"sched_setparam sched_setscheduler setpriority ioprio_set";

struct row {
	const char *call;
	uint64_t args[4];
	uint32_t want[PROFILE_COUNT];
};

#define ALL(answer)                          \
	{                                    \
		(answer), (answer), (answer) \
	}
#define NOT_STRICT(answer, strict)           \
	{                                    \
		(answer), (strict), (answer) \
	}
#define NOT_DEBUG(answer, debug)            \
	{                                   \
		(answer), (answer), (debug) \
	}

static const struct row rows[] = {
	/* fork, pthread_create and posix_spawn of glibc; then each namespace */
	{ "clone", { 0x1200011 }, ALL(ALLOW) },
	{ "clone", { 0x3d0f00 }, ALL(ALLOW) },
	{ "clone", { 0x4111 }, ALL(ALLOW) },
	{ "clone", { 0x80 }, ALL(NOTIFY) },
	{ "clone", { 0x20011 }, ALL(NOTIFY) },
	{ "clone", { 0x2000011 }, ALL(NOTIFY) },
	{ "clone", { 0x4000011 }, ALL(NOTIFY) },
	{ "clone", { 0x8000011 }, ALL(NOTIFY) },
	{ "clone", { 0x10000011 }, ALL(NOTIFY) },
	{ "clone", { 0x20000011 }, ALL(NOTIFY) },
	{ "clone", { 0x40000011 }, ALL(NOTIFY) },
	{ "clone", { 0x7e020011 }, ALL(NOTIFY) },
	{ "clone", { HIGH | 0x10000011 }, ALL(NOTIFY) },

	{ "personality", { 0 }, ALL(ALLOW) },
	{ "personality", { 8 }, ALL(ALLOW) },
	{ "personality", { 0x20000 }, ALL(ALLOW) },
	{ "personality", { 0x20008 }, ALL(ALLOW) },
	{ "personality", { 0x40000 }, ALL(ALLOW) },
	{ "personality", { ONES }, ALL(ALLOW) },
	{ "personality", { UINT64_MAX }, ALL(ALLOW) },
	{ "personality", { 0x400000 }, ALL(NOTIFY) }, /* READ_IMPLIES_EXEC */
	{ "personality", { 0x440000 }, ALL(NOTIFY) },
	{ "personality", { 0x100000 }, ALL(NOTIFY) }, /* MMAP_PAGE_ZERO */
	{ "personality", { 0x200000 }, ALL(NOTIFY) },
	{ "personality", { HIGH | 0x400000 }, ALL(NOTIFY) },
	{ "personality", { 0x80400000 }, ALL(ERR(ENOSYS)) },
	{ "personality", { 0xfffffffe }, ALL(ERR(ENOSYS)) },
	{ "personality", { 1 }, ALL(ERR(ENOSYS)) },
	{ "personality", { HIGH }, ALL(ERR(ENOSYS)) },

	{ "ioctl", { 0, 0x5401 }, ALL(ALLOW) }, /* TCGETS */
	{ "ioctl", { 0, 0x540e }, ALL(ALLOW) }, /* TIOCSCTTY */
	{ "ioctl", { 0, 0x5410 }, ALL(ALLOW) }, /* TIOCSPGRP */
	{ "ioctl", { 0, 0x5412 }, ALL(NOTIFY) },
	{ "ioctl", { 0, HIGH | 0x5412 }, ALL(NOTIFY) },
	{ "ioctl", { 0, ~ONES | 0x5412 }, ALL(NOTIFY) },
	{ "ioctl", { 0, 0x541c }, ALL(NOTIFY) },
	{ "ioctl", { 0, 0x541d }, ALL(NOTIFY) },
	{ "ioctl", { 0, 0x5423 }, ALL(NOTIFY) },
	{ "ioctl", { 0x5412, 0x15412 }, ALL(ALLOW) },

	/* not on pid 1, which has the same uid */
	{ "prlimit64", { 0, 7 }, ALL(ALLOW) },
	{ "prlimit64", { 2, 7 }, ALL(ALLOW) },
	{ "prlimit64", { 1, 0 }, ALL(NOTIFY) },
	{ "prlimit64", { HIGH | 1, 0 }, ALL(NOTIFY) },
	{ "sched_setaffinity", { 0 }, ALL(ALLOW) },
	{ "sched_setaffinity", { 1 }, ALL(NOTIFY) },
	{ "sched_setattr", { 1 }, ALL(NOTIFY) },
	{ "sched_setparam", { 1 }, ALL(NOTIFY) },
	{ "sched_setscheduler", { 1 }, ALL(NOTIFY) },
	{ "setpriority", { 0, 0 }, ALL(ALLOW) },
	{ "setpriority", { 0, 1 }, ALL(NOTIFY) },
	{ "ioprio_set", { 1, 0 }, ALL(ALLOW) },
	{ "ioprio_set", { 1, 1 }, ALL(NOTIFY) },
	{ "prctl", { 15 }, ALL(ALLOW) },    /* PR_SET_NAME */
	{ "prctl", { 38, 1 }, ALL(ALLOW) }, /* PR_SET_NO_NEW_PRIVS */
	{ "prctl", { 22, 2 }, ALL(ALLOW) }, /* PR_SET_SECCOMP */
	{ "prctl", { 35 }, ALL(NOTIFY) },
	{ "prctl", { HIGH | 35 }, ALL(NOTIFY) },
	{ "prctl", { 62 }, ALL(NOTIFY) },
	{ "prctl", { 0x59616d61 }, NOT_DEBUG(NOTIFY, ALLOW) },

	{ "seccomp", { 1, 0 }, ALL(ALLOW) },
	{ "seccomp", { 1, 1 }, ALL(ALLOW) }, /* TSYNC */
	{ "seccomp", { 3, 0 }, ALL(ALLOW) }, /* GET_NOTIF_SIZES */
	{ "seccomp", { 1, 8 }, ALL(NOTIFY) },
	{ "seccomp", { 1, 9 }, ALL(NOTIFY) },
	{ "seccomp", { 1, 4 }, ALL(NOTIFY) },
	{ "seccomp", { HIGH | 1, HIGH | 8 }, ALL(NOTIFY) },
	{ "seccomp", { 0, 8 }, ALL(ALLOW) },

	{ "socket", { 1, 1, 0 }, ALL(ALLOW) },	     /* UNIX */
	{ "socket", { 1, 0x80805, 0 }, ALL(ALLOW) }, /* SEQPACKET with flags */
	{ "socket", { 2, 1, 0 }, NOT_STRICT(ALLOW, NOTIFY) },
	{ "socket", { 2, 0x80801, 6 }, NOT_STRICT(ALLOW, NOTIFY) },
	{ "socket", { 2, 2, 0 }, NOT_STRICT(ALLOW, NOTIFY) },
	{ "socket", { 10, 0x80802, 17 }, NOT_STRICT(ALLOW, NOTIFY) },
	{ "socket", { 10, 1, 0 }, NOT_STRICT(ALLOW, NOTIFY) },
	{ "socket", { 16, 3, 0 }, NOT_STRICT(ALLOW, ERR(EAFNOSUPPORT)) },
	{ "socket", { 16, 0x80002, 0 }, NOT_STRICT(ALLOW, ERR(EAFNOSUPPORT)) },
	{ "socket", { 16, 3, 4 }, ALL(NOTIFY) },  /* SOCK_DIAG */
	{ "socket", { 16, 3, 12 }, ALL(NOTIFY) }, /* NETFILTER */
	{ "socket", { 16, 3, HIGH }, ALL(NOTIFY) },
	{ "socket", { HIGH | 16, 3, 12 }, ALL(NOTIFY) },
	{ "socket", { 2, 3, 255 }, ALL(NOTIFY) }, /* RAW */
	{ "socket", { 2, 3, 0 }, ALL(NOTIFY) },
	{ "socket", { 10, 0x80003, 58 }, ALL(NOTIFY) },
	{ "socket", { 2, 5, 132 }, ALL(NOTIFY) }, /* SEQPACKET: SCTP */
	{ "socket", { 2, 10, 0 }, ALL(NOTIFY) },  /* PACKET */
	{ "socket", { 2, 6, 33 }, ALL(NOTIFY) },  /* DCCP */
	{ "socket", { 2, 0, 0 }, ALL(NOTIFY) },
	{ "socket", { 2, 9, 0 }, ALL(NOTIFY) },
	{ "socket", { 2, 11, 0 }, ALL(NOTIFY) },
	{ "socket", { 2, 1, 262 }, NOT_STRICT(ERR(EPROTONOSUPPORT), NOTIFY) }, /* MPTCP */
	{ "socket", { 10, 1, 132 }, NOT_STRICT(ERR(EPROTONOSUPPORT), NOTIFY) },
	{ "socket", { 2, 1, 1 }, NOT_STRICT(ERR(EPROTONOSUPPORT), NOTIFY) },
	{ "socket", { 2, 1, 17 }, NOT_STRICT(ERR(EPROTONOSUPPORT), NOTIFY) },
	{ "socket", { 2, 2, 1 }, NOT_STRICT(ERR(EPROTONOSUPPORT), NOTIFY) }, /* ICMP */
	{ "socket", { 2, 2, 6 }, NOT_STRICT(ERR(EPROTONOSUPPORT), NOTIFY) },
	{ "socket", { 2, 2, 136 }, NOT_STRICT(ERR(EPROTONOSUPPORT), NOTIFY) },
	{ "socket", { 2, 2, HIGH }, NOT_STRICT(ERR(EPROTONOSUPPORT), NOTIFY) },
	{ "socket", { HIGH | 2, 1, 0 }, ALL(NOTIFY) },
	{ "socket", { HIGH | 38, 5, 0 }, ALL(NOTIFY) },
	{ "socket", { UINT64_MAX, 1, 0 }, ALL(NOTIFY) },

	{ "socketpair", { 1, 1, 0 }, ALL(ALLOW) },
	{ "socketpair", { 0, 1, 0 }, ALL(NOTIFY) },
	{ "socketpair", { 2, 1, 0 }, ALL(NOTIFY) },
	{ "socketpair", { 30, 1, 0 }, ALL(NOTIFY) }, /* TIPC */
	{ "socketpair", { HIGH | 30, 1, 0 }, ALL(NOTIFY) },

	{ "chmod", { 0, 01777 }, ALL(ALLOW) },
	{ "chmod", { 04000, 0755 }, ALL(ALLOW) },
	{ "chmod", { 0, 04755 }, ALL(NOTIFY) },
	{ "chmod", { 0, 02755 }, ALL(NOTIFY) },
	{ "chmod", { 0, HIGH | 06755 }, ALL(NOTIFY) },
	{ "fchmod", { 0, 0644 }, ALL(ALLOW) },
	{ "fchmod", { 0, 04644 }, ALL(NOTIFY) },
	{ "fchmod", { 0, 02644 }, ALL(NOTIFY) },
	{ "fchmodat", { 0, 06000, 0755 }, ALL(ALLOW) },
	{ "fchmodat", { 0, 0, 04755 }, ALL(NOTIFY) },
	{ "fchmodat", { 0, 0, 02755 }, ALL(NOTIFY) },
	{ "fchmodat2", { 0, 0, 0755 }, ALL(ALLOW) },
	{ "fchmodat2", { 0, 0, 04755 }, ALL(NOTIFY) },
	{ "fchmodat2", { 0, 0, 02755 }, ALL(NOTIFY) },
	{ "creat", { 0, 0600 }, ALL(ALLOW) },
	{ "creat", { 0, 04600 }, ALL(NOTIFY) },
	{ "creat", { 0, 02600 }, ALL(NOTIFY) },
	{ "mkdir", { 0, 01777 }, ALL(ALLOW) },
	{ "mkdir", { 0, 04777 }, ALL(NOTIFY) },
	{ "mkdir", { 0, 02777 }, ALL(NOTIFY) },
	{ "mkdirat", { 0, 0, 0777 }, ALL(ALLOW) },
	{ "mkdirat", { 0, 0, 04777 }, ALL(NOTIFY) },
	{ "mkdirat", { 0, 0, 02777 }, ALL(NOTIFY) },
	{ "open", { 0, 0, 06777 }, ALL(ALLOW) }, /* no O_CREAT: the register holds anything */
	{ "open", { 0, 0x80000, UINT64_MAX }, ALL(ALLOW) },
	{ "open", { 0, 0x41, 0666 }, ALL(ALLOW) },
	{ "open", { 0, 0x41, 04666 }, ALL(NOTIFY) },
	{ "open", { 0, 0x41, 02666 }, ALL(NOTIFY) },
	{ "open", { 0, 0x410002, 04666 }, ALL(NOTIFY) }, /* O_TMPFILE */
	{ "open", { 0, 0x410002, 02666 }, ALL(NOTIFY) },
	{ "open", { 0, 0x10000, 02666 }, ALL(ALLOW) }, /* O_DIRECTORY alone */
	{ "openat", { 0, 0, 0, 06777 }, ALL(ALLOW) },
	{ "openat", { 0, 0, 0x41, 0666 }, ALL(ALLOW) },
	{ "openat", { 0, 0, 0x41, 04666 }, ALL(NOTIFY) },
	{ "openat", { 0, 0, 0x41, 02666 }, ALL(NOTIFY) },
	{ "openat", { 0, 0, 0x410002, 04666 }, ALL(NOTIFY) },
	{ "openat", { 0, 0, HIGH | 0x410002, HIGH | 02666 }, ALL(NOTIFY) },
	{ "mknod", { 0, 0100644 }, ALL(ALLOW) },
	{ "mknod", { 0, 0010644 }, ALL(ALLOW) }, /* a pipe */
	{ "mknod", { 0, 0140644 }, ALL(ALLOW) }, /* a socket */
	{ "mknod", { 0, 0020644 }, ALL(NOTIFY) },
	{ "mknod", { 0, 0060644 }, ALL(NOTIFY) },
	{ "mknod", { 0, 0104755 }, ALL(NOTIFY) },
	{ "mknod", { 0, 0102755 }, ALL(NOTIFY) },
	{ "mknodat", { 0, 0, 0010644 }, ALL(ALLOW) },
	{ "mknodat", { 0, 0, 0020644 }, ALL(NOTIFY) },
	{ "mknodat", { 0, 0, 0060644 }, ALL(NOTIFY) },
	{ "mknodat", { 0, 0, 0104755 }, ALL(NOTIFY) },
	{ "mknodat", { 0, 0, 0102755 }, ALL(NOTIFY) },

	{ "fcntl", { 0, 1 }, ALL(ALLOW) },
	{ "fcntl", { 0, 1030 }, ALL(ALLOW) },
	{ "fcntl", { 0, 5 }, ALL(ALLOW) }, /* F_GETLK asks only */
	{ "fcntl", { 0, 6 }, NOT_STRICT(ALLOW, ERR(ENOLCK)) },
	{ "fcntl", { 0, HIGH | 7 }, NOT_STRICT(ALLOW, ERR(ENOLCK)) },
	{ "fcntl", { 0, 37 }, NOT_STRICT(ALLOW, ERR(ENOLCK)) },
	{ "fcntl", { 0, 38 }, NOT_STRICT(ALLOW, ERR(ENOLCK)) },
	{ "fcntl", { 0, 1024 }, NOT_STRICT(ALLOW, ERR(EINVAL)) },
	{ "fcntl", { 0, 1026 }, NOT_STRICT(ALLOW, ERR(EINVAL)) },
};

#endif
