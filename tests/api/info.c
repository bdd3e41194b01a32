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
	CHECK_EQ(during.arena, during.uordblks + during.fordblks);
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
	static char text[65536];
	int saved = dup(STDERR_FILENO);
	FILE *file = tmpfile();
	ssize_t n;

	if (!file || saved < 0)
		CHECK_ERROR("no temporary file");
	CHECK(dup2(fileno(file), STDERR_FILENO) >= 0);
	malloc_stats();
	CHECK(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	n = pread(fileno(file), text, sizeof(text), 0);
	CHECK(n > 10 && n < (ssize_t)sizeof(text) && text[n - 1] == '\n');
	fclose(file);
}

/* hakmem_stats_print() into a file: its text, and what it refuses. */
static void printed(void)
{
	static char text[65536];
	FILE *file = tmpfile();
	ssize_t n;
	int fd;

	if (!file)
		CHECK_ERROR("no temporary file");
	fd = fileno(file);
	CHECK_ERRNO_KEPT(CHECK_EQ(hakmem_stats_print(fd, HAKMEM_JSON), 0));
	n = pread(fd, text, sizeof(text) - 1, 0);
	CHECK(n > 100 && strncmp(text, "{\"schema\":1,", 12) == 0);
	CHECK(text[n - 2] == '}' && text[n - 1] == '\n');
	CHECK_EQ(ftruncate(fd, 0) + lseek(fd, 0, SEEK_SET), 0);
	CHECK_ERRNO_KEPT(CHECK_EQ(hakmem_stats_print(fd, HAKMEM_TEXT), 0));
	memset(text, 0, sizeof(text));
	n = pread(fd, text, sizeof(text) - 1, 0);
	CHECK(n > 100 && strncmp(text, "hakmem: ", 8) == 0);
	CHECK(strstr(text, "\nhakmem: committed_bytes ") != NULL);
	fclose(file);

	errno = 0;
	CHECK_EQ(hakmem_stats_print(-1, HAKMEM_TEXT), -1);
	CHECK_EQ(errno, EBADF);
	errno = 0;
	CHECK_EQ(hakmem_stats_print(1, (enum hakmem_format)2), -1);
	CHECK_EQ(errno, EINVAL);
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
	printed();
	if (!check_emulated()) {
		trimmed(malloc_trim);
		trimmed(hakmem_trim);
	}
	return 0;
}
