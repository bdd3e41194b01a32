/* SPDX-License-Identifier: MIT */
/*
 * copy.h - the statistics page's copy in /dev/shm (option stats_shm): its
 * layout is in stats/copy.h.  The file is made when the process begins; slow
 * paths fill it once the process has lived for a moment, and bring it up to
 * date some milliseconds after each other.  An orderly end empties it, and a
 * process that begins later takes it away.  A child has its own.
 */
#ifndef HK_API_COPY_H
#define HK_API_COPY_H

#include "base/base.h"

/* Once the statistics page is complete. */
HK_COLD void hk_copy_start(void);

/* Around a fork: nobody copies meanwhile. */
HK_COLD void hk_copy_prepare(void);
HK_COLD void hk_copy_parent(void);
HK_COLD void hk_copy_child(void);

/* At the end of the process. */
HK_COLD void hk_copy_end(void);

/*
 * When it is due, in milliseconds of hk_os_clock_ms(), odd; 0: never.  Written
 * by whoever has made the copy, release; read relaxed, a hint, then again by
 * hk_copy_due(), acquire.
 */
extern _Atomic uint32_t hk_copy_at HK_HIDDEN;

/*
 * Copies, if it is due.  Only where the library holds no lock and is in the
 * middle of nothing.
 */
HK_COLD void hk_copy_due(void);

/* Not 0 where it may be.  Relaxed: a hint, looked at again there. */
HK_INLINE uint64_t hk_copy_pending(void)
{
	return atomic_load_explicit(&hk_copy_at, memory_order_relaxed);
}

#endif /* HK_API_COPY_H */
