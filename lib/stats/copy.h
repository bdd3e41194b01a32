/* SPDX-License-Identifier: MIT */
/*
 * copy.h - the layout of the statistics page's copy in /dev/shm, which the
 * option stats_shm asks for: for who may not read the process's memory, and
 * for when there is no process any more.
 *
 *   /dev/shm/hakmem-UID/PID.NAMESPACE
 *   +------+-------------------------+-------+------+-------+------
 *   | head | piece[0] piece[1] ...   | page  | rows | text  | ...
 *   +------+-------------------------+-------+------+-------+------
 *
 * A piece is a range of the process's memory and where in the file it is.  So
 * who can read a page (page.h) in memory can read it here, by the same
 * addresses: it begins at `page`.  It has no table of units and no map.
 *
 * NAMESPACE is the one that PID is of: the number that the file
 * /proc/self/ns/pid has.  The process has the file mapped, and copies all
 * pieces anew now and then, word by word: figures are as they are for who
 * reads the memory itself.  The file is longer than what is in it, and empty
 * where nothing was copied yet, or ever.
 *
 * This header needs nothing else of the library.
 */
#ifndef HK_COPY_H
#define HK_COPY_H

#include <stdint.h>

#define HK_COPY_DIRECTORY "/dev/shm/hakmem-"	/* then the user's number */

#define HK_COPY_MAGIC	"HAKMEMCP"	/* without its \0 */
#define HK_COPY_ABI	1u

struct hk_copy_piece {
	uint64_t at;		/* address in the process */
	uint64_t len;		/* bytes */
	uint64_t from;		/* where they are in the file */
};

/* Written by one thread of the process at a time. */
struct hk_copy {
	char magic[8];
	uint32_t abi;
	uint32_t size;		/* of this struct: the pieces follow */
	uint32_t piece_size;
	uint32_t pieces;	/* release: so many are whole */
	uint64_t page;		/* address */
	uint64_t date_ns;	/* since 1970, of the last time; 0: there was
				   none.  Release, the last word written */
	uint64_t boot_ns;	/* since the boot, when the process began, as
				   the clock of /proc/PID/stat has it */
	uint32_t pid;		/* as the process has it */
	uint32_t left_out;	/* heaps that there was no room for */
	char name[16];		/* the process's: \0 ends it */
};

#endif /* HK_COPY_H */
