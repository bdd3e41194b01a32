/* SPDX-License-Identifier: MIT */
/*
 * page.h - the layout of the statistics page: what another process finds at
 * the symbol hakmem_stats_page.  Reading it costs the process nothing, and
 * nothing of the library's code runs.
 *
 *   hakmem_stats_page          schema, `rows` times      text
 *   +---------------------+    +------------------+      +----------------
 *   | magic, sizes, pid   |    | name, type, unit |----->| name \0 help \0
 *   | schema -------------|--->| section, offset  |      +----------------
 *   | section[0] ---------|-+  | count, stride    |
 *   | section[1] ...      | |  +------------------+      values
 *   +---------------------+ +--------------------------->+----------------
 *                                                        | where they are
 *
 * The values stay where the library counts; a row tells where in its section
 * they are.  A section with a link is a list of blocks, one for each heap:
 * the value is the sum over them.  They never go away, and the list grows at
 * its front.
 *
 * A section with a word that says how many is a table of records, one for
 * each unit of memory: a row of it tells where in a record its value is, and
 * has no count of its own.  What a unit's values mean is below; a library for
 * which that is no longer so has rows of other names.
 *
 * A reader goes by the sizes in the header, so that it reads the pages of
 * later versions, whose structs are longer and which have more rows.  `abi`
 * is raised only where that would go wrong.  All is in the byte order and
 * word size of the process.
 *
 * The map behind the sections tells which addresses are the library's, for
 * who wants to know what a page of memory is used for.
 *
 * This header needs nothing else of the library.
 */
#ifndef HK_PAGE_H
#define HK_PAGE_H

#include <stdint.h>

#define HK_PAGE_MAGIC	"HAKMEMPG"	/* without its \0 */
#define HK_PAGE_ABI	1u

enum hk_page_type {
	HK_PAGE_COUNTER = 'c',	/* only grows; a child has its parent's */
	HK_PAGE_GAUGE = 'g',
	HK_PAGE_LABEL = 'l',	/* tells which: never added */
};

enum hk_page_unit {
	HK_PAGE_NUMBER = 'n',
	HK_PAGE_BYTES = 'b',
};

/* What element i of a value with several is of. */
enum hk_page_index {
	HK_PAGE_ONE = 0,	/* there is one */
	HK_PAGE_CLASS = 'c',	/* size class `first` + i */
	HK_PAGE_RANK = 'r',	/* lock rank `first` + i */
	HK_PAGE_TIME = 't',	/* 2^i to 2^(i + 1) - 1 ns; last: and more */
	HK_PAGE_UNIT = 'u',	/* one in each record of a table */
};

/*
 * The value unit_state: what a unit is.  A slab of small blocks is one unit,
 * which belongs to the heap at the address unit_owner and has unit_carved
 * blocks so far; where option_seal is on, its first place has none.  unit_count
 * tells how many of them are out; in a full slab, how many more than its
 * capacity less unit_wake; in the current one, that and one more.  unit_robbed
 * of them wait for the owner.
 *
 * A slab of medium blocks is several units.  The first one has bit i of
 * unit_avail set for block i in the slab, and of unit_idle where that may be
 * resident; so it has for blocks from unit_carved on, never handed out.
 */
enum hk_page_unit_state {
	HK_PAGE_SLAB_CURRENT = 5,
	HK_PAGE_SLAB_USABLE = 6,
	HK_PAGE_SLAB_FULL = 7,
	HK_PAGE_MEDIUM = 8,	/* the first of a slab */
	HK_PAGE_MEDIUM_PART = 9,
	HK_PAGE_RUN = 10,	/* the first of a block with the program */
};

/* The value heap_thread, where it is not the number of a thread. */
#define HK_PAGE_THREAD_FIRST 0u		/* that which used the library first,
					   or forked: the process's number */
#define HK_PAGE_THREAD_GONE UINT32_MAX	/* it was not forked */

struct hk_page_row {
	uint16_t name;		/* offset in text: name, then help */
	uint8_t type, unit, index;
	uint8_t section;
	uint8_t width;		/* of an element: 1, 2, 4 or 8 bytes */
	uint8_t shift;		/* the value is the word shifted left by it */
	uint16_t count;		/* elements */
	uint16_t stride;	/* bytes from one to the next */
	uint16_t first;		/* see `index` */
	uint16_t unused;
	uint32_t offset;	/* of the first element, in the section */
};

