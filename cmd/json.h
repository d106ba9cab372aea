/* json.h - JSON of what may be hostile bytes; always valid, always ASCII.
 *
 * What is a character is decided in base/utf8.h. */
#ifndef CMD_JSON_H
#define CMD_JSON_H

#include <jansson.h>
#include <stdint.h>

json_t *json_bytes(const char *bytes);	 /* NULL gives JSON null */
json_t *json_u64(uint64_t value);	 /* UINT64_MAX gives JSON null; clamped to 63 bits */
json_t *json_u64_known(uint64_t value);	 /* 0 gives JSON null: not known */
json_t *json_time(uint64_t realtime_ns); /* RFC 3339; 0 gives JSON null */
json_t *json_words(char *const *words);	 /* an array of json_bytes() */

/* json_line() - one line with its newline, on the heap; NULL when out of memory. */
char *json_line(const json_t *value);

#endif
