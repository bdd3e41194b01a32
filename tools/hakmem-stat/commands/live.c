/* SPDX-License-Identifier: MIT */
/*
 * live.c - "hakmem-stat -p PID": the statistics page of a running process,
 * every value once, as a table or as JSON; with an interval, what matters of
 * it again and again.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/output.h"
#include "common/ticker.h"
#include "common/util.h"
#include "display/interval.h"
#include "display/print.h"
#include "figures/options.h"
#include "figures/sample.h"
#include "process/look.h"
#include "process/page.h"
#include "process/proc.h"

#include "policy/option.h"
#include "stats/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- the table ---- */

#define NAME_WIDTH	30

/* What a user would write; NULL where it is none of an option. */
static char *option_text(const char *name, uint64_t n)
{
	size_t prefix = strlen(OPTIONS_PREFIX);
	int id = -1;

	if (!strncmp(name, OPTIONS_PREFIX, prefix))
		id = hk_option_find(hk_span_of(name + prefix));
	return id < 0 ? NULL : options_value_said((enum hk_option_id)id, n);
}

static void table_value(const char *name, char unit, uint64_t n,
			const char *help)
{
	char text[UTIL_BYTES_MAX];
	char *option = option_text(name, n);
	char *line;

	if (unit == 'b')
		util_bytes(text, n);
	else
		snprintf(text, sizeof(text), "%" PRIu64, n);
	line = util_format("  %-*s %14s%s%s", NAME_WIDTH, name,
			   option ? option : text, *help ? "  " : "", help);
	/* The texts are the process's own. */
	puts(proc_printable(line));
	free(line);
	free(option);
}

/* A class is told by the size of its blocks, a duration by its least. */
static char *label(const struct page *page, const struct page_value *value,
		   size_t i)
{
	const struct page_value *sizes = page_find(page, "class_size");
	size_t number = value->first + i;

	if (value->index == 'c' && sizes && number < sizes->count)
		return util_format("%s[%" PRIu64 "]", value->name,
				   sizes->elements[number]);
	if (value->index == 't' && i < 64)
		return util_format("%s[%" PRIu64 " ns]", value->name,
				   i ? (uint64_t)1 << i : 0);
	return util_format("%s[%zu]", value->name, number);
}

/* The sizes of the classes are the labels of the others. */
static void table_array(const struct page *page,
			const struct page_value *value)
{
	const char *help = value->help;

	if (!strcmp(value->name, "class_size"))
		return;
	for (size_t i = 0; i < value->count; i++) {
		char *name;

		if (!value->elements[i])
			continue;
		name = label(page, value, i);
		table_value(name, value->unit, value->elements[i], help);
		free(name);
		help = "";
	}
}

static void print_table(const struct page *page, pid_t pid)
{
	char date[UTIL_DATE_MAX];

	printf("%sprocess %ld, since %s, %zu heap%s%s\n",
	       util_bold(stdout), (long)pid,
	       util_date(date, page->start_ns), page->heaps,
	       page->heaps == 1 ? "" : "s", util_plain(stdout));
	for (size_t i = 0; i < page->count; i++) {
		const struct page_value *value = &page->values[i];

		if (value->type == HK_PAGE_LABEL)
			continue;
		if (value->count == 1)
			table_value(value->name, value->unit,
				    value->elements[0], value->help);
		else
			table_array(page, value);
	}
}

/* ---- JSON ---- */

static void json_value(const struct page_value *value)
{
	bool several = value->index || value->count > 1;

	util_put_json(stdout, value->name);
	printf(several ? ":[" : ":");
	for (size_t i = 0; i < value->count; i++)
		printf("%s%" PRIu64, i ? "," : "", value->elements[i]);
	if (several)
		putchar(']');
}

/* Which of the values only grow: with the times, that makes them rates. */
static void json_counters(const struct page *page)
{
	const char *between = "";

	fputs(",\"counters\":[", stdout);
	for (size_t i = 0; i < page->count; i++) {
		if (!page->values[i].count ||
		    page->values[i].type != HK_PAGE_COUNTER)
			continue;
		fputs(between, stdout);
		util_put_json(stdout, page->values[i].name);
		between = ",";
	}
	putchar(']');
}

