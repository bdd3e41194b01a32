/* SPDX-License-Identifier: MIT */
/*
 * soak.c - "hakmem-stat soak FILE": does the memory of a process that was
 * recorded rise or fall in the long run, and what of it?
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/output.h"
#include "common/util.h"
#include "display/print.h"
#include "display/table.h"
#include "figures/drift.h"
#include "figures/readings.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A change of less is none: percent of the median resident memory. */
#define TOLERANCE_USUAL	1.0

/* Seconds; slopes are told of one. */
#define HOUR		3600.0

enum row {
	ROW_RSS,		/* resident memory */
	ROW_LIVE,		/* what the program holds */
	ROW_KEPT,		/* free, in slabs, in threads, for reuse */
	ROW_OTHER,		/* not the library's, less what of the
				   library's was never touched */
	ROWS
};

static const char *const names[ROWS] = { "rss", "live", "kept", "other" };

struct soak {
	const struct recording *recording;
	double tolerance;	/* percent */
	size_t warmup;		/* samples */
	size_t count;		/* behind these */
	double span;		/* seconds of them */
	struct {
		struct drift_spread spread;
		struct drift_trend trend;
		enum drift_verdict verdict;
	} rows[ROWS];
};

static const char *verdict_word(enum drift_verdict verdict)
{
	static const char *const words[] = {
		[DRIFT_STABLE] = "stable", [DRIFT_RISES] = "rises",
		[DRIFT_FALLS] = "falls",
		[DRIFT_INCONCLUSIVE] = "inconclusive",
	};

	return words[verdict];
}

/* ---- the series ---- */

/* A figure of a sample that has all that are needed. */
static double figure(const struct recording *recording, const char *name,
		     size_t sample)
{
	const struct series *series = recording_find(recording, name);

	return series && series->values[sample] != SERIES_NONE ?
		(double)series->values[sample] : 0;
}

static double value_of(const struct recording *r, enum row row, size_t i)
{
	double used = figure(r, "used_bytes", i);
	double touched = figure(r, "committed_bytes", i) -
		figure(r, "clean_bytes", i);

	switch (row) {
	case ROW_RSS:
		return figure(r, "rss_bytes", i);
	case ROW_LIVE:
		return used;
	case ROW_KEPT:
		return touched - used;
	default:
		return figure(r, "rss_bytes", i) - touched;
	}
}

static double *values_of(const struct recording *recording, enum row row)
{
	double *x = util_resize(NULL, recording->samples, sizeof(*x));

	for (size_t i = 0; i < recording->samples; i++)
		x[i] = value_of(recording, row, i);
	return x;
}

static double *times_of(const struct recording *recording)
{
	double *t = util_resize(NULL, recording->samples, sizeof(*t));

	for (size_t i = 0; i < recording->samples; i++)
		t[i] = (double)recording->elapsed_ns[i] / 1e9;
	return t;
}

static void look_at(struct soak *soak, const double *t)
{
	double tolerance;

	for (int row = 0; row < ROWS; row++) {
		double *x = values_of(soak->recording, (enum row)row);

		if (row == ROW_RSS)
			soak->warmup = drift_warmup(x,
						    soak->recording->samples);
		soak->count = soak->recording->samples - soak->warmup;
		soak->span = t[soak->recording->samples - 1] -
			t[soak->warmup];
		soak->rows[row].spread = drift_spread(x + soak->warmup,
						      soak->count);
		soak->rows[row].trend = drift_trend(t + soak->warmup,
						    x + soak->warmup,
						    soak->count);
		tolerance = soak->tolerance / 100 *
			soak->rows[ROW_RSS].spread.p50;
		soak->rows[row].verdict = drift_verdict(&soak->rows[row].trend,
							soak->span, tolerance);
		free(x);
	}
}

/* Resident or live memory decide; the others tell where it comes from. */
static bool any(const struct soak *soak, enum drift_verdict verdict)
{
	return soak->rows[ROW_RSS].verdict == verdict ||
		soak->rows[ROW_LIVE].verdict == verdict;
}

