/* SPDX-License-Identifier: MIT */
/*
 * info.c - see info.h.
 */
#include "api/info.h"

#include "api/stats.h"
#include "base/fatal.h"
#include "slab/huge.h"
#include "slab/run.h"

#include <unistd.h>

struct mallinfo2 hk_mallinfo2(void)
{
	struct mallinfo2 info = { 0 };
	struct hakmem_stats s;

	hk_stats_collect(&s);
	info.arena = s.committed_bytes - s.huge_bytes - s.metadata_bytes;
	info.hblks = hk_huge_blocks();
	info.hblkhd = s.huge_bytes;
	info.uordblks = s.live_bytes - s.huge_bytes;
	info.fordblks = s.free_bytes;
	info.keepcost = s.free_bytes;
	return info;
}

static int clamp(size_t n)
{
	return n > INT_MAX ? INT_MAX : (int)n;
}

struct mallinfo hk_mallinfo(void)
{
	struct mallinfo2 all = hk_mallinfo2();
	struct mallinfo info = { 0 };

	info.arena = clamp(all.arena);
	info.hblks = clamp(all.hblks);
	info.hblkhd = clamp(all.hblkhd);
	info.uordblks = clamp(all.uordblks);
	info.fordblks = clamp(all.fordblks);
	info.keepcost = clamp(all.keepcost);
	return info;
}

static void put_row(const char *what, uint64_t value)
{
	struct hk_line line = { 0 };

	hk_line_str(&line, "hakmem: ");
	hk_line_str(&line, what);
	hk_line_str(&line, " ");
	hk_line_num(&line, value);
	hk_line_write(&line, STDERR_FILENO);
}

void hk_malloc_stats(void)
{
	struct hakmem_stats s;

	hk_stats_collect(&s);
	put_row("live bytes:     ", s.live_bytes);
	put_row("free bytes:     ", s.free_bytes);
	put_row("huge bytes:     ", s.huge_bytes);
	put_row("metadata bytes: ", s.metadata_bytes);
	put_row("committed bytes:", s.committed_bytes);
	put_row("heaps:          ", s.heaps);
}

int hk_malloc_info(int options, FILE *stream)
{
	struct hakmem_stats s;
	int n;

	if (options) {
		errno = EINVAL;
		return -1;
	}
	hk_stats_collect(&s);
	n = fprintf(stream,
		    "<malloc version=\"hakmem-1\">\n"
		    "<heaps count=\"%llu\"/>\n"
		    "<total type=\"live\" size=\"%llu\"/>\n"
		    "<total type=\"free\" size=\"%llu\"/>\n"
		    "<total type=\"mmap\" size=\"%llu\"/>\n"
		    "<system type=\"current\" size=\"%llu\"/>\n"
		    "<system type=\"metadata\" size=\"%llu\"/>\n"
		    "</malloc>\n",
		    (unsigned long long)s.heaps,
		    (unsigned long long)s.live_bytes,
		    (unsigned long long)s.free_bytes,
		    (unsigned long long)s.huge_bytes,
		    (unsigned long long)s.committed_bytes,
		    (unsigned long long)s.metadata_bytes);
	return n < 0 ? -1 : 0;
}

int hk_mallopt(int param, int value)
{
	if (param == M_TRIM_THRESHOLD)
		hk_run_keep_dirty(value < 0 ? PTRDIFF_MAX : (size_t)value);
	return 1;
}
