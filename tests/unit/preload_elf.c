/* SPDX-License-Identifier: MIT */
/*
 * The reader of ELF files of hakmem-preload: this program as a sample, then
 * the same cut off anywhere and with bytes changed anywhere.  Whatever such a
 * file says, nothing is read outside of it; a sanitizer sees to that.
 */
#include "unit.h"

#include "elf_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned char *sample;
static size_t sample_size;

static bool count_version(void *arg, const char *object, const char *version)
{
	size_t *count = arg;

	(void)object;
	if (!strncmp(version, "GLIBC_", 6))
		++*count;
	return true;
}

/* Asks everything of it; returns how many versions it needs. */
static size_t ask(const struct elf_file *elf)
{
	size_t versions = 0, i = 0;

	elf_machine(elf);
	elf_interpreter(elf);
	for (size_t n = 0; elf_needed(elf, n); n++)
		;
	while (elf_undefined(elf, &i))
		;
	elf_defines(elf, "malloc");
	elf_defines_plain(elf, "malloc");
	elf_has_version(elf, "GLIBC_2.99");
	elf_each_version(elf, count_version, &versions);
	return versions;
}

static int read_sample(void **state)
{
	struct elf_file elf;
	char *why = elf_open(&elf, "/proc/self/exe");

	(void)state;
	if (why) {
		fprintf(stderr, "/proc/self/exe %s\n", why);
		return -1;
	}
	sample = malloc(elf.size);
	sample_size = elf.size;
	memcpy(sample, elf.at, elf.size);
	elf_free(&elf);
	return 0;
}

static bool needs(const struct elf_file *elf, const char *name)
{
	const char *needed;

	for (size_t i = 0; (needed = elf_needed(elf, i)); i++)
		if (!strcmp(needed, name))
			return true;
	return false;
}

static bool misses(const struct elf_file *elf, const char *name)
{
	const char *undefined;
	size_t i = 0;

	while ((undefined = elf_undefined(elf, &i)))
		if (!strcmp(undefined, name))
			return true;
	return false;
}

static void whole(void **state)
{
	struct elf_file elf;

	(void)state;
	assert_null(elf_open(&elf, "/proc/self/exe"));
	assert_non_null(elf_interpreter(&elf));
	assert_true(needs(&elf, "libc.so.6"));
	assert_false(needs(&elf, "libnone.so"));
	assert_true(misses(&elf, "memfd_create"));
	assert_false(misses(&elf, "no_such_call"));
	assert_true(ask(&elf) > 0);
	elf_free(&elf);
}

static int as_file(size_t len)
{
	int fd = memfd_create("sample", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, sample, len), len);
	return fd;
}

/* The headers of sections are at the end: each byte is missed. */
static void cut_off(void **state)
{
	struct elf_file elf;
	size_t step = sample_size / 300 + 1;

	(void)state;
	for (size_t len = 0; len < sample_size;
	     len += len < 1000 ? 1 : step) {
		int fd = as_file(len);
		char *why = elf_read(&elf, fd);

		assert_non_null(why);
		free(why);
		close(fd);
	}
}

/* Most changes are in what counts: headers, and what is dynamic. */
static void changed(void **state)
{
	unsigned int seed = 1, read = 0;
	size_t head = sample_size < 16384 ? sample_size : 16384;

	(void)state;
	for (int i = 0; i < 1500; i++) {
		size_t at[3];
		unsigned char old[3];
		struct elf_file elf;
		char *why;
		int fd;

		for (int j = 0; j < 3; j++) {
			at[j] = (size_t)rand_r(&seed) %
				(rand_r(&seed) % 4 ? head : sample_size);
			if (rand_r(&seed) % 3 == 0)
				at[j] %= 1024;
			old[j] = sample[at[j]];
			sample[at[j]] = (unsigned char)rand_r(&seed);
		}
		fd = as_file(sample_size);
		why = elf_read(&elf, fd);
		if (!why) {
			read++;
			ask(&elf);
			elf_free(&elf);
		}
		free(why);
		close(fd);
		for (int j = 2; j >= 0; j--)
			sample[at[j]] = old[j];
	}
	assert_true(read > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(changed),
	};

	return cmocka_run_group_tests(tests, read_sample, NULL);
}
