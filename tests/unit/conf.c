/* SPDX-License-Identifier: MIT */
/*
 * From text to policy: each option from each source, which source wins, what
 * is told of mistakes, and that the rest is in force all the same.
 */
#include "unit.h"

#include "policy/conf.h"
#include "policy/option.h"

#include <stdio.h>

static struct hk_policy policy;
static struct hk_conf conf;

/* What was told: all lines, each ended by a newline. */
static char told[8192];

static void tell(struct hk_line *line)
{
	size_t len = strlen(told);

	assert_true(len + line->len + 2 < sizeof(told));
	memcpy(told + len, line->text, line->len);
	memcpy(told + len + line->len, "\n", 2);
}

/*
 * Reads a file's text, or none where it is NULL, and variables up to NULL,
 * from copies of just their size, so that a sanitizer sees what is read
 * beyond.
 */
static void read_all(const char *text, const char *const *env)
{
	char *copy = text ? malloc(strlen(text) + !*text) : NULL;
	char *copies[8] = { NULL };

	if (text)
		memcpy(copy, text, strlen(text));
	for (size_t i = 0; env && env[i]; i++) {
		copies[i] = strdup(env[i]);
		assert_true(i + 1 < UNIT_COUNT(copies));
	}
	told[0] = '\0';
	memset(&policy, 0x5a, sizeof(policy));
	conf = (struct hk_conf){ .file = "FILE", .text = copy,
		.len = text ? strlen(text) : 0,
		.env = env ? (const char *const *)copies : NULL,
		.tell = tell, .policy = &policy };
	hk_conf_read(&conf);
	free(copy);
	for (size_t i = 0; copies[i]; i++)
		free(copies[i]);
}

static void read_file(const char *text)
{
	read_all(text, NULL);
}

static void read_one(const char *variable)
{
	read_all(NULL, (const char *const[]){ variable, NULL });
}

static void assert_is(enum hk_option_id id, const char *value)
{
	struct hk_line line = { 0 };

	hk_option_put_of(&line, &policy, id);
	line.text[line.len] = '\0';
	assert_string_equal(line.text, value);
}

static void assert_told(const char *expected)
{
	assert_string_equal(told, expected);
}

static void assert_as_preset(enum hk_preset preset)
{
	for (int i = 0; i < HK_FIRST_TEXT; i++)
		assert_int_equal(atomic_load(&policy.value[i]),
			hk_option[i].preset[preset]);
	for (int i = 0; i < HK_TEXTS; i++)
		assert_string_equal(policy.text[i], "");
}

/* ---- each option from each source ---- */

/* A value that is not the default, as text. */
static void other_value(int id, struct hk_line *line)
{
	const struct hk_option *o = &hk_option[id];
	size_t value = o->preset[HK_BALANCED] == o->most ? o->least : o->most;

	line->len = 0;
	if (o->type == HK_TEXT)
		hk_line_str(line, "some text");
	else
		hk_option_put(line, (enum hk_option_id)id, value);
	line->text[line->len] = '\0';
}

static void each_option(void **state)
{
	char text[700];
	struct hk_line value;

	(void)state;
	for (int i = 0; i < HK_OPTIONS; i++) {
		enum hk_option_id id = (enum hk_option_id)i;
		bool chosen = id != HK_OPT_PRESET;

		other_value(i, &value);
		snprintf(text, sizeof(text), "%.20s=%.480s", hk_option[i].name,
			value.text);
		read_file(text);
		assert_is(id, value.text);
		assert_int_equal(policy.chosen, (uint32_t)chosen << i);
		snprintf(text, sizeof(text),
			"# x\n\n\t%.20s\t = %.480s \t# y\r\n",
			hk_option[i].name, value.text);
		read_file(text);
		assert_is(id, value.text);
		snprintf(text, sizeof(text), "HAKMEM_CONF=%.20s=%.480s",
			hk_option[i].name, value.text);
		read_one(text);
		assert_is(id, value.text);
		assert_told("");
		assert_int_equal(conf.problems, 0);
	}
}

