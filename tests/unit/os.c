/* SPDX-License-Identifier: MIT */
/*
 * The system layer: what each call promises in os.h, against the kernel.
 */
#include "unit.h"

#include "os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>

#define LEN	(4 * HK_MIB)

static size_t page;
static const char *program;

static uint64_t load(_Atomic uint64_t *counter)
{
	return atomic_load(counter);
}

static void *map(size_t len)
{
	void *p = NULL;

	errno = 4711;
	assert_int_equal(hk_os_map(NULL, len, &p), 0);
	assert_int_equal(errno, 4711);
	assert_non_null(p);
	return p;
}

/* Asks the kernel, which tells without a signal. */
static bool readable(void *p)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { p, 1 };

	return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1;
}

static void mapping(void **state)
{
	uint64_t maps = load(&hk_os_counts.mmap);
	uint64_t unmaps = load(&hk_os_counts.munmap);
	char *p = map(LEN);

	(void)state;
	assert_int_equal(load(&hk_os_counts.mmap), maps + 1);
	CHECK_ZERO(p, LEN);
	memset(p, 1, LEN);
	assert_true(readable(p));
	assert_int_equal(hk_os_unmap(p, LEN), 0);
	assert_int_equal(load(&hk_os_counts.munmap), unmaps + 1);
	assert_false(readable(p));
}

/* A clash is told and harms nobody; a free place is just that place. */
static void mapping_at(void **state)
{
	char *p = map(LEN), *q = p + page;
	void *got = NULL;

	(void)state;
	memset(p, 7, LEN);
	errno = 4711;
	assert_int_equal(hk_os_map(q, page, &got), -EEXIST);
	assert_int_equal(hk_os_map(p + LEN - page, 2 * page, &got), -EEXIST);
	assert_int_equal(hk_os_reserve(q, page, &got), -EEXIST);
	assert_int_equal(errno, 4711);
	assert_null(got);
	for (size_t i = 0; i < LEN; i++)
		assert_int_equal(p[i], 7);

	assert_int_equal(hk_os_unmap(q, page), 0);
	assert_int_equal(hk_os_map(q, page, &got), 0);
	assert_ptr_equal(got, q);
	CHECK_ZERO(q, page);
	assert_int_equal(hk_os_unmap(p, LEN), 0);
}

static void reserving(void **state)
{
	void *p = NULL;
	char *c;

	(void)state;
	assert_int_equal(hk_os_reserve(NULL, LEN, &p), 0);
	c = p;
	assert_false(readable(c + page));
	assert_int_equal(hk_os_commit(c + page, page), 0);
	CHECK_ZERO(c + page, page);
	memset(c + page, 1, page);
	assert_false(readable(c));
	assert_false(readable(c + 2 * page));
	assert_int_equal(hk_os_unmap(p, LEN), 0);
}

/* What the kernel refuses comes back as its error, errno left alone. */
static void refusals(void **state)
{
	void *p = NULL;

	(void)state;
	errno = 4711;
	/* Valgrind answers EINVAL where Linux says ENOMEM. */
	assert_true(hk_os_map(NULL, (size_t)1 << 62, &p) < 0);
	assert_true(hk_os_reserve(NULL, (size_t)1 << 62, &p) < 0);
	assert_int_equal(hk_os_map(NULL, 0, &p), -EINVAL);
	assert_int_equal(hk_os_unmap((void *)1, page), -EINVAL);
	assert_true(hk_os_commit((void *)page, page) < 0);
	assert_true(hk_os_remap((void *)page, page, 2 * page, &p) < 0);
	assert_null(p);
	assert_int_equal(errno, 4711);
}

static void remapping(void **state)
{
	char *p = map(LEN), *q;
	void *got = NULL;

	(void)state;
	pattern_fill(p, 0, LEN, 3);
	assert_int_equal(hk_os_remap(p, LEN, 4 * LEN, &got), 0);
	q = got;
	CHECK_PATTERN(q, 0, LEN, 3);
	CHECK_ZERO(q + LEN, 3 * LEN);
	assert_int_equal(hk_os_remap(q, 4 * LEN, page, &got), 0);
	assert_ptr_equal(got, q);
	CHECK_PATTERN(q, 0, page, 3);
	assert_false(readable(q + page));
	assert_int_equal(hk_os_unmap(q, page), 0);
}

