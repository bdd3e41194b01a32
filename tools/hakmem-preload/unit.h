/* SPDX-License-Identifier: MIT */
/*
 * unit.h - what the files of a unit of systemd say of LD_PRELOAD.
 *
 * A unit has one file and any number of drop-ins, which are read in the order
 * of their names, whatever their directories.  A variable that is set again
 * has the last value; an empty Environment= forgets all before it.
 */
#ifndef PRELOAD_UNIT_H
#define PRELOAD_UNIT_H

#include <stdbool.h>
#include <stddef.h>

/* Where this program puts a drop-in: behind what others are named. */
#define UNIT_DIR	"/etc/systemd/system"
#define UNIT_DROP_IN	"zz-hakmem.conf"

/* Of the files read so far, in their order. */
struct unit {
	char *preload;		/* the value of LD_PRELOAD, or NULL */
	char *from;		/* the file that set it */
	bool odd;		/* it has what only systemd can expand */
	char *unset_by;		/* a file with UnsetEnvironment=LD_PRELOAD */
	char **environment_files;
	size_t files;
};

/* Reads the text of one more file. */
void unit_read(struct unit *unit, const char *path, const char *text);
void unit_free(struct unit *unit);

/* NAME or NAME.service; NULL where it cannot be a service's name. */
char *unit_full_name(const char *name);

/*
 * Reads all files of the unit but our own drop-in.  `last`, if not NULL, gets
 * those alone whose names come behind it.  False: there is no such unit.
 */
bool unit_load(struct unit *unit, struct unit *last, const char *name);

/* The whole text of a file, or NULL; the caller frees it. */
char *unit_text(const char *path);

#endif /* PRELOAD_UNIT_H */
