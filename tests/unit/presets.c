/* SPDX-License-Identifier: MIT */
/*
 * The files of conf/: the library reads them without a word, the sample
 * chooses nothing, a preset's file chooses that preset, and the values that
 * stand in their comments are those of the option table.
 */
#include "unit.h"

#include "heap/config.h"
#include "policy/conf.h"
#include "policy/option.h"

#include <ctype.h>
#include <stdio.h>

static struct hk_policy policy;
static struct hk_conf conf;
static char text[HK_CONFIG_MAX + 1];

static void tell(struct hk_line *line)
{
	fprintf(stderr, "%.*s\n", (int)line->len, line->text);
}

/* A file of conf/, which must fit where the library reads it. */
static void load(const char *name)
{
	const char *top = getenv("top_srcdir");
	char path[4096];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/conf/%s", top ? top : ".", name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s cannot be opened", path);
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	assert_in_range(len, 1, HK_CONFIG_MAX);
	text[len] = '\0';
}

static void parse(void)
{
	memset(&policy, 0x5a, sizeof(policy));
	conf = (struct hk_conf){ .file = "FILE", .text = text,
		.len = strlen(text), .tell = tell, .policy = &policy };
	hk_conf_read(&conf);
	assert_int_equal(conf.problems, 0);
}

/* Takes the "#" away from "#key = value", which a remark never looks like. */
static void uncomment(void)
{
	for (char *at = text; *at; at++)
		if (at[0] == '#' && islower((unsigned char)at[1]))
			at[0] = ' ';
}

static void assert_as_preset(enum hk_preset preset)
{
	for (int i = 0; i < HK_FIRST_TEXT; i++)
		if (atomic_load(&policy.value[i]) !=
		    hk_option[i].preset[preset])
			fail_msg("another value for %s", hk_option[i].name);
	for (int i = 0; i < HK_TEXTS; i++)
		assert_string_equal(policy.text[i], "");
}

/* A file of a preset, as it is and with all of its values chosen. */
static void try_file(const char *name, enum hk_preset preset)
{
	load(name);
	parse();
	assert_as_preset(preset);
	assert_int_equal(policy.chosen, 0);
	uncomment();
	parse();
	assert_as_preset(preset);
	for (int i = 0; i < HK_OPTIONS; i++)
		if (i != HK_OPT_PRESET && !(policy.chosen >> i & 1))
			fail_msg("%s is left out", hk_option[i].name);
}

static void each_preset(void **state)
{
	static const char *const names[HK_PRESETS] = {
		"presets/balanced.conf", "presets/speed-first.conf",
		"presets/hardened.conf"
	};

	(void)state;
	for (int i = 0; i < HK_PRESETS; i++)
		try_file(names[i], (enum hk_preset)i);
}

static void sample(void **state)
{
	(void)state;
	try_file("hakmem.conf", HK_BALANCED);
	load("hakmem.conf");
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(line[0], '#');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sample),
		cmocka_unit_test(each_preset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
