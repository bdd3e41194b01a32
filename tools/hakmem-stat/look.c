/* SPDX-License-Identifier: MIT */
/*
 * look.c - see look.h.
 */
#define _GNU_SOURCE
#include "look.h"

#include "process.h"
#include "util.h"

bool look_arguments(int argc, char **argv, struct look_arguments *args)
{
	static const struct option options[] = {
		{ "sort", required_argument, NULL, 's' },
		{ "pid", required_argument, NULL, 'p' },
		OUTPUT_OPTIONS,
		{ NULL, 0, NULL, 0 },
	};
	const struct option *known = args->columns ? options : options + 1;
	int option;

	output_start(&args->output);
	while ((option = getopt_long(argc, argv, "f:hp:", known, NULL)) >= 0) {
		if (option == 'p')
			args->pid = process_number(optarg);
		else if (option == 's')
			args->sort = output_column(args->command, optarg,
						   args->columns);
		else if (!output_take(&args->output, option))
			return false;
	}
	if (optind < argc)
		util_die(STATUS_USAGE, "%s takes no argument, such as '%s'; "
			 "-p PID names the process", args->command,
			 argv[optind]);
	if (!args->pid)
		util_die(STATUS_USAGE, "%s: which process?  -p PID",
			 args->command);
	return true;
}

void look_require(pid_t pid, const char *why)
{
	if (why)
		util_die(STATUS_UNREADABLE, "process %ld: %s", (long)pid, why);
}

void look_page(struct page *page, pid_t pid)
{
	uint64_t at;

	look_require(pid, process_symbol(pid, PROCESS_PAGE, &at));
	look_require(pid, page_load(page, process_read, &pid, at));
}

void look_units(struct page *page, struct units *units, pid_t pid)
{
	uint64_t at;

	look_require(pid, process_symbol(pid, PROCESS_PAGE, &at));
	look_require(pid, page_load_heaps(page, process_read, &pid, at));
	look_require(pid, units_load(units, page, process_read, &pid));
}
