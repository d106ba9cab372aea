/* inject.c - run a command and make one system call of one of its processes fail, once.
 *
 *	inject [-g CGROUP]... [-s SECONDS] -o REPORT [-l]
 *	       [-f ROLE CALL NTH ERRNO | {-k | -z | -m} ROLE CALL NTH] -- COMMAND...
 *
 * strace's inject counts in every process anew, so "the third write" would hit all of them; here a
 * point is named by the process (ROLE: 0 is COMMAND, 0.2 the second process that it made, 0.2.1 the first
 * one that this made, and so on: processes run side by side, so the order in which they appear says
 * nothing), the name of the call and its occurrence in that process.  -f: the call isn't made and returns
 * -ERRNO.  (But close is made: Linux closes the descriptor whatever it returns.  And brk knows no errno: it
 * answers with the break there was; within a page it has nothing to refuse, and that is no hit.)  -k: the
 * process is killed as it enters the call; -z: it is stopped instead; -m: from there on it gets no more memory.  -g:
 * COMMAND starts in this cgroup.
 * REPORT: with -l a line `call PHASE ROLE NAME NTH` for each call, where PHASE is `after` once a
 * process other than COMMAND has executed a program (the workload; it isn't listed from then on), and a
 * line `process ROLE FLAGS` for each process, with the flags of the clone that made it.
 * Always `hit N`, `exit STATUS` or `signal N`, `stuck N` (COMMAND had to be killed after SECONDS) and
 * `left N`: processes still there when COMMAND had ended and two seconds had passed. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROCESS_MAX 64
#define CALL_MAX 512
#define ROLE_MAX 32
#define UNNAMED_MS 500

struct process {
	pid_t pid;
	char role[ROLE_MAX]; /* "": its maker has not told yet; it waits for that */
	long long since_ms;  /* known since, while it waits */
	int children;	     /* made so far */
	unsigned long flags; /* of the clone it is in */
	bool gone, running_workload;
	bool in_brk, replace; /* the call it is in was not made */
	bool restore;	      /* its first argument was changed from: */
	unsigned long argument, brk;
	int seen[CALL_MAX];
};

struct injector {
	struct process process[PROCESS_MAX];
	int count;
	bool list, started, executed;
	FILE *report;
	/* the point */
	int signal; /* 0: the call fails instead */
	bool starve;
	const char *role;
	int nth, error, nr;
	bool reached;
	int hits;
};

static void die(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(2);
}

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static struct process *find(struct injector *in, pid_t pid)
{
	for (int i = 0; i < in->count; i++)
		if (in->process[i].pid == pid && !in->process[i].gone)
			return &in->process[i];
	if (in->count == PROCESS_MAX) {
		fprintf(stderr, "inject: too many processes\n");
		exit(2);
	}
	in->process[in->count] = (struct process){ .pid = pid, .since_ms = now_ms() };
	return &in->process[in->count++];
}

static int alive(const struct injector *in)
{
	int n = 0;

	for (int i = 0; i < in->count; i++)
		n += !in->process[i].gone;
	return n;
}

/* --- at a system call ---------------------------------------------------------------------------- */

#ifdef __x86_64__
static unsigned long set_argument(pid_t pid, unsigned long value)
{
	struct user_regs_struct regs;
	unsigned long before;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
		return 0;
	before = regs.rdi;
	regs.rdi = value;
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
	return before;
}

static void set_call(pid_t pid, bool entry, long value)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) != 0)
		return;
	if (entry)
		regs.orig_rax = (unsigned long)-1;
	else
		regs.rax = (unsigned long)value;
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
}
#elif defined(__aarch64__)
/* Its register is that of the result. */
static unsigned long set_argument(pid_t pid, unsigned long value)
{
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io) == 0) {
		regs.regs[0] = value;
		ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &io);
	}
	return 0;
}

static void set_call(pid_t pid, bool entry, long value)
{
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof(regs) };
	int none = -1;

	if (entry) {
		io = (struct iovec){ &none, sizeof(none) };
		ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &io);
		return;
	}
	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io) != 0)
		return;
	regs.regs[0] = (unsigned long)value;
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &io);
}
#else
#error "inject: registers of this machine are unknown"
#endif

static void list_call(struct injector *in, const struct process *p, int nr)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

	fprintf(in->report, "call %s %s %s %d\n", in->executed ? "after" : "set-up", p->role,
		name ? name : "unknown", p->seen[nr]);
	free(name);
}

static bool same_page(unsigned long a, unsigned long b)
{
	const unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE) - 1;

	return (a + page) / (page + 1) == (b + page) / (page + 1);
}

