/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what the workloads share: arguments, a random number generator
 * of their own, stamped blocks, threads, the clock and the closing line.
 *
 * A workload is one program with one C file.  It takes its amount of work
 * from its arguments (never from a clock), so that every allocator does the
 * same; it keeps its own tables outside the allocator that is measured
 * (table_new); it stamps what it allocates and leaves with status 1 when a
 * stamp has changed; and it ends with one line on standard output,
 *
 *	NAME: FIGURE UNIT, key=value key=value ...
 *
 * Everything is static inline: a workload links with libc and nothing else.
 * All of it is C++ too, for the one workload that is.
 */
#ifndef BENCH_H
#define BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define MAX_THREADS 256

/* Ends the program with status 1 and a line on standard error. */
__attribute__((noreturn, format(printf, 1, 2), cold))
static inline void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("bench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	_Exit(1);
}

/* Seconds since some moment in the past; never goes back. */
static inline double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/*
 * Argument n of the program as a number of min..max, or def where the
 * command line is shorter.  Status 2 when it is not such a number.
 */
static inline uint64_t arg_number(int argc, char **argv, int n,
				  const char *name, uint64_t def,
				  uint64_t min, uint64_t max)
{
	unsigned long long value;
	char *end;

	if (n >= argc)
		return def;
	errno = 0;
	value = strtoull(argv[n], &end, 0);
	if (errno || end == argv[n] || *end || argv[n][0] == '-' ||
	    value < min || value > max) {
		fprintf(stderr, "%s: %s must be %" PRIu64 "..%" PRIu64
			", not \"%s\"\n", argv[0], name, min, max, argv[n]);
		exit(2);
	}
	return value;
}

/* Prints how the program is called and ends it, when that is asked for. */
static inline void arg_help(int argc, char **argv, const char *usage)
{
	if (argc > 1 && (!strcmp(argv[1], "--help") ||
			 !strcmp(argv[1], "-h"))) {
		printf("usage: %s %s\n", argv[0], usage);
		exit(0);
	}
}

/* --- random numbers ---------------------------------------------------- */

/* A xorshift generator with a multiplied output; state is never 0. */
struct rng {
	uint64_t state;
};

/* A generator for one stream (a thread, a round) of a seed. */
static inline struct rng rng_new(uint64_t seed, uint64_t stream)
{
	struct rng r;
	uint64_t x = seed * 0x9e3779b97f4a7c15 + stream * 0xd1342543de82ef95;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	x ^= x >> 31;
	r.state = x ? x : 1;
	return r;
}

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t x = r->state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	r->state = x;
	return x * 0x2545f4914f6cdd1d;
}

/* The upper half of a random number scaled to 0..n-1 (n up to 2^32). */
static inline size_t scale_high(uint64_t random, uint64_t n)
{
	return (size_t)(((random >> 32) * n) >> 32);
}

/* The same of the lower half: two small numbers from one rng_next(). */
static inline size_t scale_low(uint64_t random, uint64_t n)
{
	return (size_t)(((random & UINT32_MAX) * n) >> 32);
}

/* A number of 0..n-1. */
static inline size_t rng_below(struct rng *r, uint64_t n)
{
	return scale_high(rng_next(r), n);
}

/* A number of min..max. */
static inline size_t rng_range(struct rng *r, size_t min, size_t max)
{
	return min + rng_below(r, (uint64_t)(max - min) + 1);
}

/* --- blocks ------------------------------------------------------------ */

/*
 * A block carries a byte made of its size and a tag of the holder (a slot
 * number, say) in its first and last byte.  block_check() finds another
 * holder's write; block_delete() leaves the first byte inverted, so a block
 * that was given to two holders is found by the second of them.
 */
static inline unsigned char block_stamp(size_t size, size_t tag)
{
	return (unsigned char)(size * 31 + tag);
}

static inline void block_mark(unsigned char *p, size_t size, size_t tag)
{
	unsigned char stamp = block_stamp(size, tag);

	p[0] = stamp;
	p[size - 1] = stamp;
}

