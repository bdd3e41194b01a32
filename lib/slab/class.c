/* SPDX-License-Identifier: MIT */
/*
 * class.c - the two constant tables of class.h.  Constant, because the first
 * allocation of a process comes before any of its code could fill them.
 */
#include "slab/class.h"

/* Class of i bytes, i <= 1024. */
#define C1(i) (uint8_t)((i) == 0 ? 0 : \
	(i) <= 128 ? ((i) + 15) / 16 - 1 : \
	(i) <= 256 ? 8 + ((i) - 129) / 16 : \
	(i) <= 512 ? 16 + ((i) - 257) / 32 : \
	24 + ((i) - 513) / 64)
#define C4(i)	C1(i), C1((i) + 1), C1((i) + 2), C1((i) + 3)
#define C16(i)	C4(i), C4((i) + 4), C4((i) + 8), C4((i) + 12)
#define C64(i)	C16(i), C16((i) + 16), C16((i) + 32), C16((i) + 48)
#define C256(i)	C64(i), C64((i) + 64), C64((i) + 128), C64((i) + 192)

const uint8_t hk_class_table[HK_SMALL_MAX + 1] HK_ALIGNED(64) = {
	C256(0), C256(256), C256(512), C256(768), C1(1024)
};

/*
 * Class of the sizes above 128 * i, up to the next: 128 divides their steps
 * from 1 KiB on.
 */
#define M1(i) (uint8_t)((i) < 8 ? 0 : \
	(i) < 16 ? 32 + ((i) - 8) : \
	(i) < 32 ? 40 + ((i) - 16) / 2 : \
	(i) < 64 ? 48 + ((i) - 32) / 4 : \
	(i) < 128 ? 56 + ((i) - 64) / 8 : \
	(i) < 256 ? 64 + ((i) - 128) / 16 : \
	(i) < 512 ? 72 + ((i) - 256) / 128 : \
	74 + ((i) - 512) / 256)
#define M4(i)	M1(i), M1((i) + 1), M1((i) + 2), M1((i) + 3)
#define M16(i)	M4(i), M4((i) + 4), M4((i) + 8), M4((i) + 12)
#define M64(i)	M16(i), M16((i) + 16), M16((i) + 32), M16((i) + 48)
#define M256(i)	M64(i), M64((i) + 64), M64((i) + 128), M64((i) + 192)

const uint8_t hk_class_table_medium[HK_MEDIUM_MAX / HK_MEDIUM_STEP] = {
	M256(0), M256(256), M256(512), M256(768)
};

/* Eight sizes above 2^log, each as F makes of it. */
#define S8(F, log) \
	F(9 << ((log) - 3)), F(10 << ((log) - 3)), F(11 << ((log) - 3)), \
	F(12 << ((log) - 3)), F(13 << ((log) - 3)), F(14 << ((log) - 3)), \
	F(15 << ((log) - 3)), F(16 << ((log) - 3))
#define SMALL(F) \
	F(16), F(32), F(48), F(64), F(80), F(96), F(112), F(128), \
	S8(F, 7), S8(F, 8), S8(F, 9)
#define MEDIUM(F) \
	S8(F, 10), S8(F, 11), S8(F, 12), S8(F, 13), S8(F, 14), \
	F(49152), F(65536), F(98304), F(131072)
#define SIZE(size) (size)
/*
 * As many as fit between the multiples of the size in the second half of the
 * grid's 64 KiB; in the first half, one more may.
 */
#define IN_UNIT(size) \
	(HK_GRID / (size) - (HK_GRID - HK_UNIT + (size) - 1) / (size))
#define UNITS(size) \
	((size) <= HK_SHORT_MAX ? HK_SHORT_UNITS : \
	 (size) <= HK_LONG_MAX ? HK_LONG_UNITS : HK_LONGEST_UNITS)
#define IN_UNITS(size) (UNITS(size) * HK_UNIT / (size))

const uint32_t hk_class_sizes[HK_CLASSES] = { SMALL(SIZE), MEDIUM(SIZE) };
const uint16_t hk_class_capacities[HK_CLASSES] = {
	SMALL(IN_UNIT), MEDIUM(IN_UNITS)
};

unsigned int hk_class_aligned(size_t n, size_t align)
{
	unsigned int c;

	if (n > HK_MEDIUM_MAX)
		return HK_CLASSES;
	n = hk_round_up(hk_max(n, 1), align);
	if (n > HK_MEDIUM_MAX)
		return HK_CLASSES;
	for (c = hk_class_of(n); c < HK_CLASSES; c++)
		if (!(hk_class_size(c) & (align - 1)))
			break;
	return c;
}
