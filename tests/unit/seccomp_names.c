/* seccomp_names.c - names and numbers of calls, known to libseccomp or to us alone. */
#include <sys/syscall.h>

#include "seccomp/names.h"
#include "seccomp/notify.h"
#include "tests/unit/tap.h"

static void test_numbers(void)
{
	is_int(seccomp_syscall_number("read"), SYS_read, "read");
	is_int(seccomp_syscall_number("mseal"), 462, "mseal: newer than libseccomp");
	is_int(seccomp_syscall_number("statmount"), 457, "statmount");
	is_int(seccomp_syscall_number("fchmodat2"), 452, "fchmodat2: whoever knows it");
	is_int(seccomp_syscall_number("umount"), SECCOMP_NR_ABSENT, "umount is of other machines");
	is_int(seccomp_syscall_number("no_such_call"), SECCOMP_NR_UNKNOWN, "nobody knows it");
	is_int(seccomp_syscall_number(""), SECCOMP_NR_UNKNOWN, "the empty name");
}

static void test_names(void)
{
	char buf[32], tiny[4];

	is_str(seccomp_syscall_name(SYS_mount, buf, sizeof(buf)), "mount", "a name of libseccomp's");
	is_str(seccomp_syscall_name(462, buf, sizeof(buf)), "mseal", "a name of ours");
	is_str(seccomp_syscall_name(4000, buf, sizeof(buf)), "syscall_4000", "no name");
	is_str(seccomp_syscall_name(-7, buf, sizeof(buf)), "syscall_-7", "no number");
	is_str(seccomp_syscall_name(SYS_mount, tiny, sizeof(tiny)), "mou", "a short buffer cuts");
}

int main(void)
{
	test_numbers();
	test_names();
	return done();
}
