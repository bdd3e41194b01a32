/* SPDX-License-Identifier: MIT */
/*
 * picture.h - a chart as a picture: a box for each cell, filled from below
 * as far as it is live, rows with addresses, and the legend.
 */
#ifndef STAT_PICTURE_H
#define STAT_PICTURE_H

#include "display/canvas.h"
#include "figures/chart.h"

/* Condensed to this where nothing else is asked for. */
#define PICTURE_CELLS	((size_t)128 * 96)

/* The most that there is room for. */
#define PICTURE_CELLS_MAX ((size_t)128 * 1024)

/*
 * Draws it on a canvas that is started for it; `title` and `when`, a date,
 * are printable ASCII.
 */
void picture_draw(struct canvas *canvas, const struct chart *chart,
		  const struct mapped *mapped, const char *title,
		  const char *when);

#endif /* STAT_PICTURE_H */
