/* SPDX-License-Identifier: MIT */
/*
 * class.c - the two constant tables of class.h.  Constant, because the first
 * allocation of a process comes before any of its code could fill them.
 */
#include "slab/class.h"

/* Class of 8 * i bytes: the formula of hk_class_compute() for i <= 128. */
#define C1(i) ((i) == 0 ? 0 : \
	(i) <= 16 ? ((i) + 1) / 2 - 1 : \
	(i) <= 32 ? 8 + ((i) - 17) / 2 : \
	(i) <= 64 ? 16 + ((i) - 33) / 4 : \
	24 + ((i) - 65) / 8)
#define C4(i)	C1(i), C1((i) + 1), C1((i) + 2), C1((i) + 3)
#define C16(i)	C4(i), C4((i) + 4), C4((i) + 8), C4((i) + 12)
#define C64(i)	C16(i), C16((i) + 16), C16((i) + 32), C16((i) + 48)

const uint8_t hk_class_table[HK_TABLE_MAX / 8 + 1] HK_ALIGNED(64) = {
	C64(0), C64(64), C1(128)
};

/* Eight sizes above 2^log. */
#define S8(log) \
	9 << ((log) - 3), 10 << ((log) - 3), 11 << ((log) - 3), \
	12 << ((log) - 3), 13 << ((log) - 3), 14 << ((log) - 3), \
	15 << ((log) - 3), 16 << ((log) - 3)

const uint16_t hk_class_sizes[HK_CLASSES] = {
	16, 32, 48, 64, 80, 96, 112, 128,
	S8(7), S8(8), S8(9), S8(10), S8(11), S8(12), S8(13), S8(14)
};

unsigned int hk_class_aligned(size_t n, size_t align)
{
	unsigned int c;

	n = hk_round_up(hk_max(n, 1), align);
	if (n > HK_MEDIUM_MAX)
		return HK_CLASSES;
	for (c = hk_class_of(n); c < HK_CLASSES; c++)
		if (!(hk_class_size(c) & (align - 1)))
			break;
	return c;
}
