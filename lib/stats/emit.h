/* SPDX-License-Identifier: MIT */
/*
 * emit.h - figures as text.
 */
#ifndef HK_EMIT_H
#define HK_EMIT_H

#include "base/fatal.h"

#include <hakmem.h>

/*
 * The line that HAKMEM_SS_OS_STATS=1 asks for, without a newline:
 *
 *   [SS_OS_STATS] alloc=9 free=11 madvise=9 madvise_disabled=0
 *   mmap_total=9 fallback_mmap=0 huge_alloc=0 munmap_total=2 ...
 *
 * on one line.  The first seven keys and their order are for good; others
 * may follow them in any later version.  Values are decimal integers:
 * counts, but for *_bytes.
 */
void hk_emit_os_line(struct hk_line *line, const struct hakmem_stats *stats);

#endif /* HK_EMIT_H */
