/* SPDX-License-Identifier: MIT */
/*
 * client.c - a program as one could write it for libhakmem 1.0: it uses each
 * symbol that the library of that release exports for programs, and believes
 * what the header beside it says.  tests/build/baseline.test builds it with
 * that header and runs it on the library of today.
 *
 * Prints the version of the library; exits with 1, and names the line, where
 * something is not as it was.  Once released it is not changed.
 */
#define _GNU_SOURCE
#include "hakmem.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(cond)							\
	do {								\
		if (!(cond)) {						\
			fprintf(stderr, "client.c:%d: not so: %s\n",	\
				__LINE__, #cond);			\
			exit(1);					\
		}							\
	} while (0)

/* What the headers of the C library do not declare, or not yet. */
void cfree(void *ptr);
void free_sized(void *ptr, size_t size);
void free_aligned_sized(void *ptr, size_t alignment, size_t size);
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *ptr, size_t size);
void *__libc_reallocarray(void *ptr, size_t count, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void *__libc_valloc(size_t size);
void *__libc_pvalloc(size_t size);
void __libc_free(void *ptr);
int __libc_mallopt(int param, int value);
struct mallinfo __libc_mallinfo(void);

/* operator new and delete, as a C++ compiler calls them on 64-bit systems. */
void *_Znwm(size_t size);
void *_Znam(size_t size);
void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag);
void *_ZnamRKSt9nothrow_t(size_t size, const void *tag);
void *_ZnwmSt11align_val_t(size_t size, size_t alignment);
void *_ZnamSt11align_val_t(size_t size, size_t alignment);
void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment,
					 const void *tag);
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment,
					 const void *tag);
void _ZdlPv(void *ptr);
void _ZdaPv(void *ptr);
void _ZdlPvm(void *ptr, size_t size);
void _ZdaPvm(void *ptr, size_t size);
void _ZdlPvRKSt9nothrow_t(void *ptr, const void *tag);
void _ZdaPvRKSt9nothrow_t(void *ptr, const void *tag);
void _ZdlPvSt11align_val_t(void *ptr, size_t alignment);
void _ZdaPvSt11align_val_t(void *ptr, size_t alignment);
void _ZdlPvSt11align_val_tRKSt9nothrow_t(void *ptr, size_t alignment,
					 const void *tag);
void _ZdaPvSt11align_val_tRKSt9nothrow_t(void *ptr, size_t alignment,
					 const void *tag);
void _ZdlPvmSt11align_val_t(void *ptr, size_t size, size_t alignment);
void _ZdaPvmSt11align_val_t(void *ptr, size_t size, size_t alignment);

/* A block of `size` bytes at a multiple of `alignment`; it is given back. */
static void *whole(void *block, size_t size, size_t alignment)
{
	CHECK(block != NULL);
	CHECK((size_t)block % alignment == 0);
	CHECK(hakmem_malloc_usable_size(block) >= size);
	memset(block, 0x5a, size);
	return block;
}

static void *zeroed(void *block, size_t size)
{
	const char *bytes = block;

	CHECK(block != NULL);
	for (size_t i = 0; i < size; i++)
		CHECK(bytes[i] == 0);
	return whole(block, size, 16);
}

static void our_names(void)
{
	void *p = NULL;

	hakmem_free(whole(hakmem_malloc(100), 100, 16));
	hakmem_free_sized(whole(hakmem_malloc(100), 100, 16), 100);
	hakmem_free_aligned_sized(whole(hakmem_aligned_alloc(256, 100), 100,
					256), 256, 100);
	hakmem_free(zeroed(hakmem_calloc(10, 30), 300));
	p = zeroed(hakmem_zalloc(300), 300);
	p = whole(hakmem_realloc(p, 5000), 5000, 16);
	p = whole(hakmem_reallocarray(p, 100, 1000), 100000, 16);
	hakmem_free(p);
	hakmem_free(whole(hakmem_memalign(48, 100), 100, 64));
	hakmem_free(whole(hakmem_valloc(100), 100, 4096));
	hakmem_free(whole(hakmem_pvalloc(100), 4096, 4096));
	CHECK(hakmem_posix_memalign(&p, 128, 100) == 0);
	hakmem_free(whole(p, 100, 128));
	CHECK(hakmem_posix_memalign(&p, 3, 100) == EINVAL);
	CHECK(hakmem_good_size(100) >= 100);
	CHECK(hakmem_good_size((size_t)-1) == 0);
	CHECK(hakmem_malloc_usable_size(NULL) == 0);
	CHECK((hakmem_trim(0) & ~1) == 0);

	errno = 0;
	p = hakmem_malloc((size_t)-100);
	CHECK(p == NULL && errno == ENOMEM);
}

static void libc_names(void)
{
	void *p = NULL;

	free(whole(malloc(100), 100, 16));
	cfree(whole(malloc(100), 100, 16));
	free_sized(whole(malloc(100), 100, 16), 100);
	free_aligned_sized(whole(aligned_alloc(256, 100), 100, 256), 256, 100);
	p = zeroed(calloc(10, 30), 300);
	p = whole(realloc(p, 5000), 5000, 16);
	p = whole(reallocarray(p, 100, 1000), 100000, 16);
	free(p);
	free(whole(memalign(64, 100), 100, 64));
	free(whole(valloc(100), 100, 4096));
	free(whole(pvalloc(100), 4096, 4096));
	CHECK(posix_memalign(&p, 128, 100) == 0);
	CHECK(malloc_usable_size(p) == hakmem_malloc_usable_size(p));
	free(p);

	__libc_free(whole(__libc_malloc(100), 100, 16));
	p = zeroed(__libc_calloc(10, 30), 300);
	p = whole(__libc_realloc(p, 5000), 5000, 16);
	p = whole(__libc_reallocarray(p, 100, 1000), 100000, 16);
	__libc_free(p);
	__libc_free(whole(__libc_memalign(64, 100), 100, 64));
	__libc_free(whole(__libc_valloc(100), 100, 4096));
	__libc_free(whole(__libc_pvalloc(100), 4096, 4096));
}

