/* SPDX-License-Identifier: MIT */
/*
 * The table of options: each row, without a word about any of them, and the
 * parser of each type.
 */
#include "unit.h"

#include "policy/option.h"

#include <stdio.h>

static struct hk_policy policy;

static int set_up(void **state)
{
	(void)state;
	hk_option_reset(&policy, HK_BALANCED);
	return 0;
}

static size_t value_of(int id)
{
	return atomic_load(&policy.value[id]);
}

static struct hk_span printed(struct hk_line *line, int id, size_t value)
{
	line->len = 0;
	hk_option_put(line, (enum hk_option_id)id, value);
	return (struct hk_span){ line->text, line->len };
}

static int parse(int id, const char *text, size_t *value)
{
	return hk_option_parse((enum hk_option_id)id, hk_span_of(text), value);
}

static void assert_parses(int id, const char *text, size_t value)
{
	size_t got = 4711;

	if (parse(id, text, &got) || got != value)
		fail_msg("%s=%s is %zu", hk_option[id].name, text, got);
}

static void assert_refused(int id, const char *text, int err)
{
	size_t got;

	if (parse(id, text, &got) != err)
		fail_msg("%s=%s is not refused", hk_option[id].name, text);
}

/* What is printed is read as the same value. */
static void there_and_back(void **state)
{
	struct hk_line line;

	(void)state;
	for (int i = 0; i < HK_FIRST_TEXT; i++) {
		const struct hk_option *o = &hk_option[i];
		size_t values[2 + HK_PRESETS] = { o->least, o->most };

		memcpy(values + 2, o->preset, sizeof(o->preset));
		for (size_t j = 0; j < UNIT_COUNT(values); j++) {
			size_t value;

			assert_in_range(values[j], o->least, o->most);
			assert_int_equal(hk_option_parse(
				(enum hk_option_id)i,
				printed(&line, i, values[j]), &value), 0);
			assert_int_equal(value, values[j]);
		}
	}
}

/* The ends of each range are in it, what is beyond is not. */
static void ranges(void **state)
{
	struct hk_line line;
	size_t value;

	(void)state;
	for (int i = 0; i < HK_FIRST_TEXT; i++) {
		const struct hk_option *o = &hk_option[i];

		if (o->type == HK_BOOL || o->type == HK_ENUM)
			continue;
		assert_int_equal(hk_option_parse((enum hk_option_id)i,
			printed(&line, i, o->most + 1), &value), -ERANGE);
		if (o->least)
			assert_int_equal(hk_option_parse(
				(enum hk_option_id)i,
				printed(&line, i, o->least - 1), &value),
				-ERANGE);
		assert_refused(i, "99999999999999999999999999", -ERANGE);
		assert_refused(i, "18446744073709551615", -ERANGE);
	}
}

static void nonsense(void **state)
{
	static const char *const texts[] = { "", " ", "-1", "+1", "x", "1 2",
		"1x", "0x1", "1.", ".5", "1.55", "1,5", "1e3", "on|off", "|" };

	(void)state;
	for (int i = 0; i < HK_FIRST_TEXT; i++)
		for (size_t j = 0; j < UNIT_COUNT(texts); j++)
			assert_refused(i, texts[j], -EINVAL);
}

