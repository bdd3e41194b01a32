/* SPDX-License-Identifier: MIT */
/*
 * moment.c - see moment.h.
 */
#define _GNU_SOURCE
#include "figures/moment.h"

#include "common/scan.h"
#include "common/util.h"
#include "figures/palette.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVELS	101u	/* of a cell: percent */
#define UNIT_MOST ((uint64_t)1 << 40)

/* ---- writing ---- */

static void put_rows(FILE *out, const struct explained *explained)
{
	fprintf(out, ",\"total_bytes\":%" PRIu64 ",\"kernel_bytes\":%" PRIu64
		",\"rows\":{", explained->total, explained->rss);
	for (int i = 0; i < EXPLAINED_ROWS; i++) {
		fputs(i ? "," : "", out);
		util_put_json(out, explained_text((enum explained_row)i).name);
		fprintf(out, ":%" PRId64, explained->bytes[i]);
	}
	fputc('}', out);
}

static uint64_t color_of(const struct chart_entry *entry)
{
	return entry->color;
}

static uint64_t idle_of(const struct chart_entry *entry)
{
	return entry->is_idle;
}

static uint64_t bytes_of(const struct chart_entry *entry)
{
	return entry->sum.bytes;
}

static uint64_t live_of(const struct chart_entry *entry)
{
	return entry->sum.live;
}

static uint64_t resident_bytes_of(const struct chart_entry *entry)
{
	return entry->sum.resident;
}

static void put_entries(FILE *out, const struct entries *entries)
{
	static const struct {
		const char *name;
		uint64_t (*of)(const struct chart_entry *entry);
	} arrays[] = {
		{ "colors", color_of }, { "idle", idle_of },
		{ "bytes", bytes_of }, { "live", live_of },
		{ "resident", resident_bytes_of },
	};

	fputs(",\"names\":[", out);
	for (size_t i = 0; i < entries->count; i++) {
		fputs(i ? "," : "", out);
		util_put_json(out, entries->items[i].name);
	}
	fputc(']', out);
	for (size_t a = 0; a < sizeof(arrays) / sizeof(arrays[0]); a++) {
		fprintf(out, ",\"%s\":[", arrays[a].name);
		for (size_t i = 0; i < entries->count; i++)
			fprintf(out, "%s%" PRIu64, i ? "," : "",
				arrays[a].of(&entries->items[i]));
		fputc(']', out);
	}
}

static uint32_t code_of(const struct chart *chart, size_t cell)
{
	const struct chart_entry *entry = chart_shown(chart, cell);
	uint32_t percent = (uint32_t)(chart_share(chart, cell) * 100 + 0.5);

	if (!entry)
		return 0;
	return 1 + (uint32_t)(entry - chart->entries.items) * LEVELS + percent;
}

static void put_map(FILE *out, const struct chart *chart)
{
	assert(chart->entries.count <= MOMENT_ENTRIES);
	fprintf(out, ",\"base\":%" PRIu64 ",\"unit\":%" PRIu64, chart->base,
		chart->unit);
	put_entries(out, &chart->entries);
	fputs(",\"cells\":[", out);
	for (size_t i = 0; i < chart->count; i++)
		fprintf(out, "%s%" PRIu32, i ? "," : "", code_of(chart, i));
	fputc(']', out);
}

char *moment_line(uint64_t time_ns, uint64_t elapsed_ns,
		  const struct explained *explained, const struct chart *chart)
{
	struct util_text text;

	util_text_open(&text);
	fprintf(text.out, "{\"kind\":\"" MOMENT_KIND "\",\"time_ns\":%" PRIu64
		",\"elapsed_ns\":%" PRIu64, time_ns, elapsed_ns);
	put_rows(text.out, explained);
	put_map(text.out, chart);
	fputs("}\n", text.out);
	util_text_close(&text);
	return text.bytes;
}

/* ---- reading ---- */

/* What has been read: arrays that have to be of one length. */
enum { NAMES, COLORS, IDLE, BYTES, LIVE, RESIDENT, ARRAYS };

/* Members that are numbers. */
#define KNOWN	6
#define HAS_ALL	((1u << KNOWN) - 1)

struct reading {
	struct moment *moment;
	size_t count[ARRAYS];
	unsigned int has;	/* a bit for each of KNOWN */
	bool has_rows, is_too_much;
};

/* Only one row may be negative; what no number is is 0 as well. */
static int64_t signed_number(const char *text)
{
	bool negative = *text == '-';
	uint64_t n;

	if (!util_number(text + negative, &n) || n > INT64_MAX)
		return 0;
	return negative ? -(int64_t)n : (int64_t)n;
}

