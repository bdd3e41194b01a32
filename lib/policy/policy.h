/* SPDX-License-Identifier: MIT */
/*
 * policy.h - what a user may choose, decided once at start.
 */
#ifndef HK_POLICY_H
#define HK_POLICY_H

#include "base/base.h"

struct hk_policy {
	bool os_stats;		/* HAKMEM_SS_OS_STATS */
	bool force_libc;	/* HAKMEM_FORCE_LIBC_ALLOC */
	bool background_thread;	/* HAKMEM_BACKGROUND_THREAD */
	bool ignore_cgroup;	/* the limit of the control group */
	bool learner;		/* HAKMEM_LEARNER */
};

/* Written by the constructor, before the program's threads. */
extern struct hk_policy hk_policy;

#endif /* HK_POLICY_H */
