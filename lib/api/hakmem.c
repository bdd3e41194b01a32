/* SPDX-License-Identifier: MIT */
/*
 * hakmem.c - the calls of hakmem.h.
 */
#include <hakmem.h>

#include "api/alloc.h"
#include "api/init.h"
#include "api/stats.h"

/* In every program that is linked with the archive: see init.h. */
__attribute__((used)) static void (*const anchor)(void) = hk_init_anchor;

HK_EXPORT const char *hakmem_version(void)
{
	return HAKMEM_VERSION_STRING;
}

HK_EXPORT void *hakmem_malloc(size_t size)
{
	return hk_malloc(size);
}

HK_EXPORT void *hakmem_calloc(size_t count, size_t size)
{
	return hk_calloc(count, size);
}

HK_EXPORT void *hakmem_zalloc(size_t size)
{
	return hk_calloc(1, size);
}

HK_EXPORT void *hakmem_realloc(void *ptr, size_t size)
{
	return hk_realloc(ptr, size);
}

HK_EXPORT void *hakmem_reallocarray(void *ptr, size_t count, size_t size)
{
	return hk_reallocarray(ptr, count, size);
}

HK_EXPORT void hakmem_free(void *ptr)
{
	hk_free(ptr);
}

HK_EXPORT void hakmem_free_sized(void *ptr, size_t size)
{
	hk_free_sized(ptr, size);
}

HK_EXPORT void hakmem_free_aligned_sized(void *ptr, size_t alignment,
					 size_t size)
{
	hk_free_aligned_sized(ptr, alignment, size);
}

HK_EXPORT void *hakmem_aligned_alloc(size_t alignment, size_t size)
{
	return hk_aligned_alloc(alignment, size);
}

HK_EXPORT void *hakmem_memalign(size_t alignment, size_t size)
{
	return hk_memalign(alignment, size);
}

HK_EXPORT int hakmem_posix_memalign(void **ptr, size_t alignment, size_t size)
{
	return hk_posix_memalign(ptr, alignment, size);
}

HK_EXPORT void *hakmem_valloc(size_t size)
{
	return hk_valloc(size);
}

HK_EXPORT void *hakmem_pvalloc(size_t size)
{
	return hk_pvalloc(size);
}

HK_EXPORT size_t hakmem_malloc_usable_size(void *ptr)
{
	return hk_usable_size(ptr);
}

HK_EXPORT size_t hakmem_good_size(size_t size)
{
	return hk_good_size(size);
}

HK_EXPORT int hakmem_trim(size_t keep)
{
	return hk_trim(keep);
}

HK_EXPORT int hakmem_stats_get(struct hakmem_stats *stats, size_t size)
{
	struct hakmem_stats all;

	if (!stats || size < sizeof(all.size)) {
		errno = EINVAL;
		return -1;
	}
	hk_stats_collect(&all);
	all.size = hk_min(size, sizeof(all));
	memcpy(stats, &all, all.size);
	return 0;
}

HK_EXPORT int hakmem_stats_print(int fd, enum hakmem_format format)
{
	int err = -EINVAL;

	if (format == HAKMEM_TEXT)
		err = hk_stats_report_fd(HK_REPORT_TEXT, fd);
	else if (format == HAKMEM_JSON)
		err = hk_stats_report_fd(HK_REPORT_JSON, fd);
	if (!err)
		return 0;
	errno = -err;
	return -1;
}
