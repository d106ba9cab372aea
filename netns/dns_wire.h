/* dns_wire.h - DNS messages: one query read, one reply written.  Used by netns/dns.c and tests alone.
 *
 * Reading is strict: one question, counts that are true, no compression, nothing behind the last record.
 * Writing never overflows: what does not fit is dropped and sets `cut`.
 * Pure.   Sources: RFC 1035 section 4, RFC 6891 (EDNS), RFC 8914 (extended errors). */
#ifndef NETNS_DNS_WIRE_H
#define NETNS_DNS_WIRE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/name.h"

#define DNS_HEADER_LEN 12
#define DNS_WIRE_NAME_MAX 255 /* length bytes and the root included */
#define DNS_CLASS_IN 1

/* Types that have a name here: X(name, number). */
#define DNS_TYPE_TABLE(X) \
	X(A, 1)           \
	X(NS, 2)          \
	X(CNAME, 5)       \
	X(SOA, 6)         \
	X(NULL, 10)       \
	X(PTR, 12)        \
	X(HINFO, 13)      \
	X(MX, 15)         \
	X(TXT, 16)        \
	X(AAAA, 28)       \
	X(SRV, 33)        \
	X(NAPTR, 35)      \
	X(DNAME, 39)      \
	X(OPT, 41)        \
	X(DS, 43)         \
	X(SSHFP, 44)      \
	X(RRSIG, 46)      \
	X(DNSKEY, 48)     \
	X(TLSA, 52)       \
	X(SVCB, 64)       \
	X(HTTPS, 65)      \
	X(SPF, 99)        \
	X(AXFR, 252)      \
	X(ANY, 255)       \
	X(URI, 256)       \
	X(CAA, 257)

enum dns_type {
#define DNS_TYPE_ENUM(name, number) DNS_TYPE_##name = (number),
	DNS_TYPE_TABLE(DNS_TYPE_ENUM)
#undef DNS_TYPE_ENUM
};

enum dns_rcode {
	DNS_RCODE_NOERROR = 0,
	DNS_RCODE_FORMERR = 1,
	DNS_RCODE_SERVFAIL = 2,
	DNS_RCODE_NXDOMAIN = 3,
	DNS_RCODE_NOTIMP = 4,
	DNS_RCODE_REFUSED = 5,
	DNS_RCODE_BADVERS = 16, /* only with EDNS: the upper bits stand in the OPT record */
};

struct dns_query {
	uint16_t id;
	uint16_t flags;
	uint16_t type;
	uint16_t class;
	size_t question_len; /* bytes after the header to echo; 0 until the question was read */
	bool edns;
	uint8_t edns_version;
	bool is_host;	     /* name is canonical (netns/name.h) */
	char name[NAME_CAP]; /* text: see struct dns_report */
};

enum dns_read {
	DNS_READ_OK,
	DNS_READ_DROP,	  /* no header, or a response */
	DNS_READ_FORMERR, /* only id and flags hold */
	DNS_READ_NOTIMP,  /* an opcode other than QUERY: only id and flags hold */
};

/* dns_read() - take a query apart.  @out: always written. */
enum dns_read dns_read(const uint8_t *bytes, size_t len, struct dns_query *out);

struct dns_writer {
	uint8_t *at;
	size_t len, cap;
	bool cut;
};

/* dns_write_header() - header and, if it was read, the question as it came. */
void dns_write_header(struct dns_writer *w, const struct dns_query *query, const uint8_t *bytes,
		      enum dns_rcode rcode);

/* dns_write_address(), dns_write_name() - the answer: one record that belongs to the question's name. */
void dns_write_address(struct dns_writer *w, in_addr_t address_be, uint32_t ttl_s);
void dns_write_name(struct dns_writer *w, const char *name, uint32_t ttl_s);

/* dns_write_soa() - the SOA of the root in the authority section: how long "no" holds. */
void dns_write_soa(struct dns_writer *w, uint32_t ttl_s);

/* dns_write_opt() - the OPT record.  @why: text of the extended error `code`, NULL: none */
void dns_write_opt(struct dns_writer *w, enum dns_rcode rcode, uint16_t code, const char *why);

#endif
