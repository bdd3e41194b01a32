/* SPDX-License-Identifier: MIT */
/*
 * vm.max_map_count: the library needs few mappings (at most one per 8 MiB
 * of resident memory), and when the program has used up all others, blocks
 * can still be freed and allocated again.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <sys/mman.h>

#define LIVE 4000

static char *live[LIVE];

static size_t size_of(uint64_t *state, size_t i)
{
	if (i % 400 == 0)
		return 20 * MIB + random_below(state, 10 * MIB);
	if (i % 40 == 0)
		return random_below(state, 4 * MIB) + 1;
	return random_size(state, 100000);
}

static void fill(size_t from, size_t step, uint64_t *state)
{
	for (size_t i = from; i < LIVE; i += step) {
		size_t size = size_of(state, i);

		live[i] = HIDE(malloc(size));
		CHECK_AT(live[i] != NULL, size);
		memset(live[i], 1, size);
	}
}

static void drop(size_t from, size_t step)
{
	for (size_t i = from; i < LIVE; i += step) {
		CHECK_ERRNO_KEPT(free(live[i]));
		live[i] = NULL;
	}
}

static void few_mappings(void)
{
	size_t base = count_mappings();
	uint64_t state = 11;
	size_t peak;

	fill(0, 1, &state);
	peak = resident_bytes();
	CHECK_AT(count_mappings() <= base + peak / (8 * MIB) + 4,
		count_mappings() - base);
	for (int round = 0; round < 5; round++) {
		drop(0, 3);
		malloc_trim(0);
		CHECK_AT(count_mappings() <= base + peak / (8 * MIB) + 4,
			count_mappings() - base);
		fill(0, 3, &state);
	}
	CHECK_AT(count_mappings() <= base + peak / (8 * MIB) + 4,
		count_mappings() - base);
	drop(0, 1);
}

/* Neighbours of different rights, none of which can be joined. */
static void use_up(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < 2000000; i++) {
		void *p = mmap(NULL, page, i % 2 ? PROT_READ : PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return;
	}
	CHECK_SKIP("no limit on mappings found");
}

int main(void)
{
	uint64_t state = 23;
	size_t failed = 0;

	if (check_emulated())
		CHECK_SKIP("the mappings are not the program's alone");
	few_mappings();
	fill(0, 1, &state);
	use_up();
	/* half of everything goes, and comes again in other sizes */
	for (int round = 0; round < 4; round++) {
		drop((size_t)round % 2, 2);
		for (size_t i = (size_t)round % 2; i < LIVE; i += 2) {
			size_t size = random_size(&state, 20000);

			errno = 4711;
			live[i] = HIDE(malloc(size));
			CHECK_AT(live[i] != NULL, size);
			CHECK_EQ(errno, 4711);
			memset(live[i], 2, size);
		}
	}
	drop(0, 1);
	for (size_t size = 16; size < 100 * MIB; size = size * 3 / 2) {
		char *p;

		errno = 4711;
		p = HIDE(malloc(size));
		if (!p) {
			CHECK_EQ(errno, ENOMEM);
			failed++;
			continue;
		}
		p[0] = p[size - 1] = 1;
		CHECK_ERRNO_KEPT(free(p));
	}
	/* only what needs a mapping of its own may be refused */
	CHECK_AT(failed <= 1, failed);
	CHECK(HIDE(malloc(1000)) != NULL);
	return 0;
}
