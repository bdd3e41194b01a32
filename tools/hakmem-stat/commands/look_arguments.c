/* SPDX-License-Identifier: MIT */
/*
 * look_arguments.c - see look_arguments.h.
 */
#define _GNU_SOURCE
#include "commands/look_arguments.h"

#include "common/util.h"
#include "process/look.h"

/* What all of them have, and --sort, and its own. */
static void collect(struct option all[LOOK_OPTIONS_MAX],
		    const struct look_arguments *args)
{
	static const struct option common[] = {
		{ "pid", required_argument, NULL, 'p' },
		OUTPUT_OPTIONS,
		{ NULL, 0, NULL, 0 },
	};
	static const struct option sort[] = {
		{ "sort", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	const struct option *const lists[] = {
		common, args->columns ? sort : NULL, args->own,
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const struct option *o = lists[i]; o && o->name; o++)
			if (n < LOOK_OPTIONS_MAX - 1)
				all[n++] = *o;
	all[n] = (struct option){ NULL, 0, NULL, 0 };
}

static bool is_own(const struct look_arguments *args, int option)
{
	for (const struct option *o = args->own; o && o->name; o++)
		if (o->val == option)
			return true;
	return false;
}

bool look_arguments(int argc, char **argv, struct look_arguments *args)
{
	struct option all[LOOK_OPTIONS_MAX];
	int option;

	collect(all, args);
	output_start(&args->output);
	while ((option = getopt_long(argc, argv, "f:hp:", all, NULL)) >= 0) {
		if (option == 'p')
			args->pid = look_number(optarg);
		else if (option == 's')
			args->sort = output_column(args->command, optarg,
						   args->columns);
		else if (is_own(args, option))
			args->take(args->arg, option);
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
