/* report_units.h - amounts for people: rounded, with their unit.  Pure; integers only. */
#ifndef CMD_REPORT_UNITS_H
#define CMD_REPORT_UNITS_H

#include <stdint.h>

#include "base/text.h"

enum amount { AMOUNT_BYTES, AMOUNT_NS, AMOUNT_MILLICPUS, AMOUNT_COUNT };

/* report_amount() - "1.5 GiB", "227 ms", "2 h 5 min", "0.25 cpus", "17". */
void report_amount(struct text *t, enum amount kind, uint64_t value);

#endif
