/* SPDX-License-Identifier: MIT */
/*
 * recorded.c - see recorded.h.
 */
#include "display/recorded.h"

#include "common/util.h"
#include "display/table.h"
#include "figures/figures.h"

#include <inttypes.h>
#include <stdio.h>

struct recorded_span recorded_span_of(const struct recording *recording,
				      const struct series *series)
{
	struct recorded_span span = {
		.first = series_first(recording, series),
		.last = series_last(recording, series),
		.least = UINT64_MAX,
	};
	uint64_t rise;

	for (size_t i = 0; i < recording->samples; i++) {
		uint64_t value = series->values[i];

		if (value == SERIES_NONE)
			continue;
		span.least = value < span.least ? value : span.least;
		span.most = value > span.most ? value : span.most;
	}
	span.has_rate = series->is_counter &&
		recording_rise(recording, series, &rise);
	if (span.has_rate)
		span.rate = (double)rise / recording_seconds(recording);
	return span;
}

void recorded_value_text(char text[UTIL_BYTES_MAX], const char *name,
			 uint64_t value)
{
	if (figures_are_bytes(name))
		util_bytes(text, value);
	else
		snprintf(text, UTIL_BYTES_MAX, "%" PRIu64, value);
}

void recorded_rate_text(char text[UTIL_BYTES_MAX], const char *name,
			const struct recorded_span *span)
{
	*text = '\0';
	if (span->has_rate && figures_are_bytes(name))
		util_bytes(text, util_whole(span->rate));
	else if (span->has_rate)
		snprintf(text, UTIL_BYTES_MAX, "%.1f", span->rate);
}

/* ---- the table ---- */

enum { NAME, FIRST, LAST, LEAST, MOST, RATE, COLUMNS };

static bool is_number(size_t column)
{
	return column != NAME;
}

static void put_value(struct table *table, const char *name, uint64_t n)
{
	if (figures_are_bytes(name))
		table_bytes(table, n);
	else
		table_number(table, n);
}

static void put_rate(struct table *table, const char *name,
		     const struct recorded_span *span)
{
	char text[UTIL_BYTES_MAX];

	recorded_rate_text(text, name, span);
	table_text(table, text);
}

static void put_row(struct table *table, const struct recording *recording,
		    const struct series *series)
{
	struct recorded_span span = recorded_span_of(recording, series);
	const char *name = series->name;

	table_text(table, name);
	put_value(table, name, span.first);
	put_value(table, name, span.last);
	if (series->is_counter) {
		table_text(table, "");
		table_text(table, "");
	} else {
		put_value(table, name, span.least);
		put_value(table, name, span.most);
	}
	put_rate(table, name, &span);
}

static void print_table(const struct recording *recording)
{
	static const char *const headings[COLUMNS] = {
		"figure", "first", "last", "least", "most", "per second"
	};
	struct table table;

	printf("%s%s: process %" PRIu64 "%s%s, %zu sample%s", util_bold(stdout),
	       recording->source, recording->pid,
	       *recording->command ? ", " : "", recording->command,
	       recording->samples, recording->samples == 1 ? "" : "s");
	if (recording->samples > 1)
		printf(" in %.1f s", recording_seconds(recording));
	printf("%s\n", util_plain(stdout));
	table_start(&table, COLUMNS);
	for (int c = 0; c < COLUMNS; c++)
		table_text(&table, headings[c]);
	for (size_t i = 0; i < recording->count; i++)
		put_row(&table, recording, &recording->series[i]);
	table_print(&table, is_number);
}

/* ---- CSV: all samples ---- */

static void print_csv(const struct recording *recording)
{
	fputs("time,seconds", stdout);
	for (size_t i = 0; i < recording->count; i++)
		printf(",%s", recording->series[i].name);
	putchar('\n');
	for (size_t n = 0; n < recording->samples; n++) {
		uint64_t time = recording->time_ns[n];

		printf("%" PRIu64 ".%03" PRIu64 ",%.6f", time / 1000000000,
		       time / 1000000 % 1000,
		       (double)recording->elapsed_ns[n] / 1e9);
		for (size_t i = 0; i < recording->count; i++) {
			uint64_t value = recording->series[i].values[n];

			putchar(',');
			if (value != SERIES_NONE)
				printf("%" PRIu64, value);
		}
		putchar('\n');
	}
}

/* ---- JSON ---- */

static void print_json_figure(const struct recording *recording,
			      const struct series *series)
{
	struct recorded_span span = recorded_span_of(recording, series);

	util_put_json(stdout, series->name);
	printf(":{\"type\":\"%s\",\"first\":%" PRIu64 ",\"last\":%" PRIu64,
	       series->is_counter ? "counter" : "gauge", span.first,
	       span.last);
	if (!series->is_counter)
		printf(",\"least\":%" PRIu64 ",\"most\":%" PRIu64 "}",
		       span.least, span.most);
	else if (span.has_rate)
		printf(",\"per_second\":%.6f}", span.rate);
	else
		fputs(",\"per_second\":null}", stdout);
}

static void print_json_object(const struct recording *recording)
{
	fputs("{\"schema\":1,\"source\":", stdout);
	util_put_json(stdout, recording->source);
	printf(",\"pid\":%" PRIu64 ",\"command\":", recording->pid);
	util_put_json(stdout, recording->command);
	printf(",\"samples\":%zu,\"seconds\":%.6f,\"figures\":{",
	       recording->samples, recording_seconds(recording));
	for (size_t i = 0; i < recording->count; i++) {
		fputs(i ? "," : "", stdout);
		print_json_figure(recording, &recording->series[i]);
	}
	puts("}}");
}

void recorded_print(enum print_format format,
		    const struct recording *recording)
{
	switch (format) {
	case PRINT_TABLE:
		print_table(recording);
		break;
	case PRINT_CSV:
		print_csv(recording);
		break;
	case PRINT_JSON:
		print_json_object(recording);
		break;
	}
}
