/* filter.c - write a seccomp filter of the size of Docker's default list to stdout, as cBPF.
 *
 * bwrap takes such a filter through --seccomp FD, so that the benchmark can give it the wall that
 * enclave-run always has.  Everything this kernel's architecture has a name for is allowed, except what
 * Docker's list leaves out; a few calls are allowed for some arguments only, as there.  The filter is
 * a binary tree (OPTIMIZE 2), the cheapest form libseccomp makes. */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LAST_CALL 470

/* Not on Docker's list for a container without capabilities. */
static const char *const left_out[] = {
	"acct",
	"add_key",
	"bpf",
	"clock_adjtime",
	"clock_settime",
	"create_module",
	"delete_module",
	"finit_module",
	"fsconfig",
	"fsmount",
	"fsopen",
	"fspick",
	"get_kernel_syms",
	"get_mempolicy",
	"init_module",
	"io_uring_enter",
	"io_uring_setup",
	"io_uring_register",
	"ioperm",
	"iopl",
	"kcmp",
	"kexec_file_load",
	"kexec_load",
	"keyctl",
	"lookup_dcookie",
	"mbind",
	"mount",
	"mount_setattr",
	"move_mount",
	"move_pages",
	"nfsservctl",
	"open_by_handle_at",
	"open_tree",
	"perf_event_open",
	"pivot_root",
	"process_vm_readv",
	"process_vm_writev",
	"ptrace",
	"query_module",
	"quotactl",
	"quotactl_fd",
	"reboot",
	"request_key",
	"set_mempolicy",
	"set_mempolicy_home_node",
	"setdomainname",
	"sethostname",
	"setns",
	"settimeofday",
	"stime",
	"swapoff",
	"swapon",
	"sysfs",
	"syslog",
	"umount2",
	"unshare",
	"uselib",
	"userfaultfd",
	"ustat",
	"vhangup",
	"_sysctl",
	"chroot",
	"clone3",
};

static void must(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "filter: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static int is_left_out(const char *name)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (strcmp(left_out[i], name) == 0)
			return 1;
	return 0;
}

/* Some arguments only; 0 if this call has no such rule. */
static int add_conditional(scmp_filter_ctx ctx, int nr, const char *name)
{
	static const unsigned personalities[] = { 0, 8, 0x20000, 0x20008, 0xffffffff };

	if (strcmp(name, "personality") == 0) {
		for (size_t i = 0; i < sizeof(personalities) / sizeof(personalities[0]); i++)
			must(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1,
					      SCMP_A0(SCMP_CMP_EQ, personalities[i])),
			     name);
		return 1;
	}
	if (strcmp(name, "socket") == 0) {
		must(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1, SCMP_A0(SCMP_CMP_NE, 40)), name);
		return 1;
	}
	if (strcmp(name, "clone") == 0) {
		must(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 1,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, 0x7E020000, 0)),
		     name);
		return 1;
	}
	return 0;
}

int main(void)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int count = 0;

	if (!ctx)
		return 1;
	must(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
	for (int nr = 0; nr < LAST_CALL; nr++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

		if (!name)
			continue;
		if (!is_left_out(name)) {
			if (!add_conditional(ctx, nr, name))
				must(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0), name);
			count++;
		}
		free(name);
	}
	must(seccomp_export_bpf(ctx, STDOUT_FILENO), "export");
	fprintf(stderr, "%d system calls allowed\n", count);
	return 0;
}