static void nothing_chosen(void **state)
{
	(void)state;
	read_all(NULL, NULL);
	assert_as_preset(HK_BALANCED);
	read_file("");
	assert_as_preset(HK_BALANCED);
	read_all("\n\n # nothing = 1\n \t\r\n#\n", (const char *const[]){
		"HAKMEM_CONF=", "HAKMEM_PROFILE=", "HAKMEM_SS_OS_STATS=",
		"HAKMEM_STATS_FILE=", "HAKMEM_OTHER=1", "PURGE_AGE=1", NULL });
	assert_as_preset(HK_BALANCED);
	assert_int_equal(policy.chosen, 0);
	assert_told("");
}

static void variables(void **state)
{
	static const struct {
		const char *variable;
		enum hk_option_id id;
		const char *value;
	} cases[] = {
		{ "HAKMEM_PROFILE=balanced", HK_OPT_PRESET, "balanced" },
		{ "HAKMEM_PROFILE=speed-first", HK_OPT_PRESET,
		  "speed-first" },
		{ "HAKMEM_PROFILE=hardened", HK_OPT_PRESET, "hardened" },
		{ "HAKMEM_PROFILE=MIXED_TINYV3_C7_BALANCED", HK_OPT_PRESET,
		  "balanced" },
		{ "HAKMEM_PROFILE=MIXED_TINYV3_C7_SAFE", HK_OPT_PRESET,
		  "speed-first" },
		{ "HAKMEM_PROFILE=C6_HEAVY_LEGACY_POOLV1", HK_OPT_PRESET,
		  "balanced" },
		{ "HAKMEM_SS_OS_STATS=1", HK_OPT_OS_STATS, "1" },
		{ "HAKMEM_SS_OS_STATS=0", HK_OPT_OS_STATS, "0" },
		{ "HAKMEM_FORCE_LIBC_ALLOC=1", HK_OPT_FORCE_LIBC, "1" },
		{ "HAKMEM_SS_MEM_LEAN=1", HK_OPT_LEAN, "1" },
		{ "HAKMEM_SS_MEM_LEAN=1", HK_OPT_DECOMMIT, "free" },
		{ "HAKMEM_SS_MEM_LEAN=0", HK_OPT_DECOMMIT, "dontneed" },
		{ "HAKMEM_SS_MEM_LEAN_DECOMMIT=OFF", HK_OPT_DECOMMIT,
		  "dontneed" },
		{ "HAKMEM_SS_MEM_LEAN_TARGET_MB=7", HK_OPT_LEAN_TARGET,
		  "7M" },
		{ "HAKMEM_STATS_FILE=/a,b=c%p", HK_OPT_STATS_FILE,
		  "/a,b=c%p" },
	};

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
		read_one(cases[i].variable);
		assert_is(cases[i].id, cases[i].value);
		assert_told("");
	}
}

static void lean_variables(void **state)
{
	(void)state;
	read_all(NULL, (const char *const[]){ "HAKMEM_SS_MEM_LEAN=1",
		"HAKMEM_SS_MEM_LEAN_DECOMMIT=DONTNEED", NULL });
	assert_is(HK_OPT_DECOMMIT, "dontneed");
	read_all(NULL, (const char *const[]){
		"HAKMEM_SS_MEM_LEAN_DECOMMIT=OFF", "HAKMEM_SS_MEM_LEAN=1",
		NULL });
	assert_is(HK_OPT_DECOMMIT, "off");
	/* The variable has a default of its own, which is nobody's choice. */
	read_all("decommit = off", (const char *const[]){
		"HAKMEM_SS_MEM_LEAN=1", NULL });
	assert_is(HK_OPT_DECOMMIT, "off");
	assert_is(HK_OPT_LEAN, "1");
	/* Lean mode may come from elsewhere. */
	read_all("lean = 1", (const char *const[]){
		"HAKMEM_SS_MEM_LEAN_DECOMMIT=FREE", NULL });
	assert_is(HK_OPT_DECOMMIT, "free");
	assert_told("");
}

