/* SPDX-License-Identifier: MIT */
/*
 * mapped.h - which processes have libhakmem in their memory, by their maps.
 */
#ifndef PRELOAD_MAPPED_H
#define PRELOAD_MAPPED_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

enum mapped {
	MAPPED_UNREADABLE,	/* no such process, or not ours to look at */
	MAPPED_NONE,
	MAPPED_OLD,		/* a file that was replaced or removed */
	MAPPED_NOW,
};

/* A file named libhakmem.so*: whether, and of which kind. */
enum mapped mapped_any(pid_t pid);

/* This very file, by its path or by its device and inode. */
bool mapped_file(pid_t pid, const char *path, const struct stat *st);

/* Its short name, or "?"; the caller frees it. */
char *mapped_name(pid_t pid);

/* Does the process belong to that unit of systemd? */
bool mapped_in_unit(pid_t pid, const char *unit);

/*
 * Calls `each` for every process that lives in the tree of --root.  False:
 * there is no /proc.
 */
bool mapped_each_process(void (*each)(void *arg, pid_t pid), void *arg);

#endif /* PRELOAD_MAPPED_H */
