/* words.c - the vocabularies of seccomp documents, as tables. */
#include <stddef.h>
#include <string.h>

#include "seccomp/spec.h"
#include "seccomp/words.h"

struct word {
	const char *name;
	int value;
};

static const struct word actions[] = {
	{ "SCMP_ACT_ALLOW", SECCOMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SECCOMP_ACT_LOG },
	{ "SCMP_ACT_ERRNO", SECCOMP_ACT_ERRNO },
	{ "SCMP_ACT_NOTIFY", SECCOMP_ACT_NOTIFY },
	{ "SCMP_ACT_TRAP", SECCOMP_ACT_TRAP },
	{ "SCMP_ACT_KILL", SECCOMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_TRACE", SECCOMP_WORD_REFUSED }, /* no tracer: every such call would fail */
};

static const struct word ops[] = {
	{ "SCMP_CMP_NE", SECCOMP_OP_NE },
	{ "SCMP_CMP_LT", SECCOMP_OP_LT },
	{ "SCMP_CMP_LE", SECCOMP_OP_LE },
	{ "SCMP_CMP_EQ", SECCOMP_OP_EQ },
	{ "SCMP_CMP_GE", SECCOMP_OP_GE },
	{ "SCMP_CMP_GT", SECCOMP_OP_GT },
	{ "SCMP_CMP_MASKED_EQ", SECCOMP_OP_MASKED_EQ },
};

static const struct word flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", 0 }, /* one thread loads: nothing to synchronise */
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_WORD_REFUSED },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_WORD_REFUSED }, /* lifts a CPU mitigation */
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_WORD_REFUSED },
};

/* Ours comes first: a later row of the same name is not reached. */
static const struct word arches[] = {
	{ SECCOMP_ARCH_OCI, 1 },	{ "SCMP_ARCH_NATIVE", 1 },   { "SCMP_ARCH_X86", 0 },
	{ "SCMP_ARCH_X86_64", 0 },	{ "SCMP_ARCH_X32", 0 },	     { "SCMP_ARCH_ARM", 0 },
	{ "SCMP_ARCH_AARCH64", 0 },	{ "SCMP_ARCH_MIPS", 0 },     { "SCMP_ARCH_MIPS64", 0 },
	{ "SCMP_ARCH_MIPS64N32", 0 },	{ "SCMP_ARCH_MIPSEL", 0 },   { "SCMP_ARCH_MIPSEL64", 0 },
	{ "SCMP_ARCH_MIPSEL64N32", 0 }, { "SCMP_ARCH_PPC", 0 },	     { "SCMP_ARCH_PPC64", 0 },
	{ "SCMP_ARCH_PPC64LE", 0 },	{ "SCMP_ARCH_S390", 0 },     { "SCMP_ARCH_S390X", 0 },
	{ "SCMP_ARCH_PARISC", 0 },	{ "SCMP_ARCH_PARISC64", 0 }, { "SCMP_ARCH_RISCV64", 0 },
	{ "SCMP_ARCH_LOONGARCH64", 0 }, { "SCMP_ARCH_M68K", 0 },     { "SCMP_ARCH_SH", 0 },
	{ "SCMP_ARCH_SHEB", 0 },
};

static const struct word go_arches[] = {
	{ SECCOMP_ARCH_GO, 1 }, { "amd64", 0 },	 { "x32", 0 },	    { "x86", 0 },
	{ "386", 0 },		{ "arm", 0 },	 { "arm64", 0 },    { "mips", 0 },
	{ "mips64", 0 },	{ "mipsle", 0 }, { "mips64le", 0 }, { "mips64n32", 0 },
	{ "mipsel", 0 },	{ "ppc", 0 },	 { "ppc64", 0 },    { "ppc64le", 0 },
	{ "s390", 0 },		{ "s390x", 0 },	 { "riscv64", 0 },  { "loong64", 0 },
};

#define TABLE(what, words)                                          \
	{                                                           \
		(what), (words), sizeof(words) / sizeof((words)[0]) \
	}

static const struct {
	const char *what;
	const struct word *words;
	size_t count;
} vocabularies[SECCOMP_WORDS_COUNT] = {
	[SECCOMP_WORDS_ACTION] = TABLE("action", actions),
	[SECCOMP_WORDS_OP] = TABLE("operator", ops),
	[SECCOMP_WORDS_FLAG] = TABLE("flag", flags),
	[SECCOMP_WORDS_ARCH] = TABLE("architecture", arches),
	[SECCOMP_WORDS_GO_ARCH] = TABLE("architecture", go_arches),
};

int seccomp_word(enum seccomp_vocabulary vocabulary, const char *word)
{
	for (size_t i = 0; i < vocabularies[vocabulary].count; i++)
		if (strcmp(vocabularies[vocabulary].words[i].name, word) == 0)
			return vocabularies[vocabulary].words[i].value;
	return SECCOMP_WORD_UNKNOWN;
}

const char *seccomp_vocabulary_name(enum seccomp_vocabulary vocabulary)
{
	return vocabularies[vocabulary].what;
}