/* ---- which one wins ---- */

static void later_wins(void **state)
{
	(void)state;
	read_file("purge_age = 1\npurge_age = 2\n");
	assert_is(HK_OPT_PURGE_AGE, "2ms");
	read_all("purge_age = 1\nos_stats=1\nbatch=5", (const char *const[]){
		"HAKMEM_CONF=purge_age=3,os_stats=1,purge_age=4", NULL });
	assert_is(HK_OPT_PURGE_AGE, "4ms");
	assert_is(HK_OPT_BATCH, "5");
	/* Whatever the order in the environment; of two, the first. */
	read_all("os_stats = 0", (const char *const[]){
		"HAKMEM_SS_OS_STATS=0", "HAKMEM_CONF=os_stats=1",
		"HAKMEM_SS_OS_STATS=1", NULL });
	assert_is(HK_OPT_OS_STATS, "0");
	assert_told("");
}

/* The last preset comes first, wherever keys stand. */
static void presets(void **state)
{
	(void)state;
	read_file("preset = speed-first");
	assert_as_preset(HK_SPEED_FIRST);
	read_one("HAKMEM_CONF=preset=hardened");
	assert_as_preset(HK_HARDENED);
	read_one("HAKMEM_PROFILE=speed-first");
	assert_as_preset(HK_SPEED_FIRST);
	read_all("preset=hardened", (const char *const[]){
		"HAKMEM_CONF=preset=balanced", "HAKMEM_PROFILE=speed-first",
		NULL });
	assert_as_preset(HK_SPEED_FIRST);
	read_all("purge_age = 77\npreset = hardened",
		(const char *const[]){ "HAKMEM_CONF=preset=speed-first",
			NULL });
	assert_is(HK_OPT_PRESET, "speed-first");
	assert_is(HK_OPT_PURGE_AGE, "77ms");
	assert_is(HK_OPT_DIRTY_BUDGET, "50%");
	/* One that is none leaves the one before. */
	read_all("preset = speed-first", (const char *const[]){
		"HAKMEM_PROFILE=fast", NULL });
	assert_as_preset(HK_SPEED_FIRST);
	assert_told("hakmem: HAKMEM_PROFILE: preset cannot be 'fast': "
		    "balanced|speed-first|hardened expected\n");
}

/* ---- mistakes ---- */

static void mistakes_in_the_file(void **state)
{
	(void)state;
	read_file("purge_age = 5\n"
		  "purgeage = 6\n"
		  "wibble = 6\n"
		  "batch = 99\n"
		  "lean\n"
		  "decommit = maybe # = free\n"
		  "dirty_min = 16M\n"
		  "= 5\n"
		  "stats_file =\n");
	assert_told("hakmem: FILE:2: unknown key 'purgeage'; did you mean "
		    "'purge_age'?\n"
		    "hakmem: FILE:3: unknown key 'wibble'\n"
		    "hakmem: FILE:4: batch cannot be '99': 2 to 31 "
		    "expected\n"
		    "hakmem: FILE:5: 'lean' is not 'key = value'\n"
		    "hakmem: FILE:6: decommit cannot be 'maybe': "
		    "off|free|dontneed expected\n"
		    "hakmem: FILE:8: unknown key ''\n");
	assert_int_equal(conf.problems, 6);
	/* The rest is in force. */
	assert_is(HK_OPT_PURGE_AGE, "5ms");
	assert_is(HK_OPT_DIRTY_MIN, "16M");
	assert_is(HK_OPT_BATCH, "31");
	assert_is(HK_OPT_DECOMMIT, "dontneed");
}

