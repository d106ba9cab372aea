/* gateway_confine.c - from now on this process can do nothing but move bytes.
 *
 * Order: limits and capabilities while they can be changed; no_new_privs, without which an unprivileged
 * process may not load a filter; the filter last, because it refuses everything above.  The bounding set
 * matters only across execve, which the filter refuses; it is emptied where that is permitted. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netns/gateway.h"

static int raise_descriptors(struct err *e)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_sys(e, "getrlimit(RLIMIT_NOFILE)");
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? 0 : err_sys(e, "setrlimit(RLIMIT_NOFILE)");
}

static int drop_capabilities(struct err *e)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	/* EINVAL: the kernel knows no more.  EPERM: nor would it let us drop the next one. */
	for (unsigned long cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		continue;
	if (errno != EINVAL && errno != EPERM)
		return err_sys(e, "empty the bounding set");
	if (syscall(SYS_capset, &header, none) != 0)
		return err_sys(e, "capset to nothing");
	return 0;
}

int gateway_confine(const struct sock_fprog *filter, struct err *e)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	if (raise_descriptors(e) != 0 || drop_capabilities(e) != 0)
		return -1;
	if (sigaction(SIGPIPE, &ignore, NULL) != 0)
		return err_sys(e, "ignore SIGPIPE");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_sys(e, "prctl(PR_SET_DUMPABLE)");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_sys(e, "prctl(PR_SET_NO_NEW_PRIVS)");
	if (filter && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) != 0)
		return err_sys(e, "load the gateway's filter");
	return 0;
}
