/* SPDX-License-Identifier: MIT */
/*
 * page.h - reads a statistics page, whose layout lib/stats/page.h has, of
 * this version of the library or of another one.
 *
 * What is read is another process's memory, which may hold anything: every
 * size is bounded, and what does not fit is left out.
 */
#ifndef STAT_PAGE_H
#define STAT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads `len` bytes at address `at` of the process; false where it cannot. */
typedef bool page_read(void *arg, uint64_t at, void *to, size_t len);

struct page_value {
	const char *name, *help;
	char type, unit, index;	/* as in the page */
	unsigned int first;
	size_t count;
	uint64_t *elements;
};

struct page {
	uint32_t pid, abi;
	uint64_t start_ns;
	size_t heaps;		/* blocks that were summed */
	size_t count;
	struct page_value *values;
	char *text;
};

/*
 * Reads the page at address `at`, with all values.  Returns NULL, or why
 * there is none.
 */
const char *page_load(struct page *page, page_read *read, void *arg,
		      uint64_t at);

/* The value of that name, or NULL. */
const struct page_value *page_find(const struct page *page, const char *name);

void page_free(struct page *page);

#endif /* STAT_PAGE_H */
