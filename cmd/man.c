#include "cmd/pages.h"
void man_page(FILE *out, const void *arg) { (void)arg; fputs("\n", out); }
void man_policy_page(FILE *out, const void *arg) { (void)arg; fputs("\n", out); }
