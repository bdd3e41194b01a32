/* SPDX-License-Identifier: MIT */
/*
 * replace.h - a file changes from its old contents to the new ones in one
 * step, and back.
 *
 *   replace_prepare   FILE.hakmem-new is written and is on the disk
 *   replace_commit    FILE.hakmem-old becomes another name of the old file;
 *                     FILE.hakmem-new is renamed to FILE
 *   replace_undo      FILE.hakmem-old is renamed to FILE: the same file as
 *                     before, which takes no room on a full disk
 *   replace_finish    what is left over is removed
 *
 * A process that is killed anywhere in this leaves the old FILE or the new
 * one, whole.  The names are fixed: replace_clean() removes what another one
 * left.  All under the lock of lock.h.
 *
 * Functions that return a status have said what is wrong.
 */
#ifndef PRELOAD_REPLACE_H
#define PRELOAD_REPLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct replace {
	char *path, *fresh, *old;
	bool existed;		/* before */
	bool removes;		/* there is to be no file */
	struct stat before;
};

/*
 * `before` is the old file as it was read, or NULL where there was none;
 * `text` is NULL where the file is to be removed.
 */
int replace_prepare(struct replace *replace, const char *path,
		    const struct stat *before, const char *text, size_t len,
		    mode_t mode);
int replace_commit(struct replace *replace);
int replace_undo(struct replace *replace);
void replace_finish(struct replace *replace);

/* Both of the last two: for changes that nothing has to be tried after. */
int replace_now(const char *path, const struct stat *before,
		const char *text, size_t len, mode_t mode);

/* Removes what a killed process left of such a change of `path`. */
void replace_clean(const char *path);

#endif /* PRELOAD_REPLACE_H */
