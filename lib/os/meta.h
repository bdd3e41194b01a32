/* SPDX-License-Identifier: MIT */
/*
 * meta.h - the library's own memory: never freed, so that a stale pointer
 * into it is still a pointer to the right type.
 */
#ifndef HK_META_H
#define HK_META_H

#include "base/base.h"
#include "os/lock.h"

/*
 * `size` bytes, zero, aligned to a cache line; NULL where the system gives
 * none.  Takes a lock of rank HK_RANK_META.
 */
void *hk_meta_alloc(size_t size);

/*
 * All memory that it has, for readers in other processes: a list, the newest
 * chunk first.  Added to under the lock, with release.
 */
struct hk_meta_chunk {
	struct hk_meta_chunk *next;
	size_t size;
};
extern struct hk_meta_chunk *hk_meta_chunks HK_HIDDEN;

/*
 * Bytes that hk_meta_alloc() has taken from the system.  Written under the
 * lock, read without, relaxed.
 */
extern _Atomic size_t hk_meta_taken HK_HIDDEN;
size_t hk_meta_bytes(void);

extern struct hk_lock hk_meta_lock;	/* for fork */

#endif /* HK_META_H */