static void at_call(struct injector *in, struct process *p)
{
	struct __ptrace_syscall_info info;
	int nr;

	if (!in->started || p->running_workload ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, p->pid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && p->in_brk)
		p->brk = (unsigned long)info.exit.rval;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && p->replace) {
		set_call(p->pid, false, -in->error);
		p->replace = false;
	}
#ifdef __x86_64__ /* the caller still has its argument in that register */
	if (info.op == PTRACE_SYSCALL_INFO_EXIT && p->restore) {
		set_argument(p->pid, p->argument);
		p->restore = false;
	}
#endif
	nr = (int)info.entry.nr;
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY || nr < 0 || nr >= CALL_MAX)
		return;
	p->in_brk = nr == SYS_brk;
	p->seen[nr]++;
	if (nr == SYS_clone3) /* the first member of struct clone_args */
		p->flags = (unsigned long)ptrace(PTRACE_PEEKDATA, p->pid, info.entry.args[0], NULL);
	else if (nr == SYS_clone)
		p->flags = info.entry.args[0];
	if (in->list)
		list_call(in, p, nr);
	if (strcmp(p->role, in->role) != 0)
		return;
	if (nr == in->nr && p->seen[nr] == in->nth)
		in->reached = true;
	else if (!in->starve || !in->reached || (nr != SYS_brk && nr != SYS_mmap))
		return;
	if (nr == SYS_brk && !in->signal && same_page(info.entry.args[0], p->brk))
		return;
	in->hits++;
	if (in->signal) {
		kill(p->pid, in->signal);
	} else if (nr == SYS_brk) {
		p->argument = set_argument(p->pid, 0); /* asks for the break */
		p->restore = true;
	} else {
		if (nr != SYS_close)
			set_call(p->pid, true, 0);
		p->replace = true;
	}
}

static void name(struct injector *in, struct process *p, struct process *maker)
{
	if (maker)
		snprintf(p->role, ROLE_MAX, "%.18s.%d", maker->role, ++maker->children);
	else
		snprintf(p->role, ROLE_MAX, "?");
	if (maker)
		p->brk = maker->brk;
	if (in->list)
		fprintf(in->report, "process %s %lx\n", p->role, maker ? maker->flags : 0);
}

/* A new process may stop before its maker does, who alone can say which one it is: it waits until then.
 * A maker that is killed in its clone never says so. */
static void name_orphans(struct injector *in)
{
	for (int i = 0; i < in->count; i++) {
		struct process *p = &in->process[i];

		if (p->gone || p->role[0] || now_ms() - p->since_ms < UNNAMED_MS)
			continue;
		name(in, p, NULL);
		ptrace(PTRACE_SYSCALL, p->pid, NULL, 0);
	}
}

static void made(struct injector *in, struct process *maker, pid_t pid)
{
	for (int i = 0; i < in->count; i++) {
		struct process *p = &in->process[i];

		if (p->pid == pid && !p->role[0]) { /* it has stopped already, or is gone */
			name(in, p, maker);
			if (!p->gone)
				ptrace(PTRACE_SYSCALL, pid, NULL, 0);
			return;
		}
	}
	name(in, find(in, pid), maker);
}

static void at_stop(struct injector *in, struct process *p, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16, deliver = 0;
	enum __ptrace_request how = PTRACE_SYSCALL;
	unsigned long child;

	if (!p->role[0])
		return;
	if (sig == (SIGTRAP | 0x80)) {
		at_call(in, p);
	} else if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
		   event == PTRACE_EVENT_VFORK) {
		if (ptrace(PTRACE_GETEVENTMSG, p->pid, NULL, &child) == 0)
			made(in, p, (pid_t)child);
	} else if (event == PTRACE_EVENT_EXEC) {
		if (strcmp(p->role, "0") == 0)
			in->started = true;
		else
			in->executed = p->running_workload = true;
	} else if (event == PTRACE_EVENT_STOP) {
		/* a group stop stays one; the first stop of a new process just goes on */
		if (sig != SIGTRAP)
			how = PTRACE_LISTEN;
	} else {
		deliver = sig;
	}
	ptrace(p->running_workload && how == PTRACE_SYSCALL ? PTRACE_CONT : how, p->pid, NULL,
	       deliver);
}

/* --- the run ------------------------------------------------------------------------------------- */