static void types(void **state)
{
	(void)state;
	assert_parses(HK_OPT_LEAN, "1", 1);
	assert_parses(HK_OPT_LEAN, "on", 1);
	assert_parses(HK_OPT_LEAN, "Yes", 1);
	assert_parses(HK_OPT_LEAN, "true", 1);
	assert_parses(HK_OPT_LEAN, "0", 0);
	assert_parses(HK_OPT_LEAN, "OFF", 0);
	assert_parses(HK_OPT_LEAN, "no", 0);
	assert_parses(HK_OPT_LEAN, "false", 0);
	assert_refused(HK_OPT_LEAN, "2", -EINVAL);
	assert_refused(HK_OPT_LEAN, "01", -EINVAL);
	assert_parses(HK_OPT_PURGE_AGE, "1500", 1500);
	assert_parses(HK_OPT_PURGE_AGE, "1500ms", 1500);
	assert_parses(HK_OPT_PURGE_AGE, "3s", 3000);
	assert_refused(HK_OPT_PURGE_AGE, "3m", -EINVAL);
	assert_refused(HK_OPT_PURGE_AGE, "18446744073709551615s", -ERANGE);
	assert_parses(HK_OPT_DIRTY_BUDGET, "12.5", 125);
	assert_parses(HK_OPT_DIRTY_BUDGET, "12.5%", 125);
	assert_parses(HK_OPT_DIRTY_BUDGET, "50%", 500);
	assert_refused(HK_OPT_DIRTY_BUDGET, "50.%", -EINVAL);
	assert_refused(HK_OPT_DIRTY_BUDGET, "1000.1%", -ERANGE);
	assert_refused(HK_OPT_DIRTY_BUDGET, "1844674407370955161.9", -ERANGE);
	assert_parses(HK_OPT_DIRTY_MIN, "5", 5);
	assert_parses(HK_OPT_DIRTY_MIN, "5B", 5);
	assert_parses(HK_OPT_DIRTY_MIN, "5k", 5 * HK_KIB);
	assert_parses(HK_OPT_DIRTY_MIN, "5KiB", 5 * HK_KIB);
	assert_parses(HK_OPT_DIRTY_MIN, "5MB", 5 * HK_MIB);
	assert_parses(HK_OPT_DIRTY_MIN, "5G", 5 * HK_GIB);
	assert_parses(HK_OPT_DIRTY_MIN, "1T", 1024 * HK_GIB);
	assert_refused(HK_OPT_DIRTY_MIN, "5Mi", -EINVAL);
	assert_refused(HK_OPT_DIRTY_MIN, "5P", -EINVAL);
	assert_refused(HK_OPT_DIRTY_MIN, "18446744073709551615T", -ERANGE);
	assert_parses(HK_OPT_WAKE, "32", 32);
	assert_refused(HK_OPT_WAKE, "32K", -EINVAL);
	assert_parses(HK_OPT_DECOMMIT, "Off", HK_DECOMMIT_OFF);
	assert_parses(HK_OPT_DECOMMIT, "free", HK_DECOMMIT_FREE);
	assert_parses(HK_OPT_DECOMMIT, "DONTNEED", HK_DECOMMIT_DONTNEED);
	assert_refused(HK_OPT_DECOMMIT, "dontnee", -EINVAL);
	assert_refused(HK_OPT_DECOMMIT, "dontneeds", -EINVAL);
}

static void names(void **state)
{
	char name[40];

	(void)state;
	for (int i = 0; i < HK_OPTIONS; i++) {
		const char *right = hk_option[i].name;
		size_t len = strlen(right);

		assert_int_equal(hk_option_find(hk_span_of(right)), i);
		assert_int_equal(hk_option_find(
			(struct hk_span){ right, len - 1 }), -ENOENT);
		/* One letter less, one more, one wrong. */
		snprintf(name, sizeof(name), "%.38s", right + 1);
		assert_int_equal(hk_option_nearest(hk_span_of(name)), i);
		snprintf(name, sizeof(name), "%.38sx", right);
		assert_int_equal(hk_option_nearest(hk_span_of(name)), i);
		snprintf(name, sizeof(name), "%.38s", right);
		name[len / 2] = '-';
		assert_int_equal(hk_option_nearest(hk_span_of(name)), i);
	}
	assert_int_equal(hk_option_find(hk_span_of("")), -ENOENT);
	assert_int_equal(hk_option_nearest(hk_span_of("xyzzy")), -ENOENT);
	assert_int_equal(hk_option_nearest(
		hk_span_of("a_name_that_is_longer_than_any")), -ENOENT);
}

/* Nobody has chosen anything yet: what is in force is "balanced". */
static void as_built(void **state)
{
	(void)state;
	for (int i = 0; i < HK_FIRST_TEXT; i++)
		assert_int_equal(hk_policy_get((enum hk_option_id)i),
			hk_option[i].preset[HK_BALANCED]);
	for (int i = HK_FIRST_TEXT; i < HK_OPTIONS; i++)
		assert_string_equal(hk_policy_text((enum hk_option_id)i), "");
	assert_int_equal(hk_policy.chosen, 0);
}

/* A value other than that of any preset; they differ where they can. */
static size_t another(int id)
{
	const struct hk_option *o = &hk_option[id];
	size_t value = o->least;

	while (value < o->most && (value == o->preset[HK_BALANCED] ||
				   value == o->preset[HK_SPEED_FIRST]))
		value++;
	return value;
}

