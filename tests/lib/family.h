/* SPDX-License-Identifier: MIT */
/*
 * family.h - the entry points of the malloc family that the C library's
 * headers do not (or no longer) declare.
 */
#ifndef FAMILY_H
#define FAMILY_H

#include <malloc.h>
#include <stdlib.h>

void cfree(void *ptr);
void free_sized(void *ptr, size_t size);
void free_aligned_sized(void *ptr, size_t alignment, size_t size);

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *ptr, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void *__libc_valloc(size_t size);
void *__libc_pvalloc(size_t size);
void *__libc_reallocarray(void *ptr, size_t count, size_t size);
void __libc_free(void *ptr);
int __libc_mallopt(int param, int value);
struct mallinfo __libc_mallinfo(void);

#endif /* FAMILY_H */