static void cxx_names(void)
{
	static const char nothrow;

	_ZdlPv(whole(_Znwm(100), 100, 16));
	_ZdaPv(whole(_Znam(100), 100, 16));
	_ZdlPvm(whole(_Znwm(100), 100, 16), 100);
	_ZdaPvm(whole(_Znam(100), 100, 16), 100);
	_ZdlPvRKSt9nothrow_t(whole(_ZnwmRKSt9nothrow_t(100, &nothrow), 100,
				   16), &nothrow);
	_ZdaPvRKSt9nothrow_t(whole(_ZnamRKSt9nothrow_t(100, &nothrow), 100,
				   16), &nothrow);
	_ZdlPvSt11align_val_t(whole(_ZnwmSt11align_val_t(100, 64), 100, 64),
			      64);
	_ZdaPvSt11align_val_t(whole(_ZnamSt11align_val_t(100, 64), 100, 64),
			      64);
	_ZdlPvmSt11align_val_t(whole(_ZnwmSt11align_val_t(100, 64), 100, 64),
			       100, 64);
	_ZdaPvmSt11align_val_t(whole(_ZnamSt11align_val_t(100, 64), 100, 64),
			       100, 64);
	_ZdlPvSt11align_val_tRKSt9nothrow_t(
		whole(_ZnwmSt11align_val_tRKSt9nothrow_t(100, 64, &nothrow),
		      100, 64), 64, &nothrow);
	_ZdaPvSt11align_val_tRKSt9nothrow_t(
		whole(_ZnamSt11align_val_tRKSt9nothrow_t(100, 64, &nothrow),
		      100, 64), 64, &nothrow);
}

/* Every figure is where the header has it: the sum that it promises is so. */
static void statistics(void)
{
	struct hakmem_stats s;

	memset(&s, 0xee, sizeof(s));
	CHECK(hakmem_stats_get(&s, sizeof(s)) == 0);
	CHECK(s.size == sizeof(s));
	CHECK(s.committed_bytes == s.live_bytes + s.metadata_bytes +
	      s.cached_bytes + s.sent_bytes + s.slab_free_bytes +
	      s.slab_purged_bytes + s.slab_uncarved_bytes +
	      s.slab_tail_bytes + s.empty_slab_bytes + s.cached_run_bytes +
	      s.dirty_bytes + s.clean_bytes + s.transit_bytes);
	CHECK(s.transit_bytes == 0);
	CHECK(s.reserved_bytes >= s.committed_bytes);
	CHECK(s.live_bytes >= s.huge_bytes + s.run_bytes);
	CHECK(s.heaps >= 1);
	CHECK(s.mmap_calls >= 1);
	CHECK(hakmem_stats_get(&s, 0) == -1);
}

static void first_bytes(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	CHECK(n > 0);
	text[n] = '\0';
}

/* What is printed goes where it is told to, in the format that is told. */
static void printed(void)
{
	char text[64];
	FILE *file = tmpfile();

	CHECK(file != NULL);
	CHECK(hakmem_stats_print(fileno(file), HAKMEM_TEXT) == 0);
	first_bytes(fileno(file), text, sizeof(text));
	CHECK(!strncmp(text, "hakmem: ", 8));
	CHECK(ftruncate(fileno(file), 0) == 0);
	CHECK(lseek(fileno(file), 0, SEEK_SET) == 0);
	CHECK(hakmem_stats_print(fileno(file), HAKMEM_JSON) == 0);
	first_bytes(fileno(file), text, sizeof(text));
	CHECK(text[0] == '{' && strstr(text, "\"schema\":"));
	CHECK(hakmem_stats_print(fileno(file),
				 (enum hakmem_format)1000) == -1);
	CHECK(malloc_info(0, file) == 0);

	/* malloc_stats() has standard error only. */
	CHECK(dup2(fileno(file), STDERR_FILENO) == STDERR_FILENO);
	malloc_stats();
	fclose(file);
}

static void tuning(void)
{
	void *block = whole(malloc(10000), 10000, 16);
	struct mallinfo2 info = mallinfo2();
	char before[256], now[256];

	CHECK(info.uordblks >= 10000);
	CHECK((size_t)mallinfo().uordblks == info.uordblks);
	CHECK((size_t)__libc_mallinfo().uordblks == info.uordblks);
	free(block);
	CHECK(mallopt(M_TRIM_THRESHOLD, 0) == 1);
	CHECK(__libc_mallopt(M_TRIM_THRESHOLD, 0) == 1);
	CHECK((malloc_trim(0) & ~1) == 0);

	CHECK(!strcmp(hakmem_option_name(0), "preset"));
	CHECK(hakmem_option_name(100000) == NULL);
	CHECK(hakmem_option_get("wake", before, sizeof(before)) == 0);
	CHECK(hakmem_option_set("wake", "16") == 0);
	CHECK(hakmem_option_get("wake", now, sizeof(now)) == 0);
	CHECK(!strcmp(now, "16"));
	CHECK(hakmem_option_set("wake", before) == 0);
	errno = 0;
	CHECK(hakmem_option_set("no such option", "1") == -1);
	CHECK(errno == ENOENT);
}

int main(void)
{
	our_names();
	libc_names();
	cxx_names();
	statistics();
	tuning();
	puts(hakmem_version());
	fflush(stdout);
	printed();
	return 0;
}
