/* SPDX-License-Identifier: MIT */
/*
 * alloc.h - the calls of the malloc family, under internal names: exported
 * functions are one-line wrappers of these and never call each other, so
 * that no call of ours goes through a symbol that the program may replace.
 *
 * Semantics are those of glibc 2.36 where the standards leave room; they are
 * documented in hakmem.h.
 */
#ifndef HK_ALLOC_H
#define HK_ALLOC_H

#include "heap/heap_fast.h"

#include <string.h>

void *hk_malloc_slow(size_t n) HK_NOINLINE;
void *hk_calloc_slow(size_t n) HK_NOINLINE;
void hk_free_slow(void *p) HK_NOINLINE;

/* The count of a slab of the thread's heap ran out. */
HK_COLD void hk_free_event(struct hk_desc *d);

/* `d` is the descriptor of `p`, and no small slab of the thread's heap. */
void hk_free_other(void *p, struct hk_desc *d) HK_NOINLINE;

void *hk_realloc(void *p, size_t n);
void *hk_reallocarray(void *p, size_t count, size_t size);
void hk_free_sized(void *p, size_t n);
void hk_free_aligned(void *p, size_t align);
void hk_free_aligned_sized(void *p, size_t align, size_t n);
size_t hk_usable_size(void *p);
size_t hk_good_size(size_t n);

/*
 * The size in bytes that a plain call for `n` of them is rounded to; 0 for
 * more than there can be.
 */
size_t hk_size_for(size_t n);
int hk_trim(size_t keep);

/* `align` is a power of two; ENOMEM is the only error. */
void *hk_aligned(size_t align, size_t n);

/* The public ones differ in which alignments they take. */
void *hk_aligned_alloc(size_t align, size_t n);
void *hk_memalign(size_t align, size_t n);
int hk_posix_memalign(void **out, size_t align, size_t n);
void *hk_valloc(size_t n);
void *hk_pvalloc(size_t n);

HK_INLINE void *hk_malloc(size_t n)
{
	void *p;

	if (hk_unlikely(n > HK_SMALL_MAX))
		return hk_malloc_slow(n);
	p = hk_pop(hk_tls.current[hk_class_small(n)]);
	if (hk_unlikely(!p))
		return hk_malloc_slow(n);
	hk_note_malloc(p, n, false);
	return p;
}

HK_INLINE void hk_free(void *p)
{
	struct hk_desc *d;

	if (hk_unlikely(!hk_find_desc(p, &d))) {
		hk_free_slow(p);
	} else if (hk_unlikely(!hk_is_own(d))) {
		hk_free_other(p, d);
	} else if (hk_unlikely(!hk_is_plain(d, p))) {
		hk_free_slow(p);
	} else {
		hk_note_free(p);
		if (hk_unlikely(hk_push(d, p)))
			hk_free_event(d);
	}
}

HK_INLINE void *hk_calloc(size_t count, size_t size)
{
	size_t n;
	void *p;

	if (hk_unlikely(__builtin_mul_overflow(count, size, &n)))
		n = SIZE_MAX;	/* which fails like any that is too large */
	if (hk_unlikely(n > HK_SMALL_MAX))
		return hk_calloc_slow(n);
	p = hk_pop(hk_tls.current[hk_class_small(n)]);
	if (hk_unlikely(!p))
		return hk_calloc_slow(n);
	hk_note_malloc(p, n, true);
	return memset(p, 0, n);
}

/* The fast path of hk_free_sized(): the class must be the size's. */
HK_INLINE void hk_delete_sized(void *p, size_t n)
{
	struct hk_desc *d;

	if (hk_unlikely(n > HK_SMALL_MAX || !hk_find_desc(p, &d) ||
			!hk_is_own(d) || !hk_is_plain(d, p) ||
			d->class != hk_class_small(n))) {
		hk_free_sized(p, n);
		return;
	}
	hk_note_free(p);
	if (hk_unlikely(hk_push(d, p)))
		hk_free_event(d);
}

#endif /* HK_ALLOC_H */
