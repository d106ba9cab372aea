/* seccomp_profiles.c - what the shipped profiles answer, call by call, run in a simulator.
 * The answers are in seccomp_rows.h. */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/mman.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "seccomp/names.h"
#include "seccomp/notify.h"
#include "tests/unit/bpf_sim.h"
#include "tests/unit/seccomp_rows.h"
#include "tests/unit/tap.h"

/* ------------------------------------------------------------------------ unconditional answers */

static bool listed(const char *names, int nr)
{
	char copy[8192], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", names);
	for (char *name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save))
		if (seccomp_syscall_number(name) == nr)
			return true;
	return false;
}

static void test_names_exist(void)
{
	char copy[8192], *save;
	int unknown = 0;

	for (size_t i = 0; i < COUNT(lists); i++) {
		snprintf(copy, sizeof(copy), "%s", lists[i].names);
		save = NULL;
		for (char *s = strtok_r(copy, " ", &save); s; s = strtok_r(NULL, " ", &save))
			if (seccomp_syscall_number(s) == SECCOMP_NR_UNKNOWN) {
				diag("unknown: %s", s);
				unknown++;
			}
	}
	is_int(unknown, 0, "every name in this test is a system call");
}

static uint32_t unconditional(int profile, int nr)
{
	for (size_t i = 0; i < COUNT(lists); i++)
		if (listed(lists[i].names, nr))
			return lists[i].answer[profile];
	return ERR(ENOSYS);
}

/* All numbers, with arguments that are zeros and ones: an answer that depends on them shows. */
static void test_unconditional(const struct seccomp_profile *profile, int column)
{
	int wrong = 0, checked = 0;
	char name[32];

	for (int nr = 0; nr < NR_END; nr++) {
		struct seccomp_data zeros = { .nr = nr, .arch = BPF_SIM_ARCH }, ones = zeros;
		uint32_t want, low, high;

		if (listed(by_arguments, nr))
			continue;
		memset(ones.args, 0xff, sizeof(ones.args));
		want = unconditional(column, nr);
		low = bpf_sim_profile(profile, &zeros);
		high = bpf_sim_profile(profile, &ones);
		checked++;
		if (low == want && high == want)
			continue;
		wrong++;
		diag("%s: %x and %x, want %x", seccomp_syscall_name(nr, name, sizeof(name)),
		     (unsigned)low, (unsigned)high, (unsigned)want);
	}
	is_int(wrong, 0, "%s: %d calls answer as listed, whatever their arguments", profile->name,
	       checked);
}

/* The filter of denials is also the floor under filters that users bring: what is refused by name
 * must be refused there, and not only by allow's default. */
static void test_floor(const struct seccomp_profile *profile, int column)
{
	int wrong = 0;
	char name[32];

	for (int nr = 0; nr < NR_END; nr++)
		for (size_t i = 0; i < COUNT(lists); i++) {
			struct seccomp_data data = { .nr = nr, .arch = BPF_SIM_ARCH };

			if (!listed(lists[i].names, nr) ||
			    bpf_sim(&profile->deny, &data) == lists[i].answer[column])
				continue;
			diag("%s", seccomp_syscall_name(nr, name, sizeof(name)));
			wrong++;
		}
	is_int(wrong, 0, "%s: deny alone refuses every listed call", profile->name);
}

/* --------------------------------------------------------------------------- by their arguments */

static void test_row(const struct seccomp_profile *profile, const struct row *row, uint32_t want)
{
	struct seccomp_data data = { .nr = seccomp_syscall_number(row->call), .arch = BPF_SIM_ARCH };

	if (data.nr < 0)
		return; /* not on this architecture */
	memcpy(data.args, row->args, sizeof(row->args));
	is_int(bpf_sim_profile(profile, &data), want, "%s: %s(%#jx, %#jx, %#jx, %#jx)",
	       profile->name, row->call, (uintmax_t)row->args[0], (uintmax_t)row->args[1],
	       (uintmax_t)row->args[2], (uintmax_t)row->args[3]);
}

/* ------------------------------------------------------------- whole ranges of their arguments */

