/* SPDX-License-Identifier: MIT */
/*
 * sheet.h - a chart as text: a sign for each cell, rows with their address,
 * and the legend.
 */
#ifndef STAT_SHEET_H
#define STAT_SHEET_H

#include "figures/chart.h"

#include <stdio.h>

/* Condensed to about a screen or two where nothing else is asked for. */
#define SHEET_ROWS 48

/* Columns that an address takes, and how many signs fit behind it. */
#define SHEET_ADDRESS 14
size_t sheet_signs(int width);

/* Prints it, no line longer than `width`; colours are codes of a terminal. */
void sheet_print(FILE *out, const struct chart *chart,
		 const struct mapped *mapped, int width, bool colors);

#endif /* STAT_SHEET_H */
