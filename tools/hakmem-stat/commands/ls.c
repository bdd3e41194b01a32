/* SPDX-License-Identifier: MIT */
/*
 * ls.c - "hakmem-stat ls": every process on the library, a line for each.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/output.h"
#include "common/order.h"
#include "common/user.h"
#include "common/util.h"
#include "display/json.h"
#include "display/print.h"
#include "display/table.h"
#include "figures/listed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the order ---- */

static int by_figure(const struct listed *x, const struct listed *y,
		     uint64_t a, uint64_t b)
{
	if (!x->has_figures || !y->has_figures)
		return !x->has_figures - !y->has_figures;
	return order_number(a, b);
}

static int by_pid(const struct listed *x, const struct listed *y)
{
	return -order_number((uint64_t)x->pid, (uint64_t)y->pid);
}

static int by_user(const struct listed *x, const struct listed *y)
{
	return order_text(x->user, y->user);
}

static int by_rss(const struct listed *x, const struct listed *y)
{
	return order_number(x->rss, y->rss);
}

static int by_used(const struct listed *x, const struct listed *y)
{
	return by_figure(x, y, x->used, y->used);
}

static int by_committed(const struct listed *x, const struct listed *y)
{
	return by_figure(x, y, x->committed, y->committed);
}

static int by_preset(const struct listed *x, const struct listed *y)
{
	return order_text(x->preset, y->preset);
}

static int by_unit(const struct listed *x, const struct listed *y)
{
	return order_text(x->unit, y->unit);
}

static int by_command(const struct listed *x, const struct listed *y)
{
	return order_text(x->command, y->command);
}

/* ---- the table ---- */

enum { PID, USER, RSS, USED, COMMITTED, PRESET, UNIT, COMMAND, COLUMNS };

static const struct {
	const char *name;	/* the heading, and what --sort= takes */
	bool is_number;		/* to the right */
	int (*compare)(const struct listed *x, const struct listed *y);
} columns[COLUMNS] = {
	[PID] = { "pid", true, by_pid },
	[USER] = { "user", false, by_user },
	[RSS] = { "rss", true, by_rss },
	[USED] = { "used", true, by_used },
	[COMMITTED] = { "committed", true, by_committed },
	[PRESET] = { "preset", false, by_preset },
	[UNIT] = { "unit", false, by_unit },
	[COMMAND] = { "command", false, by_command },
};

static bool is_number(size_t column)
{
	return columns[column].is_number;
}

static void put_row(struct table *table, const struct listed *item)
{
	char date[UTIL_DATE_MAX];

	table_number(table, (uint64_t)item->pid);
	table_text(table, item->user);
	/* When it was seen, instead of what is resident now. */
	if (item->left.date_ns)
		table_text(table, util_date(date, item->left.date_ns));
	else
		table_bytes(table, item->rss);
	if (item->has_figures) {
		table_bytes(table, item->used);
		table_bytes(table, item->committed);
	} else {
		table_text(table, "");
		table_text(table, "");
	}
	table_text(table, item->preset);
	table_text(table, item->unit);
	table_text(table, item->command);
}

static void print_table(const struct listing *listing, bool ended)
{
	struct table table;

	table_start(&table, COLUMNS);
	for (int c = 0; c < COLUMNS; c++)
		table_text(&table, c == RSS && ended ? "seen" :
			   columns[c].name);
	for (size_t i = 0; i < listing->count; i++)
		put_row(&table, &listing->items[i]);
	table_print(&table, is_number);
}

/* ---- CSV ---- */

static void print_csv(const struct listing *listing)
{
	puts("pid,user,uid,rss_bytes,used_bytes,committed_bytes,preset,unit,"
	     "cgroup,library,command,seen_ns");
	for (size_t i = 0; i < listing->count; i++) {
		const struct listed *item = &listing->items[i];
		const char *const texts[] = { item->preset, item->unit,
			item->cgroup, item->library, item->command };

		printf("%ld,", (long)item->pid);
		print_csv_field(stdout, item->user);
		printf(",%lu,", (unsigned long)item->uid);
		if (!item->left.date_ns)
			printf("%" PRIu64, item->rss);
		putchar(',');
		if (item->has_figures)
			printf("%" PRIu64 ",%" PRIu64, item->used,
			       item->committed);
		else
			putchar(',');
		for (size_t j = 0; j < sizeof(texts) / sizeof(*texts); j++) {
			putchar(',');
			print_csv_field(stdout, texts[j]);
		}
		putchar(',');
		if (item->left.date_ns)
			printf("%" PRIu64, item->left.date_ns);
		putchar('\n');
	}
}

