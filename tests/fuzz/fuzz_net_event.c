/* What the supervisor takes from the gateway: valid or not, never a crash; what is valid prints. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netns/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct net_event event;

	if (!net_event_valid(data, size))
		return 0;
	memcpy(&event, data, sizeof(event));
	if (event.kind >= NET_EVENT_COUNT)
		abort();
	if (event.kind == NET_EVENT_DENIED || event.kind == NET_EVENT_CLOSED)
		if (strlen(event.flow.name) >= sizeof(event.flow.name) ||
		    net_cause_word(event.flow.cause)[0] == '?')
			abort();
	return 0;
}
