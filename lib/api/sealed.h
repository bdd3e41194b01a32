/* SPDX-License-Identifier: MIT */
/*
 * sealed.h - the calls of the malloc family where blocks are sealed (seal.h).
 */
#ifndef HK_SEALED_H
#define HK_SEALED_H

#include "api/locate.h"

/*
 * A block for `n` bytes, which read as zero, at a multiple of `align`; NULL
 * without memory.
 */
void *hk_sealed_alloc(size_t align, size_t n);

/* Where the block of `info` is not whole, these end the process. */
void hk_sealed_free(void *p, const struct hk_block_info *info);

/* How many bytes the block was asked for. */
size_t hk_sealed_size(const void *p, const struct hk_block_info *info);

/* False where it cannot be of `n` bytes in its place, or should not be. */
bool hk_sealed_resize(void *p, size_t n, const struct hk_block_info *info);

#endif /* HK_SEALED_H */
