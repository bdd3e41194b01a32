/* SPDX-License-Identifier: MIT */
/*
 * hakmem_option_name(), _get() and _set(): what hakmem.h promises of each
 * option, whichever there are, and of wrong arguments.
 */
#include "lib/blocks.h"

#include <hakmem.h>

#include <errno.h>
#include <pthread.h>

static char *get(const char *name)
{
	static char value[256];

	CHECK_EQ(hakmem_option_get(name, value, sizeof(value)), 0);
	return value;
}

/* Blocks between guard pages that were made so far. */
static uint64_t guarded(void)
{
	struct hakmem_stats stats;

	CHECK_EQ(hakmem_stats_get(&stats, sizeof(stats)), 0);
	return stats.guarded_allocs;
}

static void fails_to_set(const char *name, const char *value, int err)
{
	errno = 0;
	CHECK_EQ(hakmem_option_set(name, value), -1);
	CHECK_EQ(errno, err);
}

static void fails_to_get(const char *name, char *buf, size_t size, int err)
{
	errno = 0;
	CHECK_EQ(hakmem_option_get(name, buf, size), -1);
	CHECK_EQ(errno, err);
}

/* Each has a name, a value, and takes that value where it may change. */
static void each_option(void)
{
	size_t n, changing = 0;

	for (n = 0; hakmem_option_name(n); n++) {
		const char *name = hakmem_option_name(n);
		char value[256], small[256];
		size_t len;

		for (size_t i = 0; i < n; i++)
			CHECK(strcmp(name, hakmem_option_name(i)) != 0);
		memset(value, 'x', sizeof(value));
		CHECK_EQ(hakmem_option_get(name, value, sizeof(value)), 0);
		len = strlen(value);
		CHECK(len < sizeof(value));

		memset(small, 'x', sizeof(small));
		CHECK_EQ(hakmem_option_get(name, small, len + 1), 0);
		CHECK(!strcmp(small, value));
		CHECK_EQ(small[len + 1], 'x');
		memset(small, 'x', sizeof(small));
		fails_to_get(name, small, len, ERANGE);
		fails_to_get(name, small, 0, ERANGE);
		CHECK_EQ(small[0], 'x');

		errno = 0;
		if (hakmem_option_set(name, value)) {
			CHECK_EQ(errno, EPERM);
			fails_to_set(name, "nonsense", EPERM);
		} else {
			CHECK_EQ(errno, 0);
			changing++;
			fails_to_set(name, "nonsense", EINVAL);
			fails_to_set(name, "", EINVAL);
		}
		CHECK(!strcmp(get(name), value));
	}
	CHECK(n > changing && changing > 0);
	CHECK(!hakmem_option_name(n + 1));
	CHECK(!hakmem_option_name(SIZE_MAX));
}

static void wrong_arguments(void)
{
	char buf[256];

	fails_to_get("no_such_option", buf, sizeof(buf), ENOENT);
	fails_to_get("", buf, sizeof(buf), ENOENT);
	fails_to_get("PURGE_AGE", buf, sizeof(buf), ENOENT);
	fails_to_get(NULL, buf, sizeof(buf), EINVAL);
	fails_to_get("purge_age", NULL, sizeof(buf), EINVAL);
	fails_to_set("no_such_option", "1", ENOENT);
	fails_to_set(NULL, "1", EINVAL);
	fails_to_set("purge_age", NULL, EINVAL);
	fails_to_set("batch", "1", ERANGE);
	fails_to_set("batch", "32", ERANGE);
	fails_to_set("purge_age", "99999999999999999999", ERANGE);
}

static void values(void)
{
	CHECK_EQ(hakmem_option_set("dirty_min", "2048K"), 0);
	CHECK(!strcmp(get("dirty_min"), "2M"));
	CHECK_EQ(hakmem_option_set("dirty_budget", "7.5"), 0);
	CHECK(!strcmp(get("dirty_budget"), "7.5%"));
	CHECK_EQ(hakmem_option_set("decommit", "OFF"), 0);
	CHECK(!strcmp(get("decommit"), "off"));
	CHECK_EQ(hakmem_option_set("preset", "speed-first"), 0);
	CHECK(!strcmp(get("preset"), "speed-first"));
	/* What was chosen stays. */
	CHECK(!strcmp(get("decommit"), "off"));
	CHECK(!strcmp(get("dirty_min"), "2M"));
	/* Blocks are not sealed, and do not become so. */
	fails_to_set("preset", "hardened", EPERM);
	CHECK(!strcmp(get("preset"), "speed-first"));
}

/* From its first call on this thread has had none to sample, or few. */
static void sampling_begins(void)
{
	static void *blocks[60000];
	uint64_t before, after;

	CHECK_EQ(hakmem_option_set("guard", "0"), 0);
	hakmem_free(hakmem_malloc(1));
	before = guarded();
	CHECK_EQ(hakmem_option_set("guard", "1"), 0);
	for (size_t i = 0; i < 60000; i++)
		CHECK((blocks[i] = hakmem_malloc(100)) != NULL);
	after = guarded();
	CHECK_EQ(hakmem_option_set("guard", "0"), 0);
	for (size_t i = 0; i < 60000; i++)
		hakmem_free(blocks[i]);
	CHECK(after > before);
}

/* Options change under threads that allocate. */
static _Atomic bool stop;

static void *allocate(void *arg)
{
	uint64_t state = (uintptr_t)arg;
	char *blocks[64] = { NULL };

	while (!stop) {
		size_t i = random_below(&state, 64);
		size_t size = random_size(&state, 300000);

		hakmem_free(blocks[i]);
		blocks[i] = hakmem_calloc(1, size);
		CHECK(blocks[i] != NULL);
		CHECK_EQ(blocks[i][0] | blocks[i][size - 1], 0);
		memset(blocks[i], 1, size < 5000 ? size : 5000);
		blocks[i][size - 1] = 1;
	}
	for (size_t i = 0; i < 64; i++)
		hakmem_free(blocks[i]);
	return NULL;
}

static void under_way(void)
{
	static const char *const settings[][2] = {
		{ "decommit", "free" }, { "empties", "0" }, { "batch", "2" },
		{ "dirty_budget", "0" }, { "dirty_min", "0" },
		{ "purge_age", "0" }, { "lean", "1" },
		{ "huge_pages", "never" }, { "decommit", "off" },
		{ "batch", "31" }, { "empties", "32" }, { "lean", "0" },
		{ "preset", "balanced" }, { "huge_pages", "always" },
		{ "decommit", "dontneed" }, { "dirty_budget", "1000%" },
		{ "preset", "speed-first" }, { "huge_pages", "auto" },
	};
	size_t rounds = check_count(40);
	pthread_t threads[2];

	for (uintptr_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, allocate,
				 (void *)(i + 1)), 0);
	for (size_t i = 0; i < rounds; i++)
		for (size_t j = 0; j < sizeof(settings) / sizeof(settings[0]);
			j++) {
			CHECK_EQ(hakmem_option_set(settings[j][0],
					 settings[j][1]), 0);
			usleep(500);
		}
	stop = true;
	for (size_t i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
	each_option();
	wrong_arguments();
	values();
	/* Memcheck sees all accesses itself: nothing is sampled there. */
	if (!check_valgrind())
		sampling_begins();
	under_way();
	return 0;
}
