/* SPDX-License-Identifier: MIT */
/*
 * diff.c - "hakmem-stat diff A B": the figures of two logs, or of two
 * recordings, beside each other; and whether they differ too much.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/output.h"
#include "common/util.h"
#include "display/contrast.h"
#include "figures/compared.h"
#include "figures/readings.h"
#include "figures/threshold.h"

#include <stdlib.h>
#include <unistd.h>

struct diff {
	struct comparison comparison;
	struct threshold *thresholds;
	size_t count;
	struct contrast contrast; /* what of it is printed */
};

/* ---- thresholds ---- */

static void add_threshold(struct diff *diff, const char *text)
{
	struct threshold threshold;
	size_t column;
	const char *wanted = threshold_read(&threshold, text, &column);

	if (wanted)
		util_die(STATUS_USAGE, "diff: --fail-on='%s': column %zu: %s "
			 "is wanted, as in 'rss>5%%'", text, column, wanted);
	diff->thresholds = util_resize(diff->thresholds, diff->count + 1,
				       sizeof(threshold));
	diff->thresholds[diff->count++] = threshold;
}

/* A figure that is not there must not pass for one that has not changed. */
static const struct compared *row_of(const struct diff *diff,
				     const struct threshold *threshold)
{
	const struct compared *row = compared_find(&diff->comparison,
						   threshold->name);
	enum compared_side side;
	const char *nearest;

	if (!row) {
		nearest = compared_nearest(&diff->comparison,
					   threshold->name);
		util_die(STATUS_USAGE, "diff: --fail-on='%s': there is no "
			 "figure '%s'%s%s%s", threshold->text,
			 threshold->name, nearest ? "; did you mean '" : "",
			 nearest ? nearest : "", nearest ? "'?" : "");
	}
	side = row->has[COMPARED_A] ? COMPARED_B : COMPARED_A;
	if (!compared_has_both(row))
		util_die(STATUS_UNREADABLE, "%s: it has no '%s', which "
			 "--fail-on='%s' asks for", diff->contrast.names[side],
			 row->name, threshold->text);
	return row;
}

static void tell(const struct threshold *threshold,
		 const struct compared *row)
{
	contrast_number a, b, by;

	contrast_text(a, row, row->values[COMPARED_A], false);
	contrast_text(b, row, row->values[COMPARED_B], false);
	contrast_text(by, row, contrast_difference(row), true);
	if (contrast_has_ratio(row))
		util_say("%s: %s was %s and is %s: %s, %+.1Lf %%",
			 threshold->text, row->name, a, b, by,
			 100 * (contrast_ratio(row) - 1));
	else
		util_say("%s: %s was %s and is %s", threshold->text,
			 row->name, a, b);
}

/*
 * Finds those that are met, before anything is printed: what is wrong with one
 * is told instead.
 */
static void check(struct diff *diff)
{
	struct contrast *contrast = &diff->contrast;

	contrast->failed = util_resize(NULL, diff->count,
				       sizeof(*contrast->failed));
	for (size_t i = 0; i < diff->count; i++) {
		const struct threshold *threshold = &diff->thresholds[i];
		const struct compared *row = row_of(diff, threshold);

		if (threshold_is_met(threshold, row->values[COMPARED_A],
				     row->values[COMPARED_B]))
			contrast->failed[contrast->count++] = threshold->text;
	}
}

static void tell_met(const struct diff *diff)
{
	for (size_t i = 0, met = 0; met < diff->contrast.count; i++) {
		if (diff->thresholds[i].text != diff->contrast.failed[met])
			continue;
		tell(&diff->thresholds[i],
		     row_of(diff, &diff->thresholds[i]));
		met++;
	}
}

/* ---- the command ---- */

static bool read_arguments(int argc, char **argv, struct diff *diff,
			   struct output *output)
{
	static const struct option options[] = {
		{ "fail-on", required_argument, NULL, 'F' },
		OUTPUT_OPTIONS,
		{ NULL, 0, NULL, 0 },
	};
	int option;

	output_start(output);
	while ((option = getopt_long(argc, argv, "f:h", options, NULL)) >= 0) {
		if (option == 'F')
			add_threshold(diff, optarg);
		else if (!output_take(output, option))
			return false;
	}
	if (argc - optind != COMPARED_SIDES)
		util_die(STATUS_USAGE, "diff: which files?  Two of them are "
			 "compared");
	return true;
}

static void take_file(struct diff *diff, enum compared_side side,
		      const char *name)
{
	struct readings readings = { 0 };

	diff->contrast.names[side] = readings_name(name);
	if (!readings_add(&readings, name) || readings_are_none(&readings))
		exit(STATUS_UNREADABLE);
	compared_add(&diff->comparison, side, &readings);
	readings_free(&readings);
}

static bool have_common(const struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->count; i++)
		if (compared_has_both(&comparison->rows[i]))
			return true;
	return false;
}

static void free_diff(struct diff *diff)
{
	for (size_t i = 0; i < diff->count; i++)
		free(diff->thresholds[i].name);
	free(diff->thresholds);
	free(diff->contrast.failed);
	compared_free(&diff->comparison);
}

static int run(int argc, char **argv)
{
	struct diff diff = { 0 };
	enum print_format format;
	struct output output;
	int status;

	if (!read_arguments(argc, argv, &diff, &output))
		return output.status;
	format = print_format_plain(output.format);
	for (int side = COMPARED_A; side < COMPARED_SIDES; side++)
		take_file(&diff, (enum compared_side)side,
			  argv[optind + side]);
	if (!have_common(&diff.comparison))
		util_die(STATUS_UNREADABLE, "%s and %s have no figure in "
			 "common: a log is compared with a log",
			 diff.contrast.names[COMPARED_A],
			 diff.contrast.names[COMPARED_B]);
	check(&diff);
	diff.contrast.comparison = &diff.comparison;
	contrast_print(format, &diff.contrast);
	tell_met(&diff);
	status = diff.contrast.count ? STATUS_FINDING : STATUS_FINE;
	free_diff(&diff);
	return status;
}

const struct command command_diff = {
	.name = "diff",
	.run = run,
	.usage = "FILE-A FILE-B [OPTION...]",
	.summary = "compare two logs or recordings",
	.examples =
"  hakmem-stat diff old.log new.log       what has changed\n"
"  hakmem-stat diff a.rec b.rec --fail-on='rss>5%' --fail-on='refills>1000'\n",
	.help =
"Prints each figure of two files, B less A, and B / A.  Of logs with\n"
"[SS_OS_STATS] lines it takes the sums; of recordings, or what hakmem-stat -p\n"
"PID --json has printed, the median of what goes up and down, and of counters\n"
"the rise per second.  Exits with 1 where a --fail-on is met, 2 for a wrong\n"
"command line, 3 where a file cannot be read or has no such figure.\n"
"      --fail-on=EXPR   FIGURE>AMOUNT: where B is more than A, by more than\n"
"                       that; also <, >=, <=.  AMOUNT is a number, which may\n"
"                       be negative, with K, M, G, T, or % for percent of A\n"
	OUTPUT_HELP,
};
