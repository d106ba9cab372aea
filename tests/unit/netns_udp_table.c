/* UDP flows are found by their two ends, and no longer when they are over. */
#include "netns/udp.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

static struct udp_key key_of(unsigned i)
{
	return (struct udp_key){ .from = { .sin_port = (in_port_t)(i % 50) },
				 .asked = { .sin_port = (in_port_t)(i / 50),
					    .sin_addr.s_addr = i % 7 } };
}

int main(void)
{
	static struct udp_flows flows;
	struct udp_flow *f = calloc(1000, sizeof(*f));
	unsigned found = 0, gone = 0;

	if (!ok(f != NULL, "memory"))
		return done();
	for (unsigned i = 0; i < 1000; i++) {
		f[i].key = key_of(i);
		f[i].tag = i + 1;
		udp_insert(&flows, &f[i]);
	}
	for (unsigned i = 0; i < 1000; i++)
		found += udp_find(&flows, &f[i].key) == &f[i];
	is_int(found, 1000, "each is found by its ends");
	ok(udp_find_tag(&flows, 77) == &f[76], "and by its tag");
	f[5].over = true;
	ok(udp_find(&flows, &f[5].key) == NULL, "one that is over is not");
	ok(udp_find_tag(&flows, 6) == &f[5], "but by its tag");
	for (unsigned i = 0; i < 1000; i += 2)
		udp_remove(&flows, &f[i]);
	for (unsigned i = 0; i < 1000; i += 2)
		gone += udp_find(&flows, &f[i].key) == NULL;
	is_int(gone, 500, "those that are taken out are not found");
	is_int(flows.count, 500, "and not counted");
	udp_remove(&flows, &f[0]);
	is_int(flows.count, 500, "taking out twice does nothing");
	free(f);
	return done();
}
