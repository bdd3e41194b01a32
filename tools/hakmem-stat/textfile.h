/* SPDX-License-Identifier: MIT */
/*
 * textfile.h - the file of metrics that a collector reads when it likes.
 */
#ifndef STAT_TEXTFILE_H
#define STAT_TEXTFILE_H

#include <stddef.h>

#define TEXTFILE_NAME	"hakmem.prom"

/*
 * Writes DIRECTORY/hakmem.prom, which everybody may read.  Who opens it gets
 * the old text or the new one, whole, and where it cannot be written the old
 * one stays.  Returns 0 or -errno.
 */
int textfile_write(const char *directory, const char *text, size_t len);

#endif /* STAT_TEXTFILE_H */