static void mistakes_in_variables(void **state)
{
	(void)state;
	read_all(NULL, (const char *const[]){
		"HAKMEM_CONF=,wake=1,, prewarm = 1M ,lean=maybe,",
		"HAKMEM_SS_OS_STATS=2", "HAKMEM_SS_MEM_LEAN_TARGET_MB=5M",
		"HAKMEM_SS_MEM_LEAN=x", "HAKMEM_QUIET=", NULL });
	assert_told("hakmem: HAKMEM_CONF: wake cannot be '1': 2 to 1024 "
		    "expected\n"
		    "hakmem: HAKMEM_CONF: lean cannot be 'maybe': 0 or 1 "
		    "expected\n"
		    "hakmem: HAKMEM_SS_OS_STATS: os_stats cannot be '2': "
		    "0 or 1 expected\n"
		    "hakmem: HAKMEM_SS_MEM_LEAN: lean cannot be 'x': "
		    "0 or 1 expected\n"
		    "hakmem: HAKMEM_SS_MEM_LEAN_TARGET_MB: lean_target "
		    "cannot be '5M': 0 to 4T expected\n");
	assert_is(HK_OPT_PREWARM, "1M");
	read_all(NULL, (const char *const[]){
		"HAKMEM_SS_MEM_LEAN_TARGET_MB=99999999999999999999",
		"HAKMEM_SS_MEM_LEAN_DECOMMIT=x", NULL });
	assert_int_equal(conf.problems, 2);
	assert_is(HK_OPT_LEAN_TARGET, "10M");
	read_all(NULL, (const char *const[]){
		"HAKMEM_SS_MEM_LEAN_TARGET_MB=-1", NULL });
	assert_told("hakmem: HAKMEM_SS_MEM_LEAN_TARGET_MB: lean_target "
		    "cannot be '-1': 0 to 4T expected\n");
	/* A bad value is as none: the variable's default. */
	read_all(NULL, (const char *const[]){ "HAKMEM_SS_MEM_LEAN=1",
		"HAKMEM_SS_MEM_LEAN_DECOMMIT=x", NULL });
	assert_int_equal(conf.problems, 1);
	assert_is(HK_OPT_DECOMMIT, "free");
	read_all("lean=1", (const char *const[]){
		"HAKMEM_SS_MEM_LEAN_DECOMMIT=x", NULL });
	assert_int_equal(conf.problems, 1);
	assert_is(HK_OPT_DECOMMIT, "dontneed");
}

/* Nobody's terminal gets what it should not, or too much. */
static void what_is_quoted(void **state)
{
	char text[400] = "\033[31m\001";

	(void)state;
	read_file(text);
	assert_told("hakmem: FILE:1: '?[31m?' is not 'key = value'\n");
	memset(text, 'k', sizeof(text) - 1);
	read_file(text);
	assert_true(strlen(told) < 120);
	memcpy(text, "stats_file=", 11);
	read_file(text);
	assert_non_null(strstr(told, "at most 255 bytes expected"));
	assert_is(HK_OPT_STATS_FILE, "");
}

static void silence(void **state)
{
	char text[1000] = "";

	(void)state;
	read_all("x = 1", (const char *const[]){ "HAKMEM_QUIET=1", NULL });
	assert_told("");
	assert_int_equal(conf.problems, 1);
	assert_true(policy.quiet);
	read_all("x = 1", (const char *const[]){ "HAKMEM_QUIET=0", NULL });
	assert_int_equal(conf.problems, 1);
	assert_false(policy.quiet);
	assert_told("hakmem: FILE:1: unknown key 'x'\n");
	for (int i = 0; i < 100; i++)
		strcat(text, "x = 1\n");
	read_file(text);
	assert_int_equal(conf.problems, 100);
	assert_int_equal(strlen(told), HK_CONF_TOLD * strlen(
		"hakmem: FILE:1: unknown key 'x'\n") + strlen(
		"hakmem: more mistakes, not told: 92\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_chosen),
		cmocka_unit_test(each_option),
		cmocka_unit_test(variables),
		cmocka_unit_test(lean_variables),
		cmocka_unit_test(later_wins),
		cmocka_unit_test(presets),
		cmocka_unit_test(mistakes_in_the_file),
		cmocka_unit_test(mistakes_in_variables),
		cmocka_unit_test(what_is_quoted),
		cmocka_unit_test(silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
