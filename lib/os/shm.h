/* SPDX-License-Identifier: MIT */
/*
 * shm.h - a file in memory, such as those of /dev/shm, that other processes of
 * the same user read while this one writes it, and after it.  Any thread, at
 * any time; errno stays.
 */
#ifndef HK_SHM_H
#define HK_SHM_H

#include "base/base.h"

/*
 * Could a file of `len` bytes be made in `directory`, which is made if it is
 * not there?  Returns 0; -EPERM where the directory is another user's, or
 * others may do something there; -ENODEV where it may be on a disk; -EFBIG
 * where the process may not make such files; or what else the system said.
 */
int hk_shm_check(const char *directory, size_t len);

/*
 * Makes the file `name` of `len` bytes in `directory`, for this user alone as
 * that is, and maps it at *out.  The first `ready` bytes have memory; those
 * behind have to be prefaulted before they are touched, as there may be none.
 * What had that name has it no more.  Returns as hk_shm_check().
 */
int hk_shm_make(const char *directory, const char *name, size_t len,
		size_t ready, void **out);

/* Takes the file's name away, for as long as it is this user's. */
void hk_shm_remove(const char *directory, const char *name);

#endif /* HK_SHM_H */
