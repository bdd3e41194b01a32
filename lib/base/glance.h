/* SPDX-License-Identifier: MIT */
/*
 * glance.h - a look at words that others write plainly.
 *
 * What a heap keeps ready is counted by its owner in plain words, as nothing
 * else would do on those paths.  Statistics look at them from other threads,
 * without a lock: one load of an aligned word, which every supported machine
 * reads and writes whole (see hk_peek() in base.h).  The value may be some
 * operations old, and two values need not fit each other: who looks bounds
 * what he makes of them.  Nothing but figures may depend on a glance.
 */
#ifndef HK_GLANCE_H
#define HK_GLANCE_H

#include "base/base.h"

/*
 * To C that is a race, and to ThreadSanitizer; here it is meant.  Volatile:
 * one load, and where it stands.
 */
__attribute__((no_sanitize_thread, noinline, unused))
static uint64_t hk_glance_word(const volatile void *word, size_t size)
{
	switch (size) {
	case 1:
		return *(const volatile uint8_t *)word;
	case 2:
		return *(const volatile uint16_t *)word;
	case 4:
		return *(const volatile uint32_t *)word;
	default:
		return *(const volatile uint64_t *)word;
	}
}

/*
 * A range, word by word; byte by byte where it does not begin with a whole
 * one, so that is for what nobody writes.
 */
__attribute__((no_sanitize_thread, noinline, unused))
static void hk_glance_copy(void *to, const volatile void *from, size_t len)
{
	uint64_t *words = to;
	size_t n = (uintptr_t)from % sizeof(*words) ? 0 : len / sizeof(*words);

	for (size_t i = 0; i < n; i++)
		words[i] = ((const volatile uint64_t *)from)[i];
	for (size_t i = n * sizeof(*words); i < len; i++)
		((uint8_t *)to)[i] = ((const volatile uint8_t *)from)[i];
}

/* The word at `ptr`, of 1, 2, 4 or 8 bytes. */
#define hk_glance(ptr) \
	((__typeof__(*(ptr)))hk_glance_word(ptr, sizeof(*(ptr))))

#endif /* HK_GLANCE_H */
