/* asan.c - linked into build/asan/enclave-run, which also starts without an environment and inside a sandbox.
 *
 * Leaks can't be looked for: children end by _exit, inside a namespace without /proc.  Nor may init have
 * handlers: a workload can send PID 1 just those signals for which it has one. */
const char *__asan_default_options(void);

const char *__asan_default_options(void) /* NOLINT: the name is the sanitizer's */
{
	return "detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0";
}
