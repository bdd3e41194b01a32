/* SPDX-License-Identifier: MIT */
/*
 * Which parts of the arena ask for huge pages, as the kernel tells it: large
 * heaps do, until a piece is given back.
 */
#include "unit.h"

#include "base/annotate.h"
#include "heap/process.h"
#include "slab/run.h"
#include "superslab/thp.h"

#include <stdio.h>
#include <unistd.h>

#define SUPER_UNITS	(HK_SUPER / HK_UNIT)
#define RUN_UNITS	(2 * SUPER_UNITS)
#define RUNS		40			/* 160 MiB */

static struct hk_desc *runs[RUNS];

/* Does the mapping that has `p` ask for huge pages? */
static bool asks(const void *p)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool here = false, asks = false, found = false;
	char line[512];

	assert_non_null(smaps);
	while (!found && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (uintptr_t)p >= from && (uintptr_t)p < to;
		if (here && !strncmp(line, "VmFlags:", 8)) {
			found = true;
			asks = strstr(line, " hg") != NULL;
		}
	}
	fclose(smaps);
	assert_true(found);
	return asks;
}

static char *start_of(unsigned int run)
{
	return hk_desc_start(runs[run]);
}

static int set_up(void **state)
{
	bool zeroed;

	(void)state;
	if (hk_process_start())
		return -1;
	for (unsigned int i = 0; i < RUNS; i++) {
		runs[i] = hk_run_take(RUN_UNITS, SUPER_UNITS, &zeroed);
		if (!runs[i] || !zeroed)
			return -1;
	}
	return 0;
}

static bool kernel_can(void)
{
	return !access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK);
}

static void large_heap(void **state)
{
	(void)state;
	if (!kernel_can())
		skip();
	assert_false(asks(start_of(0)));
	assert_true(asks(start_of(RUNS - 1)));
}

/* Whole superslabs may come back as huge pages; of a piece, nothing may. */
static void pieces(void **state)
{
	char *p = start_of(RUNS - 4), *far = start_of(RUNS - 20);

	(void)state;
	if (!kernel_can())
		skip();
	hk_note_open(p, RUN_UNITS * HK_UNIT);
	memset(p, 1, RUN_UNITS * HK_UNIT);
	assert_int_equal(hk_thp_discard(p, RUN_UNITS * HK_UNIT), 0);
	assert_true(asks(p));
	CHECK_ZERO(p, RUN_UNITS * HK_UNIT);

	memset(p, 1, RUN_UNITS * HK_UNIT);
	assert_int_equal(hk_thp_discard(p + HK_UNIT, HK_UNIT), 0);
	assert_false(asks(p));
	assert_false(asks(p + HK_SUPER));
	assert_true(asks(far));
	CHECK_ZERO(p + HK_UNIT, HK_UNIT);
	assert_int_equal(p[0], 1);
	assert_int_equal(p[2 * HK_UNIT], 1);

	/* From a superslab's start on: its end counts as well. */
	assert_int_equal(hk_thp_discard(far, HK_UNIT), 0);
	assert_false(asks(far));
}

/* What a long run takes asks again, and can be withdrawn again. */
static void again(void **state)
{
	struct hk_desc *run = runs[RUNS - 4];
	char *p = hk_desc_start(run);

	(void)state;
	if (!kernel_can())
		skip();
	hk_thp_taken(run + 1, SUPER_UNITS);	/* no whole superslab */
	assert_false(asks(p + HK_SUPER));
	hk_thp_taken(run + 1, RUN_UNITS - 1);	/* one */
	assert_false(asks(p));
	assert_true(asks(p + HK_SUPER));
	assert_int_equal(hk_thp_discard(p + HK_SUPER + HK_UNIT, HK_UNIT), 0);
	assert_false(asks(p + HK_SUPER));
	/* A part of the arena that never asked still does not. */
	hk_thp_taken(runs[0], RUN_UNITS);
	assert_false(asks(start_of(0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_heap),
		cmocka_unit_test(pieces),
		cmocka_unit_test(again),
	};

	alarm(600);
	return cmocka_run_group_tests(tests, set_up, NULL);
}
