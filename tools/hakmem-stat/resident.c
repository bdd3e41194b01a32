/* SPDX-License-Identifier: MIT */
/*
 * resident.c - see resident.h.  The file has 64 bits for each page: the
 * highest one tells that it is in memory, the next one that it is swapped, and
 * what else there is is for root.  The zero page, which is behind memory that
 * was only read, counts as one there, and as none in what the kernel sums up:
 * since Linux 6.7 a call tells where it is.
 */
#define _GNU_SOURCE
#include "resident.h"

#include "util.h"

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
#define REGIONS		64

int resident_open(struct resident *resident, pid_t pid)
{
	char *path = util_format("/proc/%ld/pagemap", (long)pid);

	resident->fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (resident->fd < 0)
		return -errno;
	resident->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	resident_again(resident);
	return 0;
}

static void take_out(struct resident *resident, const struct region *region)
{
	uint64_t size = resident->page_size;

	for (uint64_t at = region->start; at < region->end; at += size)
		if (at / size - resident->first < resident->count)
			resident->entries[at / size - resident->first] = 0;
}

/* Older kernels refuse, and what is at the end of the addresses. */
static void take_zero_pages_out(struct resident *resident)
{
	struct region regions[REGIONS];
	uint64_t start = resident->first * resident->page_size;
	struct scan scan = {
		.size = sizeof(scan), .start = start,
		.end = start + RESIDENT_WINDOW * resident->page_size,
		.regions = (uintptr_t)regions, .region_count = REGIONS,
		.all_of = IS_ZERO_PAGE, .wanted = IS_ZERO_PAGE,
	};

	while (scan.start < scan.end) {
		int n = ioctl(resident->fd, SCAN, &scan);

		for (int i = 0; i < n; i++)
			take_out(resident, &regions[i]);
		if (n < 0 || scan.walk_end <= scan.start)
			return;
		scan.start = scan.walk_end;
	}
}

/* What cannot be read is not in memory: the end of the addresses. */
static void fill(struct resident *resident, uint64_t page)
{
	ssize_t n = pread(resident->fd, resident->entries,
			  sizeof(resident->entries),
			  (off_t)(page * sizeof(uint64_t)));

	resident->first = page;
	resident->count = n > 0 ? (size_t)n / sizeof(uint64_t) : 0;
	for (size_t i = resident->count; i < RESIDENT_WINDOW; i++)
		resident->entries[i] = 0;
	resident->count = RESIDENT_WINDOW;
	take_zero_pages_out(resident);
}

static uint64_t entry(struct resident *resident, uint64_t page)
{
	if (page - resident->first >= resident->count)
		fill(resident, page);
	return resident->entries[page - resident->first];
}

bool resident_was_touched(struct resident *resident, uint64_t at)
{
	return entry(resident, at / resident->page_size) &
		(PRESENT | SWAPPED);
}

uint64_t resident_of(struct resident *resident, uint64_t from, uint64_t to)
{
	uint64_t size = resident->page_size, bytes = 0;

	while (from < to) {
		uint64_t page = from / size;
		uint64_t end = (page + 1) * size;

		if (end > to || end < from)
			end = to;
		if (entry(resident, page) & PRESENT)
			bytes += end - from;
		from = end;
	}
	return bytes;
}

void resident_again(struct resident *resident)
{
	resident->count = 0;
}

void resident_close(struct resident *resident)
{
	close(resident->fd);
}
