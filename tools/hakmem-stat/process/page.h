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
	uint64_t *elements;	/* labels of heaps are not added: 0 */
	uint64_t *of_heaps;	/* see page_load_heaps(), or NULL */
	uint32_t offset;	/* of one in a table: in each record */
	uint8_t width, shift;	/* width 0: it is in none */
};

/* Records, one for each unit of the library's memory. */
struct page_table {
	uint64_t at;		/* of a pointer to it; 0: the page has none */
	uint64_t many;
	uint32_t many_shift;
	uint32_t size;		/* of a record */
};

struct page {
	uint32_t pid, abi;
	uint64_t start_ns;
	uint64_t map;		/* address; 0: it has none */
	size_t heaps;		/* blocks that were summed */
	uint64_t *heap_at;	/* their addresses; or NULL */
	struct page_table table;
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

/*
 * The same, and keeps what each heap has: of values that heaps have, heap
 * h's element i is at of_heaps[h * count + i].
 */
const char *page_load_heaps(struct page *page, page_read *read, void *arg,
			    uint64_t at);

/* A record of the table: its values, in the order in which they were asked
   for. */
typedef void page_record(void *arg, const uint64_t *values);

/*
 * Calls `each` for the records of a loaded page's table, which are read now,
 * with the values of those names (NULL ends them, at most PAGE_NAMES_MAX).
 * Returns NULL, or why it cannot.
 */
#define PAGE_NAMES_MAX 16
const char *page_records(const struct page *page, page_read *read,
			 void *read_arg, const char *const *names,
			 page_record *each, void *arg);

/* The value of that name, or NULL. */
const struct page_value *page_find(const struct page *page, const char *name);

/* The sum over the elements; 0 where the page has no such value. */
uint64_t page_total(const struct page_value *value);
uint64_t page_sum(const struct page *page, const char *name);

/* Is it a name as values have it: letters, digits and "_", not too long? */
bool page_is_name(const char *name);

/* The element of size class `class`, 0 where there is none. */
uint64_t page_element(const struct page_value *value, size_t class);

/* The same, by the name of the value; the same of one heap's. */
uint64_t page_of_class(const struct page *page, const char *name,
		       size_t class);
uint64_t page_of_heap(const struct page *page, const char *name, size_t heap,
		      size_t class);

void page_free(struct page *page);

#endif /* STAT_PAGE_H */
