/* SPDX-License-Identifier: MIT */
/*
 * cgroup.h - the limit on memory of the control group that the process is
 * in, read from the kernel's files.
 */
#ifndef HK_OS_CGROUP_H
#define HK_OS_CGROUP_H

#include "base/base.h"

/*
 * The least limit of the group and of all above it, in bytes; SIZE_MAX where
 * there is none or nobody says.  `proc` is the file of the process's groups
 * ("/proc/self/cgroup"), `root` where their file systems are mounted
 * ("/sys/fs/cgroup").  One thread at a time; costs some twenty calls to the
 * system.
 */
size_t hk_os_cgroup_limit(const char *proc, const char *root);

#endif /* HK_OS_CGROUP_H */