/* The old range stays mapped, writable and empty. */
static void moving_pages(void **state)
{
	char *p = map(LEN), *q;
	void *got = NULL;
	int err;

	(void)state;
	pattern_fill(p, 0, LEN, 4);
	err = hk_os_move_pages(p, LEN, 3 * LEN, &got);
	if (err) {
		/* A kernel before 5.7: said so, and nothing happened. */
		assert_int_equal(err, -EINVAL);
		CHECK_PATTERN(p, 0, LEN, 4);
		skip();
	}
	q = got;
	assert_true(q + 3 * LEN <= p || p + LEN <= q);
	CHECK_PATTERN(q, 0, LEN, 4);
	CHECK_ZERO(q + LEN, 2 * LEN);
	CHECK_ZERO(p, LEN);
	memset(p, 1, LEN);
	assert_int_equal(hk_os_unmap(p, LEN), 0);
	assert_int_equal(hk_os_unmap(q, 3 * LEN), 0);
}

/* The second half of a move is refused: the contents are back in place. */
static void move_refused(void *arg)
{
	char *p = map(LEN);
	void *got = NULL;

	(void)arg;
	pattern_fill(p, 0, LEN, 5);
	CHECK(hk_os_move_pages(p, LEN, hk_os_address_top(), &got) < 0);
	CHECK(got == NULL);
	CHECK_PATTERN(p, 0, LEN, 5);
	memset(p, 1, LEN);
	CHECK_EQ(hk_os_unmap(p, LEN), 0);
}

static void moving_back(void **state)
{
	char *p = map(LEN);
	void *got = NULL;
	int err = hk_os_move_pages(p, LEN, LEN, &got);

	(void)state;
	if (err)
		skip();
	assert_int_equal(hk_os_unmap(got, LEN), 0);
	assert_int_equal(hk_os_unmap(p, LEN), 0);
	assert_lives(move_refused, NULL);
}

/* To the byte: what else is in the first and the last page stays. */
static void discarding_parts(void **state)
{
	uint64_t bytes = load(&hk_os_counts.discarded);
	char *p = map(LEN);

	(void)state;
	memset(p, 1, LEN);
	assert_int_equal(hk_os_discard(p + 100, 3 * page - 300), 0);
	assert_int_equal(load(&hk_os_counts.discarded), bytes + page);
	assert_int_equal(p[99], 1);
	CHECK_ZERO(p + 100, 3 * page - 300);
	assert_int_equal(p[3 * page - 200], 1);
	/* no whole page at all */
	assert_int_equal(hk_os_discard(p + 4 * page + 8, page), 0);
	assert_int_equal(load(&hk_os_counts.discarded), bytes + page);
	assert_int_equal(p[4 * page + 7], 1);
	CHECK_ZERO(p + 4 * page + 8, page);
	assert_int_equal(p[5 * page + 8], 1);
	assert_int_equal(hk_os_unmap(p, LEN), 0);
}

static void discarding(void **state)
{
	uint64_t bytes = load(&hk_os_counts.discarded);
	uint64_t failures = load(&hk_os_counts.madvise_failed);
	char *p = map(LEN);

	(void)state;
	hk_os_huge_pages(p, LEN, false);
	memset(p, 1, LEN);
	assert_int_equal(unit_resident(p, LEN), LEN / page);
	assert_int_equal(hk_os_discard(p + page, LEN - 2 * page), 0);
	assert_int_equal(unit_resident(p, LEN), 2);
	assert_int_equal(load(&hk_os_counts.discarded),
		bytes + LEN - 2 * page);
	CHECK_ZERO(p + page, LEN - 2 * page);
	assert_int_equal(p[0], 1);
	assert_int_equal(p[LEN - 1], 1);
	assert_int_equal(hk_os_unmap(p, LEN), 0);

	errno = 4711;
	bytes = load(&hk_os_counts.discarded);
	assert_int_not_equal(hk_os_discard((void *)page, page), 0);
	assert_int_equal(errno, 4711);
	assert_int_equal(load(&hk_os_counts.discarded), bytes);
	assert_int_equal(load(&hk_os_counts.madvise_failed), failures + 1);
}

/* ---- questions ---- */

static void facts(void **state)
{
	struct rlimit limit;
	struct sysinfo info;
	int on_stack;

	(void)state;
	assert_int_equal(hk_os_page_size(), page);
	assert_int_equal(sysinfo(&info), 0);
	assert_int_equal(hk_os_memory(),
		((size_t)info.totalram + info.totalswap) * info.mem_unit);
	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	assert_int_equal(hk_os_limit(),
		hk_min(limit.rlim_cur, (size_t)1 << 48));
	assert_true(hk_is_pow2(hk_os_address_top()));
	assert_true((uintptr_t)&on_stack < hk_os_address_top());
	assert_true((uintptr_t)&on_stack >= hk_os_address_top() / 2);
}

