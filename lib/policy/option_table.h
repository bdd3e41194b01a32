/* SPDX-License-Identifier: MIT */
/*
 * option_table.h - every option, once: what is parsed, what each preset
 * has, what may change while a process runs, what hakmem-stat lists.  Whoever
 * includes it says what a row is to become (X-macro).
 *
 *   X(ID, name, type, unit, changes, least, most,
 *     balanced, speed-first, hardened, words, help)
 *
 *   type     BOOL, SIZE (bytes), PERCENT (in tenths), MS, NUMBER, ENUM (the
 *            position among `words`), TEXT (those rows are the last ones)
 *   changes  whether it may change at run time: nothing in a heap that was
 *            made under the old value may become wrong
 *
 * The preset "balanced" is how the library behaves when nobody chooses
 * anything.  "hardened" has its values, but for the seal.
 * man/hakmem.conf.5 has a row for each, with the same values.
 */
#ifndef HK_OPTION_TABLE_H
#define HK_OPTION_TABLE_H

#define HK_TABLE_K(n)	((size_t)(n) << 10)
#define HK_TABLE_M(n)	((size_t)(n) << 20)
#define HK_TABLE_T(n)	((size_t)(n) << 40)

#define HK_OPTION_TABLE(X)	HK_OPTION_NUMBERS(X) HK_OPTION_TEXTS(X)

#define HK_OPTION_NUMBERS(X)						\
X(PRESET, "preset", ENUM, "", true, 0, 2, 0, 1, 2,			\
  "balanced|speed-first|hardened",					\
  "the values of all options that are not chosen one by one")		\
X(PURGE_AGE, "purge_age", MS, "ms", true,				\
  0, 86400000, 1000, 4000, 1000, "",					\
  "how long freed memory waits for reuse before it is given back")	\
X(DIRTY_BUDGET, "dirty_budget", PERCENT, "percent", true,		\
  0, 10000, 125, 500, 125, "",						\
  "how much of it may wait, as a share of what is in use")		\
X(DIRTY_MIN, "dirty_min", SIZE, "bytes", true,				\
  0, HK_TABLE_T(1), HK_TABLE_M(8), HK_TABLE_M(8), HK_TABLE_M(8), "",	\
  "so much may wait in any case, up to half of what is in use")		\
X(DECOMMIT, "decommit", ENUM, "", true, 0, 2, 2, 2, 2,			\
  "off|free|dontneed",							\
  "how memory is given back: not unasked, when the system needs it, now") \
X(LEAN, "lean", BOOL, "", true, 0, 1, 0, 0, 0, "",			\
  "nothing waits while more than lean_target is resident; no prewarm")	\
X(LEAN_TARGET, "lean_target", SIZE, "bytes", true, 0, HK_TABLE_T(4),	\
  HK_TABLE_M(10), HK_TABLE_M(10), HK_TABLE_M(10), "",			\
  "the size of the heap up to which freed memory may wait with lean")	\
X(PREWARM, "prewarm", SIZE, "bytes", false,				\
  0, HK_TABLE_M(1024), 0, HK_TABLE_M(2), 0, "",				\
  "memory that is made resident when the process starts")		\
X(EMPTIES, "empties", NUMBER, "slabs", true, 0, 32, 2, 8, 2, "",	\
  "empty slabs of 32 KiB that a heap keeps for any size, at first")	\
X(BATCH, "batch", NUMBER, "blocks", true, 2, 31, 31, 31, 31, "",	\
  "blocks of a size above 1 KiB that a thread keeps ready, at most")	\
X(WAKE, "wake", NUMBER, "1/N", true, 2, 1024, 32, 32, 32, "",		\
  "a full slab is used again once one block in so many is free")	\
X(SHARE, "share", NUMBER, "calls", true,				\
  0, 1000000, 512, 0, 512, "",						\
  "so many a thread makes in a second before it gets its own heap")	\
X(GUARD, "guard", NUMBER, "1/N", true,					\
  0, 1000000000, 4000, 4000, 4000, "",					\
  "one allocation in so many gets a page between guard pages; 0: none")	\
X(SEAL, "seal", BOOL, "", false, 0, 1, 0, 0, 1, "",			\
  "blocks are sealed, cleared when freed, and wait before they come again") \
X(HUGE_PAGES, "huge_pages", ENUM, "", true, 0, 2, 0, 0, 0,		\
  "auto|never|always",							\
  "where huge pages are asked for: in large, dense heaps by auto")	\
X(HUGE_PAGES_FROM, "huge_pages_from", SIZE, "bytes", true,		\
  0, HK_TABLE_T(4), HK_TABLE_M(32), HK_TABLE_M(8), HK_TABLE_M(32), "",	\
  "the size of a heap from which auto asks for them")			\
X(ARENA_SIZE, "arena_size", SIZE, "bytes", false,			\
  0, HK_TABLE_T(4), 0, 0, 0, "",					\
  "addresses that the heap may take, from 64 MiB; 0: by the machine's")	\
X(CGROUP, "cgroup", BOOL, "", false, 0, 1, 1, 1, 1, "",			\
  "at most 1/16 of a control group's limit on memory waits for reuse")	\
X(BACKGROUND_THREAD, "background_thread", BOOL, "", false,		\
  0, 1, 0, 0, 0, "",							\
  "a thread gives memory back while the program sleeps")		\
X(LEARNER, "learner", BOOL, "", false, 0, 1, 0, 0, 0, "",		\
  "what is learned of slabs that become empty decides of what is kept")	\
X(STATS_PAGE, "stats_page", BOOL, "", false, 0, 1, 1, 1, 1, "",		\
  "let others look into the process, who may read its memory anyway")	\
X(STATS_SHM, "stats_shm", BOOL, "", false, 0, 1, 0, 0, 0, "",		\
  "keep a copy of the page in /dev/shm, for when it cannot be read")	\
X(OS_STATS, "os_stats", BOOL, "", false, 0, 1, 0, 0, 0, "",		\
  "print the statistics line on standard error at the end")		\
X(FORCE_LIBC, "force_libc", BOOL, "", false, 0, 1, 0, 0, 0, "",		\
  "serve the process by the C library's own allocator")

#define HK_OPTION_TEXTS(X)						\
X(STATS_FILE, "stats_file", TEXT, "", false, 0, 255, 0, 0, 0, "",	\
  "append the statistics line to this file; %p is the process's number") \
X(EXCLUDE, "exclude", TEXT, "", false, 0, 255, 0, 0, 0, "",		\
  "programs that run as with force_libc: names, blanks between them")

#endif /* HK_OPTION_TABLE_H */
