/* fuzz_dns_frame.c - a TCP stream of queries: the same messages come out however it is cut.
 *
 * Input: one byte for the size of the pieces, then the stream. */
#include <stdlib.h>
#include <string.h>

#include "netns/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What came out, as a count and a sum that depends on order and content; bad: the stream was refused. */
struct seen {
	size_t messages;
	uint64_t sum;
	bool bad;
};

static void see(struct seen *seen, const uint8_t *message, size_t size)
{
	if (size < 12 || size > DNS_QUERY_MAX)
		abort();
	seen->messages++;
	for (size_t i = 0; i < size; i++)
		seen->sum = seen->sum * 31 + message[i] + 1;
}

/* As a connection does it: a buffer of DNS_FRAME_MAX, filled by pieces of at most `piece` bytes. */
static struct seen run(const uint8_t *stream, size_t left, size_t piece)
{
	struct seen seen = { 0 };
	uint8_t buf[DNS_FRAME_MAX];
	size_t len = 0, size;
	enum dns_frame frame = DNS_FRAME_MORE;

	while (left > 0 && frame != DNS_FRAME_BAD) {
		size_t take = sizeof(buf) - len;

		take = take < piece ? take : piece;
		take = take < left ? take : left;
		if (take == 0)
			abort(); /* a full buffer always holds a message, or is refused */
		memcpy(buf + len, stream, take);
		stream += take;
		left -= take;
		len += take;
		while ((frame = dns_frame(buf, len, &size)) == DNS_FRAME_WHOLE) {
			see(&seen, buf + 2, size - 2);
			len -= size;
			memmove(buf, buf + size, len);
		}
	}
	seen.bad = frame == DNS_FRAME_BAD;
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen a, b;

	if (size < 1 || size > 16384)
		return 0;
	a = run(data + 1, size - 1, DNS_FRAME_MAX);
	b = run(data + 1, size - 1, 1 + (size_t)data[0]);
	if (a.messages != b.messages || a.sum != b.sum || a.bad != b.bad)
		abort();
	return 0;
}
