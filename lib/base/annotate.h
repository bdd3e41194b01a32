/* SPDX-License-Identifier: MIT */
/*
 * annotate.h - what memory checkers are told about blocks.  In a debug build
 * with Valgrind's headers, memcheck learns which bytes the program owns; in
 * every other build these are empty and cost nothing.
 *
 *   state of a block    what memcheck sees
 *   free                no access, but while the library itself holds it
 *                       open to read or write its link
 *   with the program    the bytes that were asked for, undefined or zero
 */
#ifndef HK_ANNOTATE_H
#define HK_ANNOTATE_H

#include "base/base.h"

#include <string.h>

#if defined(HK_DEBUG) && HK_DEBUG && defined(HAVE_VALGRIND_MEMCHECK_H)

#include <valgrind/memcheck.h>

/* Does a checker see all accesses, so that nothing needs to trap? */
HK_INLINE bool hk_note_watched(void)
{
	return RUNNING_ON_VALGRIND;
}

/* The library is about to use the `n` bytes at `p` for itself. */
HK_INLINE void hk_note_open(const void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(p, n);
}

/* And has finished with them: nobody may touch them. */
HK_INLINE void hk_note_close(const void *p, size_t n)
{
	(void)VALGRIND_MAKE_MEM_NOACCESS(p, n);
}

/* What the calling thread does from here on is not reported. */
HK_INLINE void hk_note_deaf(void)
{
	VALGRIND_DISABLE_ERROR_REPORTING;
}

HK_INLINE void hk_note_hears(void)
{
	VALGRIND_ENABLE_ERROR_REPORTING;
}

/* A word of a block that may be the program's, whatever that may read. */
HK_INLINE uintptr_t hk_note_read(const uintptr_t *word)
{
	uintptr_t value;

	hk_note_deaf();
	value = *word;
	hk_note_hears();
	(void)VALGRIND_MAKE_MEM_DEFINED(&value, sizeof(value));
	return value;
}

/* A block of `n` requested bytes goes to the program. */
HK_INLINE void hk_note_malloc(const void *p, size_t n, bool zeroed)
{
	if (p)
		VALGRIND_MALLOCLIKE_BLOCK(p, n ? n : 1, 0, zeroed);
}

/* And comes back. */
HK_INLINE void hk_note_free(const void *p)
{
	VALGRIND_FREELIKE_BLOCK(p, 0);
}

/*
 * How many bytes from `p` the program may use according to memcheck, at
 * most `n`; `n` where no checker is there.
 */
HK_INLINE size_t hk_note_extent(const void *p, size_t n)
{
	uintptr_t bad;

	hk_note_deaf();
	bad = VALGRIND_CHECK_MEM_IS_ADDRESSABLE(p, n);
	hk_note_hears();
	return bad ? bad - (uintptr_t)p : n;
}

/* The block stays where it is and is now `now` bytes long. */
HK_INLINE void hk_note_resize(const void *p, size_t was, size_t now)
{
	VALGRIND_RESIZEINPLACE_BLOCK(p, was, now ? now : 1, 0);
}

#else

HK_INLINE bool hk_note_watched(void)
{
	return false;
}

HK_INLINE void hk_note_open(const void *p, size_t n)
{
	(void)p, (void)n;
}

HK_INLINE void hk_note_close(const void *p, size_t n)
{
	(void)p, (void)n;
}

HK_INLINE void hk_note_deaf(void)
{
}

HK_INLINE void hk_note_hears(void)
{
}

HK_INLINE uintptr_t hk_note_read(const uintptr_t *word)
{
	return *word;
}

HK_INLINE void hk_note_malloc(const void *p, size_t n, bool zeroed)
{
	(void)p, (void)n, (void)zeroed;
}

HK_INLINE void hk_note_free(const void *p)
{
	(void)p;
}

HK_INLINE size_t hk_note_extent(const void *p, size_t n)
{
	(void)p;
	return n;
}

HK_INLINE void hk_note_resize(const void *p, size_t was, size_t now)
{
	(void)p, (void)was, (void)now;
}

#endif

/* Makes memory that is the library's, and nobody may touch, zero. */
HK_INLINE void hk_note_zero(void *p, size_t n)
{
	hk_note_open(p, n);
	memset(p, 0, n);
	hk_note_close(p, n);
}

#endif /* HK_ANNOTATE_H */
