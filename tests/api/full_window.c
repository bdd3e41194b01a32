/* SPDX-License-Identifier: MIT */
/*
 * A program that allocates much more than it writes, and more than the
 * library has addresses for: long blocks do not take the place of short
 * ones, and are found and freed as any others.
 */
#include "lib/blocks.h"

#include <malloc.h>
#include <sys/sysinfo.h>

#define LONG	(48 * MIB)
#define SHORT	100000

static char **list;

/* Until it is three times what the machine can hold; some are refused. */
static size_t fill(void)
{
	struct sysinfo info;
	size_t n, got = 0;

	CHECK(sysinfo(&info) == 0);
	n = ((size_t)info.totalram + info.totalswap) * info.mem_unit;
	n = 3 * (n < 8192 * MIB ? 8192 * MIB : n) / LONG;
	list = calloc(n, sizeof(*list));
	CHECK(list != NULL);
	for (size_t i = 0; i < n; i++) {
		list[got] = HIDE(malloc(LONG));
		if (list[got])
			got++;
	}
	return got;
}

static void short_ones(void)
{
	static char *some[SHORT];

	for (size_t i = 0; i < SHORT; i++) {
		size_t size = i % 100 ? 200 : i % 1000 ? 9000 : 300000;

		some[i] = HIDE(malloc(size));
		CHECK_AT(some[i] != NULL, size);
		some[i][0] = some[i][size - 1] = 1;
	}
	for (size_t i = 0; i < SHORT; i++)
		free(some[i]);
}

int main(void)
{
	size_t got;
	char *p, *q;

	if (check_emulated())
		CHECK_SKIP("the addresses are not the program's alone");
	got = fill();
	CHECK(got > 0);
	short_ones();
	p = list[got - 1];
	p[0] = p[LONG - 1] = 7;
	CHECK(malloc_usable_size(p) >= LONG);
	q = HIDE(realloc(p, LONG + 5 * MIB));
	CHECK(q != NULL);
	CHECK(q[0] == 7 && q[LONG - 1] == 7);
	list[got - 1] = q;
	p = HIDE(aligned_alloc(MIB, 3 * MIB));
	CHECK(p != NULL && (uintptr_t)p % MIB == 0);
	p[0] = p[3 * MIB - 1] = 1;
	free(p);
	while (got)
		free(list[--got]);
	free(list);
	return 0;
}
