/* SPDX-License-Identifier: MIT */
/*
 * explain.c - "hakmem-stat explain -p PID": where the resident memory of a
 * process is, a row for each kind, which add up.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/look_arguments.h"
#include "common/util.h"
#include "display/explained_table.h"
#include "display/json.h"
#include "display/print.h"
#include "figures/explained.h"
#include "process/look.h"

#include <stdlib.h>

/* ---- the command ---- */

static void print_explained(enum print_format format,
			    const struct explained *explained)
{
	switch (format) {
	case PRINT_TABLE:
		print_explained_table(stdout, explained);
		break;
	case PRINT_JSON:
		print_explained_json(explained);
		break;
	case PRINT_CSV:
		print_explained_csv(explained);
		break;
	}
}

static int run(int argc, char **argv)
{
	struct look_arguments args = { .command = "explain" };
	struct explained explained;
	enum print_format format;
	bool agrees;

	if (!look_arguments(argc, argv, &args))
		return args.output.status;
	format = print_format_named(args.output.format);
	look_require(args.pid, explained_read(&explained, args.pid));
	print_explained(format, &explained);
	agrees = explained_agrees(&explained);
	if (!agrees)
		util_say("process %ld changed while it was read: the rows "
			 "and the kernel differ by more than 2 %%",
			 (long)args.pid);
	explained_free(&explained);
	return agrees ? STATUS_FINE : STATUS_FINDING;
}

const struct command command_explain = {
	.name = "explain",
	.run = run,
	.usage = "-p PID [OPTION...]",
	.summary = "where the resident memory of a process is",
	.examples =
"  hakmem-stat explain -p 4711            where its resident memory is\n",
	.help =
"Tells where the resident memory of a running process is, in rows that add\n"
"up to what the kernel says, each with the options that lower it.  Exits\n"
"with 1 where the process changed so much meanwhile that they do not, by\n"
"more than 2 %, 3 where it cannot be read.\n"
"  -p, --pid=PID        the process\n"
	OUTPUT_HELP,
};
