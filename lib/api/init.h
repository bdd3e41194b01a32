/* SPDX-License-Identifier: MIT */
/*
 * init.h - what happens when the library is loaded and when the process
 * ends.  Allocation does not wait for it.
 */
#ifndef HK_INIT_H
#define HK_INIT_H

/*
 * Does nothing; being referred to, it makes the linker take init.c out of
 * the archive into a static program.
 */
void hk_init_anchor(void);

#endif /* HK_INIT_H */
