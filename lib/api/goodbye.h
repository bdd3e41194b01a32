/* SPDX-License-Identifier: MIT */
/*
 * goodbye.h - the statistics line at the end of the process, on standard
 * error (os_stats), at the end of a file (stats_file), or both.
 *
 * A process with more privileges than its caller writes neither.
 */
#ifndef HK_GOODBYE_H
#define HK_GOODBYE_H

#include "base/base.h"

/* Prepares what the user asked for: once, when the library starts. */
HK_COLD void hk_goodbye_start(void);

/* Writes the line, the first time that a process calls it. */
HK_COLD void hk_goodbye(void);

#endif /* HK_GOODBYE_H */
