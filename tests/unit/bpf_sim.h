/* bpf_sim.h - run a seccomp filter without a kernel: the subset of classic BPF that the kernel
 * admits for filters and libseccomp makes, and the kernel's choice between stacked filters.
 *
 * Source: kernel/seccomp.c, seccomp_check_filter() and seccomp_run_filters(). */
#ifndef TESTS_UNIT_BPF_SIM_H
#define TESTS_UNIT_BPF_SIM_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "seccomp/filter.h"

#define BPF_SIM_UNUSED __attribute__((unused))
#define BPF_SIM_BAD 0x12345678u /* not a program that the kernel would take */

#if defined(__x86_64__)
#define BPF_SIM_ARCH AUDIT_ARCH_X86_64
#else
#define BPF_SIM_ARCH AUDIT_ARCH_AARCH64
#endif

static bool bpf_sim_jumps(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	default: /* BPF_JSET */
		return (a & k) != 0;
	}
}

/* bpf_sim() - the filter's answer to one call. */
static BPF_SIM_UNUSED uint32_t bpf_sim(const struct sock_fprog *program,
				       const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < program->len; pc++) {
		const struct sock_filter *f = &program->filter[pc];

		switch (f->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (f->k % 4 != 0 || f->k >= sizeof(*data))
				return BPF_SIM_BAD;
			memcpy(&a, (const char *)data + f->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= f->k;
			break;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += bpf_sim_jumps(f->code, a, f->k) ? f->jt : f->jf;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			return BPF_SIM_BAD;
		}
	}
	return BPF_SIM_BAD;
}

/* bpf_sim_profile() - both filters, as loaded: deny first, so allow is asked first.  The lower
 * action wins, read as a signed number; among equals the one asked first. */
static BPF_SIM_UNUSED uint32_t bpf_sim_profile(const struct seccomp_profile *profile,
					       const struct seccomp_data *data)
{
	uint32_t allow = bpf_sim(&profile->allow, data), deny = bpf_sim(&profile->deny, data);

	if (allow == BPF_SIM_BAD || deny == BPF_SIM_BAD)
		return BPF_SIM_BAD;
	return (int32_t)(deny & SECCOMP_RET_ACTION_FULL) < (int32_t)(allow & SECCOMP_RET_ACTION_FULL)
		       ? deny
		       : allow;
}

#endif
