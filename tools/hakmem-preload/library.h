/* SPDX-License-Identifier: MIT */
/*
 * library.h - is a library one that every program of the tree can load, and
 * is it libhakmem?
 */
#ifndef PRELOAD_LIBRARY_H
#define PRELOAD_LIBRARY_H

#include <stdbool.h>
#include <sys/stat.h>

struct library {
	char *entry;		/* as the file is to have it */
	char *path;		/* the same without $LIB */
	char *real;		/* without links */
	struct stat st;
};

/*
 * Is it a path that the file can hold and hakmem-preload finds again: full,
 * without what separates entries, named libhakmem.so*?  Returns what is
 * wrong, or NULL.
 */
char *library_check_name(const char *entry);

/*
 * Looks at the file behind an entry: its place, its owner and mode, that it
 * is whole, for this kind of machine, needs nothing but the C library that
 * is there, and has the calls.  Returns what is wrong, or NULL.
 */
char *library_check(struct library *library, const char *entry);
void library_free(struct library *library);

/* Has the file the name of an allocator that others know? */
bool library_named_allocator(const char *path);

/* Does the object at that path define malloc()?  By name, if unreadable. */
bool library_is_allocator(const char *path);

#endif /* PRELOAD_LIBRARY_H */
