/* SPDX-License-Identifier: MIT */
/*
 * os.h - everything the library asks of the system.  All calls go straight
 * to the kernel: none allocates, none is interposed by the program, and none
 * touches errno.  Lengths are in bytes and multiples of the page size.
 *
 * Functions that can fail return 0 or a negative errno value.  Any thread
 * may call them at any time, signal handlers included.
 */
#ifndef HK_OS_H
#define HK_OS_H

#include "base/base.h"

/*
 * How long something took: [i] counts what took 2^i to 2^(i+1) - 1 ns, the
 * first also what took none, the last also what took longer.
 */
#define HK_NS_BUCKETS 32

/*
 * Counts of what was asked, for the statistics.  Written by every thread
 * with relaxed atomics: only ever in slow paths, and only their sums count.
 * Lengths are counted where the call succeeded.
 */
struct hk_os_counts {
	_Atomic uint64_t mmap, munmap, mremap, mprotect;
	_Atomic uint64_t madvise, madvise_failed;
	_Atomic uint64_t discarded;	/* bytes given back by madvise */
	_Atomic uint64_t discards;	/* calls that did so */
	_Atomic uint64_t guarded;	/* bytes made to trap, or not to */
	_Atomic uint64_t mapped, unmapped, remapped, committed;	/* bytes */
	_Atomic uint64_t huge, nohuge;	/* bytes advised to be so */
	_Atomic uint64_t populated;	/* bytes made resident ahead */
	_Atomic uint64_t call_ns[HK_NS_BUCKETS]; /* calls for memory */
	_Atomic uint64_t wait_ns[HK_NS_BUCKETS]; /* sleeps for a lock */
};
extern struct hk_os_counts hk_os_counts;

/* Counts by its duration what began at `start`, by hk_os_clock_ns(). */
void hk_os_count_time(_Atomic uint64_t *buckets, uint64_t start);

/*
 * Maps `len` bytes of zeroed, writable memory and stores its address in
 * *out.  With `at`, exactly there or not at all (-EEXIST where something
 * else is mapped); with NULL, where the kernel likes.
 */
int hk_os_map(void *at, size_t len, void **out);

/* The same for address space that may not be touched yet and costs none. */
int hk_os_reserve(void *at, size_t len, void **out);

/* Makes reserved memory writable; it is zero when first touched. */
int hk_os_commit(void *p, size_t len);

int hk_os_unmap(void *p, size_t len);

/* Resizes a mapping, moving it where it must; its new place is in *out. */
int hk_os_remap(void *p, size_t old_len, size_t new_len, void **out);

/*
 * Moves the pages of [p, p + old_len) into a new mapping of `new_len` bytes
 * and leaves the old range mapped and empty (Linux 5.7 and later; -EINVAL
 * before, and for a range that is not whole pages of the system).
 */
int hk_os_move_pages(void *p, size_t old_len, size_t new_len, void **out);

/*
 * Makes a range of memory that nobody uses read as zero: whole pages of the
 * system, which may be larger than HK_PAGE, are given back and stay mapped,
 * and what the range has of others is cleared.  It ends at a multiple of 8.
 */
int hk_os_discard(void *p, size_t len);

/*
 * Lets the system take the pages of the range when it needs memory; until
 * then they are what they were.  -EINVAL for a range without a whole page.
 */
int hk_os_discard_later(void *p, size_t len);

/*
 * Makes whole pages of a writable mapping such that touching them is a
 * SIGSEGV, their contents gone; and usable again, reading as zero.  Costs no
 * mapping (Linux 6.13 and later, -EINVAL before).
 */
int hk_os_guard(void *p, size_t len);
int hk_os_unguard(void *p, size_t len);

/* The same by protection, for which each range is a mapping of its own. */
int hk_os_forbid(void *p, size_t len);

/* Can the byte be read?  Asks the kernel, which does not trap. */
bool hk_os_readable(const void *p);

/* An access that trapped; which kind it was is not always known. */
enum hk_access { HK_ACCESS, HK_ACCESS_READ, HK_ACCESS_WRITE };
struct hk_fault {
	uintptr_t pc;		/* of the instruction */
	const void *frame;	/* pointer of its function, if it keeps one */
	enum hk_access access;
};

/* What a handler of SIGSEGV learns from its third argument. */
void hk_os_fault(const void *context, struct hk_fault *fault);

