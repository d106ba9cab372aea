/* process.h - every fork, clone and exec of enclave-run.
 *
 * | process    | user ns / net ns | made by            | may call                    | must not            |
 * |------------|------------------|--------------------|-----------------------------|---------------------|
 * | supervisor | host / host      | the user's exec    | everything                  | parse workload data |
 * | gate       | U1 / host        | process_clone      | everything, then a filter   | files, processes    |
 * | maker      | U1 / G           | gate               | everything, then a filter   | anything but sockets|
 * | stage      | U1 / W           | process_clone      | raw calls, child_* objects  | malloc, stdio, NSS  |
 * | init       | U2 / W           | process_clone      | raw calls, child_* objects  | malloc, stdio, NSS  |
 * | workload   | U2 / W           | process_clone      | raw calls, child_* objects  | malloc, stdio, NSS  |
 * | idmap      | own / host       | process_clone      | pause until killed          | anything else       |
 * Gate (it becomes the gateway) and maker only with a network.  Later row: binder (own executable).
 *
 * Children are copies of the single-threaded supervisor (no exec until the workload): they find the
 * plan in their memory and carry it out.  clone3 is called raw: glibc's fork would run atfork
 * handlers and can't set the flags.  Kernel: 5.3 (clone3), 5.4 (P_PIDFD), 5.7 (CLONE_INTO_CGROUP). */
#ifndef SANDBOX_PROCESS_H
#define SANDBOX_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/err.h"

struct process {
	pid_t pid; /* as the creator's pid namespace numbers it */
	int pidfd; /* close-on-exec */
};

struct process_spec {
	uint64_t flags; /* CLONE_NEW*, CLONE_PARENT */
	int cgroup_fd;	/* >= 0: born in this cgroup v2 directory */
	void (*main)(void *arg) __attribute__((noreturn));
	void *arg;
};

/* process_clone() - start spec->main in a copy of this process; SIGCHLD at its end (CLONE_PARENT: the
 * exit signal of the caller itself, clone3 wants 0 then).  -1 with *e. */
int process_clone(const struct process_spec *spec, struct process *out, struct err *e);

/* process_exec() - try candidates in order like execvp(3), but without a shell for ENOEXEC.
 * Returns only on failure: the errno to report (EACCES of any candidate wins over ENOENT). */
int process_exec(const char *const *paths, char *const *argv, char *const *envp);

/* process_spawn() - start a program of ours with standard output to out_fd, standard input from nowhere,
 * standard error as ours; -1 with *e when it could not be cloned (a failed exec ends it with 125). */
int process_spawn(const char *path, char *const *argv, int out_fd, struct process *out,
		  struct err *e);

void process_exit(int status) __attribute__((noreturn));

/* process_open() - a pidfd for whoever has this number now; -1 with errno. */
int process_open(pid_t pid);

/* process_signal() - by pidfd; 0 or errno. */
int process_signal(const struct process *p, int sig);

/* process_signal_group() - the whole group it leads, as a terminal would: for signals that a shell
 * expects its children to get too.  The number is safe while the pidfd finds the leader. */
int process_signal_group(const struct process *p, int sig);

/* process_reap() - wait up to limit_ms (0 = only look, -1 = for ever) for the end of a child; usage of it and
 * its waited-for children into *ru (may be NULL).  Returns 0 or errno; EAGAIN: it lives, ECHILD: it is not
 * our child.  The supervisor of a run never waits for ever: a child may be stopped, or hang. */
int process_reap(const struct process *p, siginfo_t *info, struct rusage *ru, int limit_ms);

/* process_release() - kill, reap and close; idempotent, for clean-up paths.  False: it could not be told
 * to die, or not be reaped within 10 s: SIGKILL ends also what is stopped, but nothing that hangs in the
 * kernel (a file system that doesn't answer, a lock). */
bool process_release(struct process *p);

/* process_state() - the letter of proc_pid_stat(5): 'T' stopped by a signal, 't' by a debugger, 'D' hangs in
 * the kernel ...; 0 if it can't be read. */
char process_state(pid_t pid);

#endif
