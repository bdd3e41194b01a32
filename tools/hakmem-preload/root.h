/* SPDX-License-Identifier: MIT */
/*
 * root.h - the tree that is worked on: the system's own, or that of --root.
 *
 * The program enters the tree by chroot(2), so that every path, link and
 * program in it means what it means to that system.  /proc is the caller's:
 * it is opened before.
 */
#ifndef PRELOAD_ROOT_H
#define PRELOAD_ROOT_H

#include <stdbool.h>
#include <sys/types.h>

/* What paths of the tree start with in messages: "" or DIR. */
extern const char *root_name;

/* Enters `dir`, or stays where it is NULL.  Returns what is wrong, or NULL. */
char *root_enter(const char *dir);

/* Is this the system's own tree? */
bool root_is_system(void);

/* Opens /proc/PATH, or /proc itself where it is "."; -1 where it cannot. */
int root_open_proc(const char *path, int flags);

/* Does that process live in this tree? */
bool root_has_process(pid_t pid);

#endif /* PRELOAD_ROOT_H */
