/* SPDX-License-Identifier: MIT */
/*
 * What hakmem-stat reads of /proc: mappings and pressure, as the kernel
 * writes them, cut off anywhere, with nonsense in them, and without an end.
 */
#include "unit.h"

#include "process/container.h"
#include "process/smaps.h"

#include <stdio.h>
#include <string.h>

static const char real[] =
	"00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/a b\n"
	"Size:                328 kB\n"
	"KernelPageSize:        4 kB\n"
	"Rss:                 100 kB\n"
	"Pss:                  50 kB\n"
	"Anonymous:             0 kB\n"
	"LazyFree:              0 kB\n"
	"AnonHugePages:         0 kB\n"
	"VmFlags: rd ex mr mw me dw \n"
	"00652000-00661000 rw-p 00000000 00:00 0 \n"
	"Rss:                  60 kB\n"
	"LazyFree:             12 kB\n"
	"7ffd1000-7ffd4000 rw-p 00000000 00:00 0           [stack]\n"
	"Rss:                   4 kB\n"
	"7ffdf000-7ffe1000 r-xp 00000000 00:00 0           [vdso]\n";

static struct smaps read_text(const char *text, size_t len)
{
	FILE *in = fmemopen((char *)(uintptr_t)text, len, "r");
	struct smaps smaps;

	assert_non_null(in);
	assert_true(smaps_read(&smaps, in));
	fclose(in);
	return smaps;
}

/* What every text gives. */
static void is_sound(const struct smaps *smaps)
{
	uint64_t end = 0;

	for (size_t i = 0; i < smaps->count; i++) {
		const struct smaps_mapping *m = &smaps->items[i];

		assert_true(m->start >= end && m->end > m->start);
		assert_true(m->rss <= m->end - m->start);
		assert_true(m->lazy <= m->rss);
		assert_non_null(m->name);
		end = m->end;
	}
}

static void kernels(void **state)
{
	struct smaps smaps = read_text(real, sizeof(real) - 1);

	(void)state;
	is_sound(&smaps);
	assert_int_equal(smaps.count, 4);
	assert_int_equal(smaps.items[0].start, 0x400000);
	assert_int_equal(smaps.items[0].end, 0x452000);
	assert_int_equal(smaps.items[0].rss, 100 << 10);
	assert_true(smaps.items[0].is_file);
	assert_string_equal(smaps.items[0].name, "/usr/bin/a b");
	assert_int_equal(smaps.items[1].rss, 60 << 10);
	assert_int_equal(smaps.items[1].lazy, 12 << 10);
	assert_false(smaps.items[1].is_file);
	assert_string_equal(smaps.items[1].name, "");
	assert_string_equal(smaps.items[2].name, "[stack]");
	assert_false(smaps.items[2].is_file);
	assert_true(smaps.items[3].is_file);
	assert_int_equal(smaps.items[3].rss, 0);

	assert_int_equal(smaps_find(&smaps, 0), 0);
	assert_int_equal(smaps_find(&smaps, 0x400000), 0);
	assert_int_equal(smaps_find(&smaps, 0x451fff), 0);
	assert_int_equal(smaps_find(&smaps, 0x452000), 1);
	assert_int_equal(smaps_find(&smaps, 0x7ffd3fff), 2);
	assert_int_equal(smaps_find(&smaps, UINT64_MAX), 4);
	smaps_free(&smaps);
}

static void cut_off(void **state)
{
	(void)state;
	for (size_t len = 1; len < sizeof(real); len++) {
		struct smaps smaps = read_text(real, len);

		is_sound(&smaps);
		smaps_free(&smaps);
	}
}

