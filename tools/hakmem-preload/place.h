/* SPDX-License-Identifier: MIT */
/*
 * place.h - where a path leads in the tree, and whether anybody but root can
 * change what is there or on the way.
 */
#ifndef PRELOAD_PLACE_H
#define PRELOAD_PLACE_H

#include "elf_file.h"

#include <stdbool.h>

/*
 * Follows a full path through links to the file.  Every directory on the way
 * must be root's, for all to search and for nobody else to write; the file
 * itself must be a regular one of root's, for all to read and for nobody else
 * to write.  Returns what is wrong, or NULL; `*real` is the path without
 * links, also where the file itself is at fault, or else NULL; the caller
 * frees it.
 */
char *place_check(const char *path, char **real);

/*
 * What the loader opens for an entry: $LIB stands for a directory that each
 * loader has built in, and a bare name is looked for.  Returns a path at
 * which there is a file, or else the likely one; the caller frees it.
 */
char *place_of_entry(const char *entry);

/*
 * Opens the object of that file name, for the same machine as `like`, in the
 * directories where systems keep their C library.  Returns its path, or NULL;
 * then `other` is set where there is one for another machine.
 */
char *place_find_library(const char *name, const struct elf_file *like,
			 struct elf_file *elf, bool *other);

#endif /* PRELOAD_PLACE_H */
