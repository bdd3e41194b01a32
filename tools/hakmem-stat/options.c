/* SPDX-License-Identifier: MIT */
/*
 * options.c - "hakmem-stat options": all options of the library, what each
 * preset has, and what a process that starts now gets from the configuration
 * file and from our environment.
 *
 * The table and what reads the sources are the library's own, linked into
 * this program: the two cannot differ.
 */
#define _GNU_SOURCE
#include "options.h"

#include "commands.h"
#include "output.h"
#include "print.h"
#include "util.h"

#include "heap/config.h"
#include "policy/option.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const types[] = {
	[HK_BOOL] = "bool", [HK_SIZE] = "size", [HK_PERCENT] = "percent",
	[HK_MS] = "ms", [HK_NUMBER] = "number", [HK_ENUM] = "enum",
	[HK_TEXT] = "string",
};

#define X(id, name, type, unit, changes, least, most, b, s, h, words, help) \
	{ unit, help },
static const struct {
	const char *unit;
	const char *help;
} described[HK_OPTIONS] = { HK_OPTION_TABLE(X) };
#undef X

static char *text_of(struct hk_line *line)
{
	return util_copy(line->text, line->len);
}

char *options_value(enum hk_option_id id, size_t value)
{
	struct hk_line line = { 0 };

	if (id < HK_FIRST_TEXT)
		hk_option_put(&line, id, value);
	return text_of(&line);
}

char *options_value_said(enum hk_option_id id, uint64_t n)
{
	if (id >= HK_FIRST_TEXT || n < hk_option[id].least ||
	    n > hk_option[id].most)
		return NULL;
	return options_value(id, (size_t)n);
}

char *options_value_of(const struct hk_policy *policy, enum hk_option_id id)
{
	struct hk_line line = { 0 };

	hk_option_put_of(&line, policy, id);
	return text_of(&line);
}

static char *range_of(const struct hk_option *o, const char *least,
		      const char *most)
{
	if (o->type == HK_TEXT)
		return util_format("%zu bytes", o->most);
	if (o->type == HK_ENUM)
		return util_copy(o->words, strlen(o->words));
	return util_format("%s to %s", least, most);
}

static void fill(struct option_row *row, const struct hk_policy *policy,
		 enum hk_option_id id)
{
	const struct hk_option *o = &hk_option[id];

	row->name = o->name;
	row->type = types[o->type];
	row->unit = described[id].unit;
	row->help = described[id].help;
	row->changes = o->changes;
	row->chosen = hk_option_chosen(policy, id);
	row->value = options_value_of(policy, id);
	for (size_t i = 0; i < OPTION_PRESETS; i++)
		row->preset[i] = options_value(id, o->preset[i]);
	row->least = options_value(id, o->least);
	row->most = options_value(id, o->most);
	row->range = range_of(o, row->least, row->most);
}

static_assert(OPTION_PRESETS == (int)HK_PRESETS, "as the library has them");

static void release(struct option_row *row)
{
	free(row->value);
	for (size_t i = 0; i < OPTION_PRESETS; i++)
		free(row->preset[i]);
	free(row->least);
	free(row->most);
	free(row->range);
}

/* ---- as a table, and as CSV ---- */

static void print_table_row(const struct option_row *row)
{
	printf("%-17s %-13s %-12s %-12s %-12s %-3s %s\n", row->name,
	       *row->value ? row->value : "-", row->preset[0],
	       row->preset[1], row->preset[2], row->changes ? "yes" : "no",
	       row->range);
	printf("    %s\n", row->help);
}

static void print_table(const struct option_row *rows, size_t count)
{
	printf("%s%-17s %-13s %-12s %-12s %-12s %-3s %s%s\n",
	       util_bold(stdout), "option", "value", "balanced",
	       "speed-first", "hardened", "run", "range",
	       util_plain(stdout));
	for (size_t i = 0; i < count; i++)
		print_table_row(&rows[i]);
	printf("\nvalue: of a process that starts now; run: may change at run "
	       "time\nfile: %s\n", hk_config_path);
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

/* The options that are named, or all of them. */
static size_t choose(struct option_row *rows, char *const *names)
{
	const char *known[HK_OPTIONS + 1] = { NULL };
	struct hk_policy policy;
	size_t count = 0;

	read_sources(&policy);
	for (int i = 0; i < HK_OPTIONS; i++)
		known[i] = hk_option[i].name;
	if (!*names)
		for (int i = 0; i < HK_OPTIONS; i++)
			fill(&rows[count++], &policy, (enum hk_option_id)i);
	for (; *names && count < HK_OPTIONS; names++) {
		int id = hk_option_find(hk_span_of(*names));
		const char *nearest = util_nearest(*names, known);

		if (id < 0)
			util_die(STATUS_USAGE, "options: unknown option "
				 "'%s'%s%s%s", *names,
				 nearest ? "; did you mean '" : "",
				 nearest ? nearest : "", nearest ? "'?" : "");
		fill(&rows[count++], &policy, (enum hk_option_id)id);
	}
	return count;
}

static void print_rows(enum print_format format,
		       const struct option_row *rows, size_t count)
{
	switch (format) {
	case PRINT_TABLE:
		print_table(rows, count);
		break;
	case PRINT_JSON:
		print_options_json(stdout, hk_config_path, rows, count);
		break;
	case PRINT_CSV:
		print_csv(rows, count);
		break;
	}
}

static int run(int argc, char **argv)
{
	struct option_row rows[HK_OPTIONS];
	enum print_format format;
	struct output output;
	size_t count;

	if (!output_read(argc, argv, &output))
		return output.status;
	format = print_format_named(output.format);
	count = choose(rows, argv + optind);
	print_rows(format, rows, count);
	for (size_t i = 0; i < count; i++)
		release(&rows[i]);
	return STATUS_FINE;
}

const struct command command_options = {
	.name = "options",
	.run = run,
	.usage = "[OPTION...] [NAME...]",
	.summary = "what can be chosen, and is",
	.examples =
"  hakmem-stat options                    what can be chosen, and is\n",
	.help =
"Lists the library's options, or those named: what a process that starts now\n"
"would have, each preset's value, the range.\n"
	OUTPUT_HELP,
};

static const char *const presets[] = {
	"balanced", "speed-first", "hardened", NULL
};

const char *options_preset_word(uint64_t value)
{
	return value < HK_PRESETS ? presets[value] : "?";
}

const char *options_preset(const char *name)
{
	const char *nearest = util_nearest(name, presets);
	size_t preset;

	if (!hk_option_parse(HK_OPT_PRESET, hk_span_of(name), &preset))
		return name;
	util_die(util_trouble, "unknown preset '%s'%s%s%s: balanced, "
		 "speed-first or hardened", name,
		 nearest ? "; did you mean '" : "", nearest ? nearest : "",
		 nearest ? "'?" : "");
}