static void limited(void *arg)
{
	struct rlimit limit = { (rlim_t)1 << 40, (rlim_t)1 << 40 };

	(void)arg;
	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	CHECK_EQ(hk_os_limit(), (size_t)1 << 40);
}

static void limit(void **state)
{
	(void)state;
	assert_lives(limited, NULL);
}

static void clock_goes_on(void **state)
{
	uint64_t before = hk_os_clock_ms(), real = milliseconds();

	(void)state;
	usleep(60000);
	before = hk_os_clock_ms() - before;
	real = milliseconds() - real;
	assert_in_range(before + 40, real, real + 80);
}

static void random_bytes(void **state)
{
	unsigned char a[40], b[40];
	unsigned int same = 0;

	(void)state;
	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	hk_os_random(a, sizeof(a) - 8);
	hk_os_random(b, sizeof(b) - 8);
	for (size_t i = 0; i < sizeof(a) - 8; i++)
		same += a[i] == b[i];
	assert_true(same < 8);
	for (size_t i = sizeof(a) - 8; i < sizeof(a); i++)
		assert_int_equal(a[i] | b[i], 0);
}

/* ---- pages that are there, and that may go ---- */

static void populating(void **state)
{
	char *p = map(LEN);

	(void)state;
	hk_os_huge_pages(p, LEN, false);
	hk_os_populate(p + page, LEN - 2 * page);
	assert_int_equal(unit_resident(p, LEN), LEN / page - 2);
	CHECK_ZERO(p, LEN);
	hk_os_unmap(p, LEN);
}

/* What is there stays; what cannot be is told, and touched by nobody. */
static void prefaulting(void **state)
{
	char *p = map(LEN);

	(void)state;
	hk_os_huge_pages(p, LEN, false);
	memset(p + page, 7, 1);
	if (!hk_os_prefault(p, 3 * page)) {
		hk_os_unmap(p, LEN);
		skip();
	}
	assert_int_equal(unit_resident(p, LEN), 3);
	assert_int_equal(p[page], 7);
	hk_os_unmap(p + 2 * page, LEN - 2 * page);
	assert_false(hk_os_prefault(p, 3 * page));
	assert_int_equal(p[page], 7);
	hk_os_unmap(p, 2 * page);
}

/* Until the system takes a page it is what it was; then it is zero. */
static void discarding_later(void **state)
{
	uint64_t before = load(&hk_os_counts.discarded);
	char *p = map(LEN);

	(void)state;
	memset(p, 7, LEN);
	assert_int_equal(hk_os_discard_later(p + 1, page - 1), -EINVAL);
	assert_int_equal(hk_os_discard_later(p + 8, 4 * page), 0);
	assert_int_equal(load(&hk_os_counts.discarded), before + 3 * page);
	for (size_t i = 0; i < 5 * page; i++)
		assert_true(p[i] == 7 || (!p[i] && i >= page && i < 4 * page));
	p[2 * page] = 8;
	assert_int_equal(p[2 * page], 8);
	hk_os_unmap(p, LEN);
}

/* ---- the environment ---- */

static int checks_environment(void)
{
	static const char *const expected[] = { "UNIT_OS_AB=a=b",
		"UNIT_OS_A=first", "UNIT_OS_A=second", "UNIT_OS_EMPTY=" };
	const char *const *env = hk_os_environment();

	CHECK(!hk_os_secure());
	CHECK(env != NULL);
	for (size_t i = 0; i < UNIT_COUNT(expected); i++)
		CHECK(env[i] && !strcmp(env[i], expected[i]));
	/* Only a process with AT_SECURE is rid of anything. */
	hk_os_scrub_environment("UNIT_OS_");
	CHECK(!strcmp(env[0], expected[0]));
	return 0;
}