/* ---- the command ---- */

struct arguments {
	struct output output;
	int sort;		/* a column */
	bool ended;		/* those that are no more */
	bool remove;		/* what these have left */
	struct listed_whose whose;
};

static int column_named(const char *name)
{
	const char *known[COLUMNS + 1] = { NULL };

	for (int c = 0; c < COLUMNS; c++)
		known[c] = columns[c].name;
	return output_column("ls", name, known);
}

static uid_t known_user(const char *name)
{
	uid_t uid;

	if (!user_named(name, &uid))
		util_die(STATUS_USAGE, "ls: there is no user '%s'", name);
	return uid;
}

/* Returns false where the command is done. */
static bool read_arguments(int argc, char **argv, struct arguments *args)
{
	static const struct option options[] = {
		{ "ended", no_argument, NULL, 'e' },
		{ "remove", no_argument, NULL, 'r' },
		{ "sort", required_argument, NULL, 's' },
		{ "user", required_argument, NULL, 'u' },
		OUTPUT_OPTIONS,
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*args = (struct arguments){ .sort = PID, .whose = { .any = true } };
	output_start(&args->output);
	while ((option = getopt_long(argc, argv, "f:hu:", options, NULL)) >=
	       0) {
		if (option == 's')
			args->sort = column_named(optarg);
		else if (option == 'e')
			args->ended = true;
		else if (option == 'r')
			args->remove = true;
		else if (option == 'u')
			args->whose = (struct listed_whose){
				.uid = known_user(optarg) };
		else if (!output_take(&args->output, option))
			return false;
	}
	if (args->remove && !args->ended)
		util_die(STATUS_USAGE, "ls: --remove is of what has ended: "
			 "give --ended with it");
	if (optind < argc)
		util_die(STATUS_USAGE, "ls takes no argument, such as '%s'; "
			 "hakmem-stat -p PID looks at one process",
			 argv[optind]);
	return true;
}

static int compare(const void *a, const void *b, void *column)
{
	const struct listed *x = a, *y = b;
	int order = columns[*(const int *)column].compare(x, y);

	return order ? order : by_pid(x, y);
}

static void print_listing(enum print_format format,
			  const struct listing *listing, bool ended)
{
	switch (format) {
	case PRINT_TABLE:
		print_table(listing, ended);
		break;
	case PRINT_JSON:
		print_listed_json(listing);
		break;
	case PRINT_CSV:
		print_csv(listing);
		break;
	}
}

static void list_living(struct listing *listing, struct listed_whose whose)
{
	int status = listed_all(listing, whose);

	if (status)
		util_die(STATUS_UNREADABLE, "/proc: %s", strerror(-status));
}

static void tell_files(size_t n, const char *what)
{
	if (n)
		util_say("%zu file%s in /dev/shm could not be %s", n,
			 n == 1 ? "" : "s", what);
}

static int run(int argc, char **argv)
{
	enum print_format format;
	struct listing listing;
	struct arguments args;
	size_t failed = 0;

	if (!read_arguments(argc, argv, &args))
		return args.output.status;
	format = print_format_named(args.output.format);
	if (args.ended)
		listed_ended(&listing, args.whose, args.remove);
	else
		list_living(&listing, args.whose);
	if (listing.count)
		qsort_r(listing.items, listing.count, sizeof(*listing.items),
			compare, &args.sort);
	print_listing(format, &listing, args.ended);
	if (args.remove)
		failed = listed_remove(&listing);
	if (args.ended)
		tell_files(listing.closed, "read");
	else
		listed_tell_closed(&listing);
	tell_files(failed, "removed");
	listed_free(&listing);
	return failed ? STATUS_UNREADABLE : STATUS_FINE;
}

const struct command command_ls = {
	.name = "ls",
	.run = run,
	.usage = "[OPTION...]",
	.summary = "every process on libhakmem",
	.examples =
"  hakmem-stat ls                         which processes are on libhakmem\n",
	.help =
"Lists every process that has libhakmem: its resident memory, what of the\n"
"heap is in use and committed, preset, systemd unit or control group, name;\n"
"'-' where it may not be read.\n"
"      --ended          those that have ended and left their figures in\n"
"                       /dev/shm, as they do with stats_shm=1\n"
"      --remove         and takes away what it has listed of these\n"
"  --sort=COLUMN        pid (the default), user, rss, used, committed,\n"
"                       preset, unit or command; most bytes first\n"
"  -u, --user=USER      the processes of one user, a name or a number\n"
	OUTPUT_HELP,
};