/* The library may know the process by another number: in a container. */
static void print_json_page(const struct page *page,
			    const struct origin *origin, pid_t pid)
{
	const char *between = "";

	printf("{\"schema\":1,\"pid\":%ld,\"page_pid\":%" PRIu32
	       ",\"abi\":%" PRIu32 ",\"start_ns\":%" PRIu64
	       ",\"time_ns\":%" PRIu64 ",\"heaps\":%zu", (long)pid,
	       page->pid, page->abi, page->start_ns,
	       origin->is_copy ? origin->told.date_ns :
	       sample_clock(CLOCK_REALTIME), page->heaps);
	json_counters(page);
	fputs(",\"values\":{", stdout);
	for (size_t i = 0; i < page->count; i++) {
		if (!page->values[i].count ||
		    page->values[i].type == HK_PAGE_LABEL)
			continue;
		printf("%s", between);
		json_value(&page->values[i]);
		between = ",";
	}
	printf("}}\n");
}

/* ---- the commands ---- */

static void show(pid_t pid, bool json)
{
	struct origin origin;
	struct page page;

	look_figures(&page, &origin, pid);
	if (json)
		print_json_page(&page, &origin, pid);
	else
		print_table(&page, pid);
	page_free(&page);
}

/* A row now, and one at each tick. */
static int watch(pid_t pid, enum print_format format, struct ticker *ticker)
{
	struct sample before = { 0 }, now;
	struct sampler sampler;
	bool begun = false;
	enum sampled taken;
	enum tick tick;
	int status;

	sampler_open(&sampler, pid);
	ticker_start(ticker, pid, STDOUT_FILENO);
	do {
		taken = sampler_take(&sampler, &now);
		if (taken != SAMPLED)
			break;
		/* A row is short: where some may be written, all of it may. */
		if (!ticker_may_write(ticker, STDOUT_FILENO)) {
			sample_free(&now);
			break;
		}
		interval_row(format, &sampler, begun ? &before : NULL, &now);
		fflush(stdout);
		sample_free(&before);
		before = now;
		begun = true;
		tick = ferror(stdout) ? TICK_NO_READER : ticker_wait(ticker);
		if (tick == TICK_ENDED)
			taken = SAMPLED_ENDED;
	} while (tick == TICK);
	sample_free(&before);
	ticker_stop(ticker);
	status = sampler_over(&sampler, taken);
	sampler_close(&sampler);
	return begun ? status : STATUS_UNREADABLE;
}

static int run(int argc, char **argv)
{
	struct ticker ticker = { 0 };
	struct output output;
	pid_t pid;

	if (!output_read(argc, argv, &output))
		return output.status;
	if (optind == argc)
		util_die(STATUS_USAGE, "-p: the number of one process is "
			 "wanted");
	pid = look_number(argv[optind++]);
	if (optind == argc) {
		show(pid, output_is_json(&output, "-p without an interval"));
		return STATUS_FINE;
	}
	ticker_arguments(&ticker, "-p", argc - optind, argv + optind);
	return watch(pid, print_format_plain(output.format), &ticker);
}

const struct command command_live = {
	.name = "-p",
	.run = run,
	.usage = "PID [OPTION...] [INTERVAL [COUNT]]",
	.summary = "every figure of a running process; a line per interval",
	.examples =
"  hakmem-stat -p 4711                    look into a running process\n"
"  hakmem-stat -p 4711 1                  watch it: a line each second\n"
"  hakmem-stat -p 4711 0.1 50 -f csv      50 lines in 5 seconds, as CSV\n",
	.help =
"Prints every figure of the statistics page of a running process, which\n"
"notices nothing of it.  Exits with 3 where there is none.\n"
"\n"
"With INTERVAL, seconds that may have a fraction, it prints a line at once,\n"
"which tells of all since the process began, and one after each interval,\n"
"until there are COUNT lines, the process ends, or an interrupt: each exits\n"
"with 0.  Memory is as it is at the moment; the rest is per second: refills\n"
"of threads' lists, calls of the slow path, batches freed for other threads,\n"
"calls to the system, bytes given back, page faults, waits for a lock.\n"
"  -f, --format=FORMAT  table (the default), json or csv; csv takes INTERVAL\n"
"      --json           the same as --format=json\n"
"      --color=WHEN     auto (the default), always or never\n"
"  -h, --help           this text\n",
};
