/* record_file.h - where a record or a meta file goes: its name, and replacing it in one step.
 *
 * The directory is opened once, at the start: what the path means can't change during the run. */
#ifndef CMD_RECORD_FILE_H
#define CMD_RECORD_FILE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct record_file {
	int dir;	  /* -1 = no record wanted */
	const char *name; /* in dir; borrowed from the path given to record_file_open() */
	const char *path; /* for messages, as is the option */
	const char *option;
};

/* record_file_open() - refuses what a rename must not replace: links, devices, directories. */
int record_file_open(const char *option, const char *path, struct record_file *out, struct err *e);
void record_file_close(struct record_file *file);

/* record_file_same() - would the one replace the other? */
bool record_file_same(const struct record_file *a, const struct record_file *b);

/* record_file_replace(), record_file_write() - readers see the old content or all of the new.  Nothing
 * is done where no file is wanted.  take_record is consumed. */
int record_file_replace(const struct record_file *file, const char *text, struct err *e);
int record_file_write(const struct record_file *file, json_t *take_record, struct err *e);

/* record_path_expand() - %j %t %a %A %h %p %%: Slurm job, task, array task, array job, host, pid.
 * What the environment does not hold expands to "none".  @lookup: getenv, or a test's own.
 * On success *out is on the heap. */
int record_path_expand(const char *option, const char *pattern,
		       const char *(*lookup)(const char *name), char **out, struct err *e);

#endif
