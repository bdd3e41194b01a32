/* SPDX-License-Identifier: MIT */
/*
 * maps.h - which file an address of code is in, as /proc/self/maps has it.
 * For reports of a process that is about to end: raw calls, no memory, no
 * lock of the dynamic linker.
 */
#ifndef HK_MAPS_H
#define HK_MAPS_H

#include "base/base.h"

struct hk_place {
	uintptr_t offset;	/* in the file's image, as addr2line wants */
	char file[200];		/* the end of a longer name */
};

/* False where the address is in no mapping of a file. */
bool hk_maps_find(uintptr_t address, struct hk_place *place);

#endif /* HK_MAPS_H */
