/* SPDX-License-Identifier: MIT */
/*
 * The limit of a control group: the texts of the kernel, a tree of files
 * like the kernel's, and what the limit does to dirty runs.
 */
#include "unit.h"

#include "heap/process.h"
#include "os/cgroup.h"
#include "policy/cgroup.h"
#include "slab/run.h"

#include <stdio.h>
#include <sys/stat.h>

/* ---- texts ---- */

static void assert_path(const char *text, enum hk_cgroup kind,
	const char *path)
{
	enum hk_cgroup got_kind;
	size_t len;
	const char *got = hk_cgroup_path(text, &got_kind, &len);

	if (!path) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_int_equal(got_kind, kind);
	assert_int_equal(len, strlen(path));
	assert_memory_equal(got, path, len);
}

static void paths(void **state)
{
	(void)state;
	assert_path("0::/\n", HK_CGROUP_V2, "/");
	assert_path("0::/user.slice/a b:c\n", HK_CGROUP_V2,
		"/user.slice/a b:c");
	assert_path("0::/no/newline", HK_CGROUP_V2, "/no/newline");
	/* v1, and both: the one that has the controller. */
	assert_path("4:cpu,cpuacct:/x\n3:memory:/docker/1\n", HK_CGROUP_V1,
		"/docker/1");
	assert_path("9:hugetlb,memory,pids:/m\n0::/v2\n", HK_CGROUP_V1, "/m");
	assert_path("0::/v2\n9:memory:/m\n", HK_CGROUP_V1, "/m");
	assert_path("0::/v2\n9:cpu:/m\n", HK_CGROUP_V2, "/v2");
	/* Names that only begin or end like it. */
	assert_path("9:memory2,xmemory,name=memory:/m\n", 0, NULL);
	assert_path("", 0, NULL);
	assert_path("\n\n", 0, NULL);
	assert_path("0:", 0, NULL);
	assert_path("0::", 0, NULL);
	assert_path("0::relative\n", 0, NULL);
	assert_path("nonsense\n0::/a\n", HK_CGROUP_V2, "/a");
}

static void bytes(void **state)
{
	(void)state;
	assert_int_equal(hk_cgroup_bytes("max\n"), SIZE_MAX);
	assert_int_equal(hk_cgroup_bytes("0\n"), 0);
	assert_int_equal(hk_cgroup_bytes("536870912\n"), 536870912);
	assert_int_equal(hk_cgroup_bytes("536870912"), 536870912);
	assert_int_equal(hk_cgroup_bytes("9223372036854771712\n"), SIZE_MAX);
	assert_int_equal(hk_cgroup_bytes("99999999999999999999999\n"),
		SIZE_MAX);
	assert_int_equal(hk_cgroup_bytes(""), SIZE_MAX);
	assert_int_equal(hk_cgroup_bytes("-1\n"), SIZE_MAX);
	assert_int_equal(hk_cgroup_bytes("12 bytes\n"), SIZE_MAX);
}

/* ---- files ---- */

static char root[100];

static void put(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void make(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static size_t limit(const char *groups)
{
	char path[200];

	put("groups", groups);
	snprintf(path, sizeof(path), "%s/groups", root);
	return hk_os_cgroup_limit(path, root);
}

static void files(void **state)
{
	char longer[1100];

	(void)state;
	assert_int_equal(limit("0::/a/b\n"), SIZE_MAX);
	make("a");
	make("a/b");
	put("a/b/memory.max", "3000000\n");
	put("a/memory.max", "max\n");
	assert_int_equal(limit("0::/a/b\n"), 3000000);
	assert_int_equal(limit("0::/a\n"), SIZE_MAX);
	/* The least of all above; of a path that is not there as well. */
	put("a/memory.max", "2000000\n");
	assert_int_equal(limit("0::/a/b\n"), 2000000);
	assert_int_equal(limit("0::/a/gone/gone\n"), 2000000);
	put("memory.max", "1000000\n");
	assert_int_equal(limit("0::/\n"), 1000000);
	assert_int_equal(limit("0::/elsewhere\n"), 1000000);
	/* v1 */
	make("memory");
	make("memory/a");
	put("memory/a/memory.limit_in_bytes", "700000\n");
	put("memory/memory.limit_in_bytes", "9223372036854771712\n");
	assert_int_equal(limit("5:memory:/a\n"), 700000);
	assert_int_equal(limit("5:memory:/\n"), SIZE_MAX);
	/* Paths that nobody can mean. */
	memset(longer, 'x', sizeof(longer));
	memcpy(longer, "0::/", 4);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(limit(longer), SIZE_MAX);
	assert_int_equal(hk_os_cgroup_limit("/nowhere/at/all", root),
		SIZE_MAX);
}

static int clean_up(void **state)
{
	static const char *const names[] = { "groups", "a/b/memory.max",
		"a/b", "a/memory.max", "a", "memory.max",
		"memory/a/memory.limit_in_bytes", "memory/a",
		"memory/memory.limit_in_bytes", "memory" };
	char path[200];

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		remove(path);
	}
	return rmdir(root);
}

/* ---- what it does ---- */

/* Frees every second of so many runs of 1 MiB; returns what stays dirty. */
static size_t dirty_of_half(void)
{
	static struct hk_desc *runs[128];
	size_t clean, dirty;
	bool zeroed;

	for (size_t i = 0; i < UNIT_COUNT(runs); i++) {
		runs[i] = hk_run_take(HK_MIB >> HK_UNIT_SHIFT, 1, &zeroed);
		assert_non_null(runs[i]);
	}
	for (size_t i = 0; i < UNIT_COUNT(runs); i += 2)
		hk_run_give(runs[i]);
	hk_run_free_bytes(&clean, &dirty);
	for (size_t i = 1; i < UNIT_COUNT(runs); i += 2)
		hk_run_give(runs[i]);
	hk_run_purge(0);
	return dirty;
}

static void cap(void **state)
{
	(void)state;
	hk_run_cap_dirty(3 * HK_MIB);
	assert_in_range(dirty_of_half(), 0, 3 * HK_MIB);
	hk_run_cap_dirty(0);
	assert_int_equal(dirty_of_half(), 0);
}

/* A process of some size asks once, and gets some answer. */
static void asked(void **state)
{
	(void)state;
	assert_int_equal(hk_process_start(), 0);
	dirty_of_half();
	hk_run_verify();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(bytes),
		cmocka_unit_test(files),
		cmocka_unit_test(asked),
		cmocka_unit_test(cap),
	};

	alarm(300);
	snprintf(root, sizeof(root), "/tmp/hakmem-cgroup-%d", (int)getpid());
	if (mkdir(root, 0700))
		return CHECK_ERROR_STATUS;
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
