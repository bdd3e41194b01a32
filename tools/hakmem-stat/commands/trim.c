/* SPDX-License-Identifier: MIT */
/*
 * trim.c - "hakmem-stat trim -p PID": asks a process to give back the memory
 * that it does not use, and tells what came of it.
 */
#include "commands/ask.h"
#include "commands/commands.h"
#include "common/util.h"
#include "display/table.h"
#include "process/look.h"
#include "process/proc.h"

#include <inttypes.h>

static uint64_t rss(pid_t pid)
{
	struct proc_state state;

	return proc_state(pid, &state) ? state.rss : 0;
}

static bool is_number(size_t column)
{
	return column < 3;
}

static void print_table(uint64_t before, uint64_t after)
{
	struct table table;

	table_start(&table, 3);
	table_text(&table, "before");
	table_text(&table, "after");
	table_text(&table, "given back");
	table_bytes(&table, before);
	table_bytes(&table, after);
	table_bytes(&table, util_less(before, after));
	table_print(&table, is_number);
}

static void print(const struct ask_arguments *args, uint64_t before,
		  uint64_t after)
{
	if (args->json)
		printf("{\"schema\":1,\"pid\":%ld,\"before_bytes\":%" PRIu64
		       ",\"after_bytes\":%" PRIu64 "}\n", (long)args->pid,
		       before, after);
	else
		print_table(before, after);
}

static int run(int argc, char **argv)
{
	struct ask_arguments args = { .command = "trim" };
	uint64_t before, after;
	struct page page;
	struct ask ask;

	if (!ask_read_arguments(argc, argv, &args))
		return args.output.status;
	if (optind < argc)
		util_die(STATUS_USAGE, "trim takes no argument, such as '%s'; "
			 "-p PID names the process", argv[optind]);
	look_page(&page, args.pid);
	ask_open(&ask, &args, &page);
	before = rss(args.pid);
	ask_do(&ask, HK_PAGE_TRIM, "");
	after = rss(args.pid);
	ask_close(&ask);
	print(&args, before, after);
	page_free(&page);
	return STATUS_FINE;
}

const struct command command_trim = {
	.name = "trim",
	.run = run,
	.usage = "-p PID [OPTION...]",
	.summary = "have a process give back what it does not use",
	.examples =
"  hakmem-stat trim -p 4711               have it give memory back now\n",
	.help =
"Asks a running process to give back the memory that it does not use, and\n"
"tells what was resident before and after.  The process does it when it next\n"
"comes to a slow path of the library.  Exits with 1 where it did not in time,\n"
"or another hakmem-stat asks it; 3 where it cannot be asked.\n"
	ASK_HELP,
};
