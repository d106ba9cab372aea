/* names.c - names and numbers of system calls: libseccomp's tables and one of newer calls. */
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "seccomp/names.h"
#include "seccomp/notify.h"

struct newer_call {
	const char *name;
	int nr;
};

/* Numbers from 424 on are the same on every architecture (include/uapi/asm-generic/unistd.h).
 * libseccomp is asked first; a row can go once the oldest supported release knows its name. */
static const struct newer_call newer_calls[] = {
	{ "process_mrelease", 448 },
	{ "futex_waitv", 449 },
	{ "set_mempolicy_home_node", 450 },
	{ "cachestat", 451 },
	{ "fchmodat2", 452 },
	{ "map_shadow_stack", 453 },
	{ "futex_wake", 454 },
	{ "futex_wait", 455 },
	{ "futex_requeue", 456 },
	{ "statmount", 457 },
	{ "listmount", 458 },
	{ "lsm_get_self_attr", 459 },
	{ "lsm_set_self_attr", 460 },
	{ "lsm_list_modules", 461 },
	{ "mseal", 462 },
	{ "setxattrat", 463 },
	{ "getxattrat", 464 },
	{ "listxattrat", 465 },
	{ "removexattrat", 466 },
	{ "open_tree_attr", 467 },
	{ "file_getattr", 468 },
	{ "file_setattr", 469 },
#ifdef __x86_64__
	{ "uretprobe", 335 },
	{ "uprobe", 336 },
#endif
};

/* Calls of one architecture only: known, even where they do not exist. */
static const char *const foreign_calls[] = { "uretprobe", "uprobe" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int seccomp_syscall_number(const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);

	if (nr >= 0)
		return nr;
	if (nr != __NR_SCMP_ERROR)
		return SECCOMP_NR_ABSENT;
	for (size_t i = 0; i < COUNT(newer_calls); i++)
		if (strcmp(newer_calls[i].name, name) == 0)
			return newer_calls[i].nr;
	for (size_t i = 0; i < COUNT(foreign_calls); i++)
		if (strcmp(foreign_calls[i], name) == 0)
			return SECCOMP_NR_ABSENT;
	return SECCOMP_NR_UNKNOWN;
}

const char *seccomp_syscall_name(int nr, char *buf, size_t cap)
{
	struct text out = { .at = buf, .cap = cap };
	char *known = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);

	if (known) {
		text_str(&out, known);
		free(known);
		return buf;
	}
	for (size_t i = 0; i < COUNT(newer_calls); i++)
		if (newer_calls[i].nr == nr)
			return newer_calls[i].name;
	text_fmt(&out, "syscall_%d", nr);
	return buf;
}
