/* Any bytes as a record or an audit log: no crash, and every rule that is suggested is one. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "cmd/suggest.h"
#include "netns/egress_rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct suggest s = { 0 };
	struct egress_rule rule;
	struct err e;

	json_object_seed(1);
	if (suggest_read_bytes(&s, (const char *)data, size, &e) == 0 && suggest_make(&s, &e) == 0)
		for (size_t i = 0; i < s.line_count; i++)
			if (s.lines[i].kind != SUGGEST_NOTE &&
			    egress_rule_parse(s.lines[i].text, &s.arena, &rule, &e) != 0)
				abort();
	suggest_release(&s);
	return 0;
}
