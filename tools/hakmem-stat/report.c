/* SPDX-License-Identifier: MIT */
/*
 * report.c - "hakmem-stat report FILE...": the figures in logs.
 */
#define _GNU_SOURCE
#include "commands.h"
#include "osline.h"
#include "print.h"
#include "util.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

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

int command_report(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "color", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	enum print_format format = PRINT_TABLE;
	struct oslines lines = { 0 };
	int status = STATUS_FINE;
	int option;

	while ((option = getopt_long(argc, argv, "f:h", options, NULL)) >= 0) {
		switch (option) {
		case 'f':
			format = print_format_named(optarg);
			break;
		case 'c':
			if (!util_set_color(optarg))
				util_die(STATUS_USAGE, "--color=%s: auto, "
					 "always or never", optarg);
			break;
		case 'h':
			print_help();
			return STATUS_FINE;
		default:
			return STATUS_USAGE;
		}
	}
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
