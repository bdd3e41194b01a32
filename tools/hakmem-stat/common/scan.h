/* SPDX-License-Identifier: MIT */
/*
 * scan.h - reads an object of JSON that stands on one line, as hakmem-stat
 * itself writes them, in builds without json-c as well.  The text may be
 * anything.
 */
#ifndef STAT_SCAN_H
#define STAT_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/* Longer names and texts are cut; none of ours is as long. */
#define SCAN_TEXT_MAX	255u

/* A value that is neither an object nor an array. */
struct scan_leaf {
	const char *within;	/* name of the object that it is in, or "" */
	const char *name;	/* its own, or that of the array it is in */
	const char *text;	/* of a string; or the word as it stands */
	bool is_string;
};

/* Called with one after the other. */
typedef void scan_tell(void *arg, const struct scan_leaf *leaf);

/*
 * Returns 0 where `text` is one object and blanks, and else the column, from
 * 1 on, where that is no longer so.
 */
size_t scan_object(const char *text, scan_tell *tell, void *arg);

#endif /* STAT_SCAN_H */
