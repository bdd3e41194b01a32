/* SPDX-License-Identifier: MIT */
/*
 * class.h - size classes: which sizes share slabs.
 *
 *   class    sizes               step                            slab
 *   0-7      16 .. 128           16                              1 unit
 *   8-31     144 .. 1,024        1/8 of the power of two below   1 unit
 *   32-55    1,152 .. 8,192      the same                        2 units
 *   56-71    9,216 .. 32,768     the same                        8 units
 *   72-75    49,152 .. 131,072   1/2 of the power of two below   32 units
 *
 * Classes to 31 are small: their slabs belong to a heap.  The others are
 * medium: all threads share their slabs.  Above are runs of units.  Waste by
 * rounding is 3 to 5 % on average, at most 12.5 % from 129 bytes on.  From
 * 32 KiB on it is addresses that are wasted: pages behind the block's end
 * are not touched.  There, few classes keep fewer freed blocks waiting.
 */
#ifndef HK_CLASS_H
#define HK_CLASS_H

#include "base/base.h"

#define HK_SMALL_MAX	((size_t)1024)
#define HK_MEDIUM_MAX	((size_t)131072)

#define HK_SMALL_CLASSES	32u
#define HK_CLASSES		76u
#define HK_MEDIUM_CLASSES	(HK_CLASSES - HK_SMALL_CLASSES)

/* Slabs of a block size up to these have so many units. */
#define HK_SHORT_MAX	((size_t)8192)
#define HK_SHORT_UNITS	2u
#define HK_LONG_MAX	((size_t)32768)
#define HK_LONG_UNITS	8u
#define HK_LONGEST_UNITS 32u

/* The first classes of these. */
#define HK_LONG_CLASS		56u
#define HK_LONGEST_CLASS	72u

/*
 * Class of size n at index n, for small ones.  A table of each size saves
 * the two instructions that rounding would take, for a kilobyte of cache at
 * most.
 */
extern const uint8_t hk_class_table[HK_SMALL_MAX + 1] HK_HIDDEN;

/* Class of size n at index (n - 1) / 128, for medium ones. */
#define HK_MEDIUM_STEP 128
extern const uint8_t hk_class_table_medium[HK_MEDIUM_MAX / HK_MEDIUM_STEP]
	HK_HIDDEN;

/* Block size of each class, in bytes, and how many a slab has. */
extern const uint32_t hk_class_sizes[HK_CLASSES] HK_HIDDEN;
extern const uint16_t hk_class_capacities[HK_CLASSES] HK_HIDDEN;

/* The class for n bytes, n <= HK_SMALL_MAX. */
HK_INLINE unsigned int hk_class_small(size_t n)
{
	return hk_class_table[n];
}

/* The class for n bytes, HK_SMALL_MAX < n <= HK_MEDIUM_MAX. */
HK_INLINE unsigned int hk_class_medium(size_t n)
{
	return hk_class_table_medium[(n - 1) / HK_MEDIUM_STEP];
}

/* The class for any n up to HK_MEDIUM_MAX. */
HK_INLINE unsigned int hk_class_of(size_t n)
{
	return n <= HK_SMALL_MAX ? hk_class_small(n) : hk_class_medium(n);
}

HK_INLINE size_t hk_class_size(unsigned int class)
{
	return hk_class_sizes[class];
}

HK_INLINE unsigned int hk_class_capacity(unsigned int class)
{
	return hk_class_capacities[class];
}

/* The length of the class's slabs, in units. */
HK_INLINE unsigned int hk_class_units(unsigned int class)
{
	if (class < HK_SMALL_CLASSES)
		return 1;
	if (class < HK_LONG_CLASS)
		return HK_SHORT_UNITS;
	return class < HK_LONGEST_CLASS ? HK_LONG_UNITS : HK_LONGEST_UNITS;
}

/*
 * The class for `n` bytes at a multiple of `align`, a power of two up to
 * HK_PAGE: the smallest whose blocks are multiples of it, as they are counted
 * from a multiple of 32 or 64 KiB.  HK_CLASSES where there is none.
 */
unsigned int hk_class_aligned(size_t n, size_t align);

#endif /* HK_CLASS_H */
