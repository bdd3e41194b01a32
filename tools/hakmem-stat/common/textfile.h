/* SPDX-License-Identifier: MIT */
/*
 * textfile.h - a file that others read when they like: whole, always.
 */
#ifndef STAT_TEXTFILE_H
#define STAT_TEXTFILE_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Writes DIRECTORY/NAME, with that mode.  Who opens it gets what was there
 * before or all that is written now, and where it cannot be written the old
 * one stays.  Returns 0 or -errno.
 */
int textfile_write(const char *directory, const char *name, mode_t mode,
		   const void *bytes, size_t len);

/*
 * The same for a path that a user gave, with the mode of a new file: a
 * symbolic link stays one, and what is no file, such as /dev/stdout, is
 * written to as it is.
 */
int textfile_save(const char *path, const void *bytes, size_t len);

#endif /* STAT_TEXTFILE_H */
