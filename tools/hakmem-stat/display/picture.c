/* SPDX-License-Identifier: MIT */
/*
 * picture.c - see picture.h.
 *
 *   margin | title
 *          | date, totals
 *          |          offsets in a row
 *          | address  +---------------------+ offset from the start
 *          | address  | cells               |
 *          |          +---------------------+
 *          | legend: box, name, bytes, live, resident
 */
#define _GNU_SOURCE
#include "display/picture.h"

#include "common/util.h"
#include "display/font.h"
#include "figures/palette.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARGIN		24
#define GRID_WIDTH	1024
#define LEFT		(MARGIN + 13 * FONT_WIDTH)
#define RIGHT		(LEFT + GRID_WIDTH)
#define WIDTH		(RIGHT + 12 * FONT_WIDTH + MARGIN)
#define LINE		18	/* from one line of text to the next */
#define GRID_TOP	(MARGIN + 2 * FONT_HEIGHT + 3 * LINE + 32)
#define FEW_ROWS	48	/* cells are larger up to here */
#define LEGEND_MAX	22
#define LEGEND_TEXT	46	/* letters of a name */
#define FIGURE		13	/* letters of a figure */

struct layout {
	struct canvas *canvas;
	const struct chart *chart;
	const struct mapped *mapped;
	int columns, rows;
	int cell;		/* dots of a cell's side, its line included */
};

static struct layout layout_of(const struct chart *chart)
{
	struct layout l = { .chart = chart, .columns = 64 };

	if (chart->count > (size_t)l.columns * FEW_ROWS)
		l.columns = 128;
	l.rows = (int)((chart->count + (size_t)l.columns - 1) /
		       (size_t)l.columns);
	l.cell = GRID_WIDTH / l.columns;
	return l;
}

static int grid_end(const struct layout *l)
{
	return GRID_TOP + l->rows * l->cell;
}

/* ---- cells ---- */

/* The colours of a chart by fill tell it themselves. */
static bool has_level(const struct layout *l,
		      const struct chart_entry *entry)
{
	return l->chart->by != CHART_FILL && !entry->is_idle;
}

static unsigned int light(unsigned int color)
{
	return color < PALETTE_COLORS ? color + PALETTE_COLORS : color;
}

/* A box of the colour, lighter above the level that is in use. */
static void draw_level(const struct layout *l, int x, int y,
		       unsigned int color, double share)
{
	int size = l->cell - 1;
	int level = (int)(share * size + 0.5);

	canvas_box(l->canvas, x, y, size, size, (uint8_t)light(color));
	canvas_box(l->canvas, x, y + size - level, size, level,
		   (uint8_t)(color % PALETTE_COLORS));
}

static void draw_cell(const struct layout *l, size_t i)
{
	const struct chart_entry *entry = chart_shown(l->chart, i);
	int x = LEFT + (int)(i % (size_t)l->columns) * l->cell;
	int y = GRID_TOP + (int)(i / (size_t)l->columns) * l->cell;
	char letter[2] = "";

	if (!entry)
		return;
	if (has_level(l, entry))
		draw_level(l, x, y, entry->color, chart_share(l->chart, i));
	else
		canvas_box(l->canvas, x, y, l->cell - 1, l->cell - 1,
			   entry->color);
	/* There are more heaps than colours. */
	if (l->chart->by != CHART_HEAP || l->cell < FONT_HEIGHT ||
	    entry->is_idle)
		return;
	letter[0] = entry->letter;
	canvas_text(l->canvas, x + (l->cell - FONT_WIDTH) / 2,
		    y + (l->cell - FONT_HEIGHT) / 2, 1, letter,
		    PALETTE_BLACK);
}

/* ---- the axes ---- */

static void draw_columns(const struct layout *l)
{
	int step = l->columns / 4;
	char bytes[UTIL_BYTES_MAX];

	for (int i = 0; i <= 4; i++) {
		int x = LEFT + i * step * l->cell;

		canvas_box(l->canvas, x, GRID_TOP - 6, 1, 5, PALETTE_FAINT);
		util_bytes(bytes, (uint64_t)(i * step) * l->chart->unit);
		canvas_text(l->canvas, x - (i ? canvas_text_width(bytes, 1) /
			    2 : 0), GRID_TOP - 8 - FONT_HEIGHT, 1, bytes,
			    PALETTE_FAINT);
	}
}

/* Not each row, where they are not as high as a letter. */
static void draw_rows(const struct layout *l)
{
	int step = l->cell >= FONT_HEIGHT ? 1 : 4;
	char text[UTIL_BYTES_MAX];

	for (int row = 0; row < l->rows; row += step) {
		uint64_t offset = (uint64_t)row * (uint64_t)l->columns *
			l->chart->unit;
		int y = GRID_TOP + row * l->cell +
			(l->cell - FONT_HEIGHT) / 2;

		snprintf(text, sizeof(text), "%012" PRIx64,
			 l->chart->base + offset);
		canvas_text_right(l->canvas, LEFT - 8, y, text,
				  PALETTE_BLACK);
		/* A size now and then. */
		if (row % (4 * step))
			continue;
		canvas_box(l->canvas, RIGHT, y + FONT_HEIGHT / 2, 5, 1,
			   PALETTE_FAINT);
		canvas_text(l->canvas, RIGHT + 9, y, 1,
			    util_bytes(text, offset), PALETTE_FAINT);
	}
}