struct hk_page_section {
	uint64_t at;		/* address; 0: not yet known */
	uint32_t size;		/* bytes to read there, or of each block */
	uint32_t link;		/* 0, or `at` is the address of a pointer to
				   a block that has one to the next here */
	uint64_t many;		/* 0, or `at` is the address of a pointer to
				   a table of records of that size, and this
				   that of a 64-bit word: how many, once */
	uint32_t many_shift;	/* it was shifted right by so much */
	uint32_t unused;
};

struct hk_page {
	char magic[8];
	uint32_t abi;
	uint32_t size;		/* of this struct, without the sections */
	uint32_t row_size;	/* of each row and section */
	uint32_t section_size;
	uint32_t rows, sections;
	uint64_t schema, text;	/* addresses */
	uint32_t text_size;
	uint32_t pid;		/* 0: the library has not started */
	uint64_t start_ns;	/* when it did, or the fork: since 1970 */
	uint64_t map;		/* address; 0: a page without one */
};

/*
 * Where the library's memory is.  Lists and arrays change while they are
 * read: a reader bounds what it makes of them.
 */
struct hk_page_map {
	uint32_t size;		/* of this struct */
	uint32_t unit_size;	/* bytes */
	uint64_t arena;		/* address of three words: where unit 0 is,
				   bytes of the units that have descriptors,
				   where the first of these is */
	uint64_t huge;		/* address of a pointer to pairs of words:
				   where a huge block is, its length; where
				   the first is 0, the pair is none */
	uint64_t huge_pairs;	/* address of their number */
	uint64_t guard;		/* address of a word: where the pages between
				   guard pages are; 0: nowhere */
	uint64_t guard_size;	/* address of their length */
	uint64_t chunks;	/* address of a pointer to the newest chunk
				   of metadata; each begins with a pointer
				   to the one before it, and its length */
	/* A unit's descriptor: how long it is, and where in it are */
	uint16_t desc_size;
	uint16_t state;		/* 1 byte: enum hk_state, unitmap.h */
	uint16_t class;		/* 1 byte */
	uint16_t carved;	/* 2 bytes */
	uint16_t wake;		/* 2 bytes */
	uint16_t count;		/* 4 bytes */
	uint16_t units;		/* 4 bytes */
	uint16_t avail;		/* 8 bytes */
	uint16_t robbed;	/* 2 bytes: rob_count */
	uint16_t unused[3];
	uint64_t capacities;	/* address of 2 bytes for each class: blocks
				   in a slab */
	uint64_t request;	/* address of a struct hk_page_request */
};

/* What a process can be asked to do. */
enum hk_page_what {
	HK_PAGE_SET = 1,	/* give an option a value: text is KEY=VALUE */
	HK_PAGE_TRIM = 2,	/* give memory back: text is empty */
};

#define HK_PAGE_REQUEST_TEXT 320

/*
 * A request to the process, by whoever may write into its memory anyway:
 *
 *   asker                               process, any thread, any slow path
 *   what, text
 *   asked = number ------------------>  asked is not taken:
 *                                       taken = number, by one thread
 *                                       ... does it ...
 *                                       result
 *   done is number: result  <---------  done = number
 *
 * The asker writes `asked` by a system call of its own, after the one that
 * wrote the rest; askers exclude each other by flock() of the process's file
 * /proc/PID/maps.  Numbers only grow.  A request is done when a thread next
 * comes out of a slow path: by a process that allocates nothing, never.
 */
struct hk_page_request {
	uint32_t size;		/* of this struct */
	uint32_t what;		/* asker: enum hk_page_what */
	uint64_t asked;		/* asker: its number, release */
	uint64_t taken;		/* process: the last one begun, a CAS */
	uint64_t done;		/* process: the last one done, release */
	int64_t result;		/* process: 0, or a negative errno value */
	char text[HK_PAGE_REQUEST_TEXT]; /* asker: \0 ends it */
};

#endif /* HK_PAGE_H */
