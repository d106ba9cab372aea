/* dns.c - the responder: what to answer is decided by answer(), how it looks by one row per outcome. */
#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "netns/dns.h"
#include "netns/dns_wire.h"

#define LOOPBACK_BE htonl(INADDR_LOOPBACK)

/* Extended errors: RFC 8914, section 4. */
#define EXTENDED_OTHER 0
#define EXTENDED_PROHIBITED 18
#define EXTENDED_NOT_SUPPORTED 21

/* What a reply carries beside header and question. */
struct answer {
	enum dns_rcode rcode;
	in_addr_t address_be; /* 0: none */
	const char *name;     /* of a PTR; NULL: none */
	uint16_t extended;
	const char *why; /* text of the extended error, NULL: none */
};

const char *dns_outcome_word(enum dns_outcome outcome)
{
	static const char *const words[] = {
#define DNS_OUTCOME_WORD(id, word, denial) word,
		DNS_OUTCOME_TABLE(DNS_OUTCOME_WORD)
#undef DNS_OUTCOME_WORD
	};

	return words[outcome];
}

bool dns_outcome_denial(enum dns_outcome outcome)
{
	static const bool denials[] = {
#define DNS_OUTCOME_DENIAL(id, word, denial) denial,
		DNS_OUTCOME_TABLE(DNS_OUTCOME_DENIAL)
#undef DNS_OUTCOME_DENIAL
	};

	return denials[outcome];
}

const char *dns_type_word(uint16_t type, char *buf, size_t cap)
{
	static const struct {
		const char *name;
		uint16_t number;
	} types[] = {
#define DNS_TYPE_ROW(name, number) { #name, number },
		DNS_TYPE_TABLE(DNS_TYPE_ROW)
#undef DNS_TYPE_ROW
	};
	struct text t = { .at = buf, .cap = cap };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].number == type)
			return types[i].name;
	text_fmt(&t, "TYPE%u", type); /* RFC 3597 */
	return buf;
}

/* ---------------------------------------------------------------------------- reverse questions */

/* "4.3.2.1.in-addr.arpa" as 1.2.3.4. */
static bool reverse_ipv4(const char *name, in_addr_t *out_be)
{
	uint32_t address = 0;

	for (int i = 0; i < 4; i++) {
		size_t len = strspn(name, "0123456789");
		uint64_t octet;

		if (len > 3 || name[len] != '.' || !text_parse_u64(name, len, &octet) || octet > 255)
			return false;
		address |= (uint32_t)octet << 8 * i;
		name += len + 1;
	}
	*out_be = htonl(address);
	return strcmp(name, "in-addr.arpa") == 0;
}

static bool reverse_ipv6(const char *name)
{
	for (int i = 0; i < 32; i++, name += 2)
		if (strspn(name, "0123456789abcdef") != 1 || name[1] != '.')
			return false;
	return strcmp(name, "ip6.arpa") == 0;
}

/* Only names that really are addresses: "stolen-data.in-addr.arpa" is a denied name like any other. */
static bool answer_reverse(const struct pool *pool, const struct dns_query *query,
			   struct answer *answer, struct dns_report *out)
{
	const struct pool_entry *entry = NULL;
	in_addr_t address_be;

	if (query->type != DNS_TYPE_PTR)
		return false;
	if (reverse_ipv4(query->name, &address_be))
		entry = pool_find_address(pool, address_be);
	else if (!reverse_ipv6(query->name))
		return false;
	if (entry) {
		answer->name = entry->name;
		out->outcome = DNS_ANSWERED;
		out->rule = entry->rule;
		out->address_be = address_be;
	} else {
		answer->rcode = DNS_RCODE_NXDOMAIN;
		out->outcome = DNS_UNKNOWN;
	}
	return true;
}

/* -------------------------------------------------------------------------------------- deciding */

static void refuse(struct answer *answer, struct dns_report *out, bool edns)
{
	answer->rcode = edns ? DNS_RCODE_REFUSED : DNS_RCODE_NXDOMAIN;
	answer->extended = EXTENDED_PROHIBITED;
	answer->why = "the policy does not allow this name: --allow NAME:PORT";
	out->outcome = DNS_REFUSED;
}

static void fail(struct answer *answer, struct dns_report *out, enum dns_outcome outcome,
		 const char *why)
{
	answer->rcode = DNS_RCODE_SERVFAIL;
	answer->extended = EXTENDED_OTHER;
	answer->why = why;
	out->outcome = outcome;
}

/* An allowed name: only a question for its address takes one. */
static void answer_allowed(struct pool *pool, const struct dns_query *query, struct answer *answer,
			   struct dns_report *out)
{
	enum pool_status status;

	if (query->type != DNS_TYPE_A) {
		out->outcome = DNS_NO_DATA;
		return;
	}
	status = pool_take(pool, query->name, out->rule, &answer->address_be);
	if (status == POOL_FULL) {
		fail(answer, out, DNS_FULL, "too many names in this run");
		return;
	}
	out->outcome = DNS_ANSWERED;
	out->address_be = answer->address_be;
	out->fresh = status == POOL_NEW;
}

