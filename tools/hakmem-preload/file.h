/* SPDX-License-Identifier: MIT */
/*
 * file.h - /etc/ld.so.preload, as it is.
 */
#ifndef PRELOAD_FILE_H
#define PRELOAD_FILE_H

#include "list.h"

#include <stdbool.h>
#include <sys/stat.h>

#define PRELOAD_FILE	"/etc/ld.so.preload"

struct preload_file {
	bool exists;
	struct stat st;
	struct list list;	/* empty where there is no file */
};

/*
 * Reads it.  Returns what is wrong, or NULL.  A symbolic link is wrong,
 * since a rename would put a file in its place; unless `follow`, to look at
 * what the loader sees.
 */
char *file_read(struct preload_file *file, bool follow);
void file_free(struct preload_file *file);

/* What is wrong with its owner and mode, or NULL. */
char *file_mode_trouble(const struct preload_file *file);

/* The first entry that is another allocator, or NULL; the caller frees it. */
char *file_other_allocator(const struct preload_file *file);

#endif /* PRELOAD_FILE_H */
