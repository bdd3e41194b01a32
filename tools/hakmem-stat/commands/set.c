/* SPDX-License-Identifier: MIT */
/*
 * set.c - "hakmem-stat set -p PID KEY=VALUE...": gives options of a running
 * process other values, and tells what they were and are.
 */
#include "commands/ask.h"
#include "commands/commands.h"
#include "common/util.h"
#include "display/table.h"
#include "figures/options.h"
#include "process/look.h"

#include "policy/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>


struct set_pair {
	char *key;
	const char *value;	/* as it was given */
	char *before, *now;	/* as the process had and has it */
};

/* ---- one pair ---- */

/* Ends the program: the process has no such option. */
__attribute__((noreturn))
static void unknown(const struct page *page, const char *key)
{
	const char **known = util_resize(NULL, page->count + 1,
					 sizeof(*known));
	const char *nearest;
	size_t n = 0;

	for (size_t i = 0; i < page->count; i++)
		if (!strncmp(page->values[i].name, OPTIONS_PREFIX,
			     strlen(OPTIONS_PREFIX)))
			known[n++] = page->values[i].name +
				strlen(OPTIONS_PREFIX);
	known[n] = NULL;
	nearest = util_nearest(key, known);
	util_die(STATUS_USAGE, "set: unknown option '%s'%s%s%s; hakmem-stat "
		 "options lists all", key, nearest ? "; did you mean '" : "",
		 nearest ? nearest : "", nearest ? "'?" : "");
}

/* Ends the program: the process, or this program for it, refuses. */
__attribute__((noreturn))
static void refused(int64_t why, const char *key, const char *value)
{
	if (why == -EPERM && !strcmp(key, "preset"))
		util_die(STATUS_USAGE, "set: preset=%s: blocks that exist stay "
			 "sealed, or not: choose it in HAKMEM_CONF or "
			 "hakmem.conf, and start the process again", value);
	if (why == -EPERM)
		util_die(STATUS_USAGE, "set: %s does not change while a "
			 "process runs: set it in HAKMEM_CONF or "
			 "hakmem.conf, and start the process again", key);
	if (why == -EINVAL || why == -ERANGE)
		util_die(STATUS_USAGE, "set: %s=%s: %s; hakmem-stat options "
			 "%s tells what may be", key, value,
			 why == -EINVAL ? "no value of that option" :
			 "too small or too large", key);
	util_die(STATUS_UNREADABLE, "set: %s=%s: the process refused: %s", key,
		 value, strerror((int)-why));
}

/*
 * What can be known beforehand: a process that does nothing at present would
 * not say it.  An option that only a later library has is left to it.
 */
static void check(const struct page *page, const char *key, const char *value)
{
	int id = hk_option_find(hk_span_of(key));
	uint64_t preset = page_total(options_on_page(page, "preset"));
	struct hk_policy policy = { .chosen = 0 };
	int why;

	if (!options_on_page(page, key) &&
	    (id < 0 || id < (int)HK_FIRST_TEXT))
		unknown(page, key);
	if (id < 0)
		return;
	hk_option_reset(&policy, preset < HK_PRESETS ? (enum hk_preset)preset :
			HK_BALANCED);
	hk_option_overrule(&policy, HK_OPT_SEAL,
			   page_total(options_on_page(page, "seal")));
	why = hk_option_change(&policy, (enum hk_option_id)id,
			       hk_span_of(value));
	if (why)
		refused(why, key, value);
}

/* As hk_option_put() writes it, or the number. */
static char *value_of(const struct page *page, const char *key)
{
	uint64_t n = page_total(options_on_page(page, key));
	int id = hk_option_find(hk_span_of(key));
	char *text = id < 0 ? NULL :
		options_value_said((enum hk_option_id)id, n);

	/* What cannot be has no word. */
	return text ? text : util_format("%llu", (unsigned long long)n);
}

static struct set_pair split(const char *word)
{
	const char *equals = strchr(word, '=');

