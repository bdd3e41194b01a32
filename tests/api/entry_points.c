/* SPDX-License-Identifier: MIT */
/*
 * Every entry point that gives a block against every one that takes one: a
 * block from any may be resized, measured and freed by any.  And every name
 * is the library's own, not the C library's, whose blocks ours are not.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"
#include "lib/family.h"

#include <dlfcn.h>

#include "hakmem.h"

#define ALIGNMENT 64

static void *via_posix_memalign(size_t n)
{
	void *p = NULL;

	CHECK_EQ(posix_memalign(&p, ALIGNMENT, n), 0);
	return p;
}

static void *via_hakmem_posix_memalign(size_t n)
{
	void *p = NULL;

	CHECK_EQ(hakmem_posix_memalign(&p, ALIGNMENT, n), 0);
	return p;
}

static void *via_calloc(size_t n)
{
	return calloc(1, n);
}

static void *via_realloc(size_t n)
{
	return realloc(NULL, n);
}

static void *via_realloc_grown(size_t n)
{
	return realloc(malloc(1), n);
}

static void *via_reallocarray(size_t n)
{
	return reallocarray(NULL, n, 1);
}

static void *via_aligned_alloc(size_t n)
{
	return aligned_alloc(ALIGNMENT, n);
}

static void *via_memalign(size_t n)
{
	return memalign(ALIGNMENT, n);
}

static void *via_libc_calloc(size_t n)
{
	return __libc_calloc(n, 1);
}

static void *via_libc_realloc(size_t n)
{
	return __libc_realloc(NULL, n);
}

static void *via_libc_memalign(size_t n)
{
	return __libc_memalign(ALIGNMENT, n);
}

static void *via_libc_reallocarray(size_t n)
{
	return __libc_reallocarray(NULL, 1, n);
}

static void *via_hakmem_calloc(size_t n)
{
	return hakmem_calloc(n, 1);
}

static void *via_hakmem_realloc(size_t n)
{
	return hakmem_realloc(NULL, n);
}

static void *via_hakmem_reallocarray(size_t n)
{
	return hakmem_reallocarray(NULL, 1, n);
}

static void *via_hakmem_aligned_alloc(size_t n)
{
	return hakmem_aligned_alloc(ALIGNMENT, n);
}

static void *via_hakmem_memalign(size_t n)
{
	return hakmem_memalign(ALIGNMENT, n);
}

enum { ALIGNED = 1, PAGE = 2 };

static const struct source {
	const char *name;
	void *(*get)(size_t n);
	int flags;
} sources[] = {
	{ "malloc", malloc, 0 },
	{ "calloc", via_calloc, 0 },
	{ "realloc", via_realloc, 0 },
	{ "realloc", via_realloc_grown, 0 },
	{ "reallocarray", via_reallocarray, 0 },
	{ "posix_memalign", via_posix_memalign, ALIGNED },
	{ "aligned_alloc", via_aligned_alloc, ALIGNED },
	{ "memalign", via_memalign, ALIGNED },
	{ "valloc", valloc, PAGE },
	{ "pvalloc", pvalloc, PAGE },
	{ "__libc_malloc", __libc_malloc, 0 },
	{ "__libc_calloc", via_libc_calloc, 0 },
	{ "__libc_realloc", via_libc_realloc, 0 },
	{ "__libc_reallocarray", via_libc_reallocarray, 0 },
	{ "__libc_memalign", via_libc_memalign, ALIGNED },
	{ "__libc_valloc", __libc_valloc, PAGE },
	{ "__libc_pvalloc", __libc_pvalloc, PAGE },
	{ "hakmem_malloc", hakmem_malloc, 0 },
	{ "hakmem_zalloc", hakmem_zalloc, 0 },
	{ "hakmem_calloc", via_hakmem_calloc, 0 },
	{ "hakmem_realloc", via_hakmem_realloc, 0 },
	{ "hakmem_reallocarray", via_hakmem_reallocarray, 0 },
	{ "hakmem_posix_memalign", via_hakmem_posix_memalign, ALIGNED },
	{ "hakmem_aligned_alloc", via_hakmem_aligned_alloc, ALIGNED },
	{ "hakmem_memalign", via_hakmem_memalign, ALIGNED },
	{ "hakmem_valloc", hakmem_valloc, PAGE },
	{ "hakmem_pvalloc", hakmem_pvalloc, PAGE },
};

/*
 * Sized frees take the size that was asked for, so they are told it, and the
 * source, whose alignment they need.
 */
static void by_free(void *p, size_t n, int flags)
{
	(void)n;
	(void)flags;
	free(p);
}

static void by_cfree(void *p, size_t n, int flags)
{
	(void)n;
	(void)flags;
	cfree(p);
}

static void by_libc_free(void *p, size_t n, int flags)
{
	(void)n;
	(void)flags;
	__libc_free(p);
}

static void by_hakmem_free(void *p, size_t n, int flags)
{
	(void)n;
	(void)flags;
	hakmem_free(p);
}

static void by_realloc_zero(void *p, size_t n, int flags)
{
	(void)n;
	(void)flags;
	CHECK(HIDE(realloc(p, SIZE(0))) == NULL);
}

static void by_hakmem_realloc_zero(void *p, size_t n, int flags)
{
	(void)n;
	(void)flags;
	CHECK(HIDE(hakmem_realloc(p, SIZE(0))) == NULL);
}

