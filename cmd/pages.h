/* pages.h - what the program prints about itself, all made from the tables: --help, --version,
 * --man, --man=policy, --keys, --completion=bash. */
#ifndef CMD_PAGES_H
#define CMD_PAGES_H

#include <jansson.h>
#include <stdio.h>

#include "base/err.h"
#include "cmd/options.h"
#include "profiles/keys.h"

#define ENCLAVE_RUN_VERSION "0.1.0"

/* pages_print() - the page that was asked for; its exit status, or -1 with *e. */
int pages_print(const struct options *o, struct err *e);

/* Each writes a whole page; arg is a struct pages. */
struct pages {
	const struct verb *verb;
	json_t *defaults; /* preset `default`, for pages_default() */
};

void help_page(FILE *out, const void *arg);
void man_page(FILE *out, const void *arg);
void man_policy_page(FILE *out, const void *arg);
void keyref_page(FILE *out, const void *arg);
void completion_page(FILE *out, const void *arg);

/* pages_default() - what preset `default` says for a key, "" if nothing.  buf holds the text. */
const char *pages_default(const struct pages *pages, const struct key *key, char *buf, size_t cap);

/* pages_shown() - is this key offered?  What this version refuses is not. */
bool pages_shown(const struct key *key);

/* The exit statuses and the members of a record, for the pages. */
struct page_row {
	const char *name, *text;
};
extern const struct page_row page_exit_statuses[];
extern const struct page_row page_record_members[];
extern const struct page_row page_examples[];
extern const struct page_row page_indistinct[]; /* ends that leave the same traces, and what is said */

#endif
