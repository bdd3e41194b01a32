/* SPDX-License-Identifier: MIT */
/*
 * fuzz_conf.c - the third fuzz target: the text of the configuration.
 *
 * An input is a configuration file up to the first byte that is zero, and
 * behind it, with zeros between them, the variables of an environment.  What
 * comes of it must be a policy that the heap can run with, whatever the text:
 *
 *   - each value is in its range, each text ends in its room;
 *   - an option that was not chosen has what the preset has;
 *   - what is told are lines for a terminal, and not too many;
 *   - reading it once more gives the same, and so does reading what came of
 *     it, written as a file, without anything being told.
 *
 * Built from fuzz_conf.c and fuzz_common.c, and linked with libhakmem-core.
 */
#define FUZZ_RUNS	1000	/* nothing is left from one to the next */

#include "fuzz_common.h"

#include "policy/conf.h"
#include "policy/option.h"

#include <stdlib.h>
#include <string.h>

#define VARIABLES_MAX	16

static unsigned int lines;

static void tell(struct hk_line *line)
{
	static const char start[] = "hakmem: ";

	lines++;
	if (line->len >= sizeof(line->text) ||
	    memcmp(line->text, start, sizeof(start) - 1) != 0)
		fuzz_fail("told is no line of ours");
	for (size_t i = 0; i < line->len; i++)
		if (line->text[i] < ' ' || line->text[i] > '~')
			fuzz_fail("told has a byte %d",
				  (unsigned char)line->text[i]);
	fuzz_trace("/* %.*s */\n", (int)line->len, line->text);
}

static size_t value_of(const struct hk_policy *policy, int id)
{
	return atomic_load_explicit(&policy->value[id],
				    memory_order_relaxed);
}

static void check_option(const struct hk_policy *policy, int id)
{
	const struct hk_option *o = &hk_option[id];
	bool chosen = policy->chosen >> id & 1;
	size_t value;

	if (id >= HK_FIRST_TEXT) {
		const char *text = policy->text[id - HK_FIRST_TEXT];

		value = strnlen(text, HK_TEXT_MAX);
		if (value > o->most || (value && !chosen))
			fuzz_fail("%s has %zu bytes", o->name, value);
		return;
	}
	value = value_of(policy, id);
	if (value < o->least || value > o->most)
		fuzz_fail("%s is %zu", o->name, value);
	if (!chosen && value !=
	    o->preset[value_of(policy, HK_OPT_PRESET)])
		fuzz_fail("%s is %zu and was not chosen", o->name, value);
}

static void check_same(const struct hk_policy *a, const struct hk_policy *b)
{
	for (int i = 0; i < HK_FIRST_TEXT; i++)
		if (value_of(a, i) != value_of(b, i))
			fuzz_fail("%s is %zu, then %zu", hk_option[i].name,
				  value_of(a, i), value_of(b, i));
	for (int i = 0; i < HK_TEXTS; i++)
		if (strcmp(a->text[i], b->text[i]) != 0)
			fuzz_fail("%s has changed",
				  hk_option[HK_FIRST_TEXT + i].name);
}

static unsigned int read_into(struct hk_policy *policy, const char *text,
			      size_t len, const char *const *env)
{
	struct hk_conf conf = {
		.file = "FILE", .text = text, .len = len, .env = env,
		.tell = tell, .policy = policy,
	};

	lines = 0;
	/* All of it must be written. */
	memset(policy, 0xa5, sizeof(*policy));
	hk_conf_read(&conf);
	/* The last line says how many more there are. */
	if (lines != (policy->quiet ? 0 :
		      hk_min(conf.problems, HK_CONF_TOLD + 1)))
		fuzz_fail("%u problems, %u lines", conf.problems, lines);
	return conf.problems;
}

/* The values as a file; texts are not for one, where they have a "#". */
static void check_written(const struct hk_policy *policy)
{
	struct hk_policy again;
	char file[4096];
	size_t len = 0;

	for (int i = 0; i < HK_FIRST_TEXT; i++) {
		struct hk_line line = { 0 };

		hk_line_str(&line, hk_option[i].name);
		hk_line_str(&line, " = ");
		hk_option_put_of(&line, policy, (enum hk_option_id)i);
		hk_line_str(&line, "\n");
		if (line.len > sizeof(file) - len)
			fuzz_fail("what was read is too long to be written");
		memcpy(file + len, line.text, line.len);
		len += line.len;
	}
	if (read_into(&again, file, len, NULL))
		fuzz_fail("what was read cannot be read");
	memcpy(again.text, policy->text, sizeof(again.text));
	check_same(policy, &again);
}

/* A copy of just its size: a sanitizer sees what is read beyond. */
static char *copy_of(const uint8_t *data, size_t len, bool ended)
{
	char *copy = malloc(len + ended + !len);

	if (!copy)
		fuzz_fail("out of memory");
	memcpy(copy, data, len);
	if (ended)
		copy[len] = '\0';
	return copy;
}

static void fuzz_conf(const uint8_t *data, size_t len)
{
	char *env[VARIABLES_MAX + 1] = { NULL };
	size_t file_len = strnlen((const char *)data, len);
	char *file = copy_of(data, file_len, false);
	size_t at = file_len + 1, n = 0;
	struct hk_policy policy, again;
	unsigned int problems;

	for (; at < len && n < VARIABLES_MAX; n++) {
		size_t part = strnlen((const char *)data + at, len - at);

		env[n] = copy_of(data + at, part, true);
		at += part + 1;
	}
	problems = read_into(&policy, file, file_len,
			     (const char *const *)env);
	for (int i = 0; i < HK_OPTIONS; i++)
		check_option(&policy, i);
	if (read_into(&again, file, file_len, (const char *const *)env) !=
	    problems)
		fuzz_fail("other problems when read again");
	check_same(&policy, &again);
	check_written(&policy);
	for (size_t i = 0; i < n; i++)
		free(env[i]);
	free(file);
}

FUZZ_MAIN(fuzz_conf)
