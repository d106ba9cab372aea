/* record_read.c - a record from a file, and whether its launcher still lives. */
#include "cmd/record_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cmd/record.h"

const char *record_word(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

uint64_t record_number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_integer(value) && json_integer_value(value) >= 0
		       ? (uint64_t)json_integer_value(value)
		       : RECORD_UNKNOWN;
}

/* proc(5): field 22 of stat, counted from the last ')'. */
static bool process_lives(uint64_t pid, uint64_t start_ticks)
{
	char path[64], stat[1024];
	struct text t = TEXT_ON(path);
	const char *p;
	uint64_t ticks;

	text_fmt(&t, "/proc/%llu/stat", (unsigned long long)pid);
	if (fd_read_file(AT_FDCWD, path, stat, sizeof(stat)) <= 0)
		return false;
	p = strrchr(stat, ')');
	for (int field = 2; p && field < 22; field++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p && text_parse_u64(p, strcspn(p, " \n"), &ticks) && ticks == start_ticks;
}

enum record_state record_state(const json_t *record)
{
	const json_t *launcher = json_object_get(record, "launcher");
	const char *status = record_word(record, "status");

	if (!status || strcmp(status, run_status_word(RUN_RUNNING)) != 0)
		return RECORD_ENDED;
	return process_lives(record_number(launcher, "pid"), record_number(launcher, "start_ticks"))
		       ? RECORD_RUNNING
		       : RECORD_LOST;
}

static json_t *parse(const char *path, const char *text, size_t len, struct err *e)
{
	json_error_t why;
	json_t *record = json_loadb(text, len, 0, &why);
	const char *schema = record_word(record, "schema");

	if (!record)
		err_usage(e, "%s:%d: not valid JSON: %s", path, why.line, why.text);
	else if (schema && strcmp(schema, RECORD_SCHEMA) == 0)
		return record;
	else
		err_usage(e, "'%s' is no record: wants \"schema\": \"" RECORD_SCHEMA "\"", path);
	json_decref(record);
	return NULL;
}

/* Also from a pipe; -1 with errno, EFBIG when there is more than cap. */
static ssize_t read_all(const char *path, char *text, size_t cap)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while (len < cap && (n = read(fd, text + len, cap - len)) != 0) {
		if (n < 0 && errno != EINTR)
			return -1;
		len += n > 0 ? (size_t)n : 0;
	}
	if (len == cap)
		errno = EFBIG;
	return len == cap ? -1 : (ssize_t)len;
}

json_t *record_load(const char *path, struct err *e)
{
	autofree char *text = malloc(RECORD_BYTES_MAX);
	ssize_t len;

	if (!text) {
		err_nomem(e);
		return NULL;
	}
	len = read_all(path, text, RECORD_BYTES_MAX);
	if (len >= 0)
		return parse(path, text, (size_t)len, e);
	if (errno == EFBIG)
		err_usage(e, "'%s' is no record: larger than 8 MiB", path);
	else
		err_set(e, ERR_USAGE, errno, ERR_AT, "read '%s'", path);
	return NULL;
}