static void by_realloc_moved(void *p, size_t n, int flags)
{
	(void)flags;
	p = HIDE(realloc(p, n * 3 + 100));
	CHECK(p != NULL);
	free(p);
}

static void by_libc_realloc(void *p, size_t n, int flags)
{
	(void)flags;
	p = HIDE(__libc_realloc(p, n * 3 + 100));
	CHECK(p != NULL);
	free(p);
}

static void by_free_sized(void *p, size_t n, int flags)
{
	if (flags == 0)
		free_sized(p, n);
	else
		free_aligned_sized(p, flags == PAGE ? 4096 : ALIGNMENT, n);
}

static void by_hakmem_free_sized(void *p, size_t n, int flags)
{
	if (flags == 0)
		hakmem_free_sized(p, n);
	else
		hakmem_free_aligned_sized(p,
			flags == PAGE ? 4096 : ALIGNMENT, n);
}

static const struct sink {
	const char *name;
	void (*give)(void *p, size_t n, int flags);
} sinks[] = {
	{ "free", by_free },
	{ "cfree", by_cfree },
	{ "__libc_free", by_libc_free },
	{ "hakmem_free", by_hakmem_free },
	{ "realloc", by_realloc_zero },
	{ "hakmem_realloc", by_hakmem_realloc_zero },
	{ "realloc", by_realloc_moved },
	{ "__libc_realloc", by_libc_realloc },
	{ "free_sized", by_free_sized },
	{ "hakmem_free_sized", by_hakmem_free_sized },
};

static void one_size(size_t n)
{
	const size_t nr_sources = sizeof(sources) / sizeof(sources[0]);
	const size_t nr_sinks = sizeof(sinks) / sizeof(sinks[0]);

	for (size_t i = 0; i < nr_sources; i++) {
		for (size_t j = 0; j < nr_sinks; j++) {
			int flags = sources[i].flags;
			void *p;

			CHECK_ERRNO_KEPT(p = HIDE(sources[i].get(n)));
			CHECK_AT(p != NULL, i * 1000 + j);
			CHECK_AT(is_aligned(p, flags == 0 ? 16 : ALIGNMENT), i);
			CHECK_AT(flags != PAGE || is_aligned(p, 4096), i);
			CHECK_AT(malloc_usable_size(p) >= n, i);
			CHECK_EQ(malloc_usable_size(p),
				hakmem_malloc_usable_size(p));
			pattern_fill(p, 0, n, n + i);
			CHECK_PATTERN(p, 0, n, n + i);
			CHECK_ERRNO_KEPT(sinks[j].give(p, n, flags));
		}
	}
}

/* Each name leads into the object that hakmem_version() is in. */
static void check_owner(const char *name, const void *base)
{
	Dl_info info;
	void *at = dlsym(RTLD_DEFAULT, name);

	if (!at || !dladdr(at, &info) || info.dli_fbase != base) {
		struct check_line line;

		check_place(&line, __FILE__, __LINE__);
		check_str(&line, "not the library's: ");
		check_str(&line, name);
		check_end(&line, 1);
	}
}

static void names_are_ours(void)
{
	static const char *const others[] = {
		"free", "cfree", "free_sized", "free_aligned_sized",
		"malloc_usable_size", "malloc_trim", "mallopt", "mallinfo",
		"mallinfo2", "malloc_stats", "malloc_info", "__libc_free",
		"__libc_mallopt", "__libc_mallinfo", "hakmem_free",
		"hakmem_free_sized", "hakmem_free_aligned_sized",
		"hakmem_malloc_usable_size", "hakmem_good_size",
		"hakmem_trim", "hakmem_stats_get",
	};
	Dl_info self;

	CHECK(dladdr((void *)(uintptr_t)hakmem_version, &self) != 0);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		check_owner(sources[i].name, self.dli_fbase);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		check_owner(others[i], self.dli_fbase);
}

/*
 * Blocks that the C library allocates and the program frees, and the other
 * way round.
 */
static void c_library_blocks(void)
{
	char *line = NULL;
	size_t capacity = 0;
	int fds[2];
	FILE *stream;
	char *copy = strdup("a block of strdup");

	CHECK(copy && malloc_usable_size(copy) >= 18);
	copy = HIDE(realloc(copy, 100));
	CHECK(copy && strcmp(copy, "a block of strdup") == 0);
	free(copy);

	CHECK(pipe(fds) == 0);
	CHECK(write(fds[1], "some words\n", 11) == 11);
	close(fds[1]);
	stream = fdopen(fds[0], "r");
	CHECK(stream != NULL);
	line = HIDE(malloc(4));
	capacity = 4;
	CHECK(getline(&line, &capacity, stream) == 11);
	CHECK(capacity >= 12 && malloc_usable_size(line) >= capacity);
	free(line);
	fclose(stream);
}

int main(void)
{
	static const size_t sizes[] = {
		1, 16, 24, 100, 128, 129, 512, 1000, 1024, 1025, 4096, 5000,
		8192, 8193, 20000, 32768, 32769, 65536, 65537, 100000,
		1048576, 3000000,
	};

	names_are_ours();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		one_size(sizes[i]);
	c_library_blocks();
	return 0;
}