static void answer_local(const struct dns_query *query, struct answer *answer,
			 struct dns_report *out)
{
	out->outcome = DNS_NO_DATA;
	if (query->type == DNS_TYPE_A) {
		answer->address_be = LOOPBACK_BE;
		out->outcome = DNS_ANSWERED;
	}
}

static enum dns_verdict ask_policy(const struct dns_policy *policy, const struct dns_query *query,
				   uint32_t *out_rule)
{
	if (!query->is_host || name_is_address(query->name))
		return DNS_NAME_DENIED;
	return policy->decide(policy->context, query->name, out_rule);
}

static void answer_in(const struct dns_policy *policy, const struct dns_query *query,
		      struct answer *answer, struct dns_report *out)
{
	if (query->is_host && name_below(query->name, "localhost")) {
		answer_local(query, answer, out);
		return;
	}
	if (query->is_host && answer_reverse(policy->pool, query, answer, out))
		return;
	switch (ask_policy(policy, query, &out->rule)) {
	case DNS_NAME_ALLOWED:
		answer_allowed(policy->pool, query, answer, out);
		break;
	case DNS_NAME_LIMITED:
		fail(answer, out, DNS_LIMITED, "too many new names under one rule");
		break;
	case DNS_NAME_DENIED:
	default:
		refuse(answer, out, query->edns);
		break;
	}
}

/* A question could be read. */
static void decide(const struct dns_policy *policy, const struct dns_query *query,
		   struct answer *answer, struct dns_report *out)
{
	out->type = query->type;
	memcpy(out->name, query->name, sizeof(out->name));
	if (query->edns && query->edns_version != 0) {
		answer->rcode = DNS_RCODE_BADVERS;
		return;
	}
	if (query->class != DNS_CLASS_IN) {
		answer->rcode = DNS_RCODE_REFUSED;
		answer->extended = EXTENDED_NOT_SUPPORTED;
		answer->why = "class IN only";
		out->outcome = DNS_REFUSED;
		return;
	}
	answer_in(policy, query, answer, out);
}

/* --------------------------------------------------------------------------------------- writing */

/* The longest: header, question, SOA (a PTR's name is longer, but its question is short), OPT with text. */
_Static_assert(DNS_HEADER_LEN + DNS_WIRE_NAME_MAX + 4 + 33 + 11 + 6 + 64 <= DNS_REPLY_MAX,
	       "every reply must fit, so that TC is never needed");

static size_t write_reply(const struct dns_query *query, const uint8_t *bytes,
			  const struct answer *answer, uint8_t *reply)
{
	struct dns_writer w = { .at = reply, .cap = DNS_REPLY_MAX };
	bool negative = answer->rcode == DNS_RCODE_NXDOMAIN || answer->rcode == DNS_RCODE_NOERROR;

	dns_write_header(&w, query, bytes, answer->rcode);
	if (answer->address_be)
		dns_write_address(&w, answer->address_be, DNS_TTL_S);
	else if (answer->name)
		dns_write_name(&w, answer->name, DNS_TTL_S);
	else if (negative)
		dns_write_soa(&w, DNS_TTL_S);
	if (query->edns)
		dns_write_opt(&w, answer->rcode, answer->extended, answer->why);
	return w.cut ? 0 : w.len;
}

size_t dns_respond(const struct dns_policy *policy, const uint8_t *query, size_t len,
		   uint8_t reply[DNS_REPLY_MAX], struct dns_report *out)
{
	struct dns_query parsed;
	struct answer answer = { .rcode = DNS_RCODE_NOERROR };
	struct dns_report report = { .outcome = DNS_MALFORMED };
	size_t reply_len = 0;

	switch (dns_read(query, len, &parsed)) {
	case DNS_READ_OK:
		decide(policy, &parsed, &answer, &report);
		break;
	case DNS_READ_NOTIMP:
		answer.rcode = DNS_RCODE_NOTIMP;
		break;
	case DNS_READ_DROP:
		report.outcome = DNS_DROPPED;
		break;
	case DNS_READ_FORMERR:
	default:
		answer.rcode = DNS_RCODE_FORMERR;
		break;
	}
	if (report.outcome != DNS_DROPPED)
		reply_len = write_reply(&parsed, query, &answer, reply);
	*out = report;
	return reply_len;
}

enum dns_frame dns_frame(const uint8_t *bytes, size_t len, size_t *out_size)
{
	size_t size;

	if (len < 2)
		return DNS_FRAME_MORE;
	size = (size_t)bytes[0] << 8 | bytes[1];
	if (size < DNS_HEADER_LEN || size > DNS_QUERY_MAX)
		return DNS_FRAME_BAD;
	if (len < 2 + size)
		return DNS_FRAME_MORE;
	*out_size = 2 + size;
	return DNS_FRAME_WHOLE;
}
