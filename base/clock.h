/* clock.h - time with its unit in its name.  Durations are uint64_t on CLOCK_MONOTONIC. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

uint64_t clock_now_ns(void);	  /* CLOCK_MONOTONIC; never fails on Linux */
uint64_t clock_realtime_ns(void); /* nanoseconds since the epoch, for records only */

/* clock_rfc3339() - "2026-01-31T12:00:00.123456789Z" (31 bytes with NUL) into buf. */
void clock_rfc3339(uint64_t realtime_ns, char *buf, size_t cap);

#endif
