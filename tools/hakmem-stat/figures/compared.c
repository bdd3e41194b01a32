/* SPDX-License-Identifier: MIT */
/*
 * compared.c - see compared.h.
 */
#include "figures/compared.h"

#include "common/nearest.h"
#include "common/util.h"
#include "figures/figures.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RATE	"_per_second"

static_assert(__LDBL_MANT_DIG__ >= 64, "the difference of two is exact");

static struct compared *row_of(struct comparison *comparison,
			       const char *name)
{
	struct compared *row;

	for (size_t i = 0; i < comparison->count; i++)
		if (!strcmp(comparison->rows[i].name, name))
			return &comparison->rows[i];
	comparison->rows = util_resize(comparison->rows,
				       comparison->count + 1,
				       sizeof(*comparison->rows));
	row = &comparison->rows[comparison->count++];
	*row = (struct compared){ .name = util_copy(name, strlen(name)) };
	return row;
}

static void add(struct comparison *comparison, enum compared_side side,
		const char *name, long double value, bool is_rate)
{
	struct compared *row = row_of(comparison, name);

	row->is_rate = is_rate;
	row->has[side] = true;
	row->values[side] = value;
}

/* ---- logs ---- */

static void add_lines(struct comparison *comparison, enum compared_side side,
		      const struct oslines *lines)
{
	size_t count;
	struct osline_sum *sums = osline_sums(lines, &count);

	for (size_t i = 0; i < count; i++)
		if (sums[i].numbers)
			add(comparison, side, sums[i].key,
			    (long double)sums[i].total, false);
	free(sums);
}

/* ---- recordings ---- */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The values that there are, from the least to the most. */
static uint64_t *sorted(const struct recording *recording,
			const struct series *series, size_t *count)
{
	uint64_t *values = util_resize(NULL, recording->samples,
				       sizeof(*values));

	*count = 0;
	for (size_t i = 0; i < recording->samples; i++)
		if (series->values[i] != SERIES_NONE)
			values[(*count)++] = series->values[i];
	qsort(values, *count, sizeof(*values), by_value);
	return values;
}

/* Of two in the middle, the lesser one. */
static void add_gauge(struct comparison *comparison, enum compared_side side,
		      const struct recording *recording,
		      const struct series *series)
{
	size_t n;
	uint64_t *values = sorted(recording, series, &n);

	if (n)
		add(comparison, side, series->name,
		    (long double)values[(n - 1) / 2], false);
	if (n && !strcmp(series->name, "rss_bytes"))
		add(comparison, side, "rss_peak_bytes",
		    (long double)values[n - 1], false);
	free(values);
}

static void add_counter(struct comparison *comparison,
			enum compared_side side,
			const struct recording *recording,
			const struct series *series)
{
	uint64_t rise;
	char *name;

	if (!recording_rise(recording, series, &rise))
		return;
	name = util_format("%s" RATE, series->name);
	add(comparison, side, name, (long double)rise /
	    (long double)recording_seconds(recording), true);
	free(name);
}

static void add_recording(struct comparison *comparison,
			  enum compared_side side,
			  const struct recording *recording)
{
	for (size_t i = 0; i < recording->count; i++) {
		const struct series *series = &recording->series[i];

		if (series->is_counter)
			add_counter(comparison, side, recording, series);
		else
			add_gauge(comparison, side, recording, series);
	}
}

void compared_add(struct comparison *comparison, enum compared_side side,
		  const struct readings *readings)
{
	add_lines(comparison, side, &readings->lines);
	for (size_t i = 0; i < readings->count; i++)
		add_recording(comparison, side, &readings->recordings[i]);
}

/* ---- rows ---- */

bool compared_has_both(const struct compared *row)
{
	return row->has[COMPARED_A] && row->has[COMPARED_B];
}

bool compared_is_bytes(const struct compared *row)
{
	size_t len = strlen(row->name);
	char *name;
	bool bytes;

	if (!row->is_rate)
		return figures_are_bytes(row->name);
	name = util_copy(row->name, len - strlen(RATE));
	bytes = figures_are_bytes(name);
	free(name);
	return bytes;
}

static bool is_called(const char *row, const char *name)
{
	static const char *const ends[] = {
		"", "_bytes", RATE, ("_bytes" RATE)
	};
	size_t len = strlen(name);

	if (strncmp(row, name, len) != 0)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(row + len, ends[i]))
			return true;
	return false;
}

const struct compared *compared_find(const struct comparison *comparison,
				     const char *name)
{
	const struct compared *found = NULL;

	for (size_t i = 0; i < comparison->count; i++) {
		const struct compared *row = &comparison->rows[i];

		if (!strcmp(row->name, name))
			return row;
		if (!found && is_called(row->name, name))
			found = row;
	}
	return found;
}

const char *compared_nearest(const struct comparison *comparison,
			     const char *name)
{
	const char **names = util_resize(NULL, comparison->count + 1,
					 sizeof(*names));
	const char *nearest;

	for (size_t i = 0; i < comparison->count; i++)
		names[i] = comparison->rows[i].name;
	names[comparison->count] = NULL;
	nearest = util_nearest(name, names);
	free(names);
	return nearest;
}

void compared_free(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->count; i++)
		free(comparison->rows[i].name);
	free(comparison->rows);
	*comparison = (struct comparison){ 0 };
}
