/* SPDX-License-Identifier: MIT */
/*
 * malloc.c - the names of the C library's allocator.  Nothing but names: a
 * program that is linked with this file, or has it in front of the C
 * library, allocates from libhakmem.  Left out of the core library, so that
 * tests under sanitizers can have both.
 */
#include "api/alloc.h"
#include "api/info.h"
#include "api/init.h"

#include <malloc.h>
#include <stdlib.h>

/* In every program that is linked with the archive: see init.h. */
__attribute__((used)) static void (*const anchor)(void) = hk_init_anchor;

HK_EXPORT void *malloc(size_t size)
{
	return hk_malloc(size);
}

HK_EXPORT void free(void *ptr)
{
	hk_free(ptr);
}

HK_EXPORT void *calloc(size_t count, size_t size)
{
	return hk_calloc(count, size);
}

HK_EXPORT void *realloc(void *ptr, size_t size)
{
	return hk_realloc(ptr, size);
}

HK_EXPORT void *reallocarray(void *ptr, size_t count, size_t size)
{
	return hk_reallocarray(ptr, count, size);
}

HK_EXPORT int posix_memalign(void **ptr, size_t alignment, size_t size)
{
	return hk_posix_memalign(ptr, alignment, size);
}

HK_EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	return hk_aligned_alloc(alignment, size);
}

HK_EXPORT void *memalign(size_t alignment, size_t size)
{
	return hk_memalign(alignment, size);
}

HK_EXPORT void *valloc(size_t size)
{
	return hk_valloc(size);
}

HK_EXPORT void *pvalloc(size_t size)
{
	return hk_pvalloc(size);
}

HK_EXPORT size_t malloc_usable_size(void *ptr)
{
	return hk_usable_size(ptr);
}

HK_EXPORT int malloc_trim(size_t keep)
{
	return hk_trim(keep);
}

HK_EXPORT int mallopt(int param, int value)
{
	return hk_mallopt(param, value);
}

HK_EXPORT struct mallinfo2 mallinfo2(void)
{
	return hk_mallinfo2();
}

HK_EXPORT struct mallinfo mallinfo(void)
{
	return hk_mallinfo();
}

HK_EXPORT void malloc_stats(void)
{
	hk_malloc_stats();
}

HK_EXPORT int malloc_info(int options, FILE *stream)
{
	return hk_malloc_info(options, stream);
}

/* Names that headers no longer, or not yet, declare. */
void cfree(void *ptr);
void free_sized(void *ptr, size_t size);
void free_aligned_sized(void *ptr, size_t alignment, size_t size);

HK_EXPORT void cfree(void *ptr)
{
	hk_free(ptr);
}

HK_EXPORT void free_sized(void *ptr, size_t size)
{
	hk_free_sized(ptr, size);
}

HK_EXPORT void free_aligned_sized(void *ptr, size_t alignment, size_t size)
{
	hk_free_aligned_sized(ptr, alignment, size);
}

/* glibc's own second names, which some programs call. */

#define SECOND(type, name, params, call) \
	type name params; \
	HK_EXPORT type name params \
	{ return call; }

SECOND(void *, __libc_malloc, (size_t n), hk_malloc(n))
SECOND(void *, __libc_calloc, (size_t count, size_t size),
       hk_calloc(count, size))
SECOND(void *, __libc_realloc, (void *p, size_t n), hk_realloc(p, n))
SECOND(void *, __libc_reallocarray, (void *p, size_t count, size_t size),
       hk_reallocarray(p, count, size))
SECOND(void *, __libc_memalign, (size_t align, size_t n),
       hk_memalign(align, n))
SECOND(void *, __libc_valloc, (size_t n), hk_valloc(n))
SECOND(void *, __libc_pvalloc, (size_t n), hk_pvalloc(n))
SECOND(int, __libc_mallopt, (int param, int value), hk_mallopt(param, value))
SECOND(struct mallinfo, __libc_mallinfo, (void), hk_mallinfo())

void __libc_free(void *ptr);
HK_EXPORT void __libc_free(void *ptr)
{
	hk_free(ptr);
}
