/* SPDX-License-Identifier: MIT */
/*
 * print.c - see print.h: the table and CSV.
 *
 * A table has a row for each key.  One process has one column and the
 * meaning of each figure; several have their total, least and most.
 */
#include "display/print.h"

#include "common/util.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum print_format print_format_named(const char *name)
{
	enum print_format format = print_format_plain(name);

	if (format == PRINT_JSON && !print_json_built)
		util_die(util_trouble, "this hakmem-stat was built without "
			 "json-c: --format=csv and table work");
	return format;
}

enum print_format print_format_plain(const char *name)
{
	static const char *const names[] = { "table", "json", "csv", NULL };
	const char *nearest;

	for (int i = 0; names[i]; i++)
		if (!strcmp(name, names[i]))
			return (enum print_format)i;
	nearest = util_nearest(name, names);
	util_die(util_trouble, "unknown format '%s'%s%s%s: table, json or csv",
		 name, nearest ? "; did you mean '" : "",
		 nearest ? nearest : "", nearest ? "'?" : "");
}

/* ---- the table ---- */

static const char *figure(char text[UTIL_BYTES_MAX], const char *key,
			  uint64_t number)
{
	if (osline_is_bytes(key))
		return util_bytes(text, number);
	snprintf(text, UTIL_BYTES_MAX, "%" PRIu64, number);
	return text;
}

static void heading(FILE *out, const char *text)
{
	fprintf(out, "%s%s%s\n", util_bold(out), text, util_plain(out));
}

static int key_width(const struct osline_sum *sums, size_t count)
{
	int width = 12;

	for (size_t i = 0; i < count; i++)
		if ((int)strlen(sums[i].key) > width)
			width = (int)strlen(sums[i].key);
	return width;
}

static void row_of_one(FILE *out, const struct osline_sum *sum, int width)
{
	char text[UTIL_BYTES_MAX];
	const char *value = sum->numbers ?
		figure(text, sum->key, sum->total) : sum->word;

	fprintf(out, "  %-*s %12s", width, sum->key, value);
	if (*osline_meaning(sum->key))
		fprintf(out, "  %s", osline_meaning(sum->key));
	fputc('\n', out);
}

static void row_of_many(FILE *out, const struct osline_sum *sum, int width)
{
	char total[UTIL_BYTES_MAX], least[UTIL_BYTES_MAX];
	char most[UTIL_BYTES_MAX];

	if (sum->numbers)
		fprintf(out, "  %-*s %12s %12s %12s\n", width, sum->key,
			figure(total, sum->key, sum->total),
			figure(least, sum->key, sum->least),
			figure(most, sum->key, sum->most));
	else
		fprintf(out, "  %-*s %12s\n", width, sum->key, sum->word);
}

static void print_figures(FILE *out, const struct oslines *lines)
{
	size_t count;
	struct osline_sum *sums = osline_sums(lines, &count);
	int width = key_width(sums, count);

	if (lines->count > 1)
		fprintf(out, "%s  %-*s %12s %12s %12s%s\n", util_bold(out),
			width, "", "total", "least", "most", util_plain(out));
	for (size_t i = 0; i < count; i++) {
		if (lines->count > 1)
			row_of_many(out, &sums[i], width);
		else
			row_of_one(out, &sums[i], width);
	}
	free(sums);
}

static void print_run_rows(FILE *out, const struct print_run *run)
{
	char rss[UTIL_BYTES_MAX];

	fprintf(out, "%shakmem-stat: %s%s\n", util_bold(out), run->command[0],
		util_plain(out));
	if (run->signal)
		fprintf(out, "  %-12s %d (ended by signal %d, %s)\n", "status",
			run->status, run->signal, strsignal(run->signal));
	else
		fprintf(out, "  %-12s %d\n", "status", run->status);
	fprintf(out, "  %-12s %s: %s\n", "loaded", run->loaded,
		run->evidence);
	if (run->forced_libc)
		fprintf(out, "  %-12s %s\n", "allocator",
			"the C library's: HAKMEM_FORCE_LIBC_ALLOC is set");
	fprintf(out, "  %-12s %.2f s, %.2f s user, %.2f s system\n", "time",
		run->elapsed, run->user, run->system);
	fprintf(out, "  %-12s %s\n", "peak RSS",
		util_bytes(rss, run->peak_rss));
}

static void print_sources(FILE *out, const struct oslines *lines)
{
	if (lines->count == 1)
		fprintf(out, "%s%s:%lu%s\n", util_bold(out),
			lines->items[0].source, lines->items[0].line,
			util_plain(out));
	else
		fprintf(out, "%s%zu processes%s\n", util_bold(out),
			lines->count, util_plain(out));
}

double print_per_operation(const struct oslines *lines, uint64_t operations)
{
	return (double)osline_calls(lines) / (double)operations;
}

static void print_budget(FILE *out, const struct oslines *lines,
			 uint64_t operations)
{
	double each = print_per_operation(lines, operations);

	fprintf(out, "  %" PRIu64 " calls to the system in %" PRIu64
		" operations: %.3g for each, %s the budget of %.0e\n",
		osline_calls(lines), operations, each,
		each <= PRINT_BUDGET ? "within" : "over", PRINT_BUDGET);
}

static void print_table(FILE *out, const struct oslines *lines,
			const struct print_run *run, uint64_t operations)
{
	if (run) {
		print_run_rows(out, run);
		if (!lines->count) {
			fprintf(out, "  %-12s none\n", "figures");
			return;
		}
		fputc('\n', out);
		if (lines->count > 1)
			fprintf(out, "  %zu processes printed figures\n",
				lines->count);
		else
			heading(out, "  calls to the system and events");
	} else {
		print_sources(out, lines);
	}
	print_figures(out, lines);
	if (operations)
		print_budget(out, lines, operations);
}

/* ---- CSV ---- */

void print_csv_field(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\n\r")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

/* A row for each process, a column for each key that any of them has. */
static void print_csv(FILE *out, const struct oslines *lines)
{
	size_t count;
	struct osline_sum *sums = osline_sums(lines, &count);

	fputs("source,line", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, ",%s", sums[i].key);
	fputc('\n', out);
	for (size_t i = 0; i < lines->count; i++) {
		print_csv_field(out, lines->items[i].source);
		fprintf(out, ",%lu", lines->items[i].line);
		for (size_t j = 0; j < count; j++) {
			const struct osline_value *value =
				osline_find(&lines->items[i], sums[j].key);

			fputc(',', out);
			if (value)
				print_csv_field(out, value->text);
		}
		fputc('\n', out);
	}
	free(sums);
}

void print_lines(FILE *out, enum print_format format,
		 const struct oslines *lines, const struct print_run *run,
		 uint64_t operations)
{
	switch (format) {
	case PRINT_TABLE:
		print_table(out, lines, run, operations);
		break;
	case PRINT_JSON:
		print_json(out, lines, run, operations);
		break;
	case PRINT_CSV:
		print_csv(out, lines);
		break;
	}
}
