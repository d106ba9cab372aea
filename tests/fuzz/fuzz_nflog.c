/* The kernel's packet log around the workload's packets: no crash, and always forward. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "netns/nflog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *at = data;
	size_t len = size;
	struct nflog_packet packet;
	enum nflog_status status;

	while ((status = nflog_next(&at, &len, &packet)) != NFLOG_END) {
		if (len >= size || at + len != data + size)
			abort();
		size = len;
		data = at;
		if (status == NFLOG_PACKET &&
		    strnlen(packet.prefix, NFLOG_PREFIX_CAP) == NFLOG_PREFIX_CAP)
			abort();
	}
	return 0;
}
