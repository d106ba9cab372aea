/* dns_decode.h - replies read back with the C library's decoder of names: the oracle of the DNS tests. */
#ifndef TESTS_UNIT_DNS_DECODE_H
#define TESTS_UNIT_DNS_DECODE_H

#include <resolv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECODED_RECORDS 4

struct decoded_record {
	char owner[1025];
	unsigned type, class, ttl, len;
	const uint8_t *data;
};

struct decoded {
	unsigned id, flags, rcode; /* rcode with the upper bits of an OPT record */
	unsigned counts[4];
	size_t question_len;
	struct decoded_record records[DECODED_RECORDS]; /* of all sections behind the question */
	size_t record_count;
};

static inline unsigned decode16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* False if a length is wrong, a name can't be expanded, or bytes are left at the end. */
static inline bool decode_record(const uint8_t *msg, const uint8_t *end, const uint8_t **at,
				 struct decoded_record *out)
{
	int len = dn_expand(msg, end, *at, out->owner, sizeof(out->owner));

	if (len < 0 || end - *at < len + 10)
		return false;
	*at += len;
	out->type = decode16(*at);
	out->class = decode16(*at + 2);
	out->ttl = decode16(*at + 4) << 16 | decode16(*at + 6);
	out->len = decode16(*at + 8);
	*at += 10;
	if (end - *at < (ptrdiff_t)out->len)
		return false;
	out->data = *at;
	*at += out->len;
	return true;
}

static inline bool decode(const uint8_t *msg, size_t len, struct decoded *out)
{
	const uint8_t *end = msg + len, *at = msg + 12;
	size_t records;

	*out = (struct decoded){ 0 };
	if (len < 12)
		return false;
	out->id = decode16(msg);
	out->flags = decode16(msg + 2);
	out->rcode = out->flags & 15;
	for (int i = 0; i < 4; i++)
		out->counts[i] = decode16(msg + 4 + 2 * i);
	records = out->counts[1] + out->counts[2] + out->counts[3];
	if (out->counts[0] > 1 || records > DECODED_RECORDS)
		return false;
	if (out->counts[0] == 1) {
		char name[1025];
		int used = dn_expand(msg, end, at, name, sizeof(name));

		if (used < 0 || end - at < used + 4)
			return false;
		at += used + 4;
		out->question_len = (size_t)used + 4;
	}
	for (size_t i = 0; i < records; i++) {
		struct decoded_record *record = &out->records[out->record_count++];

		if (!decode_record(msg, end, &at, record))
			return false;
		if (record->type == 41)
			out->rcode |= record->ttl >> 24 << 4;
	}
	return at == end;
}

#endif