	if (!equals || equals == word)
		util_die(STATUS_USAGE, "set: '%s': KEY=VALUE is wanted", word);
	return (struct set_pair){
		.key = util_copy(word, (size_t)(equals - word)),
		.value = equals + 1,
	};
}

/* ---- the command ---- */

static bool is_number(size_t column)
{
	(void)column;
	return false;
}

static void print_table(const struct set_pair *pairs, size_t count)
{
	struct table table;

	table_start(&table, 3);
	table_text(&table, "option");
	table_text(&table, "before");
	table_text(&table, "now");
	for (size_t i = 0; i < count; i++) {
		table_text(&table, pairs[i].key);
		table_text(&table, pairs[i].before);
		table_text(&table, pairs[i].now);
	}
	table_print(&table, is_number);
}

/* Keys are options' names, and values words or numbers: nothing to escape. */
static void print_json(pid_t pid, const struct set_pair *pairs, size_t count)
{
	printf("{\"schema\":1,\"pid\":%ld,\"options\":[", (long)pid);
	for (size_t i = 0; i < count; i++)
		printf("%s{\"name\":\"%s\",\"before\":\"%s\",\"now\":\"%s\"}",
		       i ? "," : "", pairs[i].key, pairs[i].before,
		       pairs[i].now);
	puts("]}");
}

/* What each option is in the process at this moment. */
static void read_values(struct set_pair *pairs, size_t count, pid_t pid,
			bool before)
{
	struct page page;

	look_page(&page, pid);
	for (size_t i = 0; i < count; i++) {
		char *text = value_of(&page, pairs[i].key);

		if (before)
			pairs[i].before = text;
		else
			pairs[i].now = text;
	}
	page_free(&page);
}

/* All are checked before the process is asked for the first. */
static void set(const struct ask_arguments *args, struct set_pair *pairs,
		char *const *words, size_t count)
{
	struct page page;
	struct ask ask;

	look_page(&page, args->pid);
	for (size_t i = 0; i < count; i++) {
		pairs[i] = split(words[i]);
		check(&page, pairs[i].key, pairs[i].value);
	}
	ask_open(&ask, args, &page);
	page_free(&page);
	read_values(pairs, count, args->pid, true);
	for (size_t i = 0; i < count; i++) {
		int64_t why = ask_do(&ask, HK_PAGE_SET, words[i]);

		if (why)
			refused(why, pairs[i].key, pairs[i].value);
	}
	read_values(pairs, count, args->pid, false);
	ask_close(&ask);
}

static void release(struct set_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(pairs[i].key);
		free(pairs[i].before);
		free(pairs[i].now);
	}
	free(pairs);
}

static int run(int argc, char **argv)
{
	struct ask_arguments args = { .command = "set" };
	struct set_pair *pairs;
	size_t count;

	if (!ask_read_arguments(argc, argv, &args))
		return args.output.status;
	count = (size_t)(argc - optind);
	if (!count)
		util_die(STATUS_USAGE, "set: which option?  KEY=VALUE");
	pairs = util_resize(NULL, count, sizeof(*pairs));
	set(&args, pairs, argv + optind, count);
	if (args.json)
		print_json(args.pid, pairs, count);
	else
		print_table(pairs, count);
	release(pairs, count);
	return STATUS_FINE;
}

const struct command command_set = {
	.name = "set",
	.run = run,
	.usage = "-p PID [OPTION...] KEY=VALUE...",
	.summary = "give options of a running process other values",
	.examples =
"  hakmem-stat set -p 4711 purge_age=0    change an option while it runs\n",
	.help =
"Gives options of a running process other values, as hakmem_option_set()\n"
"does: 'hakmem-stat options' lists those that may change.  Prints what they\n"
"were and are.  The process does it when it next comes to a slow path of the\n"
"library.  Exits with 1 where it did not in time, or another hakmem-stat asks\n"
"it; 2 for an option or a value that cannot be, and then nothing was changed;\n"
"3 where the process cannot be asked.\n"
	ASK_HELP,
};
