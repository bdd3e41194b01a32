/* SPDX-License-Identifier: MIT */
/*
 * fuzz_recording.c - a fuzz target for hakmem-stat: a file that may be a
 * recording, cut off or with anything in it.
 *
 * An input is the text of a file.  Whatever it is,
 *
 *   - what is read stays within the line, which a sanitizer sees;
 *   - figures have words as names, once each, and time goes forward;
 *   - a moment has as many entries and cells as there is room for, and its
 *     cells are of these entries;
 *   - the page that is made of it is whole, and no text of the recording is
 *     more than text in it.
 *
 * Built from fuzz_recording.c, fuzz_common.c and files of tools/hakmem-stat.
 */
#define FUZZ_RUNS	1000	/* nothing is left from one to the next */

#include "fuzz_common.h"

#include "common/util.h"
#include "display/webpage.h"
#include "figures/recording.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void check_series(const struct recording *r, size_t i)
{
	const struct series *series = &r->series[i];

	for (const char *c = series->name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			fuzz_fail("a figure's name has byte %d",
				  (unsigned char)*c);
	if (recording_find(r, series->name) != series)
		fuzz_fail("there are two figures %s", series->name);
	if (series_first(r, series) == SERIES_NONE ||
	    series_last(r, series) == SERIES_NONE)
		for (size_t k = 0; k < r->samples; k++)
			if (series->values[k] != SERIES_NONE)
				fuzz_fail("a value of %s is not found",
					  series->name);
}

static void check_map(const struct moment_map *map)
{
	if (map->entry_count > MOMENT_ENTRIES ||
	    map->cell_count > MOMENT_CELLS || !map->unit)
		fuzz_fail("a map has %zu entries, %zu cells",
			  map->entry_count, map->cell_count);
	for (size_t i = 0; i < map->cell_count; i++) {
		double share;
		const struct moment_entry *e = moment_cell(map, i, &share);

		if (e && (e < map->entries ||
			  e >= map->entries + map->entry_count ||
			  !(share >= 0 && share <= 1)))
			fuzz_fail("cell %zu has no entry of its map", i);
	}
}

static void check_times(const struct recording *r)
{
	for (size_t i = 1; i < r->samples; i++)
		if (r->elapsed_ns[i] < r->elapsed_ns[i - 1])
			fuzz_fail("sample %zu is before the last one", i);
	for (size_t i = 0; i < r->moment_count; i++) {
		bool last = i == r->moment_count - 1;

		if (i && r->moments[i].elapsed_ns <
		    r->moments[i - 1].elapsed_ns)
			fuzz_fail("moment %zu is before the last one", i);
		if (last != (r->moments[i].map != NULL))
			fuzz_fail("moment %zu of %zu: its map", i,
				  r->moment_count);
	}
	if (r->moment_count)
		check_map(r->moments[r->moment_count - 1].map);
}

/* What a page of ours never has, and text would bring along. */
static void check_page(const struct recording *r)
{
	static const char *const foreign[] = { "<script", "<img", "<a " };
	static const char end[] = "</body>\n</html>\n";
	struct util_text page;

	util_text_open(&page);
	webpage_put(page.out, r);
	util_text_close(&page);
	if (page.len != strlen(page.bytes) || page.len < sizeof(end) ||
	    strcmp(page.bytes + page.len - strlen(end), end) != 0)
		fuzz_fail("the page is not whole");
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (strstr(page.bytes, foreign[i]))
			fuzz_fail("the page has %s", foreign[i]);
	free(page.bytes);
}

static void fuzz_recording(const uint8_t *data, size_t len)
{
	struct recording recording = { .source = "input" };

	for (size_t at = 0; at < len;) {
		const uint8_t *end = memchr(data + at, '\n', len - at);
		size_t n = end ? (size_t)(end - data) - at : len - at;
		/* A copy of just its size: a sanitizer sees reads beyond. */
		char *text = util_copy((const char *)data + at, n);
		enum recording_line taken;
		size_t column;

		taken = recording_take(&recording, text, n, &column);
		free(text);
		if (!at && (taken == RECORDING_NONE ||
			    taken == RECORDING_LATER))
			break;
		at += n + 1;
	}
	for (size_t i = 0; i < recording.count; i++)
		check_series(&recording, i);
	check_times(&recording);
	if (recording.samples)
		check_page(&recording);
	recording_free(&recording);
}

FUZZ_MAIN(fuzz_recording)