static void take_row(struct reading *reading, const char *name,
		     const char *text)
{
	int64_t bytes = signed_number(text);

	for (int i = 0; i < EXPLAINED_ROWS; i++) {
		if (strcmp(explained_text((enum explained_row)i).name, name) ||
		    (bytes < 0 && i != EXPLAINED_CHANGED))
			continue;
		reading->moment->explained.bytes[i] = bytes;
		reading->has_rows = true;
	}
}

static void take_cell(struct reading *reading, uint64_t code)
{
	struct moment_map *map = reading->moment->map;

	if (map->cell_count == MOMENT_CELLS)
		reading->is_too_much = true;
	else
		map->cells[map->cell_count++] =
			code <= MOMENT_ENTRIES * LEVELS ? (uint32_t)code : 0;
}

/* The next element of an array; NULL where there are too many. */
static struct moment_entry *next(struct reading *reading, int array)
{
	size_t i = reading->count[array]++;

	if (i < MOMENT_ENTRIES)
		return &reading->moment->map->entries[i];
	reading->is_too_much = true;
	return NULL;
}

static void take_name(struct reading *reading, const char *text)
{
	struct moment_entry *entry = next(reading, NAMES);
	size_t n = 0;

	if (!entry)
		return;
	for (; *text && n < sizeof(entry->name) - 1; text++)
		entry->name[n++] = *text >= ' ' && *text <= '~' ? *text : '?';
}

static void take_element(struct reading *reading, int array, uint64_t n)
{
	struct moment_entry *entry = next(reading, array);

	if (!entry)
		return;
	switch (array) {
	case COLORS:
		entry->color = (unsigned int)(n % PALETTE_ALL);
		break;
	case IDLE:
		entry->is_idle = n;
		break;
	case BYTES:
		entry->bytes = n;
		break;
	case LIVE:
		entry->live = n;
		break;
	default:
		entry->resident = n;
		break;
	}
}

static void take_number(struct reading *reading, const char *name, uint64_t n)
{
	static const char *const arrays[ARRAYS] = {
		[COLORS] = "colors", [IDLE] = "idle", [BYTES] = "bytes",
		[LIVE] = "live", [RESIDENT] = "resident",
	};
	struct moment *m = reading->moment;
	const struct {
		const char *name;
		uint64_t *to;
	} known[] = {
		{ "time_ns", &m->time_ns }, { "elapsed_ns", &m->elapsed_ns },
		{ "total_bytes", &m->explained.total },
		{ "kernel_bytes", &m->explained.rss },
		{ "base", &m->map->base }, { "unit", &m->map->unit },
	};

	static_assert(sizeof(known) / sizeof(known[0]) == KNOWN, "all");
	for (size_t i = 0; i < KNOWN; i++) {
		if (strcmp(name, known[i].name) != 0)
			continue;
		*known[i].to = n;
		reading->has |= 1u << i;
	}
	for (int i = COLORS; i < ARRAYS; i++)
		if (!strcmp(name, arrays[i]))
			take_element(reading, i, n);
	if (!strcmp(name, "cells"))
		take_cell(reading, n);
}

static void take_leaf(void *arg, const struct scan_leaf *leaf)
{
	struct reading *reading = arg;
	uint64_t n;

	if (!strcmp(leaf->within, "rows"))
		take_row(reading, leaf->name, leaf->text);
	else if (*leaf->within)
		return;
	else if (leaf->is_string && !strcmp(leaf->name, "names"))
		take_name(reading, leaf->text);
	else if (!leaf->is_string && util_number(leaf->text, &n))
		take_number(reading, leaf->name, n);
}

/* A cell is a unit of the arena, or a power of two of them. */
static bool is_unit(uint64_t unit)
{
	return unit && !(unit & (unit - 1)) && unit <= UNIT_MOST;
}

static bool is_whole(const struct reading *reading)
{
	for (int i = 1; i < ARRAYS; i++)
		if (reading->count[i] != reading->count[0])
			return false;
	return reading->has == HAS_ALL && reading->has_rows &&
		!reading->is_too_much && is_unit(reading->moment->map->unit);
}

bool moment_read(struct moment *moment, const char *line)
{
	struct reading reading = { .moment = moment };

	*moment = (struct moment){
		.map = util_resize(NULL, 1, sizeof(*moment->map)),
	};
	memset(moment->map, 0, sizeof(*moment->map));
	if (scan_object(line, take_leaf, &reading) || !is_whole(&reading)) {
		moment_free(moment);
		return false;
	}
	moment->map->entry_count = reading.count[NAMES];
	return true;
}

const struct moment_entry *moment_cell(const struct moment_map *map, size_t i,
				       double *share)
{
	uint32_t code = map->cells[i];

	*share = 0;
	if (!code || (code - 1) / LEVELS >= map->entry_count)
		return NULL;
	*share = (code - 1) % LEVELS / 100.0;
	return &map->entries[(code - 1) / LEVELS];
}

void moment_free(struct moment *moment)
{
	free(moment->map);
	*moment = (struct moment){ 0 };
}
