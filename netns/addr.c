/* addr.c - parse, print, compare; and a walk over the table of what is never dialled. */
#include "netns/addr.h"

#include <arpa/inet.h>
#include <string.h>

struct addr addr_v4(uint32_t host_order)
{
	struct addr addr = { .family = ADDR_V4 };

	for (int i = 0; i < 4; i++)
		addr.bytes[i] = (uint8_t)(host_order >> (24 - 8 * i));
	return addr;
}

uint32_t addr_v4_host(const struct addr *addr)
{
	return (uint32_t)addr->bytes[0] << 24 | (uint32_t)addr->bytes[1] << 16 |
	       (uint32_t)addr->bytes[2] << 8 | addr->bytes[3];
}

struct addr addr_v6(const uint8_t bytes[16])
{
	struct addr addr = { .family = ADDR_V6 };

	memcpy(addr.bytes, bytes, sizeof(addr.bytes));
	return addr;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

unsigned addr_bits(const struct addr *addr)
{
	return addr->family == ADDR_V4 ? 32 : 128;
}

/* inet_pton(3), and not inet_aton(3): it takes no octal, no hex and no fewer than four numbers. */
bool addr_parse(const char *text, size_t len, struct addr *out)
{
	struct addr addr = { 0 };
	char copy[ADDR_TEXT_MAX];

	if (len == 0 || len >= sizeof(copy) || memchr(text, '\0', len))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, addr.bytes) == 1)
		addr.family = ADDR_V4;
	else if (inet_pton(AF_INET6, copy, addr.bytes) == 1)
		addr.family = ADDR_V6;
	else
		return false;
	*out = addr;
	return true;
}

void addr_format(struct text *t, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX] = "";

	inet_ntop(addr->family == ADDR_V4 ? AF_INET : AF_INET6, addr->bytes, text, sizeof(text));
	text_str(t, text);
}

struct addr addr_mask(const struct addr *addr, unsigned prefix_len)
{
	struct addr masked = *addr;

	for (unsigned i = 0; i < sizeof(masked.bytes); i++) {
		unsigned kept = prefix_len > 8 * i ? prefix_len - 8 * i : 0;

		if (kept < 8)
			masked.bytes[i] &= (uint8_t)(0xff00u >> kept);
	}
	return masked;
}

bool addr_in_prefix(const struct addr *addr, const struct addr *prefix, unsigned prefix_len)
{
	struct addr a = addr_mask(addr, prefix_len), b = addr_mask(prefix, prefix_len);

	return addr_equal(&a, &b);
}

/* -------------------------------------------------------------------------------------- unwrapping */

static struct addr inner(const struct addr *addr, unsigned b0, unsigned b1, unsigned b2, unsigned b3)
{
	const uint8_t *b = addr->bytes;

	return addr_v4((uint32_t)b[b0] << 24 | (uint32_t)b[b1] << 16 | (uint32_t)b[b2] << 8 | b[b3]);
}

/* RFC 6052 section 2.2: where the IPv4 bytes stand behind a prefix of 48, 56, 64 and 96 bits.  A wrong
 * reading that gives 0.x.x.x says nothing: no translator sends that anywhere. */
static struct addr unwrap_local_nat64(const struct addr *addr)
{
	const struct addr readings[] = { inner(addr, 6, 7, 9, 10), inner(addr, 7, 9, 10, 11),
					 inner(addr, 9, 10, 11, 12), inner(addr, 12, 13, 14, 15) };
	struct addr best = readings[3];

	for (unsigned i = 0; i < 4; i++) {
		enum addr_never never = addr_never(&readings[i]);

		if (never == ADDR_NEVER_THIS_NETWORK)
			continue;
		best = readings[i];
		if (never != ADDR_PUBLIC)
			break;
	}
	return best;
}

struct addr addr_unwrap(const struct addr *addr)
{
	static const uint8_t zeros[12], mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	static const uint8_t local_nat64[6] = { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 };
	const uint8_t *b = addr->bytes;

	if (addr->family != ADDR_V6)
		return *addr;
	if (memcmp(b, zeros, 12) == 0) /* :: and ::1 are addresses of their own */
		return b[12] || b[13] || b[14] || b[15] > 1 ? inner(addr, 12, 13, 14, 15) : *addr;
	if (memcmp(b, mapped, 12) == 0 || memcmp(b, nat64, 12) == 0)
		return inner(addr, 12, 13, 14, 15);
	if (b[0] == 0x20 && b[1] == 0x02)
		return inner(addr, 2, 3, 4, 5);
	if (memcmp(b, local_nat64, 6) == 0)
		return unwrap_local_nat64(addr);
	return *addr;
}

/* ------------------------------------------------------------------------------------ never dialled */

static const struct addr_never_row never_rows[ADDR_NEVER_COUNT] = {
	[ADDR_PUBLIC] = { "public", "", ADDR_NONE, 0, ADDR_OPENS },
#define ADDR_NEVER_ROW(id, word, family, prefix, len, opening) \
	[ADDR_NEVER_##id] = { word, prefix, family, len, opening },
	ADDR_NEVER_TABLE(ADDR_NEVER_ROW)
#undef ADDR_NEVER_ROW
};

const struct addr_never_row *addr_never_row(enum addr_never id)
{
	return &never_rows[id];
}

enum addr_never addr_never(const struct addr *addr)
{
	struct addr plain = addr_unwrap(addr), prefix;
	enum addr_never best = ADDR_PUBLIC;

	for (unsigned i = 1; i < ADDR_NEVER_COUNT; i++) {
		const struct addr_never_row *row = &never_rows[i];

		if (row->family != plain.family || row->prefix_len < never_rows[best].prefix_len ||
		    !addr_parse(row->text, strlen(row->text), &prefix))
			continue;
		if (addr_in_prefix(&plain, &prefix, row->prefix_len))
			best = (enum addr_never)i;
	}
	return best;
}
