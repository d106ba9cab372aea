/* names.c - how fast the gateway answers names and looks into connections, without any socket.
 *
 *	names [REPEAT]    nanoseconds per call, the best of five rounds */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "netns/dns.h"
#include "netns/sniff.h"

#define ROUNDS 5

struct bench {
	struct pool *pool;
	struct dns_policy policy;
	uint8_t query[512];
	size_t len;
	unsigned at;
	in_addr_t addresses[POOL_MAX];
	char names[POOL_MAX][32];
	uint8_t hello[4096];
	size_t hello_len;
};

static enum dns_verdict decide(void *context, const char *name, uint32_t *out_rule)
{
	(void)context;
	*out_rule = 0;
	return name_below(name, "example.com") ? DNS_NAME_ALLOWED : DNS_NAME_DENIED;
}

/* A question as a C library sends it. */
static void ask(struct bench *b, const char *name)
{
	static const uint8_t head[] = { 1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 },
			     tail[] = { 0, 0, 1, 0, 1 };

	memcpy(b->query, head, sizeof(head));
	b->len = sizeof(head);
	while (*name) {
		size_t label = strcspn(name, ".");

		b->query[b->len++] = (uint8_t)label;
		memcpy(b->query + b->len, name, label);
		b->len += label;
		name += label + (name[label] == '.');
	}
	memcpy(b->query + b->len, tail, sizeof(tail));
	b->len += sizeof(tail);
}

static void respond(struct bench *b)
{
	struct dns_report report;
	uint8_t reply[DNS_REPLY_MAX];

	if (dns_respond(&b->policy, b->query, b->len, reply, &report) == 0)
		abort();
}

static void by_name(struct bench *b)
{
	if (!pool_find_name(b->pool, b->names[b->at++ * 1021 % POOL_MAX]))
		abort();
}

static void by_address(struct bench *b)
{
	if (!pool_find_address(b->pool, b->addresses[b->at++ * 1021 % POOL_MAX]))
		abort();
}

static void hello(struct bench *b)
{
	struct sniff sniff = { 0 };

	if (sniff_feed(&sniff, b->hello, b->hello_len) != SNIFF_TLS)
		abort();
}

static void request(struct bench *b)
{
	static const char text[] = "GET /some/path?query HTTP/1.1\r\nHost: www.example.com\r\n"
				   "User-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";
	struct sniff sniff = { 0 };

	(void)b;
	if (sniff_feed(&sniff, (const uint8_t *)text, sizeof(text) - 1) != SNIFF_HTTP)
		abort();
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(const char *what, void (*call)(struct bench *b), struct bench *b, long repeat)
{
	double best = 1e9;

	for (int round = 0; round < ROUNDS; round++) {
		double start = seconds(), took;

		for (long i = 0; i < repeat; i++)
			call(b);
		took = seconds() - start;
		best = took < best ? took : best;
	}
	printf("    %-44s %7.0f ns %12.0f /s\n", what, best / (double)repeat * 1e9,
	       (double)repeat / best);
}

static void fill(struct bench *b)
{
	for (size_t i = 0; i < POOL_MAX; i++) {
		snprintf(b->names[i], sizeof(b->names[i]), "n%zu.example.com", i * 7919 % 100003);
		pool_take(b->pool, b->names[i], 0, &b->addresses[i]);
	}
}

int main(int argc, char **argv)
{
	long repeat = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
	struct bench *b = calloc(1, sizeof(*b));
	FILE *file = fopen("tests/fuzz/corpus/sniff/tls-curl", "re");

	if (!b || !file || !(b->pool = calloc(1, sizeof(*b->pool))))
		return 1;
	b->policy = (struct dns_policy){ .decide = decide, .pool = b->pool };
	b->hello_len = fread(b->hello, 1, sizeof(b->hello), file);
	fclose(file);
	fill(b);
	ask(b, b->names[4000]);
	measure("DNS answer, 4,095 names known", respond, b, repeat);
	ask(b, "some.host.that.is.denied.example");
	measure("DNS refusal", respond, b, repeat);
	measure("pool: name to address, 4,095 names", by_name, b, repeat);
	measure("pool: address to name", by_address, b, repeat);
	measure("ClientHello of 517 bytes", hello, b, repeat);
	measure("HTTP head of 105 bytes", request, b, repeat);
	free(b->pool);
	free(b);
	return 0;
}
