/* child_walls.c - the walls around the process itself: capabilities, filters, signals, rlimits.
 *
 * Raw system calls only; every function is called once, in the order of the step tables of
 * child_init.c and child_last.c. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/launch.h"

/* All bits but KEEP_CAPS itself, each locked: uid 0 means nothing, no ambient set, no fix-ups. */
#define LOCKED_SECUREBITS (SECURE_ALL_BITS & ~issecure_mask(SECURE_KEEP_CAPS)) | (SECURE_ALL_LOCKS)

int child_drop_capabilities(struct err *e)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct empty[2] = { 0 };

	/* The kernel may know capabilities newer than our headers: go on until it says EINVAL. */
	for (int cap = 0; cap <= 63; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) {
			if (errno == EINVAL && cap > CAP_CHECKPOINT_RESTORE - 3)
				break;
			return err_sys(e, "drop capability %d from the bounding set", cap);
		}
	if (prctl(PR_SET_SECUREBITS, LOCKED_SECUREBITS, 0, 0, 0) != 0)
		return err_sys(e, "prctl(PR_SET_SECUREBITS)");
	if (syscall(SYS_capset, &header, empty) != 0)
		return err_sys(e, "capset to nothing");
	/* capset emptied permitted and inheritable, and with them the ambient set. */
	return 0;
}

int child_seccomp(const struct sock_fprog *prog, bool listener, int *out_listener, struct err *e)
{
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			  listener ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0, prog);

	if (fd < 0)
		return err_sys(e, "load a seccomp filter of %u instructions", (unsigned)prog->len);
	if (listener)
		*out_listener = (int)fd;
	return 0;
}

int child_signals(const struct launch *l, struct err *e)
{
	sigset_t none;

	for (int sig = 1; sig <= 64; sig++) {
		/* The kernel's struct, all zero: SIG_DFL, no flags. */
		const unsigned long deflt[4] = { 0 };

		if (!(l->ignored_signals >> (sig - 1) & 1))
			continue;
		if (syscall(SYS_rt_sigaction, sig, deflt, NULL, 8) != 0)
			return err_sys(e, "reset signal %d", sig);
	}
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
		return err_sys(e, "reset the signal mask");
	return 0;
}

int child_rlimits(const struct launch *l, struct err *e)
{
	const struct rlimit nproc = { l->nproc, l->nproc }, cpu = { l->cpu_s, l->cpu_s };

	/* Counted per user namespace (since 5.14): only this run's processes. */
	if (l->nproc && prlimit(0, RLIMIT_NPROC, &nproc, NULL) != 0)
		return err_sys(e, "set rlimit nproc");
	if (l->cpu_s && prlimit(0, RLIMIT_CPU, &cpu, NULL) != 0)
		return err_sys(e, "set rlimit cpu");
	for (size_t i = 0; i < l->plan->rlimit_count; i++) {
		const struct rlimit_row *row = &l->plan->rlimits[i];
		struct rlimit both = { row->set, row->set };

		if (prlimit(0, (__rlimit_resource_t)row->resource, &both, NULL) != 0)
			return err_sys(e, "set rlimit %s", row->name);
	}
	return 0;
}
