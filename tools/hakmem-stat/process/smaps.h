/* SPDX-License-Identifier: MIT */
/*
 * smaps.h - /proc/PID/smaps: every mapping of a process, with what of it is
 * resident and what the process gave up that the kernel has not yet taken.
 *
 * Whatever the text is, what comes out of it is in order, does not overlap,
 * and no mapping has more bytes of a kind than it is long.
 */
#ifndef STAT_SMAPS_H
#define STAT_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct smaps_mapping {
	uint64_t start, end;
	uint64_t rss;		/* bytes */
	uint64_t lazy;		/* of these, given up by MADV_FREE */
	bool is_file;		/* of a file, or of the kernel's, [vdso] */
	char *name;		/* a path, "[stack]", ...; or "" */
};

struct smaps {
	struct smaps_mapping *items;
	size_t count;
	size_t text;		/* bytes of all names */
};

/*
 * Reads all of it; lines that make no sense are left out.  Returns false
 * where there is more than sixteen times what a process may have by the
 * kernel's default.  What comes beyond is not read: one that maps faster than
 * we read would never come to an end.
 */
#define SMAPS_MAX	((size_t)1 << 20)
#define SMAPS_TEXT_MAX	((size_t)1 << 28)
bool smaps_read(struct smaps *smaps, FILE *in);

/* The index of the first mapping that ends behind the address. */
size_t smaps_find(const struct smaps *smaps, uint64_t address);

void smaps_free(struct smaps *smaps);

#endif /* STAT_SMAPS_H */