static pid_t start(char **argv, char **cgroups)
{
	int gate[2];
	char byte;
	pid_t pid;

	if (pipe2(gate, O_CLOEXEC) != 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		for (; *cgroups; cgroups++) {
			int fd = open(*cgroups, O_WRONLY | O_CLOEXEC);

			if (fd < 0 || write(fd, "0", 1) != 1)
				die(*cgroups);
			close(fd);
		}
		close(gate[1]);
		if (read(gate[0], &byte, 1) < 0)
			die("read");
		execv(argv[0], argv);
		die(argv[0]);
	}
	close(gate[0]);
	if (ptrace(PTRACE_SEIZE, pid, NULL,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
			   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) != 0)
		die("ptrace");
	/* system call stops begin at the next resumption: make one */
	ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	close(gate[1]);
	return pid;
}

/* For whoever wonders what a run hangs on. */
static void tell_where(const struct process *p)
{
	static const char *const files[] = { "stat", "syscall", "wchan", "stack" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[64], text[1024] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/%s", (int)p->pid, files[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
			fprintf(stderr, "inject: stuck: %s %d %s: %s\n", p->role, (int)p->pid,
				files[i], text);
		close(fd);
	}
}

static void nothing(int sig)
{
	(void)sig;
}

/* Until nothing is left, or COMMAND has ended and the rest had its time.  Returns its status. */
static int follow(struct injector *in, long seconds, bool *stuck, int *left)
{
	long long deadline = now_ms() + seconds * 1000;
	const struct itimerval often = { { 0, 50000 }, { 0, 50000 } };
	const struct sigaction wake = { .sa_handler = nothing }; /* and no SA_RESTART */
	int status, result = -1;

	/* waitpid has no time-out: let a signal end it now and then */
	sigaction(SIGALRM, &wake, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	*stuck = false;
	*left = 0;
	while (alive(in) > 0) {
		pid_t pid = waitpid(-1, &status, __WALL);

		name_orphans(in);
		if (now_ms() >= deadline) {
			if (result < 0)
				*stuck = true;
			else
				*left = alive(in);
			for (int i = 0; i < in->count; i++)
				if (!in->process[i].gone && result < 0)
					tell_where(&in->process[i]);
			for (int i = 0; i < in->count; i++)
				if (!in->process[i].gone)
					kill(in->process[i].pid, SIGKILL);
			deadline = now_ms() + 5000;
		}
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		if (WIFSTOPPED(status)) {
			at_stop(in, find(in, pid), status);
			continue;
		}
		find(in, pid)->gone = true;
		if (pid == in->process[0].pid) {
			result = status;
			if (!*stuck)
				deadline = now_ms() + 2000;
		}
	}
	return result;
}

int main(int argc, char **argv)
{
	static struct injector in = { .nr = -1, .role = "" };
	char *cgroups[16] = { NULL };
	int cgroup_count = 0, i = 1, status, left;
	const char *report = NULL;
	long seconds = 20;
	bool stuck;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "-l") == 0) {
			in.list = true;
		} else if (strcmp(argv[i], "-o") == 0) {
			report = argv[++i];
		} else if (strcmp(argv[i], "-s") == 0) {
			seconds = atol(argv[++i]);
		} else if (strcmp(argv[i], "-g") == 0 && cgroup_count < 15) {
			cgroups[cgroup_count++] = argv[++i];
		} else if (i + 3 < argc && argv[i][0] == '-' && strchr("fkzm", argv[i][1])) {
			in.signal = argv[i][1] == 'k' ? SIGKILL : argv[i][1] == 'z' ? SIGSTOP : 0;
			in.starve = argv[i][1] == 'm';
			in.role = argv[i + 1];
			in.nr = seccomp_syscall_resolve_name(argv[i + 2]);
			in.nth = atoi(argv[i + 3]);
			i += 3;
			if (in.starve)
				in.error = ENOMEM;
			else if (!in.signal)
				in.error = atoi(argv[++i]);
		} else {
			break;
		}
	}
	in.report = report ? fopen(report, "we") : NULL;
	if (!in.report || i + 1 >= argc || strcmp(argv[i], "--") != 0) {
		fprintf(stderr, "inject: usage: see the head of inject.c\n");
		return 2;
	}
	strcpy(find(&in, start(argv + i + 1, cgroups))->role, "0");
	status = follow(&in, seconds, &stuck, &left);
	fprintf(in.report, "hit %d\n", in.hits);
	if (WIFSIGNALED(status))
		fprintf(in.report, "signal %d\n", WTERMSIG(status));
	else
		fprintf(in.report, "exit %d\n", WEXITSTATUS(status));
	fprintf(in.report, "stuck %d\nleft %d\n", stuck, left);
	return fclose(in.report) == 0 ? 0 : 2;
}
