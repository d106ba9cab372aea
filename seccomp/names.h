/* names.h - system call names and numbers of this architecture, both ways.
 *
 * libseccomp knows the calls of its own release; what is newer is in a small table of ours, because
 * a denial of a call that libseccomp has not heard of must not quietly be no denial.
 * seccomp_syscall_name() is declared in notify.h. */
#ifndef SECCOMP_NAMES_H
#define SECCOMP_NAMES_H

#define SECCOMP_NR_UNKNOWN (-1) /* nobody knows this name */
#define SECCOMP_NR_ABSENT (-2)	/* a real call, but not on this architecture (open on aarch64) */

/* seccomp_syscall_number() - the number of a call, or one of the two above.
 * Runs in: the build-time compiler, the supervisor. */
int seccomp_syscall_number(const char *name);

#endif
