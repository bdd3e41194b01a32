/* SPDX-License-Identifier: MIT */
/*
 * From the environment's text to policy: what switches on, what is told.
 */
#include "unit.h"

#include "policy/conf.h"

/* The environment of the case at hand: the same value for one variable. */
static const char *set_name, *set_value;
static unsigned int warnings;

static const char *look_up(const char *name)
{
	return set_name && !strcmp(name, set_name) ? set_value : NULL;
}

static void warn(const char *name, const char *value)
{
	warnings++;
	assert_string_equal(name, set_name);
	assert_string_equal(value, set_value);
}

/* Reads the environment into a policy whose bytes were all `before`. */
static struct hk_policy read_with(const char *name, const char *value,
	bool before)
{
	struct hk_policy policy;

	memset(&policy, before, sizeof(policy));
	set_name = name;
	set_value = value;
	warnings = 0;
	hk_conf_environment(&policy, look_up, warn);
	return policy;
}

static void nothing_set(void **state)
{
	struct hk_policy policy = read_with(NULL, NULL, true);

	(void)state;
	assert_false(policy.os_stats);
	assert_false(policy.force_libc);
	assert_int_equal(warnings, 0);
}

static void on_and_off(void **state)
{
	struct hk_policy policy = read_with("HAKMEM_SS_OS_STATS", "1", false);

	(void)state;
	assert_true(policy.os_stats);
	assert_false(policy.force_libc);
	policy = read_with("HAKMEM_FORCE_LIBC_ALLOC", "1", false);
	assert_true(policy.force_libc);
	assert_false(policy.os_stats);
	policy = read_with("HAKMEM_FORCE_LIBC_ALLOC", "0", true);
	assert_false(policy.force_libc);
	policy = read_with("HAKMEM_FORCE_LIBC_ALLOC", "", true);
	assert_false(policy.force_libc);
	assert_int_equal(warnings, 0);
}

static void nonsense_is_off_and_told(void **state)
{
	static const char *const values[] = { "2", "01", "10", "00", "1 ",
		" 1", "yes", "true", "-1", "on" };

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(values); i++) {
		struct hk_policy policy = read_with("HAKMEM_SS_OS_STATS",
			values[i], true);

		assert_false(policy.os_stats);
		assert_int_equal(warnings, 1);
	}
}

static void other_variables_are_ignored(void **state)
{
	struct hk_policy policy = read_with("HAKMEM_SS_OS_STATSX", "1", false);

	(void)state;
	assert_false(policy.os_stats);
	assert_false(policy.force_libc);
	assert_int_equal(warnings, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_set),
		cmocka_unit_test(on_and_off),
		cmocka_unit_test(nonsense_is_off_and_told),
		cmocka_unit_test(other_variables_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
