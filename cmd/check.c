/* check.c - the verb `check`: in this version only --sweep. */
#include "cmd/report.h"
#include "cmd/verbs.h"
#include "sandbox/cgroup.h"

static void swept_page(FILE *out, const void *arg)
{
	const unsigned *removed = arg;

	fprintf(out, "%u control group%s of dead runs removed\n", *removed,
		*removed == 1 ? "" : "s");
}

int check_verb(struct options *o)
{
	unsigned removed;
	struct err e;

	if (o->rest_count > 0) {
		err_usage(&e,
			  "'check' takes no words, '%s' is one; a command called check is run by "
			  "'enclave-run -- check'",
			  o->rest[0]);
		return report_error(&e);
	}
	if (!o->sweep) {
		err_usage(&e, "'check' wants --sweep: it has no other task in this version");
		return report_error(&e);
	}
	removed = cgroup_sweep(NULL);
	return report_page(swept_page, &removed);
}