static const char *conclusion(const struct soak *soak)
{
	if (any(soak, DRIFT_RISES) || any(soak, DRIFT_FALLS))
		return "DRIFT";
	return any(soak, DRIFT_INCONCLUSIVE) ? "INCONCLUSIVE" : "STABLE";
}

/* ---- the table: a column for each ---- */

static bool is_number(size_t column)
{
	return column > 0;
}

static void put_bytes(struct table *table, double bytes, bool plus)
{
	char text[UTIL_BYTES_MAX];
	char *cell;

	util_bytes(text, util_whole(fabs(bytes)));
	cell = util_format("%s%s", bytes <= -1 ? "-" :
			   plus && bytes >= 1 ? "+" : "", text);
	table_text(table, cell);
	free(cell);
}

static void put_decimal(struct table *table, double n)
{
	char *cell = util_format("%.4f", n);

	table_text(table, cell);
	free(cell);
}

enum line {
	LINE_VERDICT, LINE_SLOPE, LINE_LOW, LINE_HIGH, LINE_P, LINE_CV,
	LINE_P50, LINE_P99, LINE_P999, LINE_MAX, LINES
};

static void put_cell(struct table *table, const struct soak *soak, int row,
		     enum line line)
{
	const struct drift_spread *spread = &soak->rows[row].spread;
	const struct drift_trend *trend = &soak->rows[row].trend;
	const struct {
		double n;
		bool plus;
	} bytes[LINES] = {
		[LINE_SLOPE] = { trend->slope * HOUR, true },
		[LINE_LOW] = { trend->low * HOUR, true },
		[LINE_HIGH] = { trend->high * HOUR, true },
		[LINE_P50] = { spread->p50, false },
		[LINE_P99] = { spread->p99, false },
		[LINE_P999] = { spread->p999, false },
		[LINE_MAX] = { spread->max, false },
	};

	if (line == LINE_VERDICT)
		table_text(table, verdict_word(soak->rows[row].verdict));
	else if (line == LINE_P)
		put_decimal(table, trend->p);
	else if (line == LINE_CV)
		put_decimal(table, spread->cv);
	else if (line == LINE_P999 && soak->count < DRIFT_P999_LEAST)
		table_text(table, "");
	else
		put_bytes(table, bytes[line].n, bytes[line].plus);
}

static void print_table(const struct soak *soak)
{
	static const char *const lines[LINES] = {
		"verdict", "per hour", "  from", "  to", "p", "cv", "p50",
		"p99", "p99.9", "max"
	};
	struct table table;

	printf("%s%s%s: %zu sample%s in %.1f s, and %zu of the warm-up\n",
	       util_bold(stdout), conclusion(soak), util_plain(stdout),
	       soak->count, soak->count == 1 ? "" : "s", soak->span,
	       soak->warmup);
	table_start(&table, ROWS + 1);
	table_text(&table, "bytes");
	for (int row = 0; row < ROWS; row++)
		table_text(&table, names[row]);
	for (int line = 0; line < LINES; line++) {
		table_text(&table, lines[line]);
		for (int row = 0; row < ROWS; row++)
			put_cell(&table, soak, row, (enum line)line);
	}
	table_print(&table, is_number);
	if (soak->count < DRIFT_P999_LEAST)
		util_say("p99.9 takes %u samples", DRIFT_P999_LEAST);
}

/* ---- JSON ---- */

static void print_json_row(const struct soak *soak, int row)
{
	const struct drift_spread *spread = &soak->rows[row].spread;
	const struct drift_trend *trend = &soak->rows[row].trend;

	printf("{\"name\":\"%s\",\"verdict\":\"%s\",", names[row],
	       verdict_word(soak->rows[row].verdict));
	printf("\"slope_bytes_per_second\":%.6f,\"slope_low\":%.6f,"
	       "\"slope_high\":%.6f,\"p\":%.9f,\"cv\":%.9f,",
	       trend->slope, trend->low, trend->high, trend->p, spread->cv);
	printf("\"p50_bytes\":%.0f,\"p99_bytes\":%.0f,\"p999_bytes\":",
	       spread->p50, spread->p99);
	if (soak->count >= DRIFT_P999_LEAST)
		printf("%.0f", spread->p999);
	else
		fputs("null", stdout);
	printf(",\"max_bytes\":%.0f}", spread->max);
}

