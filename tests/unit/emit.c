/* SPDX-License-Identifier: MIT */
/*
 * The line of HAKMEM_SS_OS_STATS: which keys, in which order, and that each
 * shows its own figure.
 */
#include "unit.h"

#include "stats/emit.h"

static void put(struct hk_line *line, const struct hakmem_stats *stats)
{
	line->len = 0;
	hk_emit_os_line(line, stats);
	line->text[line->len] = '\0';
}

static void every_figure(void **state)
{
	struct hakmem_stats stats = {
		.superslabs_taken = 101, .superslabs_freed = 102,
		.madvise_calls = 103, .madvise_failures = 104,
		.mmap_calls = 105, .fallback_mmaps = 106, .huge_allocs = 107,
		.munmap_calls = 108, .mprotect_calls = 109,
		.mremap_calls = 110, .purged_bytes = 111, .refills = 112,
		.slabs_retired = 113, .remote_chains = 114, .thp_bytes = 115,
	};
	struct hk_line line;

	(void)state;
	put(&line, &stats);
	assert_string_equal(line.text,
		"[SS_OS_STATS] alloc=101 free=102 madvise=103 "
		"madvise_disabled=104 mmap_total=105 fallback_mmap=106 "
		"huge_alloc=107 munmap_total=108 mprotect_total=109 "
		"mremap_total=110 purge_bytes=111 thp=115 refill=112 "
		"retire=113 remote=114");
}

/* Nothing of a line of the largest figures is cut off. */
static void largest_figures(void **state)
{
	struct hakmem_stats stats;
	struct hk_line line;
	size_t keys = 0;

	(void)state;
	memset(&stats, 0xff, sizeof(stats));
	put(&line, &stats);
	assert_true(line.len < sizeof(line.text) - 1);
	for (const char *at = line.text; (at = strchr(at, '=')); at++) {
		assert_memory_equal(at, "=18446744073709551615", 21);
		keys++;
	}
	assert_int_equal(keys, 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_figure),
		cmocka_unit_test(largest_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
