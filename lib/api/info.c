/* SPDX-License-Identifier: MIT */
/*
 * info.c - see info.h.
 */
#include "api/info.h"

#include "api/libc_mode.h"
#include "api/stats.h"
#include "slab/huge.h"
#include "slab/run.h"

#include <unistd.h>

struct mallinfo2 hk_mallinfo2(void)
{
	struct mallinfo2 info = { 0 };
	struct hakmem_stats s;

	if (hk_libc.mallinfo2)
		return hk_libc.mallinfo2();
	hk_stats_collect(&s);
	/* Not what is committed: that has pages that nobody has touched. */
	info.arena = s.live_bytes - s.huge_bytes + s.free_bytes;
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
	struct mallinfo info = { 0 };
	struct mallinfo2 all;

	if (hk_libc.mallinfo)
		return hk_libc.mallinfo();
	all = hk_mallinfo2();
	info.arena = clamp(all.arena);
	info.hblks = clamp(all.hblks);
	info.hblkhd = clamp(all.hblkhd);
	info.uordblks = clamp(all.uordblks);
	info.fordblks = clamp(all.fordblks);
	info.keepcost = clamp(all.keepcost);
	return info;
}

void hk_malloc_stats(void)
{
	if (hk_libc.stats)
		hk_libc.stats();
	else
		hk_stats_report_fd(HK_REPORT_TEXT, STDERR_FILENO);
}

static int write_stream(void *arg, const char *text, size_t len)
{
	return fwrite(text, 1, len, arg) == len ? 0 : -EIO;
}

int hk_malloc_info(int options, FILE *stream)
{
	if (hk_libc.info)
		return hk_libc.info(options, stream);
	if (options) {
		errno = EINVAL;
		return -1;
	}
	return hk_stats_report(HK_REPORT_XML, write_stream, stream) ? -1 : 0;
}

int hk_mallopt(int param, int value)
{
	if (hk_libc.opt)
		return hk_libc.opt(param, value);
	hk_libc_mode_remember(param, value);
	if (param == M_TRIM_THRESHOLD)
		hk_run_keep_dirty(value < 0 ? PTRDIFF_MAX : (size_t)value);
	return 1;
}
