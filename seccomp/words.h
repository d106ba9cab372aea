/* words.h - the words of OCI seccomp documents (runtime-spec, "linux.seccomp"; Docker's and Podman's
 * additions), and what they are to us.  Pure. */
#ifndef SECCOMP_WORDS_H
#define SECCOMP_WORDS_H

enum seccomp_vocabulary {
	SECCOMP_WORDS_ACTION,  /* values: enum seccomp_action */
	SECCOMP_WORDS_OP,      /* values: enum seccomp_op */
	SECCOMP_WORDS_FLAG,    /* of seccomp(2); values mean nothing */
	SECCOMP_WORDS_ARCH,    /* value 1: this machine's, 0: another */
	SECCOMP_WORDS_GO_ARCH, /* the same in Go's words, as Docker's includes and excludes say it */
	SECCOMP_WORDS_COUNT
};

#define SECCOMP_WORD_UNKNOWN (-1)
#define SECCOMP_WORD_REFUSED (-2) /* a word of the specification that we can't honour */

#if defined(__x86_64__)
#define SECCOMP_ARCH_OCI "SCMP_ARCH_X86_64"
#define SECCOMP_ARCH_GO "amd64"
#elif defined(__aarch64__)
#define SECCOMP_ARCH_OCI "SCMP_ARCH_AARCH64"
#define SECCOMP_ARCH_GO "arm64"
#else
#error "say here what OCI documents call this architecture"
#endif

/* seccomp_word() - the value of a word (0 or more), or one of the two above. */
int seccomp_word(enum seccomp_vocabulary vocabulary, const char *word);

/* seccomp_vocabulary_name() - "action", for messages. */
const char *seccomp_vocabulary_name(enum seccomp_vocabulary vocabulary);

#endif
