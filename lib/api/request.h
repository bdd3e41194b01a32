/* SPDX-License-Identifier: MIT */
/*
 * request.h - what another process asks this one to do, through the
 * statistics page: see stats/page.h, which has the protocol.
 */
#ifndef HK_REQUEST_H
#define HK_REQUEST_H

#include "base/base.h"
#include "stats/page.h"

/* On lines of its own: every slow path reads the first of them. */
extern struct hk_page_request hk_request HK_HIDDEN;

/*
 * Does what is asked, if anything is.  Only where the library holds no lock
 * and is in the middle of nothing.
 */
HK_COLD void hk_request_serve(void);

/* Not 0 where something is asked.  Relaxed: a hint, looked at again there. */
HK_INLINE uint64_t hk_request_pending(void)
{
	return __atomic_load_n(&hk_request.asked, __ATOMIC_RELAXED) ^
		__atomic_load_n(&hk_request.taken, __ATOMIC_RELAXED);
}

/* In a child: what its parent was asked is not asked of it. */
void hk_request_forked(void);

#endif /* HK_REQUEST_H */
