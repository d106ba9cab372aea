/* sniff_parts.h - the two protocols that sniff.c looks for.  Private to netns/sniff*.c. */
#ifndef NETNS_SNIFF_PARTS_H
#define NETNS_SNIFF_PARTS_H

#include "netns/sniff.h"

/* Both continue where sniff->private.scanned says, and set name and ech; len <= SNIFF_MAX. */
enum sniff_kind sniff_tls(struct sniff *sniff, const uint8_t *bytes, size_t len);
enum sniff_kind sniff_http(struct sniff *sniff, const uint8_t *bytes, size_t len);

#endif
