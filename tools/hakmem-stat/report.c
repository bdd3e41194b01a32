/* SPDX-License-Identifier: MIT */
/*
 * report.c - "hakmem-stat report FILE...": the figures in logs and in
 * recordings.
 */
#define _GNU_SOURCE
#include "commands.h"
#include "output.h"
#include "print.h"
#include "readings.h"
#include "recorded.h"
#include "util.h"

#include <unistd.h>

/* Recordings have columns of their own each. */
static void check_csv(const struct readings *readings)
{
	if (readings->count + (readings->lines.count > 0) > 1)
		util_die(STATUS_USAGE, "report: --format=csv takes one "
			 "recording at a time, and no log with it");
}

static void print_all(enum print_format format,
		      const struct readings *readings)
{
	if (format == PRINT_CSV && readings->count)
		check_csv(readings);
	if (readings->lines.count)
		print_lines(stdout, format, &readings->lines, NULL);
	for (size_t i = 0; i < readings->count; i++)
		recorded_print(format, &readings->recordings[i]);
}

static int run(int argc, char **argv)
{
	struct readings readings = { 0 };
	enum print_format format;
	struct output output;
	int status = STATUS_FINE;

	if (!output_read(argc, argv, &output))
		return output.status;
	format = print_format_named(output.format);
	if (optind == argc)
		util_die(STATUS_USAGE, "report: which file?  Name the logs "
			 "or recordings, or '-' for standard input");
	for (int i = optind; i < argc; i++)
		if (!readings_add(&readings, argv[i]))
			status = STATUS_UNREADABLE;
	if (!readings_are_none(&readings))
		print_all(format, &readings);
	else if (status == STATUS_FINE)
		status = STATUS_FINDING;
	readings_free(&readings);
	return status;
}

const struct command command_report = {
	.name = "report",
	.run = run,
	.usage = "[OPTION...] FILE...",
	.summary = "read the figures in logs and recordings",
	.examples =
"  hakmem-stat report server.log          read the figures in a log\n"
"  journalctl -u web | hakmem-stat report --format=csv -\n"
"  hakmem-stat report web.rec             what is in a recording\n",
	.help =
"Reads the [SS_OS_STATS] lines that HAKMEM_SS_OS_STATS=1 makes the library\n"
"print, wherever in the files they are; '-' is standard input.  Of a file\n"
"that hakmem-stat record made it prints each figure's first, last, least and\n"
"most value, or its rise per second; as CSV, every sample.  Exits with 1\n"
"where there are no figures, 2 for a wrong command line, 3 where a file\n"
"cannot be read.\n"
	OUTPUT_HELP,
};
