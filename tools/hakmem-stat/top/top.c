/* SPDX-License-Identifier: MIT */
/*
 * top.c - "hakmem-stat top": every process on the library, a line for each,
 * again and again: on a terminal, or as plain tables.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/output.h"
#include "common/user.h"
#include "common/util.h"
#include "display/explained_table.h"
#include "figures/columns.h"
#include "process/proc.h"
#include "top/batch.h"
#include "top/heads.h"
#include "top/questions.h"
#include "top/screen.h"
#include "top/view.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct arguments {
	struct output output;
	bool batch;
	unsigned long count;	/* of looks; 0: without an end */
};

/* ---- reading ---- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void read_processes(struct view *view, struct known *known)
{
	struct watched_row *rows;
	struct listing listing;
	int status = listed_again(&listing, view->whose, known);

	if (status)
		util_die(STATUS_UNREADABLE, "/proc: %s", strerror(-status));
	rows = util_resize(NULL, listing.count, sizeof(*rows));
	for (size_t i = 0; i < listing.count; i++)
		rows[i] = watched_row(&listing.items[i]);
	watched_take(&view->watched, rows, listing.count, listing.closed,
		     now_ns());
	listed_free(&listing);
}

/* Where the memory of the selected process is, or why that cannot be told. */
static void read_details(struct view *view)
{
	struct explained explained;
	struct proc_state state;
	struct proc_stat stat;
	const char *why = "it has ended";
	pid_t task = proc_alive(view->pid, &state);
	struct util_text text;

	util_text_open(&text);
	if (task && proc_stat(view->pid, &stat) && stat.start == view->start)
		why = explained_read(&explained, task);
	if (why) {
		fprintf(text.out, "process %ld: %s\n", (long)view->pid, why);
	} else {
		print_explained_table(text.out, &explained);
		if (!explained_agrees(&explained))
			fputs("\nit changed while it was read\n", text.out);
		explained_free(&explained);
	}
	util_text_close(&text);
	view_set_text(view, text.bytes);
}

static void read_all(struct view *view, struct known *known)
{
	read_processes(view, known);
	if (view->mode == VIEW_DETAILS)
		read_details(view);
	view_follow(view);
}

/* ---- plain tables ---- */

static void sleep_for(double seconds)
{
	struct timespec left = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};

	nanosleep(&left, NULL);
}

static int run_batch(const struct arguments *args, struct view *view)
{
	enum print_format format = print_format_named(args->output.format);
	struct known known = { 0 };

	for (unsigned long n = 1; ; n++) {
		read_all(view, &known);
		batch_print(format, view, n == 1);
		if (n == 1)
			listed_tell_closed(&(struct listing){
				.closed = view->watched.closed });
		/* main() says why it cannot be written. */
		if (fflush(stdout) || n == args->count)
			break;
		sleep_for(view->delay);
	}
	known_free(&known);
	return STATUS_FINE;
}

/* ---- the terminal ---- */

static void draw(struct view *view)
{
	char *list = heads_list(view);
	char *sums = heads_sums(&view->watched);

	if (view->lines != screen_lines()) {
		view->lines = screen_lines();
		view_follow(view);
	}
	screen_draw(view, (const char *[]){ list, sums });
	free(list);
	free(sums);
}

/*
 * Until it is time for the next look.  Where that is already over, as a look
 * takes longer, what was pressed meanwhile is heeded all the same.
 */
static enum view_does handle_keys(struct view *view, uint64_t start)
{
	for (;;) {
		uint64_t next = start + (uint64_t)(view->delay * 1e9);
		uint64_t left = util_less(next, now_ns());
		int key = screen_key(left ? (int)(left / 1000000) + 1 : 0);
		enum view_does does = view_key(view, key);

		if (does != VIEW_DRAW)
			return does;
		if (!left && key == VIEW_NO_KEY)
			return VIEW_READ;
		draw(view);
	}
}

static int run_screen(const struct arguments *args, struct view *view)
{
	enum view_does does = VIEW_READ;
	struct known known = { 0 };
	const char *why;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		util_die(STATUS_USAGE, "top: standard input and output are "
			 "no terminal; --batch prints plain tables");
	if (!screen_built)
		util_die(STATUS_USAGE, "top: built without ncurses; install "
			 "libncurses-dev (Fedora: ncurses-devel) and build it "
			 "again, or use --batch");
	why = screen_open();
	if (why)
		util_die(STATUS_USAGE, "top: %s; --batch prints plain tables",
			 why);
	view->lines = screen_lines();
	for (unsigned long n = 1; does == VIEW_READ; n++) {
		uint64_t start = now_ns();

		read_all(view, &known);
		draw(view);
		does = handle_keys(view, start);
		if (n == args->count)
			break;
	}
	screen_close();
	known_free(&known);
	return STATUS_FINE;
}

