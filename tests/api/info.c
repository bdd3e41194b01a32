/* SPDX-License-Identifier: MIT */
/*
 * The calls that tell or tune: mallopt, mallinfo, mallinfo2, malloc_stats,
 * malloc_info, malloc_trim.
 */
#include "lib/blocks.h"
#include "lib/family.h"

#include <stdio.h>
#include <sys/mman.h>

#include "hakmem.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* mallinfo */

static void tuning(void)
{
	/* glibc's parameters, with values that programs set */
	static const struct {
		int param, value;
	} usual[] = {
		{ M_MXFAST, 0 }, { M_MXFAST, 64 },
		{ M_TRIM_THRESHOLD, 128 * 1024 }, { M_TRIM_THRESHOLD, -1 },
		{ M_TOP_PAD, 65536 }, { M_MMAP_THRESHOLD, 1 << 20 },
		{ M_MMAP_MAX, 0 }, { M_MMAP_MAX, 65536 }, { M_CHECK_ACTION, 3 },
		{ M_PERTURB, 0 }, { M_ARENA_TEST, 2 }, { M_ARENA_MAX, 1 },
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		CHECK_AT(mallopt(usual[i].param, usual[i].value) == 1, i);
		CHECK_AT(__libc_mallopt(usual[i].param, usual[i].value) == 1,
			i);
	}
	for (size_t size = 1; size < 100 * MIB; size *= 3) {
		char *p = HIDE(malloc(size));

		CHECK_AT(p != NULL, size);
		p[size - 1] = 1;
		free(p);
	}
}

static void figures(void)
{
	struct mallinfo2 before = mallinfo2();
	struct mallinfo2 during, after;
	struct mallinfo narrow;
	void *huge = HIDE(malloc(100 * MIB));
	void *run = HIDE(malloc(10 * MIB));

	CHECK(huge && run);
	during = mallinfo2();
	CHECK(during.uordblks + during.hblkhd >=
		before.uordblks + before.hblkhd + 100 * MIB);
	CHECK(during.uordblks + during.hblkhd <
		before.uordblks + before.hblkhd + 2 * 110 * MIB);
	CHECK(during.arena + during.hblkhd >= 110 * MIB);
	narrow = mallinfo();
	CHECK_EQ((unsigned int)narrow.uordblks, (unsigned int)during.uordblks);
	narrow = __libc_mallinfo();
	CHECK_EQ((unsigned int)narrow.uordblks, (unsigned int)during.uordblks);
	free(huge);
	free(run);
	after = mallinfo2();
	CHECK(after.uordblks + after.hblkhd <=
		during.uordblks + during.hblkhd - 100 * MIB);
}

static void described(void)
{
	char text[65536];
	FILE *stream = tmpfile();
	size_t len;

	if (!stream)
		CHECK_ERROR("no temporary file");
	CHECK_EQ(malloc_info(0, stream), 0);
	rewind(stream);
	len = fread(text, 1, sizeof(text) - 1, stream);
	text[len] = '\0';
	CHECK(len > 20);
	CHECK(strncmp(text, "<malloc version=", 16) == 0);
	CHECK(strstr(text, "</malloc>") != NULL);
	fclose(stream);

	/* no options are known; glibc returns the error, its manual -1 */
	CHECK(malloc_info(1, stdout) != 0);
	CHECK(malloc_info(-1, stdout) != 0);
}

static void told(void)
{
	char text[8192];
	int fds[2];
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	CHECK(saved >= 0 && pipe(fds) == 0);
	CHECK(dup2(fds[1], STDERR_FILENO) >= 0);
	malloc_stats();
	fflush(stderr);
	CHECK(dup2(saved, STDERR_FILENO) >= 0);
	close(fds[1]);
	n = read(fds[0], text, sizeof(text));
	CHECK(n > 10 && text[n - 1] == '\n');
	close(fds[0]);
	close(saved);
}

/* Resident pages of [p, p + size). */
static size_t in_core(char *p, size_t size)
{
	static unsigned char vec[32768];
	size_t pages = size / 4096, count = 0;

	p = (char *)(((uintptr_t)p + 4095) & ~(uintptr_t)4095);
	if (pages > sizeof(vec))
		pages = sizeof(vec);
	if (mincore(p, pages * 4096, vec))
		return 0;	/* not even mapped */
	for (size_t i = 0; i < pages; i++)
		count += vec[i] & 1;
	return count;
}

/*
 * What was freed leaves the process at once with a trim, and the second one
 * finds nothing.
 */
static void trimmed(int (*trim)(size_t))
{
	enum { BLOCKS = 60000, EACH = 1000 };
	static char *blocks[BLOCKS];
	size_t before, after, live, kept = 0;
	char *run;

	trim(0);
	before = resident_bytes();
	run = HIDE(malloc(32 * MIB));
	CHECK(run != NULL);
	memset(run, 1, 32 * MIB);
	for (size_t i = 0; i < BLOCKS; i++) {
		blocks[i] = HIDE(malloc(EACH));
		CHECK(blocks[i] != NULL);
		memset(blocks[i], 1, EACH);
	}
	live = resident_bytes();
	CHECK(live >= before + 80 * MIB);
	for (size_t i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	free(HIDE(run));
	CHECK_ERRNO_KEPT(CHECK_EQ(trim(0), 1));
	after = resident_bytes();
	CHECK_AT(after < before + 4 * MIB, after - before);
	kept = in_core(run, 30 * MIB);
	CHECK_AT(kept < 256, kept);
	trim(0);
	CHECK_EQ(trim(0), 0);

	/* told to keep more than there is, it gives nothing back */
	run = HIDE(malloc(8 * MIB));
	CHECK(run != NULL);
	memset(run, 1, 8 * MIB);
	free(run);
	CHECK_EQ(trim(GIB), 0);
}

int main(void)
{
	tuning();
	figures();
	described();
	told();
	if (!check_emulated()) {
		trimmed(malloc_trim);
		trimmed(hakmem_trim);
	}
	return 0;
}
