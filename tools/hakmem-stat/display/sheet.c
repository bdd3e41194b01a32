/* SPDX-License-Identifier: MIT */
/*
 * sheet.c - see sheet.h.
 */
#define _GNU_SOURCE
#include "display/sheet.h"

#include "common/util.h"
#include "figures/palette.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LEGEND_MAX	24
#define FIGURE_WIDTH	11
#define FIGURES_MAX	3	/* bytes, live, resident */
#define SIGN_WIDTH	5

struct sheet {
	FILE *out;
	const struct chart *chart;
	const struct mapped *mapped;
	int width;
	bool colors;
};

/* Powers of two, so that rows begin at round addresses. */
size_t sheet_signs(int width)
{
	size_t signs = 1;

	while (width > 0 && 2 * signs + SHEET_ADDRESS <= (size_t)width)
		signs *= 2;
	return signs;
}

/* What does not fit is cut off. */
static void put_line(const struct sheet *s, const char *text)
{
	fprintf(s->out, "%.*s\n", s->width, text);
}

/* ---- the rows ---- */

static void put_color(const struct sheet *s, const struct chart_entry *entry)
{
	if (!entry || entry->color == PALETTE_FREE)
		fputs("\033[0m", s->out);
	else
		fprintf(s->out, "\033[38;5;%um\033[48;5;%um",
			palette_is_dark(entry->color) ? 231 : 16,
			palette_terminal(entry->color));
}

static const struct chart_entry *shown(const struct sheet *s, size_t cell)
{
	return cell < s->chart->count ? chart_shown(s->chart, cell) : NULL;
}

static char letter_of(const struct chart_entry *entry)
{
	return entry ? entry->letter : ' ';
}

/* Up to the last one that is ours. */
static size_t row_end(const struct sheet *s, size_t first, size_t signs)
{
	size_t end = first + signs;

	while (end > first && !shown(s, end - 1))
		end--;
	return end;
}

static void put_row(const struct sheet *s, size_t first, size_t signs)
{
	size_t end = row_end(s, first, signs);
	const struct chart_entry *last = NULL;

	fprintf(s->out, "%012" PRIx64,
		s->chart->base + first * s->chart->unit);
	if (end > first)
		fputs("  ", s->out);
	for (size_t i = first; i < end; i++) {
		const struct chart_entry *entry = shown(s, i);

		if (s->colors && entry != last)
			put_color(s, entry);
		last = entry;
		fputc(letter_of(entry), s->out);
	}
	fputs(s->colors && last ? "\033[0m\n" : "\n", s->out);
}

static bool are_same(const struct sheet *s, size_t a, size_t b, size_t signs)
{
	for (size_t i = 0; i < signs; i++)
		if (shown(s, a + i) != shown(s, b + i))
			return false;
	return true;
}

/* Rows that are like the one before are a "*", all together. */
static void put_rows(const struct sheet *s)
{
	size_t signs = sheet_signs(s->width);
	bool starred = false;

	for (size_t i = 0; i < s->chart->count; i += signs) {
		bool is_last = i + signs >= s->chart->count;

		if (i && !is_last && are_same(s, i - signs, i, signs)) {
			if (!starred)
				put_line(s, "*");
			starred = true;
			continue;
		}
		starred = false;
		put_row(s, i, signs);
	}
}

/* ---- the legend ---- */

/* So many figures fit; the name gets what is left. */
static int figures_of(const struct sheet *s, int name_width)
{
	int room = (s->width - SIGN_WIDTH - name_width) / FIGURE_WIDTH;

	return room > FIGURES_MAX ? FIGURES_MAX : room < 1 ? 1 : room;
}

static void put_sum(const struct sheet *s, const struct chart_entry *entry,
		    const char *name, const struct mapped_sum *sum,
		    int name_width)
{
	const uint64_t figures[FIGURES_MAX] = { sum->bytes, sum->live,
						sum->resident };
	int count = figures_of(s, name_width);
	char *text = util_format("%-*.*s", name_width, name_width, name);
	char bytes[UTIL_BYTES_MAX];

	for (int i = 0; i < count; i++) {
		char *longer = util_format("%s%*s", text, FIGURE_WIDTH,
					   util_bytes(bytes, figures[i]));

		free(text);
		text = longer;
	}
	fputs("  ", s->out);
	if (entry && s->colors)
		put_color(s, entry);
	fputc(letter_of(entry), s->out);
	fprintf(s->out, "%s  %.*s\n", entry && s->colors ? "\033[0m" : "",
		s->width > SIGN_WIDTH ? s->width - SIGN_WIDTH : 1, text);
	free(text);
}

static void put_heading(const struct sheet *s, int name_width)
{
	static const char *const names[FIGURES_MAX] = { "bytes", "live",
							"resident" };
	int count = figures_of(s, name_width);
	char *text = util_format("%*s", SIGN_WIDTH + name_width, "");

	for (int i = 0; i < count; i++) {
		char *longer = util_format("%s%*s", text, FIGURE_WIDTH,
					   names[i]);

		free(text);
		text = longer;
	}
	put_line(s, text);
	free(text);
}

static int widest(const struct chart_entry *const *legend, size_t n)
{
	size_t most = 0;

	for (size_t i = 0; i < n; i++)
		if (strlen(legend[i]->name) > most)
			most = strlen(legend[i]->name);
	return (int)most;
}

static void put_legend(const struct sheet *s)
{
	const struct chart_entry *legend[LEGEND_MAX];
	size_t left, n = chart_legend(s->chart, legend, LEGEND_MAX, &left);
	int room = s->width - SIGN_WIDTH - FIGURE_WIDTH;
	int name_width = widest(legend, n);
	char bytes[UTIL_BYTES_MAX], *text;

	if (name_width > room)
		name_width = room > 0 ? room : 0;
	put_heading(s, name_width);
	for (size_t i = 0; i < n; i++)
		put_sum(s, legend[i], legend[i]->name, &legend[i]->sum,
			name_width);
	if (left) {
		text = util_format("     and %zu more heap%s", left,
				   left == 1 ? "" : "s");
		put_line(s, text);
		free(text);
	}
	put_sum(s, NULL, "total", &s->mapped->total, name_width);
	if (s->mapped->has_huge && s->mapped->total.huge) {
		text = util_format("     in huge pages: %s",
			util_bytes(bytes, s->mapped->total.huge));
		put_line(s, text);
		free(text);
	}
}

/* ---- all ---- */

static void put_title(const struct sheet *s)
{
	const struct chart *chart = s->chart;
	char sign[UTIL_BYTES_MAX], row[UTIL_BYTES_MAX];
	char *text = util_format("process %ld, %s", (long)s->mapped->pid,
				 s->mapped->command);

	fputs(util_bold(s->out), s->out);
	fprintf(s->out, "%.*s%s\n", s->width, text, util_plain(s->out));
	free(text);
	text = util_format("by %s; a sign is %s, a row %s",
		chart_words[chart->by], util_bytes(sign, chart->unit),
		util_bytes(row, chart->unit * sheet_signs(s->width)));
	put_line(s, text);
	free(text);
}

void sheet_print(FILE *out, const struct chart *chart,
		 const struct mapped *mapped, int width, bool colors)
{
	const struct sheet s = { out, chart, mapped, width, colors };

	put_title(&s);
	put_rows(&s);
	put_legend(&s);
}
