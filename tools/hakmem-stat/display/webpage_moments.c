/* SPDX-License-Identifier: MIT */
/*
 * webpage_moments.c - see webpage.h: the rows that add up to what is
 * resident, and the map of the heap.
 */
#define _GNU_SOURCE
#include "display/webpage.h"

#include "common/util.h"
#include "display/svg.h"
#include "figures/palette.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- colours ---- */

/* What is grey, on a dark page. */
static const struct palette_rgb dark_grays[] = {
	[PALETTE_WHITE] = { 0x15, 0x18, 0x1c },
	[PALETTE_BLACK] = { 0xe6, 0xe6, 0xe6 },
	[PALETTE_FAINT] = { 0x9a, 0xa0, 0xa6 },
	[PALETTE_LINE] = { 0x5a, 0x60, 0x68 },
	[PALETTE_FREE] = { 0x2b, 0x30, 0x36 },
};
#define GRAYS (sizeof(dark_grays) / sizeof(dark_grays[0]))

/* The lighter ones are nearer to the page's own colour, as on a light one. */
static uint8_t dimmer(uint8_t part, uint8_t back)
{
	return (uint8_t)((part * 9 + back * 11) / 20);
}

static struct palette_rgb dark(unsigned int color)
{
	struct palette_rgb back = dark_grays[PALETTE_WHITE];
	unsigned int base = color % PALETTE_COLORS;
	struct palette_rgb rgb = base < GRAYS ? dark_grays[base] :
		palette_rgb(base);

	if (color < PALETTE_COLORS)
		return rgb;
	return (struct palette_rgb){ dimmer(rgb.red, back.red),
		dimmer(rgb.green, back.green), dimmer(rgb.blue, back.blue) };
}

void webpage_put_colors(FILE *out, bool is_dark)
{
	for (unsigned int i = 0; i < PALETTE_ALL; i++) {
		struct palette_rgb rgb = is_dark ? dark(i) : palette_rgb(i);

		fprintf(out, "--p%u:#%02x%02x%02x;", i, rgb.red, rgb.green,
			rgb.blue);
	}
	fprintf(out, "--c0:var(--p%d);--c1:var(--p%d);--c2:var(--p%d);"
		"--c3:var(--p%d)", is_dark ? PALETTE_SKY : PALETTE_BLUE,
		PALETTE_ORANGE, PALETTE_GREEN, PALETTE_PINK);
}

static void put_box(FILE *out, unsigned int color)
{
	fprintf(out, "<span class=\"box\" style=\"background:var(--p%u)\">"
		"</span>", color);
}

/* ---- where the resident memory is ---- */

#define LIGHT PALETTE_COLORS

static const unsigned int row_colors[EXPLAINED_ROWS] = {
	[EXPLAINED_LIVE] = PALETTE_BLUE,
	[EXPLAINED_ROUNDING] = PALETTE_BLUE + LIGHT,
	[EXPLAINED_CACHED] = PALETTE_SKY,
	[EXPLAINED_SLAB_FREE] = PALETTE_GREEN + LIGHT,
	[EXPLAINED_EMPTY_SLABS] = PALETTE_PINK,
	[EXPLAINED_DIRTY] = PALETTE_RED,
	[EXPLAINED_LAZY_FREE] = PALETTE_RED + LIGHT,
	[EXPLAINED_UNUSED] = PALETTE_YELLOW + LIGHT,
	[EXPLAINED_GUARDED] = PALETTE_YELLOW,
	[EXPLAINED_METADATA] = PALETTE_ORANGE,
	[EXPLAINED_LIBRARY] = PALETTE_ORANGE + LIGHT,
	[EXPLAINED_FILES] = PALETTE_FAINT + LIGHT,
	[EXPLAINED_STACKS] = PALETTE_GREEN,
	[EXPLAINED_OTHER] = PALETTE_LINE,
	[EXPLAINED_OTHER_LAZY] = PALETTE_FREE,
	[EXPLAINED_CHANGED] = PALETTE_BLACK,
};

/* What came or went meanwhile, where it went, is missing elsewhere. */
static double row_value(const struct moment *moment, int row)
{
	int64_t bytes = moment->explained.bytes[row];
	int64_t changed = moment->explained.bytes[EXPLAINED_CHANGED];

	if (row == EXPLAINED_OTHER && changed < 0)
		bytes += changed;
	return bytes > 0 ? (double)bytes : 0;
}

/* All moments of a row; NULL where it never has anything. */
static double *row_values(const struct recording *r, int row)
{
	double *values = util_resize(NULL, r->moment_count, sizeof(*values));
	double most = 0;

	for (size_t i = 0; i < r->moment_count; i++) {
		values[i] = row_value(&r->moments[i], row);
		most = values[i] > most ? values[i] : most;
	}
	if (most > 0)
		return values;
	free(values);
	return NULL;
}

