/* SPDX-License-Identifier: MIT */
/*
 * options.c - "hakmem-stat options": all options of the library, what each
 * preset has, and what a process that starts now gets from the configuration
 * file and from our environment, or a running one has.
 *
 * The table and what reads the sources are the library's own, linked into
 * this program: the two cannot differ.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/output.h"
#include "common/util.h"
#include "display/json.h"
#include "display/print.h"
#include "figures/options.h"
#include "process/look.h"

#include "heap/config.h"
#include "policy/option.h"

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- as a table, and as CSV ---- */

static void print_table_row(const struct option_row *row)
{
	printf("%-17s %-13s %-12s %-12s %-12s %-3s %s\n", row->name,
	       *row->value ? row->value : "-", row->preset[0],
	       row->preset[1], row->preset[2], row->changes ? "yes" : "no",
	       row->range);
	printf("    %s\n", row->help);
}

static void print_table(pid_t pid, const struct option_row *rows,
			size_t count)
{
	printf("%s%-17s %-13s %-12s %-12s %-12s %-3s %s%s\n",
	       util_bold(stdout), "option", "value", "balanced",
	       "speed-first", "hardened", "run", "range",
	       util_plain(stdout));
	for (size_t i = 0; i < count; i++)
		print_table_row(&rows[i]);
	if (pid)
		printf("\nvalue: of process %ld", (long)pid);
	else
		printf("\nvalue: of a process that starts now");
	printf("; run: may change at run time\nfile: %s\n", hk_config_path);
}

static void print_csv(const struct option_row *rows, size_t count)
{
	puts("name,type,unit,value,balanced,speed-first,hardened,least,most,"
	     "range,changes,help");
	for (size_t i = 0; i < count; i++) {
		const struct option_row *row = &rows[i];
		const char *const fields[] = { row->name, row->type,
			row->unit, row->value, row->preset[0], row->preset[1],
			row->preset[2], row->least, row->most, row->range,
			row->changes ? "yes" : "no", row->help };

		for (size_t j = 0; j < sizeof(fields) / sizeof(*fields); j++) {
			if (j)
				putchar(',');
			print_csv_field(stdout, fields[j]);
		}
		putchar('\n');
	}
}

/* ---- the command ---- */

static void tell(struct hk_line *line)
{
	fflush(stdout);
	hk_line_write(line, STDERR_FILENO);
}

static void read_sources(struct hk_policy *policy)
{
	static char text[HK_CONFIG_MAX];
	struct hk_conf conf = { .policy = policy, .tell = tell };

	hk_config_read(&conf, hk_config_path, text);
}

/*
 * The numbers are on its page.  Texts are not, nor what a library of another
 * version does not have: those are not known.
 */
static void read_process(struct hk_policy *policy, uint32_t *unknown,
			 pid_t pid)
{
	struct origin origin;
	struct page page;

	look_figures(&page, &origin, pid);
	hk_option_reset(policy, HK_BALANCED);
	*unknown = 0;
	for (int i = 0; i < HK_OPTIONS; i++) {
		const struct page_value *value =
			options_on_page(&page, hk_option[i].name);
		uint64_t n = page_total(value);
		char *text = value ?
			options_value_said((enum hk_option_id)i, n) : NULL;

		if (text)
			hk_option_overrule(policy, (enum hk_option_id)i, n);
		else
			*unknown |= (uint32_t)1 << i;
		free(text);
	}
	page_free(&page);
}

static void add(struct option_row *row, const struct hk_policy *policy,
		uint32_t unknown, enum hk_option_id id)
{
	options_fill(row, policy, id);
	if (unknown >> id & 1)
		row->value[0] = '\0';
}

/* The options that are named, or all of them. */
static size_t choose(struct option_row *rows, pid_t pid, char *const *names)
{
	const char *known[HK_OPTIONS + 1] = { NULL };
	struct hk_policy policy;
	uint32_t unknown = 0;
	size_t count = 0;

	if (pid)
		read_process(&policy, &unknown, pid);
	else
		read_sources(&policy);
	for (int i = 0; i < HK_OPTIONS; i++)
		known[i] = hk_option[i].name;
	if (!*names)
		for (int i = 0; i < HK_OPTIONS; i++)
			add(&rows[count++], &policy, unknown,
			    (enum hk_option_id)i);
	for (; *names && count < HK_OPTIONS; names++) {
		int id = hk_option_find(hk_span_of(*names));
		const char *nearest = util_nearest(*names, known);

		if (id < 0)
			util_die(STATUS_USAGE, "options: unknown option "
				 "'%s'%s%s%s", *names,
				 nearest ? "; did you mean '" : "",
				 nearest ? nearest : "", nearest ? "'?" : "");
		add(&rows[count++], &policy, unknown, (enum hk_option_id)id);
	}
	return count;
}

static void print_rows(enum print_format format, pid_t pid,
		       const struct option_row *rows, size_t count)
{
	switch (format) {
	case PRINT_TABLE:
		print_table(pid, rows, count);
		break;
	case PRINT_JSON:
		print_options_json(stdout, hk_config_path, pid, rows,
				   count);
		break;
	case PRINT_CSV:
		print_csv(rows, count);
		break;
	}
}

static bool read_arguments(int argc, char **argv, struct output *output,
			   pid_t *pid)
{
	static const struct option options[] = {
		OUTPUT_OPTIONS,
		{ "pid", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	output_start(output);
	while ((option = getopt_long(argc, argv, "f:hp:", options,
				     NULL)) >= 0) {
		if (option == 'p')
			*pid = look_number(optarg);
		else if (!output_take(output, option))
			return false;
	}
	return true;
}

static int run(int argc, char **argv)
{
	struct option_row rows[HK_OPTIONS];
	enum print_format format;
	struct output output;
	size_t count;
	pid_t pid = 0;

	if (!read_arguments(argc, argv, &output, &pid))
		return output.status;
	format = print_format_named(output.format);
	count = choose(rows, pid, argv + optind);
	print_rows(format, pid, rows, count);
	for (size_t i = 0; i < count; i++)
		options_release(&rows[i]);
	return STATUS_FINE;
}

const struct command command_options = {
	.name = "options",
	.run = run,
	.usage = "[OPTION...] [NAME...]",
	.summary = "what can be chosen, and is",
	.examples =
"  hakmem-stat options                    what can be chosen, and is\n"
"  hakmem-stat options -p 4711            what is in force in a process\n",
	.help =
"Lists the library's options, or those named: what a process that starts now\n"
"would have, each preset's value, the range.\n"
"  -p, --pid=PID        the values of a running process; texts, which are not\n"
"                       on its page, are left out.  Exits with 3 where it\n"
"                       cannot be looked into\n"
	OUTPUT_HELP,
};
