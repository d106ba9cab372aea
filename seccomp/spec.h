/* spec.h - a seccomp profile as data, before it is compiled.
 *
 * One profile (an OCI/Docker "linux.seccomp" JSON document, read by profiles/seccomp_json) becomes
 * *two* filters, because libseccomp lets an unconditional rule silently replace earlier conditional
 * ones for the same call, while the kernel takes the most restrictive answer of stacked filters:
 *
 *	deny:  default ALLOW; every rule whose action denies (ERRNO, NOTIFY, KILL, TRAP)
 *	allow: every rule whose action allows (ALLOW, LOG), plus everything that deny answers by
 *	       NOTIFY or by an errno of its own (ERRNO outranks USER_NOTIF, and of two ERRNOs the
 *	       later filter's is taken, so allow must let it through); default as in the document;
 *	       a foreign architecture kills the process
 *
 * deny is loaded first, with the listener.  Source: seccomp(2), kernel/seccomp.c (action order). */
#ifndef SECCOMP_SPEC_H
#define SECCOMP_SPEC_H

#include <stddef.h>
#include <stdint.h>

enum seccomp_action {
	SECCOMP_ACT_ALLOW,
	SECCOMP_ACT_LOG,
	SECCOMP_ACT_ERRNO,
	SECCOMP_ACT_NOTIFY,
	SECCOMP_ACT_TRAP,
	SECCOMP_ACT_KILL_THREAD,
	SECCOMP_ACT_KILL_PROCESS,
	SECCOMP_ACT_COUNT
};

enum seccomp_op {
	SECCOMP_OP_NE,
	SECCOMP_OP_LT,
	SECCOMP_OP_LE,
	SECCOMP_OP_EQ,
	SECCOMP_OP_GE,
	SECCOMP_OP_GT,
	SECCOMP_OP_MASKED_EQ, /* (arg & value) == value_two */
	SECCOMP_OP_COUNT
};

struct seccomp_arg {
	unsigned index; /* 0..5 */
	enum seccomp_op op;
	uint64_t value;
	uint64_t value_two;
};

struct seccomp_rule {
	char **names; /* heap, name_count strings */
	size_t name_count;
	enum seccomp_action action;
	unsigned errno_value; /* for SECCOMP_ACT_ERRNO */
	struct seccomp_arg args[6];
	size_t arg_count; /* ANDed */
};

struct seccomp_spec {
	enum seccomp_action default_action;
	unsigned default_errno;
	struct seccomp_rule *rules; /* heap */
	size_t rule_count;
};

void seccomp_spec_release(struct seccomp_spec *spec);

#endif