/* The socket rules in plain words. */
static uint32_t socket_wanted(int column, uint64_t family, uint64_t type, uint64_t protocol)
{
	bool stream = (type & 0xf) == 1, datagram = (type & 0xf) == 2;

	if (family == 1)
		return ALLOW;
	if (family == 16 && protocol == 0)
		return column == STRICT ? ERR(EAFNOSUPPORT) : ALLOW;
	if ((family != 2 && family != 10) || column == STRICT || !(stream || datagram))
		return NOTIFY;
	if (protocol == 0 || protocol == (stream ? 6u : 17u))
		return ALLOW;
	return ERR(EPROTONOSUPPORT);
}

static void test_sockets(const struct seccomp_profile *profile, int column)
{
	struct seccomp_data data = { .nr = SYS_socket, .arch = BPF_SIM_ARCH };
	int wrong = 0, checked = 0;

	for (uint64_t family = 0; family < 64; family++)
		for (uint64_t type = 0; type < 32; type++)
			for (uint64_t protocol = 0; protocol < 300; protocol++, checked++) {
				data.args[0] = family | (family == 63 ? HIGH : 0);
				data.args[1] = type | (type > 15 ? 0x80800 : 0);
				data.args[2] = protocol | (protocol == 299 ? HIGH << 8 : 0);
				wrong += bpf_sim_profile(profile, &data) !=
					 socket_wanted(column, data.args[0], data.args[1],
						       data.args[2]);
			}
	is_int(wrong, 0, "%s: %d kinds of sockets", profile->name, checked);
}

/* Each single bit, alone and beside all that is allowed. */
static void test_personality(const struct seccomp_profile *profile)
{
	struct seccomp_data data = { .nr = SYS_personality, .arch = BPF_SIM_ARCH };
	int wrong = 0;

	for (int bit = 19; bit < 28; bit++)
		for (int with = 0; with < 2; with++) {
			data.args[0] = UINT64_C(1) << bit | (with ? 0x60008 : 0);
			wrong += bpf_sim_profile(profile, &data) != NOTIFY;
		}
	for (int bit = 0; bit < 64; bit++) {
		data.args[0] = UINT64_C(1) << bit;
		wrong += (bpf_sim_profile(profile, &data) == ALLOW) !=
			 (bit == 3 || bit == 17 || bit == 18);
		data.args[0] = ONES & ~data.args[0];
		wrong += bit < 32 && bpf_sim_profile(profile, &data) == ALLOW;
	}
	is_int(wrong, 0, "%s: every bit of personality", profile->name);
}

/* ------------------------------------------------------------------------------- architectures */

static void test_architectures(const struct seccomp_profile *profile)
{
	struct seccomp_data data = { .nr = 0, .arch = AUDIT_ARCH_I386 };

	is_int(bpf_sim(&profile->allow, &data), KILL, "%s: allow kills i386", profile->name);
	is_int(bpf_sim(&profile->deny, &data), KILL, "%s: deny kills i386", profile->name);
	data.arch = AUDIT_ARCH_ARM;
	is_int(bpf_sim_profile(profile, &data), KILL, "%s: another machine is killed",
	       profile->name);
#ifdef __x86_64__
	data.arch = BPF_SIM_ARCH;
	data.nr = 0x40000000;
	is_int(bpf_sim_profile(profile, &data), KILL, "%s: x32's first call is killed",
	       profile->name);
	data.nr = 0x40000000 | 520;
	is_int(bpf_sim_profile(profile, &data), KILL, "%s: x32's execve is killed", profile->name);
#endif
	data.arch = BPF_SIM_ARCH;
	data.nr = -1;
	ok(bpf_sim_profile(profile, &data) != ALLOW, "%s: number -1 is not allowed", profile->name);
}

static void test_init(void)
{
	const struct seccomp_profile *init = seccomp_profile_find("init");
	const char *const allowed =
		"waitid wait4 sendmsg sendto write read exit_group exit rt_sigreturn restart_syscall getpid";
	int wrong = 0;

	if (!ok(init != NULL, "init is shipped"))
		return;
	for (int nr = 0; nr < NR_END; nr++) {
		struct seccomp_data data = { .nr = nr, .arch = BPF_SIM_ARCH };

		if (bpf_sim(&init->allow, &data) != (listed(allowed, nr) ? ALLOW : KILL))
			wrong++;
		if (bpf_sim(&init->deny, &data) != ALLOW)
			wrong++;
	}
	is_int(wrong, 0, "init: eleven calls, anything else kills");
	test_architectures(init);
}

