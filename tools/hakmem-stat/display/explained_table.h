/* SPDX-License-Identifier: MIT */
/*
 * explained_table.h - where the resident memory of a process is, as a table,
 * and as CSV on standard output.
 */
#ifndef STAT_EXPLAINED_TABLE_H
#define STAT_EXPLAINED_TABLE_H

#include "figures/explained.h"

#include <stdio.h>

void print_explained_table(FILE *out, const struct explained *explained);
void print_explained_csv(const struct explained *explained);

#endif /* STAT_EXPLAINED_TABLE_H */