static inline void block_check(const unsigned char *p, size_t size, size_t tag)
{
	unsigned char stamp = block_stamp(size, tag);

	if (p[0] != stamp || p[size - 1] != stamp)
		die("block %p of %zu bytes: stamp %02x is %02x .. %02x",
		    (const void *)p, size, stamp, p[0], p[size - 1]);
}

/* malloc, or the end of the program; never elided by the compiler. */
static inline unsigned char *block_raw(size_t size)
{
	unsigned char *p = (unsigned char *)malloc(size);

	if (!p)
		die("malloc(%zu) failed", size);
	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

static inline unsigned char *block_new(size_t size, size_t tag)
{
	unsigned char *p = block_raw(size);

	block_mark(p, size, tag);
	return p;
}

static inline void block_delete(unsigned char *p, size_t size, size_t tag)
{
	block_check(p, size, tag);
	p[0] = (unsigned char)~p[0];
	__asm__ volatile("" : : "r"(p) : "memory");
	free(p);
}

/*
 * A zeroed table for the workload's own use.  It comes from the kernel, so
 * that neither its time nor its place depends on the allocator.
 */
static inline void *table_new(size_t count, size_t size)
{
	void *p = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("no memory for a table of %zu x %zu bytes", count, size);
	return p;
}

/*
 * What /proc/self/status tells under a name like "VmRSS:", in KiB.  It is
 * read without the allocator.
 */
static inline size_t status_kib(const char *name)
{
	char text[4096];
	const char *p;
	ssize_t n;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		die("/proc/self/status: %s", strerror(errno));
	close(fd);
	text[n] = '\0';
	p = strstr(text, name);
	if (!p)
		die("/proc/self/status has no %s", name);
	return strtoul(p + strlen(name), NULL, 10);
}

/* --- threads and the closing line -------------------------------------- */

static inline pthread_t thread_start(void *(*run)(void *), void *arg)
{
	pthread_t id;
	int err = pthread_create(&id, NULL, run, arg);

	if (err)
		die("pthread_create: %s", strerror(err));
	return id;
}

static inline void thread_join(pthread_t id)
{
	int err = pthread_join(id, NULL);

	if (err)
		die("pthread_join: %s", strerror(err));
}

/*
 * Runs run(args[i]) in n threads at once and waits for all of them; args is
 * an array of n elements of the given size.  One thread means the calling
 * one: a program without threads is a case of its own for an allocator.
 * Returns the seconds that it took.
 */
static inline double threads_run(size_t n, void *(*run)(void *), void *args,
				 size_t size)
{
	pthread_t id[MAX_THREADS];
	double start = now();

	if (n == 1) {
		run(args);
		return now() - start;
	}
	for (size_t i = 0; i < n; i++)
		id[i] = thread_start(run, (char *)args + i * size);
	for (size_t i = 0; i < n; i++)
		thread_join(id[i]);
	return now() - start;
}

/*
 * A line about a slice of a long run: how many operations it had for each
 * second of processor time since the line before, and what is resident.  So
 * other programs on the machine count little.  `cpu` is the time at the start
 * of the slice, and becomes that of the next.
 */
static inline void report_slice(const char *name, uint64_t ops, double *cpu)
{
	struct timespec t;
	double end;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	end = (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
	if (end > *cpu)
		printf("%s: slice ops=%" PRIu64 " ops/cpu_s=%.0f rss_kib=%zu\n",
		       name, ops, (double)ops / (end - *cpu),
		       status_kib("VmRSS:"));
	fflush(stdout);
	*cpu = end;
}

/* The closing line of a workload that counts operations. */
static inline void report_ops(const char *name, uint64_t ops, double seconds)
{
	printf("%s: %.3f M ops/s, ops=%" PRIu64 " seconds=%.4f\n", name,
	       (double)ops / seconds * 1e-6, ops, seconds);
}

#endif /* BENCH_H */