static void run_time(void **state)
{
	struct hk_line line;

	(void)state;
	for (int i = 0; i < HK_OPTIONS; i++) {
		const struct hk_option *o = &hk_option[i];
		size_t before = i < HK_FIRST_TEXT ? value_of(i) : 0;
		int err = hk_option_change(&policy, (enum hk_option_id)i,
			printed(&line, i, another(i)));

		if (i == HK_OPT_PRESET)
			continue;
		assert_int_equal(err, o->changes ? 0 : -EPERM);
		if (i < HK_FIRST_TEXT)
			assert_int_equal(value_of(i),
				o->changes ? another(i) : before);
		assert_int_equal(policy.chosen >> i & 1, o->changes);
	}
	assert_int_equal(hk_option_change(&policy, HK_OPT_PURGE_AGE,
		hk_span_of("soon")), -EINVAL);
	assert_int_equal(value_of(HK_OPT_PURGE_AGE),
		another(HK_OPT_PURGE_AGE));
}

/* Another preset changes what may change and was not chosen. */
static void presets_at_run_time(void **state)
{
	(void)state;
	assert_int_equal(hk_option_assign(&policy, HK_OPT_PURGE_AGE,
		hk_span_of("1234")), 0);
	assert_int_equal(hk_option_change(&policy, HK_OPT_PRESET,
		hk_span_of("fast")), -EINVAL);
	assert_int_equal(value_of(HK_OPT_PRESET), HK_BALANCED);
	assert_int_equal(hk_option_change(&policy, HK_OPT_PRESET,
		hk_span_of("speed-first")), 0);
	for (int i = 0; i < HK_FIRST_TEXT; i++) {
		const struct hk_option *o = &hk_option[i];
		size_t expected = o->preset[o->changes ? HK_SPEED_FIRST :
							 HK_BALANCED];

		if (i == HK_OPT_PURGE_AGE)
			expected = 1234;
		assert_int_equal(value_of(i), expected);
	}
}

static void texts(void **state)
{
	char text[HK_TEXT_MAX + 1];
	struct hk_line line = { 0 };

	(void)state;
	memset(text, 't', sizeof(text));
	for (int i = HK_FIRST_TEXT; i < HK_OPTIONS; i++) {
		struct hk_span span = { text, hk_option[i].most + 1 };

		assert_true(hk_option[i].most < HK_TEXT_MAX);
		assert_int_equal(hk_option_assign(&policy,
			(enum hk_option_id)i, span), -ERANGE);
		assert_string_equal(policy.text[i - HK_FIRST_TEXT], "");
		span.len--;
		text[3] = '\0';
		assert_int_equal(hk_option_assign(&policy,
			(enum hk_option_id)i, span), -EINVAL);
		text[3] = 't';
		assert_int_equal(hk_option_assign(&policy,
			(enum hk_option_id)i, span), 0);
		line.len = 0;
		hk_option_put_of(&line, &policy, (enum hk_option_id)i);
		assert_int_equal(line.len, span.len);
		assert_memory_equal(line.text, text, span.len);
	}
}

/* Whatever was chosen; all else stays. */
static void secure(void **state)
{
	(void)state;
	hk_option_reset(&policy, HK_BALANCED);
	assert_int_equal(hk_option_assign(&policy, HK_OPT_BACKGROUND_THREAD,
					  hk_span_of("1")), 0);
	assert_int_equal(hk_option_assign(&policy, HK_OPT_OS_STATS,
					  hk_span_of("1")), 0);
	assert_int_equal(hk_option_assign(&policy, HK_OPT_STATS_FILE,
					  hk_span_of("/tmp/x")), 0);
	assert_int_equal(hk_option_assign(&policy, HK_OPT_PURGE_AGE,
					  hk_span_of("7ms")), 0);
	hk_option_secure(&policy);
	assert_int_equal(policy.value[HK_OPT_BACKGROUND_THREAD], 0);
	assert_int_equal(policy.value[HK_OPT_OS_STATS], 0);
	assert_string_equal(policy.text[HK_OPT_STATS_FILE - HK_FIRST_TEXT],
			    "");
	assert_int_equal(policy.value[HK_OPT_PURGE_AGE], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_built),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(ranges),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(types),
		cmocka_unit_test(names),
		cmocka_unit_test(secure),
		cmocka_unit_test_setup(run_time, set_up),
		cmocka_unit_test_setup(presets_at_run_time, set_up),
		cmocka_unit_test_setup(texts, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