/* One for each row that has something; returns how many. */
static size_t make_curves(const struct recording *r,
			  struct svg_curve curves[EXPLAINED_ROWS],
			  char classes[EXPLAINED_ROWS][8])
{
	size_t n = 0;

	for (int row = 0; row < EXPLAINED_ROWS; row++) {
		double *values = row_values(r, row);

		if (!values)
			continue;
		snprintf(classes[n], sizeof(classes[n]), "p%u",
			 row_colors[row]);
		curves[n] = (struct svg_curve){ classes[n],
			explained_text((enum explained_row)row).name, values };
		n++;
	}
	return n;
}

static void put_areas(FILE *out, const struct recording *r)
{
	char classes[EXPLAINED_ROWS][8];
	struct svg_curve curves[EXPLAINED_ROWS];
	double *seconds = util_resize(NULL, r->moment_count,
				      sizeof(*seconds));
	struct svg_chart chart = {
		.label = "resident memory by what it is, over time",
		.width = WEBPAGE_WIDTH, .height = 260, .seconds = seconds,
		.points = r->moment_count, .curves = curves,
		.count = make_curves(r, curves, classes),
		/* As the other charts. */
		.most_seconds = recording_since(r,
			r->elapsed_ns[r->samples - 1]),
		.stacked = true, .bytes = true,
	};

	for (size_t i = 0; i < r->moment_count; i++)
		seconds[i] = recording_since(r, r->moments[i].elapsed_ns);
	svg_chart_put(out, &chart);
	for (size_t i = 0; i < chart.count; i++)
		free((double *)curves[i].y);
	free(seconds);
}

static void put_row_help(FILE *out, const struct explained_text *text)
{
	fputs("<td class=\"help\">", out);
	svg_escape(out, text->help);
	for (size_t i = 0; i < EXPLAINED_OPTIONS && text->options[i]; i++)
		fprintf(out, "%s<code>%s</code>", i ? ", " : "; lowered by ",
			text->options[i]);
	fputs("</td>", out);
}

static void put_row(FILE *out, const struct explained *explained,
		    enum explained_row row)
{
	struct explained_text text = explained_text(row);
	int64_t bytes = explained->bytes[row];
	long share = explained_share(explained, row);
	char number[UTIL_BYTES_MAX];

	if (!bytes)
		return;
	fputs("<tr><td>", out);
	put_box(out, row_colors[row]);
	fprintf(out, "%s</td><td>%s%s</td><td>%s%ld.%ld %%</td>", text.name,
		bytes < 0 ? "-" : "",
		util_bytes(number, (uint64_t)llabs(bytes)),
		share < 0 ? "-" : "", labs(share) / 10, labs(share) % 10);
	put_row_help(out, &text);
	fputs("</tr>\n", out);
}

static void put_sum(FILE *out, const char *name, uint64_t bytes,
		    const char *help)
{
	fprintf(out, "<tr><td>%s</td>", name);
	webpage_put_bytes(out, bytes);
	fprintf(out, "<td></td><td class=\"help\">%s</td></tr>\n", help);
}

void webpage_put_rows(FILE *out, const struct recording *recording)
{
	const struct moment *last =
		&recording->moments[recording->moment_count - 1];
	const struct explained *explained = &last->explained;
	double seconds = recording_since(recording, last->elapsed_ns);
	char after[SVG_TEXT_MAX];

	svg_seconds(after, seconds, svg_step_seconds(seconds, 8));
	fprintf(out, "<h2>Where the resident memory is</h2>\n"
		"<p class=\"faint\">The table is what there was after %s."
		"</p>\n", after);
	if (recording->moment_count > 1)
		put_areas(out, recording);
	fputs("<div class=\"wide\"><table>\n<tr><th></th><th>bytes</th>"
	      "<th>share</th><th class=\"help\"></th></tr>\n", out);
	for (int row = 0; row < EXPLAINED_ROWS; row++)
		put_row(out, explained, (enum explained_row)row);
	put_sum(out, "total", explained->total,
		"the rows above, and all mappings");
	put_sum(out, "rss", explained->rss, "the kernel's own sum");
	fputs("</table></div>\n", out);
	if (!explained_agrees(explained))
		fputs("<p>The process changed while it was read: the rows and "
		      "the kernel differ by more than 2 %.</p>\n", out);
}

/* ---- the map ---- */

/*
 *   LEFT
 *    |
 *    | +--+--+--+--   a box for each cell, filled from below as far as it is
 *   0  |  |  |  |     in live blocks; lines are left free between them
 *      +--+--+--+--
 */
