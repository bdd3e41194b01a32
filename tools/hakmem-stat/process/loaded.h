/* SPDX-License-Identifier: MIT */
/*
 * loaded.h - whether a library is in a process, and if not, why not.
 */
#ifndef STAT_LOADED_H
#define STAT_LOADED_H

#include "process/elf_head.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A library that is to be preloaded. */
struct loaded_library {
	char *path;		/* absolute, without symbolic links */
	ino_t inode;
	struct elf_head head;
};

/*
 * Looks at the library at `path`.  Returns NULL and fills *library, or why
 * it cannot be preloaded.
 */
char *loaded_check_library(const char *path, struct loaded_library *library);

enum loaded_seen {
	LOADED_TOO_EARLY,	/* the loader has not come so far */
	LOADED_YES,		/* it is mapped */
	LOADED_NO,		/* the C library is mapped and it is not */
	LOADED_UNREADABLE,	/* another user's process, or it is gone */
};

/* Looks into the memory map of process `pid`. */
enum loaded_seen loaded_look(pid_t pid, const struct loaded_library *library);

/*
 * Why the program at `path` cannot load the library, or NULL where nothing
 * speaks against it.  For a script its interpreter is looked at.
 */
char *loaded_obstacle(const char *path, const struct loaded_library *library);

/*
 * Asks the dynamic loader of the program at `path` what it loads for it, in
 * our environment, as ldd(1) does: whether the library is among that.  Only
 * for a program that has no obstacle; for a script, its interpreter is asked.
 */
bool loaded_by_loader(const char *path, const struct loaded_library *library);

/* Whether starting the program gives it rights that we do not have. */
bool loaded_is_privileged(int fd, const struct stat *st);

/* Interpreters of interpreters: the kernel follows as many. */
#define LOADED_SCRIPTS	4

/*
 * The interpreter that the "#!" line of a script names, or NULL; and what
 * stands behind it, as it does, unless `argument` is NULL.
 */
char *loaded_interpreter(int fd, char **argument);

/* The file that execvp(`command`) would execute, or NULL. */
char *loaded_find_program(const char *command);

#endif /* STAT_LOADED_H */
