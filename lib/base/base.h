/* SPDX-License-Identifier: MIT */
/*
 * base.h - what every other file may use: the sizes of the memory map, the
 * build's constant switches, and the few compiler words that C lacks.
 *
 * This header and the os_*.c files are the only places with #if: the rest
 * of the code tests the constants below, so that every branch is compiled
 * and checked in every build.
 */
#ifndef HK_BASE_H
#define HK_BASE_H

#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__linux__) || !defined(__GLIBC__)
#error "libhakmem needs Linux with glibc"
#endif
#if !defined(__x86_64__) && !defined(__aarch64__)
#error "libhakmem supports x86-64 and aarch64"
#endif

/* ---- the build ---- */

#if defined(HK_DEBUG) && HK_DEBUG
static const bool hk_debug = true;
#else
static const bool hk_debug = false;
#endif

/* Checked by ThreadSanitizer? */
#if defined(__SANITIZE_THREAD__)
static const bool hk_tsan = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
static const bool hk_tsan = true;
#else
static const bool hk_tsan = false;
#endif
#else
static const bool hk_tsan = false;
#endif

/*
 * ---- the memory map: pages < units < superslabs ----
 *
 * The blocks of small slabs start at multiples of their size, counted from
 * the multiple of HK_GRID below them: 16 bits of an address tell where, and
 * the free path takes 16 bits in one instruction.
 */

#define HK_PAGE_SHIFT	12
#define HK_PAGE		((size_t)1 << HK_PAGE_SHIFT)	/* carving step */
#define HK_UNIT_SHIFT	15
#define HK_UNIT		((size_t)1 << HK_UNIT_SHIFT)	/* one descriptor */
#define HK_GRID		((size_t)1 << 16)		/* two units */
#define HK_SUPER_SHIFT	21
#define HK_SUPER	((size_t)1 << HK_SUPER_SHIFT)	/* a huge page */

#define HK_KIB		((size_t)1 << 10)
#define HK_MIB		((size_t)1 << 20)
#define HK_GIB		((size_t)1 << 30)

#define HK_CACHE_LINE	64

/* ---- compiler words ---- */

#define hk_likely(x)	__builtin_expect(!!(x), 1)
#define hk_unlikely(x)	__builtin_expect(!!(x), 0)
#define HK_COLD		__attribute__((noinline, cold))

/*
 * Behind a call that is given this function's frame: the compiler may not end
 * the function before, and jump.
 */
#define HK_KEEP_FRAME()	__asm__ volatile("")
#define HK_NOINLINE	__attribute__((noinline))
#define HK_INLINE	static inline __attribute__((always_inline))
#define HK_NORETURN	__attribute__((noreturn))
#define HK_EXPORT	__attribute__((visibility("default")))
#define HK_HIDDEN	__attribute__((visibility("hidden")))
#define HK_ALIGNED(n)	__attribute__((aligned(n)))
#define HK_TLS		__thread __attribute__((tls_model("initial-exec")))

/*
 * A relaxed read of a word that another thread may write.  GCC does not fold
 * atomic loads into the instruction that uses them; a plain load of an
 * aligned word is the same to the machine.  Read once, and not in a loop.
 */
#define hk_peek(ptr) \
	(hk_tsan ? __atomic_load_n(ptr, __ATOMIC_RELAXED) : *(ptr))

/* ---- small arithmetic ---- */

/* `n` rounded up to a multiple of `align`, a power of two. */
HK_INLINE size_t hk_round_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

HK_INLINE bool hk_is_pow2(size_t n)
{
	return n && !(n & (n - 1));
}

/* The position of the highest bit of `n`, which is not 0. */
HK_INLINE unsigned int hk_log2(size_t n)
{
	return (unsigned int)(63 - __builtin_clzl(n));
}

/*
 * Random numbers: of states that are HK_SPLITMIX_STEP apart.  Steele, Lea,
 * Flood, "Fast splittable pseudorandom number generators" (2014).
 */
#define HK_SPLITMIX_STEP 0x9e3779b97f4a7c15u

HK_INLINE uint64_t hk_splitmix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

HK_INLINE size_t hk_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

HK_INLINE size_t hk_max(size_t a, size_t b)
{
	return a > b ? a : b;
}

#endif /* HK_BASE_H */
