/* SPDX-License-Identifier: MIT */
/*
 * report.c - "hakmem-stat report FILE...": the figures in logs and in
 * recordings.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/output.h"
#include "common/textfile.h"
#include "common/util.h"
#include "display/print.h"
#include "display/recorded.h"
#include "display/webpage.h"
#include "figures/readings.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct arguments {
	struct output output;
	const char *html;	/* NULL: no page */
	uint64_t operations;	/* 0: not said */
};

/* Recordings have columns of their own each. */
static void check_csv(const struct readings *readings)
{
	if (readings->count + (readings->lines.count > 0) > 1)
		util_die(STATUS_USAGE, "report: --format=csv takes one "
			 "recording at a time, and no log with it");
}

static void print_all(const struct arguments *args, enum print_format format,
		      const struct readings *readings)
{
	if (format == PRINT_CSV && readings->count)
		check_csv(readings);
	if (readings->lines.count)
		print_lines(stdout, format, &readings->lines, NULL,
			    args->operations);
	for (size_t i = 0; i < readings->count; i++)
		recorded_print(format, &readings->recordings[i]);
}

/* ---- a page ---- */

/* What is read is not written over. */
static bool is_same_file(const char *path, const char *name)
{
	struct stat a, b;

	return strcmp(name, "-") != 0 && !stat(path, &a) && !stat(name, &b) &&
		a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void check_page(const char *path, int argc, char **argv)
{
	if (argc != 1)
		util_die(STATUS_USAGE, "report: --html takes one recording, "
			 "that hakmem-stat record made, and nothing else");
	if (is_same_file(path, argv[0]))
		util_die(STATUS_USAGE, "report: --html=%s: that is the "
			 "recording itself", path);
}

static void write_page(const char *path, const struct readings *readings)
{
	struct util_text text;
	int status = 0;

	if (readings->count != 1 || readings->lines.count)
		util_die(STATUS_USAGE, "report: --html takes one recording, "
			 "that hakmem-stat record made, and nothing else");
	util_text_open(&text);
	webpage_put(text.out, &readings->recordings[0]);
	util_text_close(&text);
	if (strcmp(path, "-") != 0)
		status = textfile_save(path, text.bytes, text.len);
	else
		fwrite(text.bytes, 1, text.len, stdout);
	free(text.bytes);
	if (status)
		util_die(STATUS_UNREADABLE, "%s: %s", path,
			 strerror(-status));
}

/* ---- the command ---- */

static uint64_t read_operations(const char *word)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || !n || errno)
		util_die(STATUS_USAGE, "report: --operations=%s: a number of "
			 "operations is wanted, from 1 on", word);
	return n;
}

/* What does not go together. */
static void check_arguments(const struct arguments *args)
{
	const char *format = args->output.format;

	if (args->html && !*args->html)
		util_die(STATUS_USAGE, "report: --html=: which file?");
	if (args->html && strcmp(format, "table") != 0)
		util_die(STATUS_USAGE, "report: --html is a format of its "
			 "own: leave --format out");
	if (args->operations && (args->html || !strcmp(format, "csv")))
		util_die(STATUS_USAGE, "report: --operations is for the lines "
			 "of logs, as a table or json");
}

static bool read_arguments(int argc, char **argv, struct arguments *args)
{
	static const struct option options[] = {
		OUTPUT_OPTIONS,
		{ "html", required_argument, NULL, 'H' },
		{ "operations", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	output_start(&args->output);
	while ((option = getopt_long(argc, argv, "f:h", options,
				     NULL)) >= 0) {
		if (option == 'H')
			args->html = optarg;
		else if (option == 'o')
			args->operations = read_operations(optarg);
		else if (!output_take(&args->output, option))
			return false;
	}
	check_arguments(args);
	return true;
}

/* Is what the lines have more than a program may need for each operation? */
static bool is_over(const struct arguments *args,
		    const struct readings *readings)
{
	return args->operations && readings->lines.count &&
		print_per_operation(&readings->lines, args->operations) >
		PRINT_BUDGET;
}

static int report(const struct arguments *args, enum print_format format,
		  struct readings *readings, int status)
{
	if (readings_are_none(readings))
		return status == STATUS_FINE ? STATUS_FINDING : status;
	if (args->html)
		write_page(args->html, readings);
	else
		print_all(args, format, readings);
	return status == STATUS_FINE && is_over(args, readings) ?
		STATUS_FINDING : status;
}

static int run(int argc, char **argv)
{
	struct readings readings = { 0 };
	struct arguments args = { 0 };
	enum print_format format;
	int status = STATUS_FINE;

	if (!read_arguments(argc, argv, &args))
		return args.output.status;
	format = print_format_named(args.output.format);
	if (optind == argc)
		util_die(STATUS_USAGE, "report: which file?  Name the logs "
			 "or recordings, or '-' for standard input");
	if (args.html)
		check_page(args.html, argc - optind, argv + optind);
	for (int i = optind; i < argc; i++)
		if (!readings_add(&readings, argv[i]))
			status = STATUS_UNREADABLE;
	status = report(&args, format, &readings, status);
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
"  hakmem-stat report web.rec             what is in a recording\n"
"  hakmem-stat report --html web.html web.rec\n"
"                                         the same as a page to attach\n",
	.help =
"Reads the [SS_OS_STATS] lines that HAKMEM_SS_OS_STATS=1 makes the library\n"
"print, wherever in the files they are; '-' is standard input.  Of a file\n"
"that hakmem-stat record made it prints each figure's first, last, least and\n"
"most value, or its rise per second; as CSV, every sample.  Exits with 1\n"
"where there are no figures, or more calls than --operations allows, 2 for a\n"
"wrong command line, 3 where a file cannot be read.\n"
"      --operations=N   the program did so many: calls to the system for each\n"
"                       of them, in all lines, and whether that is within the\n"
"                       1e-8 that one may make whose needs do not change\n"
"      --html=FILE      a page with charts, where the resident memory was and\n"
"                       the heap map, of one recording, into FILE, or '-'\n"
	OUTPUT_HELP,
};
