/* record_read.h - records from files, for the verbs that read them.
 *
 * We wrote them, but they may be old, cut, edited or somebody else's: no member is sure to be there, none
 * to have its type, every string is hostile.  A number that is absent, negative or no integer reads as
 * RECORD_UNKNOWN, a missing word as NULL, and both take NULL for the object. */
#ifndef CMD_RECORD_READ_H
#define CMD_RECORD_READ_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"

#define RECORD_UNKNOWN UINT64_MAX
#define RECORD_BYTES_MAX (8u << 20)

/* record_load() - a JSON object with our schema, the caller's to json_decref(); NULL with *e. */
json_t *record_load(const char *path, struct err *e);

const char *record_word(const json_t *object, const char *name);
uint64_t record_number(const json_t *object, const char *name);

/* record_state() - ENDED unless it says running; then by whether the launcher that wrote it is still
 * there: LOST is inferred, a record that was carried to another machine can't be told from one. */
enum record_state { RECORD_ENDED, RECORD_RUNNING, RECORD_LOST };
enum record_state record_state(const json_t *record);

#endif
