/* SPDX-License-Identifier: MIT */
/*
 * hakmem.c - the calls of hakmem.h.
 */
#include <hakmem.h>

#include "api/alloc.h"
#include "api/init.h"
#include "api/stats.h"
#include "heap/process.h"
#include "policy/option.h"

#include <string.h>

/* In those as well that have no malloc() of ours. */
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

/* -1 with errno where `err` is negative, else 0. */
static int result(int err)
{
	if (err >= 0)
		return 0;
	errno = -err;
	return -1;
}

HK_EXPORT int hakmem_stats_print(int fd, enum hakmem_format format)
{
	if (format == HAKMEM_TEXT)
		return result(hk_stats_report_fd(HK_REPORT_TEXT, fd));
	if (format == HAKMEM_JSON)
		return result(hk_stats_report_fd(HK_REPORT_JSON, fd));
	return result(-EINVAL);
}

HK_EXPORT const char *hakmem_option_name(size_t index)
{
	return index < HK_OPTIONS ? hk_option[index].name : NULL;
}

HK_EXPORT int hakmem_option_get(const char *name, char *buf, size_t size)
{
	struct hk_line line = { 0 };
	int id;

	if (!name || !buf)
		return result(-EINVAL);
	id = hk_option_find(hk_span_of(name));
	if (id < 0)
		return result(id);
	hk_process_configure();
	hk_option_put_of(&line, &hk_policy, (enum hk_option_id)id);
	if (line.len >= size)
		return result(-ERANGE);
	memcpy(buf, line.text, line.len);
	buf[line.len] = '\0';
	return 0;
}

HK_EXPORT int hakmem_option_set(const char *name, const char *value)
{
	int id;

	if (!name || !value)
		return result(-EINVAL);
	id = hk_option_find(hk_span_of(name));
	if (id < 0)
		return result(id);
	return result(hk_process_set((enum hk_option_id)id,
				     hk_span_of(value)));
}