/* Makes a mapped range resident, whose pages nobody has touched yet. */
void hk_os_populate(void *p, size_t len);

/*
 * Makes what is not resident of a mapped range so; what is stays as it is,
 * also where other threads write it.  False where the system refuses, or some
 * of it may not be written: the pages left out come as they are touched.
 */
bool hk_os_prefault(void *p, size_t len);

/* A child of fork(), by whatever call, finds zeros there. */
int hk_os_wipe_on_fork(void *p, size_t len);

/* Asks for huge pages in a range, or for none. */
int hk_os_huge_pages(void *p, size_t len, bool on);

/*
 * Writes all of a text to a file descriptor.  No point where a thread is
 * cancelled.
 */
int hk_os_write(int fd, const void *buf, size_t len);

/* Milliseconds since some time in the past, to a few milliseconds. */
uint64_t hk_os_clock_ms(void);

/* Nanoseconds since some time in the past, since the boot, and since 1970. */
uint64_t hk_os_clock_ns(void);
uint64_t hk_os_boot_ns(void);
uint64_t hk_os_date_ns(void);

/* The numbers of process and thread, as the kernel tells them now. */
uint32_t hk_os_pid(void);
uint32_t hk_os_tid(void);

/* Which numbers these are: of the namespace's /proc entry; 0: not known. */
uint64_t hk_os_pid_namespace(void);

/* Has any process of it this number? */
bool hk_os_pid_lives(uint32_t pid);

/* Fills `buf` with random bytes, the best that the system gives at once. */
void hk_os_random(void *buf, size_t len);

/* Bytes of memory that the machine has, swap included. */
size_t hk_os_memory(void);

/* The limit on this process's address space (RLIMIT_AS), at most 2^48. */
size_t hk_os_limit(void);

/* The page size in bytes. */
size_t hk_os_page_size(void);

/* The end of the addresses that a program may map, a power of two. */
uintptr_t hk_os_address_top(void);

/* Has the process more privileges than its caller (AT_SECURE)? */
bool hk_os_secure(void);

/*
 * The environment as the kernel handed it over, "NAME=value" until NULL, or
 * NULL for a process with AT_SECURE.  Works before the C library has started.
 */
const char *const *hk_os_environment(void);

/*
 * In a process with AT_SECURE, takes the variables whose names start with
 * `prefix` out of the environment: what it executes with its privileges is
 * not steered by them either.
 */
void hk_os_scrub_environment(const char *prefix);

/*
 * Is what follows the last slash of `path` among these names, blanks or commas
 * between?
 */
bool hk_os_name_among(const char *path, const char *names);

/*
 * Is the program of this process one of `names`, blanks or commas between?  By
 * the name of its file, and, but with AT_SECURE, by the name that it was
 * executed by, which for a script is the script's.
 */
bool hk_os_program_among(const char *names);

/*
 * Reads a file that only root can have written: a regular one, owned by root,
 * that neither group nor others may write, of at most `size` bytes.  Returns
 * 0 with its length in *len, -ENOENT, -EPERM where it is not such a file,
 * -EFBIG, or what else the system said.
 */
int hk_os_read_trusted(const char *path, char *buf, size_t size, size_t *len);

/*
 * Reads the beginning of a file into `buf`, at most `size` - 1 bytes and a
 * zero behind them.  Returns 0 or a negative errno value.
 */
int hk_os_read_file(const char *path, char *buf, size_t size);

/*
 * Gives the lines of a file to `line`, ended by a zero instead of a newline
 * and cut off where they are longer than `buf`, until it returns true.
 * Returns whether one did.
 */
bool hk_os_each_line(const char *path, char *buf, size_t size,
		     bool (*line)(const char *text, void *arg), void *arg);

/* Tells the calling thread's name, which ends with \0; and gives it one. */
void hk_os_name(char name[16]);
void hk_os_name_thread(const char *name);

/*
 * Sleeps while *word is `value`, at most `ms` milliseconds with the second;
 * wakes at most `n` sleepers.
 */
void hk_os_wait(_Atomic uint32_t *word, uint32_t value);
void hk_os_wait_ms(_Atomic uint32_t *word, uint32_t value, unsigned int ms);
void hk_os_wake(_Atomic uint32_t *word, int n);

/* Tells the processor that this is a spin loop. */
void hk_os_pause(void);

#endif /* HK_OS_H */
