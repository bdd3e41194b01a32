/* SPDX-License-Identifier: MIT */
/*
 * The configuration file, by another path than the library's own: what is
 * read, what is refused and told.
 */
#include "unit.h"

#include "heap/config.h"
#include "policy/option.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static char directory[] = "/tmp/hakmem-unit.??????";
static char path[64];
static char told[1000];

static struct hk_policy policy;
static char text[HK_CONFIG_MAX];

static int set_up(void **state)
{
	(void)state;
	memset(strchr(directory, '?'), 'X', 6);
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/hakmem.conf", directory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

static void write_file(const char *what, size_t len, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, what, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void tell(struct hk_line *line)
{
	assert_true(line->len < sizeof(told));
	memcpy(told, line->text, line->len);
	told[line->len] = '\0';
}

/* Returns how many problems there were. */
static unsigned int read_it(void)
{
	struct hk_conf conf = { .policy = &policy, .tell = tell };

	told[0] = '\0';
	hk_config_read(&conf, path, text);
	return conf.problems;
}

static size_t purge_age(void)
{
	return atomic_load(&policy.value[HK_OPT_PURGE_AGE]);
}

static const size_t before = 1000;	/* as "balanced" has it */

static void absent(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(read_it(), 0);
	assert_string_equal(told, "");
	assert_int_equal(purge_age(), before);
}

/* Root's is read; what is anybody else's is refused. */
static void present(void **state)
{
	(void)state;
	write_file("purge_age = 7s\n", 15, 0644);
	if (geteuid()) {
		assert_int_equal(read_it(), 1);
		assert_int_equal(purge_age(), before);
		return;
	}
	assert_int_equal(read_it(), 0);
	assert_string_equal(told, "");
	assert_int_equal(purge_age(), 7000);
}

static void writable_by_others(void **state)
{
	char expected[200];

	(void)state;
	snprintf(expected, sizeof(expected), "hakmem: %s: not read: it must "
		"be a file of root's that nobody else may write", path);
	write_file("purge_age = 7s\n", 15, 0664);
	assert_int_equal(read_it(), 1);
	assert_string_equal(told, expected);
	assert_int_equal(purge_age(), before);
}

static void longest(void **state)
{
	static char much[HK_CONFIG_MAX + 1];

	(void)state;
	if (geteuid())
		skip();
	memset(much, '\n', sizeof(much));
	memcpy(much + HK_CONFIG_MAX - 13, "purge_age = 9", 13);
	write_file(much, HK_CONFIG_MAX, 0600);
	assert_int_equal(read_it(), 0);
	assert_int_equal(purge_age(), 9);
	write_file(much, HK_CONFIG_MAX + 1, 0600);
	assert_int_equal(read_it(), 1);
	assert_non_null(strstr(told, "it may have 4096 bytes"));
	assert_int_equal(purge_age(), before);
}

/* A process reads its sources once, and has what they said. */
static void own_file(void **state)
{
	(void)state;
	assert_non_null(strstr(hk_config_path, "/hakmem.conf"));
	assert_int_equal(hk_config_path[0], '/');
	hk_config_start();
	assert_int_equal(hk_option_assign(&hk_policy, HK_OPT_BATCH,
		hk_span_of("3")), 0);
	hk_config_start();
	assert_int_equal(hk_policy_get(HK_OPT_BATCH), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent),
		cmocka_unit_test(present),
		cmocka_unit_test(writable_by_others),
		cmocka_unit_test(longest),
		cmocka_unit_test(own_file),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