static void print_json_object(const struct soak *soak)
{
	fputs("{\"schema\":1,\"source\":", stdout);
	util_put_json(stdout, soak->recording->source);
	printf(",\"verdict\":\"%s\",\"samples\":%zu,\"seconds\":%.6f,"
	       "\"warmup_samples\":%zu,\"points\":%zu,\"rows\":[",
	       conclusion(soak), soak->count, soak->span, soak->warmup,
	       soak->rows[ROW_RSS].trend.points);
	for (int row = 0; row < ROWS; row++) {
		fputs(row ? "," : "", stdout);
		print_json_row(soak, row);
	}
	puts("]}");
}

/* ---- the command ---- */

static double percent(const char *word)
{
	char *end;
	double n = strtod(word, &end);

	if (end == word || (*end && strcmp(end, "%") != 0) || !(n > 0) ||
	    n > 100 || strspn(word, "0123456789.%") != strlen(word))
		util_die(STATUS_USAGE, "soak: --tolerance=%s: percent, above "
			 "0 and up to 100", word);
	return n;
}

static const char *read_arguments(int argc, char **argv, struct soak *soak,
				  struct output *output)
{
	static const struct option options[] = {
		{ "tolerance", required_argument, NULL, 't' },
		OUTPUT_OPTIONS,
		{ NULL, 0, NULL, 0 },
	};
	int option;

	output_start(output);
	while ((option = getopt_long(argc, argv, "f:h", options, NULL)) >= 0) {
		if (option == 't')
			soak->tolerance = percent(optarg);
		else if (!output_take(output, option))
			return NULL;
	}
	if (argc - optind != 1)
		util_die(STATUS_USAGE, "soak: which recording?  One file");
	return argv[optind];
}

static int run(int argc, char **argv)
{
	struct soak soak = { .tolerance = TOLERANCE_USUAL };
	struct readings readings = { 0 };
	struct output output;
	const char *name = read_arguments(argc, argv, &soak, &output);
	int status = STATUS_FINE;
	double *t;
	bool json;

	if (!name)
		return output.status;
	json = output_is_json(&output, "soak");
	if (!readings_add(&readings, name))
		return STATUS_UNREADABLE;
	if (!readings.count || !recording_find(&readings.recordings[0],
					       "rss_bytes"))
		util_die(STATUS_UNREADABLE, "%s: no recording of hakmem-stat "
			 "record", readings_name(name));
	soak.recording = &readings.recordings[0];
	t = times_of(soak.recording);
	look_at(&soak, t);
	if (json)
		print_json_object(&soak);
	else
		print_table(&soak);
	if (any(&soak, DRIFT_RISES) || any(&soak, DRIFT_FALLS))
		status = STATUS_FINDING;
	free(t);
	readings_free(&readings);
	return status;
}

const struct command command_soak = {
	.name = "soak",
	.run = run,
	.usage = "FILE [OPTION...]",
	.summary = "does the memory of a recording drift, and what of it?",
	.examples =
"  hakmem-stat soak web.rec               a verdict on a long recording\n",
	.help =
"Tells whether resident and live memory rise or fall in the long run, by a\n"
"recording that hakmem-stat record made: STABLE, DRIFT or INCONCLUSIVE.  The\n"
"change per hour is Theil's and Sen's slope with its 95 % confidence\n"
"interval, p that of the test of Mann and Kendall, cv the coefficient of\n"
"variation.  Percentile 99.9 takes 10,000 samples.  Exits with 1 for DRIFT, 2\n"
"for a wrong command line, 3 where the file is none that can be read.\n"
"      --tolerance=PERCENT  of the resident memory: what changes by less in\n"
"                       the time of the recording is stable (1)\n"
"  -f, --format=FORMAT  table (the default) or json\n"
"      --json           the same as --format=json\n"
"      --color=WHEN     auto (the default), always or never\n"
"  -h, --help           this text\n",
};
