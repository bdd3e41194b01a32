/* SPDX-License-Identifier: MIT */
/*
 * resident.c - see resident.h.  The file has 64 bits for each page: the
 * highest one tells that it is in memory, the next one that it is swapped, and
 * what else there is is for root.  The zero page, which is behind memory that
 * was only read, counts as one there, and as none in what the kernel sums up:
 * since Linux 6.7 a call tells where it is.
 */
#define _GNU_SOURCE
#include "process/resident.h"

#include "common/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PRESENT	((uint64_t)1 << 63)
#define SWAPPED	((uint64_t)1 << 62)

/* As <linux/fs.h> has them where it is new enough: PAGEMAP_SCAN. */
struct region {
	uint64_t start, end, categories;
};
struct scan {
	uint64_t size, flags, start, end, walk_end;
	uint64_t regions, region_count, most;
	uint64_t inverted, all_of, any_of, wanted;
};
#define SCAN		_IOWR('f', 16, struct scan)
#define IS_ZERO_PAGE	((uint64_t)1 << 5)
#define IS_HUGE		((uint64_t)1 << 6)
#define REGIONS		64

/* A bit of the file that is 0 for others than root: ours, of huge pages. */
#define HUGE		((uint64_t)1)

int resident_open(struct resident *resident, pid_t pid)
{
	char *path = util_format("/proc/%ld/pagemap", (long)pid);

	resident->fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (resident->fd < 0)
		return -errno;
	resident->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	resident->wants_huge = resident->has_huge = false;
	resident_again(resident);
	return 0;
}

void resident_spend(struct resident *resident, uint64_t work)
{
	if (resident->work < work)
		resident->spent = true;
	resident->work = util_less(resident->work, work);
}

/* Pages of the window: the zero page is none, others are marked as huge. */
static void note(struct resident *resident, const struct region *region,
		 uint64_t category)
{
	uint64_t size = resident->page_size;

	for (uint64_t at = region->start; at < region->end; at += size) {
		uint64_t i = at / size - resident->first;

		if (i >= resident->count)
			continue;
		if (category == IS_HUGE)
			resident->entries[i] |= HUGE;
		else
			resident->entries[i] = 0;
	}
}

/*
 * Notes those of a category.  Older kernels refuse, and what is at the end of
 * the addresses.  Returns whether the kernel answered.
 */
static bool look_for(struct resident *resident, uint64_t category)
{
	struct region regions[REGIONS];
	uint64_t start = resident->first * resident->page_size;
	struct scan scan = {
		.size = sizeof(scan), .start = start,
		.end = start + RESIDENT_WINDOW * resident->page_size,
		.regions = (uintptr_t)regions, .region_count = REGIONS,
		.all_of = category, .wanted = category,
	};

	while (scan.start < scan.end) {
		int n = ioctl(resident->fd, SCAN, &scan);

		for (int i = 0; i < n; i++)
			note(resident, &regions[i], category);
		if (n < 0 || scan.walk_end <= scan.start)
			return n >= 0;
		scan.start = scan.walk_end;
	}
	return true;
}

/* What cannot be read is not in memory: the end of the addresses. */
static void fill(struct resident *resident, uint64_t page)
{
	ssize_t n = pread(resident->fd, resident->entries,
			  sizeof(resident->entries),
			  (off_t)(page * sizeof(uint64_t)));

	resident->first = page;
	resident->count = n > 0 ? (size_t)n / sizeof(uint64_t) : 0;
	for (size_t i = 0; i < resident->count; i++)
		resident->entries[i] &= PRESENT | SWAPPED;
	for (size_t i = resident->count; i < RESIDENT_WINDOW; i++)
		resident->entries[i] = 0;
	resident->count = RESIDENT_WINDOW;
	if (resident->wants_huge && look_for(resident, IS_HUGE))
		resident->has_huge = true;
	look_for(resident, IS_ZERO_PAGE);
}

static uint64_t entry(struct resident *resident, uint64_t page)
{
	bool is_there = page - resident->first < resident->count;

	resident_spend(resident, is_there ? 1 : RESIDENT_WINDOW);
	if (resident->spent)
		return 0;
	if (!is_there)
		fill(resident, page);
	return resident->entries[page - resident->first];
}

bool resident_was_touched(struct resident *resident, uint64_t at)
{
	return entry(resident, at / resident->page_size) &
		(PRESENT | SWAPPED);
}

/* Bytes of pages that have all of these bits. */
static uint64_t bytes_of(struct resident *resident, uint64_t from,
			 uint64_t to, uint64_t bits)
{
	uint64_t size = resident->page_size, bytes = 0;

	while (from < to && !resident->spent) {
		uint64_t page = from / size;
		uint64_t end = (page + 1) * size;

		if (end > to || end < from)
			end = to;
		if ((entry(resident, page) & bits) == bits)
			bytes += end - from;
		from = end;
	}
	return bytes;
}

uint64_t resident_of(struct resident *resident, uint64_t from, uint64_t to)
{
	return bytes_of(resident, from, to, PRESENT);
}

uint64_t resident_huge(struct resident *resident, uint64_t from, uint64_t to)
{
	return bytes_of(resident, from, to, PRESENT | HUGE);
}

void resident_again(struct resident *resident)
{
	resident->count = 0;
	resident->work = RESIDENT_WORK;
	resident->spent = false;
}

void resident_close(struct resident *resident)
{
	close(resident->fd);
}
