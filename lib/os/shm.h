/* SPDX-License-Identifier: MIT */
/*
 * shm.h - a file in memory, such as those of /dev/shm, that other processes of
 * the same user read while this one writes it, and after it.  Any thread, at
 * any time; errno stays.
 *
 * A program may forbid itself all calls to the system but those that it needs
 * (seccomp(2)), and who makes another one is killed.  So all that is not one
 * of an allocator anyway is done when a process begins: making a file costs no
 * memory, and what gets some later does so by mprotect and madvise.
 */
#ifndef HK_SHM_H
#define HK_SHM_H

#include "base/base.h"

/*
 * Makes the file `name` of `len` bytes in `directory`, which is made if it is
 * not there, and maps it at *out, where nothing may be touched yet.  What had
 * that name has it no more.  Both are for this user alone.  Returns 0; -EPERM
 * where the directory is another user's, or others may do something there;
 * -ENODEV where it may be on a disk; -EFBIG where the process may not make
 * such files; or what else the system said.
 */
int hk_shm_make(const char *directory, const char *name, size_t len,
		void **out);

/*
 * Gives whole pages of it memory: from now on they may be touched.  False
 * where there is none, or before Linux 5.14.  Should another process of the
 * same user shorten the file, touching them is a SIGBUS.
 */
bool hk_shm_commit(void *p, size_t len);

/*
 * For a child, which has its parent's: the mapping goes; or it stays, and is
 * this process's alone from now on, and zero.
 */
void hk_shm_unmap(void *p, size_t len);
void hk_shm_leave(void *p, size_t len);

/* The file loses its memory, its name and its mapping stay. */
void hk_shm_empty(void *p, size_t len);

/*
 * Takes away the files of the directory of which `is_left` says so, by the
 * name and the first HK_SHM_START bytes, which are zero where it has none.
 */
#define HK_SHM_START 128
void hk_shm_sweep(const char *directory,
		  bool (*is_left)(const char *name, const void *start));

#endif /* HK_SHM_H */