/* What execve() brought, not what the program did to it later. */
static void environment(void **state)
{
	static char *const args[] = { (char *)"os", (char *)"environment",
		NULL };
	static char *const env[] = { (char *)"UNIT_OS_AB=a=b",
		(char *)"UNIT_OS_A=first", (char *)"UNIT_OS_A=second",
		(char *)"UNIT_OS_EMPTY=", (char *)"ASAN_OPTIONS=detect_leaks=0",
		NULL };
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		execve(program, args, env);
		_exit(CHECK_ERROR_STATUS);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- names and files ---- */

static void program_names(void **state)
{
	const char *slash = strrchr(program, '/');
	char list[1200], name[200];

	(void)state;
	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : program);
	assert_false(hk_os_program_among(""));
	assert_false(hk_os_program_among("  \t "));
	assert_true(hk_os_program_among(name));
	snprintf(list, sizeof(list), "other\t %s  another", name);
	assert_true(hk_os_program_among(list));
	snprintf(list, sizeof(list), "other,%s", name);
	assert_true(hk_os_program_among(list));
	/* Neither more nor less than the name. */
	snprintf(list, sizeof(list), "x%s %sx %s/ /%s %.*s", name, name, name,
		name, (int)strlen(name) - 1, name);
	assert_false(hk_os_program_among(list));
}

/* A file of so many bytes, with that mode. */
static void make_file(const char *path, size_t len, mode_t mode)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int read_trusted(const char *path, size_t *len)
{
	char text[100];
	int err;

	*len = 4711;
	memset(text, 'y', sizeof(text));
	err = hk_os_read_trusted(path, text, 50, len);
	assert_int_equal(text[50], 'y');
	for (size_t i = 0; !err && i < *len; i++)
		assert_int_equal(text[i], 'x');
	return err;
}

/* Root's own files are trusted; another user has none that are. */
static void trusted_files(void **state)
{
	const int fine = geteuid() ? -EPERM : 0;
	char path[] = "/tmp/hakmem-unit.??????";
	char file[64], link[64];
	size_t len;

	(void)state;
	memset(strchr(path, '?'), 'X', 6);
	assert_non_null(mkdtemp(path));
	snprintf(file, sizeof(file), "%s/file", path);
	snprintf(link, sizeof(link), "%s/link", path);
	assert_int_equal(read_trusted(file, &len), -ENOENT);
	for (size_t i = 0; i <= 50; i += 25) {
		make_file(file, i, 0644);
		assert_int_equal(read_trusted(file, &len), fine);
		assert_true(fine || len == i);
	}
	assert_int_equal(symlink(file, link), 0);
	assert_int_equal(read_trusted(link, &len), fine);
	make_file(file, 51, 0644);
	assert_int_equal(read_trusted(file, &len), fine ? fine : -EFBIG);
	make_file(file, 5, 0664);
	assert_int_equal(read_trusted(file, &len), -EPERM);
	make_file(file, 5, 0646);
	assert_int_equal(read_trusted(file, &len), -EPERM);
	unlink(file);
	assert_int_equal(read_trusted(path, &len), -EPERM);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(read_trusted(file, &len), -EPERM);
	unlink(file);
	unlink(link);
	rmdir(path);
}

/* ---- sleeping ---- */

static _Atomic uint32_t word;
static _Atomic unsigned int woken;

static void *sleeps(void *arg)
{
	(void)arg;
	while (!atomic_load(&word))
		hk_os_wait(&word, 0);
	atomic_fetch_add(&woken, 1);
	return NULL;
}

static void sleeping(void **state)
{
	char args[3] = { 0 };
	pthread_t threads[3];

	(void)state;
	/* Another value than the word's: no sleep. */
	atomic_store(&word, 1);
	hk_os_wait(&word, 0);
	atomic_store(&word, 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sleeps,
					 &args[i]),
			0);
	usleep(20000);
	assert_int_equal(atomic_load(&woken), 0);
	atomic_store(&word, 1);
	hk_os_wake(&word, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(woken, 3);
	hk_os_pause();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mapping),
		cmocka_unit_test(mapping_at),
		cmocka_unit_test(reserving),
		cmocka_unit_test(refusals),
		cmocka_unit_test(remapping),
		cmocka_unit_test(moving_pages),
		cmocka_unit_test(moving_back),
		cmocka_unit_test(discarding),
		cmocka_unit_test(discarding_parts),
		cmocka_unit_test(facts),
		cmocka_unit_test(limit),
		cmocka_unit_test(clock_goes_on),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(populating),
		cmocka_unit_test(prefaulting),
		cmocka_unit_test(discarding_later),
		cmocka_unit_test(environment),
		cmocka_unit_test(program_names),
		cmocka_unit_test(trusted_files),
		cmocka_unit_test(sleeping),
	};

	if (argc > 1 && !strcmp(argv[1], "environment"))
		return checks_environment();
	program = argv[0];
	page = (size_t)sysconf(_SC_PAGESIZE);
	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
