/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - what the kernel's files say about a control group's limit on
 * memory, as text.  Nothing here reads a file: see os/cgroup.h.
 */
#ifndef HK_CGROUP_H
#define HK_CGROUP_H

#include "base/base.h"

/* The two kinds of hierarchy that may have the memory controller. */
enum hk_cgroup {
	HK_CGROUP_V2,		/* memory.max */
	HK_CGROUP_V1,		/* memory.limit_in_bytes */
};

/*
 * Finds the process's group in the text of /proc/self/cgroup: the path,
 * with its first "/", is *len characters at the returned place.  The memory
 * controller is in at most one hierarchy: where v1 has it, that counts.
 * NULL where the text names none.
 */
const char *hk_cgroup_path(const char *text, enum hk_cgroup *kind,
			   size_t *len);

/*
 * The number of bytes that a limit's file says; SIZE_MAX for "max", for what
 * v1 says where there is none, and for what is no number.
 */
size_t hk_cgroup_bytes(const char *text);

#endif /* HK_CGROUP_H */
