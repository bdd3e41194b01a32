/* SPDX-License-Identifier: MIT */
/*
 * webpage.h - a recording as a page of HTML in one file, to look at without
 * this program, a server or a network: "hakmem-stat report --html".
 */
#ifndef STAT_WEBPAGE_H
#define STAT_WEBPAGE_H

#include "figures/recording.h"

#include <stdio.h>

void webpage_put(FILE *out, const struct recording *recording);

/* ---- its parts that have a file of their own ---- */

/* Charts are so wide. */
#define WEBPAGE_WIDTH 920

/* Where the resident memory was: at all moments, and at the last one. */
void webpage_put_rows(FILE *out, const struct recording *recording);

/* The heap, unit after unit. */
void webpage_put_map(FILE *out, const struct moment_map *map);

/* The colours of both: what is between the braces of `:root {}`. */
void webpage_put_colors(FILE *out, bool dark);

/* "<td>TEXT</td>". */
void webpage_put_cell(FILE *out, const char *text);

/* The same of bytes. */
void webpage_put_bytes(FILE *out, uint64_t bytes);

#endif /* STAT_WEBPAGE_H */
