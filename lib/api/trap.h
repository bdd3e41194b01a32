/* SPDX-License-Identifier: MIT */
/*
 * trap.h - the handler of SIGSEGV that reports accesses to guard pages.
 *
 * It is there only where the program has none of its own, and reports only:
 * the process then ends as it would have without, by the same signal at the
 * same instruction, with the same core.  So do all others that the signal
 * ends for another reason.
 */
#ifndef HK_TRAP_H
#define HK_TRAP_H

#include "base/base.h"

/* There is something to trap: once for a process, later calls do nothing. */
HK_COLD void hk_trap_arm(void);

#endif /* HK_TRAP_H */
