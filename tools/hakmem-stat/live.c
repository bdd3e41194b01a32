/* SPDX-License-Identifier: MIT */
/*
 * live.c - "hakmem-stat -p PID": the statistics page of a running process,
 * every value once, as a table or as JSON.
 */
#include "commands.h"
#include "look.h"
#include "process.h"
#include "output.h"
#include "page.h"
#include "proc.h"
#include "util.h"

#include "stats/page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- the table ---- */

#define NAME_WIDTH	30

static void table_value(const char *name, char unit, uint64_t n,
			const char *help)
{
	char text[UTIL_BYTES_MAX];
	char *line;

	if (unit == 'b')
		util_bytes(text, n);
	else
		snprintf(text, sizeof(text), "%" PRIu64, n);
	line = util_format("  %-*s %14s%s%s", NAME_WIDTH, name, text,
			   *help ? "  " : "", help);
	/* The texts are the process's own. */
	puts(proc_printable(line));
	free(line);
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
	time_t start = (time_t)(page->start_ns / 1000000000);
	struct tm *local = localtime(&start);
	char date[32] = "?";

	if (local)
		strftime(date, sizeof(date), "%F %T", local);
	printf("%sprocess %ld, since %s, %zu heap%s%s\n",
	       util_bold(stdout), (long)pid, date, page->heaps,
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

/* The text is the other process's: it may be anything. */
static void json_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < ' ' || c > '~' || c == '"' || c == '\\')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void json_value(const struct page_value *value)
{
	json_string(value->name);
	printf(value->index ? ":[" : ":");
	for (size_t i = 0; i < value->count; i++)
		printf("%s%" PRIu64, i ? "," : "", value->elements[i]);
	if (value->index)
		putchar(']');
}

/* The library may know the process by another number: in a container. */
static void print_json_page(const struct page *page, pid_t pid)
{
	const char *between = "";

	printf("{\"schema\":1,\"pid\":%ld,\"page_pid\":%" PRIu32
	       ",\"abi\":%" PRIu32 ",\"start_ns\":%" PRIu64
	       ",\"heaps\":%zu,\"values\":{", (long)pid, page->pid,
	       page->abi, page->start_ns, page->heaps);
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

/* ---- the command ---- */

static void show(pid_t pid, bool json)
{
	struct page page;

	look_page(&page, pid);
	if (json)
		print_json_page(&page, pid);
	else
		print_table(&page, pid);
	page_free(&page);
}

static int run(int argc, char **argv)
{
	struct output output;
	bool json;

	if (!output_read(argc, argv, &output))
		return output.status;
	json = output_is_json(&output, "-p");
	if (argc - optind != 1)
		util_die(STATUS_USAGE, "-p: the number of one process is "
			 "wanted");
	show(process_number(argv[optind]), json);
	return STATUS_FINE;
}

const struct command command_live = {
	.name = "-p",
	.run = run,
	.usage = "PID [OPTION...]",
	.summary = "every figure of a running process",
	.examples =
"  hakmem-stat -p 4711                    look into a running process\n",
	.help =
"Prints every figure of the statistics page of a running process, which\n"
"notices nothing of it.  Exits with 3 where there is none.\n"
"  -f, --format=FORMAT  table (the default) or json\n"
"      --json           the same as --format=json\n"
"      --color=WHEN     auto (the default), always or never\n"
"  -h, --help           this text\n",
};
