/* verbs.h - one function per verb; each returns the exit status of the program. */
#ifndef CMD_VERBS_H
#define CMD_VERBS_H

#include "cmd/options.h"

int run_verb(struct options *o);
int explain_verb(struct options *o);
int check_verb(struct options *o);
int canary_verb(struct options *o);
int show_verb(struct options *o);
int audit_verify_verb(struct options *o);
int audit_show_verb(struct options *o);
int summary_verb(struct options *o);
int suggest_verb(struct options *o);

#endif