#define MAP_LEFT	76
#define MAP_TOP		6
#define FEW_COLUMNS	64u
#define FEW_CELLS	(FEW_COLUMNS * 24)
#define MANY_COLUMNS	96u

struct grid {
	FILE *out;
	const struct moment_map *map;
	unsigned int columns, rows;
	double side;		/* of a cell and the line behind it */
};

static void put_boxes(const struct grid *g, size_t entry, bool level)
{
	const struct moment_entry *e = &g->map->entries[entry];
	double side = g->side - 1;

	for (size_t i = 0; i < g->map->cell_count; i++) {
		double share, height;
		double x = MAP_LEFT + (double)(i % g->columns) * g->side;
		double y = MAP_TOP + (double)(i / g->columns) * g->side;

		if (moment_cell(g->map, i, &share) != e)
			continue;
		height = level ? share * side : side;
		fprintf(g->out, "M%.1f %.1fh%.1fv%.1fh-%.1fz", x,
			y + side - height, side, height, side);
	}
}

/* Lighter as a whole, and what is live of it in the colour itself. */
static void put_entry(const struct grid *g, size_t entry)
{
	const struct moment_entry *e = &g->map->entries[entry];
	unsigned int base = e->color % PALETTE_COLORS;

	fprintf(g->out, "<path style=\"fill:var(--p%u)\" d=\"",
		e->is_idle ? base : base + PALETTE_COLORS);
	put_boxes(g, entry, false);
	fputs("\"/>\n", g->out);
	if (e->is_idle)
		return;
	fprintf(g->out, "<path style=\"fill:var(--p%u)\" d=\"", base);
	put_boxes(g, entry, true);
	fputs("\"/>\n", g->out);
}

static void put_offsets(const struct grid *g)
{
	unsigned int step = g->rows > 16 ? 4 : 1;
	char text[UTIL_BYTES_MAX];

	for (unsigned int row = 0; row < g->rows; row += step)
		fprintf(g->out, "<text class=\"tick\" x=\"%d\" y=\"%.1f\" "
			"text-anchor=\"end\">%s</text>\n", MAP_LEFT - 8,
			MAP_TOP + row * g->side + g->side / 2 + 4,
			util_bytes(text, (uint64_t)row * g->columns *
				   g->map->unit));
}

static void put_grid(FILE *out, const struct moment_map *map)
{
	struct grid g = {
		.out = out, .map = map,
		.columns = map->cell_count > FEW_CELLS ? MANY_COLUMNS :
			FEW_COLUMNS,
	};

	g.rows = (unsigned int)((map->cell_count + g.columns - 1) / g.columns);
	g.side = (double)(WEBPAGE_WIDTH - MAP_LEFT) / g.columns;
	fprintf(out, "<svg viewBox=\"0 0 %d %.1f\" role=\"img\" "
		"aria-label=\"the heap, unit after unit\">\n", WEBPAGE_WIDTH,
		MAP_TOP + g.rows * g.side);
	for (size_t i = 0; i < map->entry_count; i++)
		put_entry(&g, i);
	put_offsets(&g);
	fputs("</svg>\n", out);
}

static bool is_in_map(const struct moment_map *map, size_t entry)
{
	double share;

	for (size_t i = 0; i < map->cell_count; i++)
		if (moment_cell(map, i, &share) == &map->entries[entry])
			return true;
	return false;
}

static void put_legend(FILE *out, const struct moment_map *map)
{
	fputs("<div class=\"wide\"><table>\n<tr><th></th><th>bytes</th>"
	      "<th>live</th><th>resident</th></tr>\n", out);
	for (size_t i = 0; i < map->entry_count; i++) {
		const struct moment_entry *e = &map->entries[i];

		if (!e->bytes)
			continue;
		fputs("<tr><td>", out);
		if (is_in_map(map, i))
			put_box(out, e->color);
		svg_escape(out, e->name);
		fputs("</td>", out);
		webpage_put_bytes(out, e->bytes);
		webpage_put_bytes(out, e->live);
		webpage_put_bytes(out, e->resident);
		fputs("</tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

void webpage_put_map(FILE *out, const struct moment_map *map)
{
	char unit[UTIL_BYTES_MAX];

	if (!map->cell_count)
		return;
	fprintf(out, "<h2>The heap</h2>\n<p class=\"faint\">From 0x%" PRIx64
		" on, at the same moment: a box is %s, in full colour as far "
		"as it is in live blocks.</p>\n", map->base,
		util_bytes(unit, map->unit));
	put_grid(out, map);
	put_legend(out, map);
}