static void nonsense(void **state)
{
	static const char text[] =
		"Rss: 4 kB\n"
		"-\n"
		"ffffffffffffffffffff-1 rw-p 0 0 0\n"
		"2000-1000 rw-p 00000000 00:00 0\n"
		"-1000-2000 rw-p 00000000 00:00 0\n"
		" 1000-2000 rw-p 00000000 00:00 0\n"
		"1000-3000\n"
		"1000-3000 \n"
		"Rss: 99999999999999999999999 kB\n"
		"Rss: -4 kB\n"
		"Rss: kB\n"
		"Rss:\n"
		"Rss: 4\n"
		"LazyFree: 8 kB\n"
		/* Overlaps: it and what follows are left out. */
		"2000-9000 rw-p 00000000 00:00 0 /over\n"
		"Rss: 16 kB\n"
		"a000-b000 rw-p 00000000 00:00 0 \033[1m\001\n"
		"Rss: 18014398509481984 kB\n"
		"b000-c000 rw-p 99999999999999999999 zz:zz 99999999999999999\n"
		"Rss: 4 kB\n"
		"LazyFree: 8 kB\n";
	struct smaps smaps = read_text(text, sizeof(text) - 1);

	(void)state;
	is_sound(&smaps);
	assert_int_equal(smaps.count, 3);
	assert_int_equal(smaps.items[0].start, 0x1000);
	assert_int_equal(smaps.items[0].rss, 0);
	assert_int_equal(smaps.items[0].lazy, 0);
	assert_int_equal(smaps.items[1].start, 0xa000);
	assert_int_equal(smaps.items[1].rss, 0x1000);
	assert_int_equal(smaps.items[2].rss, 0x1000);
	assert_int_equal(smaps.items[2].lazy, 0x1000);
	smaps_free(&smaps);
}

/* Any byte anywhere, the zero byte too, and a line without an end. */
static void damaged(void **state)
{
	static char text[sizeof(real)], line[1 << 17];
	uint64_t seed = 12;
	struct smaps smaps;

	(void)state;
	for (size_t i = 0; i < check_count(20000); i++) {
		memcpy(text, real, sizeof(real));
		for (size_t n = random_below(&seed, 8) + 1; n; n--)
			text[random_below(&seed, sizeof(real) - 1)] =
				(char)random_below(&seed, 256);
		smaps = read_text(text, sizeof(real) - 1);
		is_sound(&smaps);
		smaps_free(&smaps);
	}
	memset(line, '7', sizeof(line));
	smaps = read_text(line, sizeof(line));
	assert_int_equal(smaps.count, 0);
	smaps_free(&smaps);
}

/* A file without an end, as of one that maps faster than it is read. */
static ssize_t endless(void *cookie, char *text, size_t len)
{
	uint64_t *next = cookie;
	int n = snprintf(text, len, "%llx-%llx r--p 0 0:0 0\n",
			 (unsigned long long)*next,
			 (unsigned long long)*next + 1);

	/* A buffer is larger than a line. */
	*next += 2;
	return n;
}

static void too_many(void **state)
{
	uint64_t next = 0;
	FILE *in = fopencookie(&next, "r", (cookie_io_functions_t){
		.read = endless });
	struct smaps smaps;

	(void)state;
	assert_non_null(in);
	assert_false(smaps_read(&smaps, in));
	assert_int_equal(smaps.count, SMAPS_MAX + 1);
	assert_true(next < 2 * SMAPS_MAX + 100);
	smaps_free(&smaps);
	fclose(in);
}

static void pressure(void **state)
{
	struct container_pressure p = { -1, -1 };

	(void)state;
	assert_true(container_pressure(
		"some avg10=1.25 avg60=0.10 avg300=0.00 total=81\n"
		"full avg10=0.50 avg60=0.00 avg300=0.00 total=7\n", &p));
	assert_true(p.some > 1.24 && p.some < 1.26);
	assert_true(p.full > 0.49 && p.full < 0.51);
	assert_false(container_pressure("", &p));
	assert_false(container_pressure("some avg10=1.00\n", &p));
	assert_false(container_pressure("some avg10=\nfull avg10=\n", &p));
	assert_false(container_pressure("full avg10=1.00 \n", &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(damaged),
		cmocka_unit_test(too_many),
		cmocka_unit_test(pressure),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
