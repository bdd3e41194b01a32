/* SPDX-License-Identifier: MIT */
/*
 * cxx.c - C++'s operator new and delete, all forms, under their mangled
 * names (Itanium C++ ABI; size_t is "m").  Written in C, so that the library
 * does not depend on the C++ one; what is needed of it is looked for where
 * an allocation fails.
 *
 *   _Znwm   new          _Znam   new[]       ...RKSt9nothrow_t  nothrow
 *   _ZdlPv  delete       _ZdaPv  delete[]    ...St11align_val_t aligned
 */
#define _GNU_SOURCE
#include "api/alloc.h"
#include "base/fatal.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

/* std::get_new_handler() and std::__throw_bad_alloc() of libstdc++. */
typedef void (*new_handler)(void);
extern new_handler _ZSt15get_new_handlerv(void) __attribute__((weak));
extern void _ZSt17__throw_bad_allocv(void) __attribute__((weak));

/*
 * Weak references are bound when this library is loaded; the C++ library may
 * have come later, with dlopen().  Loading it may have allocated, but this
 * is a failed allocation, where a look-up does no more harm.
 */
static void *look_up(void *bound, const char *name)
{
	return bound ? bound : dlsym(RTLD_DEFAULT, name);
}

/*
 * A new handler makes memory available and returns, or does not return.
 * False where there is none.
 */
static bool call_new_handler(void)
{
	union {
		void *symbol;
		new_handler (*get)(void);
	} u = { look_up((void *)(uintptr_t)&_ZSt15get_new_handlerv,
			"_ZSt15get_new_handlerv") };
	new_handler handler = u.symbol ? u.get() : NULL;

	if (!handler)
		return false;
	handler();
	return true;
}

HK_NORETURN HK_COLD static void throw_bad_alloc(size_t size)
{
	union {
		void *symbol;
		void (*throw)(void);
	} u = { look_up((void *)(uintptr_t)&_ZSt17__throw_bad_allocv,
			"_ZSt17__throw_bad_allocv") };
	struct hk_line line;

	if (u.symbol)
		u.throw();
	hk_fatal_start(&line);
	hk_line_str(&line, "operator new of ");
	hk_line_num(&line, size);
	hk_line_str(&line, " bytes failed, and no C++ library to throw");
	hk_fatal_end(&line);
}

static void *new_aligned(size_t size, size_t align)
{
	return align ? hk_aligned_alloc(align, size) : hk_malloc(size);
}

/* `align` 0: a plain new. */
HK_COLD static void *new_slow(size_t size, size_t align)
{
	for (;;) {
		void *p;

		if (!call_new_handler())
			throw_bad_alloc(size);
		p = new_aligned(size, align);
		if (p)
			return p;
	}
}

/*
 * The nothrow forms give NULL where the handler throws, and C cannot catch.
 * The C++ library's own form of the same name can: it calls the throwing
 * form, which is ours, and catches.  Without that library there is no
 * handler either.  `align` 0: a plain new.
 */
HK_COLD static void *new_slow_nothrow(const char *name, size_t size,
				      size_t align, const void *tag)
{
	union {
		void *symbol;
		void *(*plain)(size_t size, const void *tag);
		void *(*aligned)(size_t size, size_t align, const void *tag);
	} next = { dlsym(RTLD_NEXT, name) };

	if (!next.symbol)
		return NULL;
	return align ? next.aligned(size, align, tag) :
		       next.plain(size, tag);
}

HK_INLINE void *new_plain(size_t size)
{
	void *p = hk_malloc(size);

	return hk_likely(p) ? p : new_slow(size, 0);
}

#define NEW(name) \
	void *name(size_t size); \
	HK_EXPORT void *name(size_t size) \
	{ return new_plain(size); }
#define NEW_NOTHROW(name) \
	void *name(size_t size, const void *tag); \
	HK_EXPORT void *name(size_t size, const void *tag) \
	{ \
		void *p = hk_malloc(size); \
		return hk_likely(p) ? p : \
			new_slow_nothrow(#name, size, 0, tag); \
	}
#define NEW_ALIGNED(name) \
	void *name(size_t size, size_t align); \
	HK_EXPORT void *name(size_t size, size_t align) \
	{ \
		void *p = hk_aligned_alloc(align, size); \
		return hk_likely(p) ? p : new_slow(size, align); \
	}
#define NEW_ALIGNED_NOTHROW(name) \
	void *name(size_t size, size_t align, const void *tag); \
	HK_EXPORT void *name(size_t size, size_t align, const void *tag) \
	{ \
		void *p = hk_aligned_alloc(align, size); \
		return hk_likely(p) ? p : \
			new_slow_nothrow(#name, size, align, tag); \
	}

NEW(_Znwm)
NEW(_Znam)
NEW_NOTHROW(_ZnwmRKSt9nothrow_t)
NEW_NOTHROW(_ZnamRKSt9nothrow_t)
NEW_ALIGNED(_ZnwmSt11align_val_t)
NEW_ALIGNED(_ZnamSt11align_val_t)
NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t)
NEW_ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t)

#define DELETE(name) \
	void name(void *p); \
	HK_EXPORT void name(void *p) \
	{ hk_free(p); }
#define DELETE_TAG(name) \
	void name(void *p, const void *tag); \
	HK_EXPORT void name(void *p, const void *tag) \
	{ (void)tag; hk_free(p); }
#define DELETE_SIZED(name) \
	void name(void *p, size_t size); \
	HK_EXPORT void name(void *p, size_t size) \
	{ hk_delete_sized(p, size); }
#define DELETE_ALIGNED(name) \
	void name(void *p, size_t align); \
	HK_EXPORT void name(void *p, size_t align) \
	{ hk_free_aligned(p, align); }
#define DELETE_ALIGNED_TAG(name) \
	void name(void *p, size_t align, const void *tag); \
	HK_EXPORT void name(void *p, size_t align, const void *tag) \
	{ (void)tag; hk_free_aligned(p, align); }
#define DELETE_SIZED_ALIGNED(name) \
	void name(void *p, size_t size, size_t align); \
	HK_EXPORT void name(void *p, size_t size, size_t align) \
	{ hk_free_aligned_sized(p, align, size); }

DELETE(_ZdlPv)
DELETE(_ZdaPv)
DELETE_TAG(_ZdlPvRKSt9nothrow_t)
DELETE_TAG(_ZdaPvRKSt9nothrow_t)
DELETE_SIZED(_ZdlPvm)
DELETE_SIZED(_ZdaPvm)
DELETE_ALIGNED(_ZdlPvSt11align_val_t)
DELETE_ALIGNED(_ZdaPvSt11align_val_t)
DELETE_ALIGNED_TAG(_ZdlPvSt11align_val_tRKSt9nothrow_t)
DELETE_ALIGNED_TAG(_ZdaPvSt11align_val_tRKSt9nothrow_t)
DELETE_SIZED_ALIGNED(_ZdlPvmSt11align_val_t)
DELETE_SIZED_ALIGNED(_ZdaPvmSt11align_val_t)
