/* SPDX-License-Identifier: MIT */
/*
 * fuzz_page.c - a fuzz target for hakmem-stat: the statistics page of a
 * process that may hold anything, and the copy of one, which is a file.
 *
 * An input is all the memory that the process has, from address BASE on,
 * where the page is; what lies beyond cannot be read, and after READS_MAX
 * reads the process has ended.  One that begins like a copy is a file in
 * /dev/shm, with all that is behind it.  Whatever the bytes are, the reader
 * and what is made of the page must
 *
 *   - stay within the memory they have, which a sanitizer sees;
 *   - come to an end;
 *   - give texts that end, and values that can be found by their names;
 *   - give the same again.
 *
 * Built from fuzz_page.c, fuzz_common.c and files of tools/hakmem-stat.
 */
#define _GNU_SOURCE

#define FUZZ_RUNS	1000	/* nothing is left from one to the next */

#include "fuzz_common.h"

#include "figures/heaped.h"
#include "figures/sized.h"
#include "process/copy.h"
#include "process/page.h"
#include "process/units.h"

#include "stats/copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BASE		0x10000u
#define READS_MAX	2000u

struct memory {
	const uint8_t *data;
	size_t len;
	unsigned int reads;
};

static bool read_memory(void *arg, uint64_t at, void *to, size_t len)
{
	struct memory *memory = arg;

	if (++memory->reads > READS_MAX || at < BASE ||
	    at - BASE > memory->len || len > memory->len - (at - BASE))
		return false;
	memcpy(to, memory->data + (at - BASE), len);
	return true;
}

/* Reads every word there is. */
static uint64_t sum_of(const struct page *page)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < page->count; i++) {
		const struct page_value *value = &page->values[i];
		const struct page_value *found = page_find(page, value->name);

		sum += strlen(value->name) + strlen(value->help);
		if (!found || strcmp(found->name, value->name) != 0)
			fuzz_fail("value %zu cannot be found", i);
		for (size_t k = 0; k < value->count; k++)
			sum += value->elements[k];
		for (size_t k = 0; value->of_heaps &&
		     k < page->heaps * value->count; k++)
			sum += value->of_heaps[k];
		sum += page_of_class(page, value->name, i) +
			page_of_heap(page, value->name, page->heaps - 1, i);
	}
	return sum;
}

static uint64_t sum_of_sizes(const struct page *page,
			     const struct units *units)
{
	struct sizes sizes;
	uint64_t sum = 0;

	sizes_take(&sizes, 0, page, units);
	for (size_t i = 0; i < sizes.count; i++)
		for (int f = 0; f < FIGURES; f++)
			sum += sized_value(&sizes.rows[i],
					   (enum sized_figure)f);
	sizes_free(&sizes);
	return sum;
}

static uint64_t sum_of_heaps(const struct page *page,
			     const struct units *units)
{
	struct heaps heaps;
	uint64_t sum = 0;

	heaps_take(&heaps, 0, page, units);
	for (size_t i = 0; i < heaps.count; i++)
		for (int f = 0; f < HEAPED_FIGURES; f++)
			sum += heaps.rows[i].figures[f];
	heaps_free(&heaps);
	return sum;
}

/* All that the commands make of it, as one number. */
static uint64_t look(const uint8_t *data, size_t len)
{
	struct memory memory = { .data = data, .len = len };
	struct units units;
	struct page page;
	const char *why;
	uint64_t sum = 0;

	why = page_load(&page, read_memory, &memory, BASE);
	fuzz_trace("/* %s, %u reads */\n", why ? why : "a page", memory.reads);
	if (!why)
		sum = sum_of(&page);
	page_free(&page);
	memory.reads = 0;
	why = page_load_heaps(&page, read_memory, &memory, BASE);
	if (!why) {
		sum += 3 * sum_of(&page);
		why = units_load(&units, &page, read_memory, &memory);
		fuzz_trace("/* %zu heaps, %s, %u reads */\n", page.heaps,
			   why ? why : "units", memory.reads);
		if (!why) {
			sum += 5 * sum_of_sizes(&page, &units) +
				7 * sum_of_heaps(&page, &units);
			units_free(&units);
		}
	}
	page_free(&page);
	return sum;
}

static uint64_t look_at_copy(const uint8_t *data, size_t len)
{
	int fd = memfd_create("copy", MFD_CLOEXEC);
	struct copy_told told = { 0 };
	struct page page;
	const char *why;
	uint64_t sum = 0;

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		fuzz_fail("no file: %s", strerror(errno));
	why = copy_load_file(&page, fd, &told);
	fuzz_trace("/* %s, left out: %u */\n", why ? why : "a copy",
		   told.left_out);
	if (!why) {
		sum = sum_of(&page) + told.date_ns + strlen(told.name);
		page_free(&page);
	}
	close(fd);
	return sum;
}

/* As nothing else does that has a page. */
static bool is_copy(const uint8_t *data, size_t len)
{
	return len >= sizeof(HK_COPY_MAGIC) - 1 &&
		!memcmp(data, HK_COPY_MAGIC, sizeof(HK_COPY_MAGIC) - 1);
}

static void fuzz_page(const uint8_t *data, size_t len)
{
	if (is_copy(data, len) ?
	    look_at_copy(data, len) != look_at_copy(data, len) :
	    look(data, len) != look(data, len))
		fuzz_fail("read again, it is another one");
}

FUZZ_MAIN(fuzz_page)
