/* SPDX-License-Identifier: MIT */
/*
 * report.c - "hakmem-stat report FILE...": the figures in logs.
 */
#define _GNU_SOURCE
#include "commands.h"
#include "osline.h"
#include "output.h"
#include "print.h"
#include "util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads one log; false where it cannot be read to its end. */
static bool read_log(struct oslines *lines, const char *name)
{
	bool standard = !strcmp(name, "-");
	const char *source = standard ? "standard input" : name;
	FILE *in = standard ? stdin : fopen(name, "re");
	size_t before = lines->count;
	unsigned long number = 0;
	char *text = NULL;
	size_t room = 0;
	ssize_t len;

	if (!in) {
		util_say("%s: %s", source, strerror(errno));
		return false;
	}
	errno = 0;
	while ((len = getline(&text, &room, in)) >= 0)
		if (!osline_read(lines, source, ++number, text, (size_t)len))
			util_say("%s:%lu: nothing to read behind " OSLINE_TAG,
				 source, number);
	len = ferror(in) ? -1 : 0;
	if (len < 0)
		util_say("%s: %s", source,
			 errno ? strerror(errno) : "read error");
	else if (lines->count == before)
		util_say("%s: no " OSLINE_TAG " line", source);
	free(text);
	if (!standard)
		fclose(in);
	return len == 0;
}

static int run(int argc, char **argv)
{
	enum print_format format;
	struct oslines lines = { 0 };
	struct output output;
	int status = STATUS_FINE;

	if (!output_read(argc, argv, &output))
		return output.status;
	format = print_format_named(output.format);
	if (optind == argc)
		util_die(STATUS_USAGE, "report: which file?  Name the logs, "
			 "or '-' for standard input");
	for (int i = optind; i < argc; i++)
		if (!read_log(&lines, argv[i]))
			status = STATUS_UNREADABLE;
	if (lines.count)
		print_lines(stdout, format, &lines, NULL);
	else if (status == STATUS_FINE)
		status = STATUS_FINDING;
	oslines_free(&lines);
	return status;
}

const struct command command_report = {
	.name = "report",
	.run = run,
	.usage = "[OPTION...] FILE...",
	.summary = "read the figures in logs",
	.examples =
"  hakmem-stat report server.log          read the figures in a log\n"
"  journalctl -u web | hakmem-stat report --format=csv -\n",
	.help =
"Reads the [SS_OS_STATS] lines that HAKMEM_SS_OS_STATS=1 makes the library\n"
"print, wherever in the files they are; '-' is standard input.  Exits with 1\n"
"where there is none, 2 for a wrong command line, 3 where a file cannot be\n"
"read.\n"
	OUTPUT_HELP,
};