static bool gateway_allows(int nr, uint64_t first, uint64_t second, uint64_t third)
{
	struct seccomp_data data = { .nr = nr,
				     .arch = BPF_SIM_ARCH,
				     .args = { first, second, third } };

	return bpf_sim(&seccomp_profile_find("gateway")->allow, &data) == ALLOW;
}

static void test_gateway(void)
{
	const struct seccomp_profile *gateway = seccomp_profile_find("gateway");
	const char *const allowed =
		"epoll_wait epoll_pwait epoll_ctl accept4 connect shutdown close recvfrom recvmsg sendto "
		"sendmsg read write writev getsockname getpeername getsockopt setsockopt brk munmap "
		"mremap madvise clock_gettime gettimeofday exit_group exit rt_sigreturn restart_syscall "
		"getpid";
	const char *const by_argument = "socket fcntl mmap";
	int wrong = 0;

	if (!ok(gateway != NULL, "gateway is shipped"))
		return;
	for (int nr = 0; nr < NR_END; nr++) {
		struct seccomp_data data = { .nr = nr, .arch = BPF_SIM_ARCH };

		if (!listed(by_argument, nr) &&
		    bpf_sim(&gateway->allow, &data) != (listed(allowed, nr) ? ALLOW : KILL))
			wrong++;
	}
	is_int(wrong, 0, "gateway: calls on sockets and memory, anything else kills");
	for (uint64_t family = 0; family < 50; family++)
		for (uint64_t type = 0; type < 12; type++) {
			bool want = (family == AF_INET || family == AF_INET6) &&
				    (type == SOCK_STREAM || type == SOCK_DGRAM);

			wrong += gateway_allows(SYS_socket, family, type, 0) != want;
			wrong += gateway_allows(SYS_socket, family,
						type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) != want;
		}
	is_int(wrong, 0, "gateway: TCP and UDP sockets only");
	for (uint64_t command = 0; command < 2000; command++)
		wrong += gateway_allows(SYS_fcntl, 3, command, 0) != (command <= F_SETFL);
	is_int(wrong, 0, "gateway: descriptor flags only");
	ok(gateway_allows(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE) &&
		   !gateway_allows(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC),
	   "gateway: no executable memory");
	test_architectures(gateway);
}

/* The list that user-made filters must let through is what default notifies whole. */
static void test_notified_names(void)
{
	const struct seccomp_profile *profile = seccomp_profile_find("default");
	int wrong = 0, named = 0, notified = 0;

	for (size_t i = 0; seccomp_notified_names[i]; i++, named++) {
		struct seccomp_data data = { .nr = seccomp_syscall_number(seccomp_notified_names[i]),
					     .arch = BPF_SIM_ARCH };

		if (data.nr < 0 || bpf_sim(&profile->deny, &data) != NOTIFY)
			wrong++;
	}
	for (int nr = 0; nr < NR_END; nr++)
		if (!listed(by_arguments, nr) && unconditional(DEFAULT, nr) == NOTIFY)
			notified++;
	is_int(wrong, 0, "every notified name is answered by NOTIFY");
	is_int(named, notified, "and none is missing");
}

int main(void)
{
	ok(seccomp_profile_find("no such") == NULL, "an unknown profile is not found");
	ok(seccomp_profile_count >= 5, "all profiles are shipped");
	test_names_exist();
	for (int i = 0; i < PROFILE_COUNT; i++) {
		const struct seccomp_profile *profile = seccomp_profile_find(profile_names[i]);

		if (!ok(profile != NULL, "%s is shipped", profile_names[i]))
			return done();
		test_unconditional(profile, i);
		for (size_t r = 0; r < COUNT(rows); r++)
			test_row(profile, &rows[r], rows[r].want[i]);
		test_floor(profile, i);
		test_sockets(profile, i);
		test_personality(profile);
		test_architectures(profile);
	}
	test_init();
	test_gateway();
	test_notified_names();
	return done();
}