/* ---- the command ---- */

static unsigned long count_named(const char *word)
{
	char *end;
	unsigned long count = strtoul(word, &end, 10);

	if (!*word || word[strspn(word, "0123456789")] || !count ||
	    count == ULONG_MAX)
		util_die(STATUS_USAGE, "top: -n %s: a number from 1 on is "
			 "wanted", word);
	return count;
}

static void take_user(struct view *view, const char *name)
{
	uid_t uid;

	if (!user_named(name, &uid))
		util_die(STATUS_USAGE, "top: there is no user '%s'", name);
	view->whose = (struct listed_whose){ .uid = uid };
	snprintf(view->user, sizeof(view->user), "%s", name);
}

static void take_text(struct view *view, const char *text)
{
	if (strlen(text) >= sizeof(view->watched.text))
		util_die(STATUS_USAGE, "top: --filter: at most %zu "
			 "characters", sizeof(view->watched.text) - 1);
	strcpy(view->watched.text, text);
}

/* Options that choose what is shown; false for any other. */
static bool take_choice(struct view *view, int option)
{
	switch (option) {
	case 'd':
		if (!questions_delay(optarg, &view->delay))
			util_die(STATUS_USAGE, "top: -d %s: seconds from 0.1 "
				 "to 86400", optarg);
		return true;
	case 's':
		view->watched.sort = output_column("top", optarg,
						   columns_names);
		return true;
	case 'r':
		view->watched.reverse = true;
		return true;
	case 'u':
		take_user(view, optarg);
		return true;
	case 't':
		take_text(view, optarg);
		return true;
	default:
		return false;
	}
}

/* Returns false where the command is done. */
static bool read_arguments(int argc, char **argv, struct arguments *args,
			   struct view *view)
{
	static const struct option options[] = {
		{ "batch", no_argument, NULL, 'b' },
		{ "count", required_argument, NULL, 'n' },
		{ "delay", required_argument, NULL, 'd' },
		{ "filter", required_argument, NULL, 't' },
		{ "reverse", no_argument, NULL, 'r' },
		{ "sort", required_argument, NULL, 's' },
		{ "user", required_argument, NULL, 'u' },
		OUTPUT_OPTIONS,
		{ NULL, 0, NULL, 0 },
	};
	int option;

	output_start(&args->output);
	while ((option = getopt_long(argc, argv, "bd:f:hn:ru:", options,
				     NULL)) >= 0) {
		if (option == 'b')
			args->batch = true;
		else if (option == 'n')
			args->count = count_named(optarg);
		else if (!take_choice(view, option) &&
			 !output_take(&args->output, option))
			return false;
	}
	if (optind < argc)
		util_die(STATUS_USAGE, "top takes no argument, such as '%s'; "
			 "hakmem-stat -p PID looks at one process",
			 argv[optind]);
	if (!args->batch && strcmp(args->output.format, "table"))
		util_die(STATUS_USAGE, "top: --format=%s is for --batch",
			 args->output.format);
	return true;
}

static int run(int argc, char **argv)
{
	struct arguments args = { .batch = false };
	struct view view = {
		.delay = 2,
		.whose = { .any = true },
		.watched = { .sort = COLUMN_RSS },
	};
	int status;

	if (!read_arguments(argc, argv, &args, &view))
		return args.output.status;
	status = args.batch ? run_batch(&args, &view) :
		run_screen(&args, &view);
	view_free(&view);
	return status;
}

const struct command command_top = {
	.name = "top",
	.run = run,
	.usage = "[OPTION...]",
	.summary = "the same as ls, again and again, and what they do",
	.examples =
"  hakmem-stat top                        watch all processes on libhakmem\n"
"  hakmem-stat top -u www-data            those of a user\n"
"  hakmem-stat top -b -n 2 -d 10          two plain tables, 10 s apart\n",
	.help =
"Shows every process that has libhakmem, as ls does, and what each did since\n"
"the last look: page faults, refills of its threads' lists of free blocks,\n"
"calls to the system for memory, bytes given back, all of them a second.  The\n"
"key h tells the other keys, q ends it.  Exits with 2 where there is no\n"
"terminal and no --batch, 3 where there is no /proc.\n"
"  -d, --delay=SECONDS  from one look to the next, 0.1 or more (2)\n"
"  -n, --count=COUNT    end after so many looks\n"
"  -b, --batch          plain tables, for programs\n"
"  -u, --user=USER      the processes of one user, a name or a number\n"
"      --filter=TEXT    those with it in command, unit, user, preset or pid\n"
"      --sort=COLUMN    pid, user, rss (the default), used, committed,\n"
"                       faults, refills, calls, purged, preset, unit or\n"
"                       command; the most first\n"
"  -r, --reverse        the other way round\n"
"The formats are for --batch:\n"
	OUTPUT_HELP,
};
