/* fuzz_dns.c - any bytes as a query.
 *
 * Checked beside memory safety: the reply is well formed by another decoder, fits, and agrees with what
 * is reported; the policy only sees canonical names; what is logged is printable. */
#include <stdlib.h>
#include <string.h>

#include "netns/dns.h"
#include "tests/unit/dns_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum dns_verdict decide(void *context, const char *name, uint32_t *out_rule)
{
	char again[NAME_CAP];

	(void)context;
	if (!name_canonical(name, strlen(name), again) || strcmp(name, again) != 0)
		abort();
	*out_rule = 1;
	return (enum dns_verdict)(name[0] % 3);
}

static void check_report(const struct dns_report *report)
{
	if (report->outcome >= DNS_OUTCOME_COUNT || strlen(report->name) >= NAME_CAP)
		abort();
	for (const char *s = report->name; *s; s++)
		if (*s <= ' ' || *s > '~' || *s == '"' || (*s >= 'A' && *s <= 'Z'))
			abort();
}

static void check_reply(const uint8_t *query, const uint8_t *reply, size_t len,
			const struct dns_report *report)
{
	struct decoded d;

	if (report->outcome == DNS_DROPPED) {
		if (len != 0)
			abort();
		return;
	}
	if (len > DNS_REPLY_MAX || !decode(reply, len, &d) || memcmp(query, reply, 2) != 0)
		abort();
	if (!(d.flags & 0x8000) || d.flags & 0x0200)
		abort();
	if (d.question_len > 0 && memcmp(query + 12, reply + 12, d.question_len) != 0)
		abort();
	if ((report->outcome == DNS_ANSWERED) != (d.counts[1] == 1) ||
	    (d.rcode == 0) != (report->outcome == DNS_ANSWERED || report->outcome == DNS_NO_DATA))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pool *pool; /* 1 MiB: not made anew for each input */
	struct dns_policy policy = { .decide = decide };
	struct dns_report report;
	uint8_t reply[DNS_REPLY_MAX];
	size_t len;

	if (!pool)
		pool = calloc(1, sizeof(*pool));
	if (!pool)
		return 0;
	if (pool->count > 100)
		pool->count = 0;
	policy.pool = pool;
	len = dns_respond(&policy, data, size, reply, &report);
	check_report(&report);
	check_reply(data, reply, len, &report);
	return 0;
}