/* ---- texts ---- */

static void draw_head(const struct layout *l, const char *title,
		      const char *when)
{
	const struct mapped_sum *total = &l->mapped->total;
	char bytes[UTIL_BYTES_MAX], live[UTIL_BYTES_MAX];
	char resident[UTIL_BYTES_MAX], huge[UTIL_BYTES_MAX];
	char cell[UTIL_BYTES_MAX], row[UTIL_BYTES_MAX];
	int y = MARGIN + 2 * FONT_HEIGHT + 8;
	char *text;

	canvas_text(l->canvas, MARGIN, MARGIN, 2, title, PALETTE_BLACK);
	text = util_format("%s; %s of addresses, %s in live blocks, %s "
		"resident, %s of that in huge pages", when,
		util_bytes(bytes, total->bytes),
		util_bytes(live, total->live),
		util_bytes(resident, total->resident),
		l->mapped->has_huge ? util_bytes(huge, total->huge) :
		"an unknown part");
	canvas_text(l->canvas, MARGIN, y, 1, text, PALETTE_BLACK);
	free(text);
	text = util_format("by %s: a box is %s, a row %s%s",
		chart_words[l->chart->by], util_bytes(cell, l->chart->unit),
		util_bytes(row, l->chart->unit * (uint64_t)l->columns),
		l->chart->by == CHART_FILL ? "" :
		l->chart->by == CHART_RESIDENT ?
		"; full colour as far as it is resident" :
		"; full colour as far as it is in live blocks");
	canvas_text(l->canvas, MARGIN, y + LINE, 1, text, PALETTE_BLACK);
	free(text);
}

static void draw_figures(const struct layout *l, int x, int y,
			 const char *const figures[3], unsigned int color)
{
	for (int i = 0; i < 3; i++)
		canvas_text_right(l->canvas, x + (i + 1) * FIGURE *
				  FONT_WIDTH, y, figures[i], (uint8_t)color);
}

static void draw_sum(const struct layout *l, int y, const char *name,
		     const struct mapped_sum *sum)
{
	char bytes[UTIL_BYTES_MAX], live[UTIL_BYTES_MAX];
	char resident[UTIL_BYTES_MAX];
	const char *const figures[3] = {
		util_bytes(bytes, sum->bytes), util_bytes(live, sum->live),
		util_bytes(resident, sum->resident),
	};
	int x = LEFT + 24;

	canvas_text(l->canvas, x, y, 1, name, PALETTE_BLACK);
	draw_figures(l, x + LEGEND_TEXT * FONT_WIDTH, y, figures,
		     PALETTE_BLACK);
}

static void draw_entry(const struct layout *l, int y,
		       const struct chart_entry *entry)
{
	char letter[2] = { entry->letter, '\0' };

	draw_sum(l, y, entry->name, &entry->sum);
	if (entry->is_apart)
		return;
	canvas_box(l->canvas, LEFT, y - 2, 15, 15, PALETTE_LINE);
	canvas_box(l->canvas, LEFT + 1, y - 1, 13, 13, entry->color);
	if (l->chart->by == CHART_HEAP)
		canvas_text(l->canvas, LEFT + 4, y - 1, 1, letter,
			    PALETTE_BLACK);
}

static void draw_legend(const struct layout *l,
			const struct chart_entry *const *legend, size_t n,
			size_t left)
{
	static const char *const heads[3] = { "bytes", "live", "resident" };
	int y = grid_end(l) + LINE;

	draw_figures(l, LEFT + 24 + LEGEND_TEXT * FONT_WIDTH, y, heads,
		     PALETTE_FAINT);
	for (size_t i = 0; i < n; i++)
		draw_entry(l, y += LINE, legend[i]);
	y += LINE;
	if (left) {
		char *text = util_format("and %zu more heaps", left);

		canvas_text(l->canvas, LEFT + 24, y, 1, text, PALETTE_BLACK);
		free(text);
		y += LINE;
	}
	canvas_box(l->canvas, LEFT, y - 3, 24 + (LEGEND_TEXT + 3 * FIGURE) *
		   FONT_WIDTH, 1, PALETTE_LINE);
	draw_sum(l, y + 2, "total", &l->mapped->total);
}

void picture_draw(struct canvas *canvas, const struct chart *chart,
		  const struct mapped *mapped, const char *title,
		  const char *when)
{
	const struct chart_entry *legend[LEGEND_MAX];
	size_t left, n = chart_legend(chart, legend, LEGEND_MAX, &left);
	struct layout l = layout_of(chart);

	l.canvas = canvas;
	l.mapped = mapped;
	canvas_start(canvas, WIDTH, grid_end(&l) + MARGIN +
		     ((int)n + 3 + (left != 0)) * LINE, PALETTE_WHITE);
	draw_head(&l, title, when);
	draw_columns(&l);
	draw_rows(&l);
	for (size_t i = 0; i < chart->count; i++)
		draw_cell(&l, i);
	draw_legend(&l, legend, n, left);
}
