/* SPDX-License-Identifier: MIT */
/*
 * Files in memory that others read: what shm.h promises, against a hostile
 * directory; and the copy of the statistics page that is made of one.
 */
#include "unit.h"

#include "api/alloc.h"
#include "api/copy.h"
#include "api/page.h"
#include "os/os.h"
#include "os/shm.h"
#include "stats/copy.h"

#include "process/copy.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define LEN	((size_t)1 << 20)
#define READY	((size_t)1 << 16)

/* In /dev/shm, for this program alone. */
static char directory[64];

static char *in_directory(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static int make(void **at)
{
	return hk_shm_make(directory, "1", LEN, at);
}

static void gone(void)
{
	assert_int_equal(access(in_directory("1"), F_OK), -1);
	assert_int_equal(rmdir(directory), 0);
}

static bool has_shm(void)
{
	void *at;
	int err = make(&at);

	if (!err) {
		hk_shm_unmap(at, LEN);
		assert_int_equal(unlink(in_directory("1")), 0);
		rmdir(directory);
	}
	return !err;
}

static void look(const char *path, mode_t mode, struct stat *st)
{
	assert_int_equal(lstat(path, st), 0);
	assert_int_equal(st->st_mode & 07777, mode);
}

static void made(void **state)
{
	mode_t before = umask(0777);
	void *at = NULL;
	struct stat st;

	(void)state;
	errno = 4711;
	assert_int_equal(make(&at), 0);
	assert_int_equal(errno, 4711);
	umask(before);
	look(directory, 0700, &st);
	look(in_directory("1"), 0600, &st);
	assert_int_equal(st.st_size, LEN);
	/* It costs no memory before it is used, nor does the rest then. */
	assert_int_equal(st.st_blocks, 0);
	assert_true(hk_shm_commit(at, READY));
	CHECK_ZERO(at, READY);
	memset(at, 1, READY);
	look(in_directory("1"), 0600, &st);
	assert_int_equal((size_t)st.st_blocks * 512, READY);
	hk_shm_empty(at, READY);
	look(in_directory("1"), 0600, &st);
	assert_int_equal(st.st_blocks, 0);
	assert_int_equal(unlink(in_directory("1")), 0);
	hk_shm_unmap(at, LEN);
	gone();
}

static void replaced(void **state)
{
	void *first = NULL, *second = NULL;
	struct stat st;

	(void)state;
	assert_int_equal(make(&first), 0);
	assert_true(hk_shm_commit(first, READY));
	*(char *)first = 1;
	assert_int_equal(make(&second), 0);
	assert_true(hk_shm_commit(second, READY));
	/* It is another one, and who has the old one goes on. */
	assert_int_equal(*(char *)second, 0);
	*(char *)first = 2;
	assert_int_equal(*(char *)second, 0);
	hk_shm_unmap(first, LEN);
	assert_int_equal(unlink(in_directory("1")), 0);
	hk_shm_unmap(second, LEN);

	/* A link is not followed, but replaced. */
	assert_int_equal(mkdir(directory, 0700), -1);
	assert_int_equal(symlink("/etc/passwd", in_directory("1")), 0);
	assert_int_equal(make(&first), 0);
	look(in_directory("1"), 0600, &st);
	assert_true(S_ISREG(st.st_mode));
	hk_shm_unmap(first, LEN);
	assert_int_equal(unlink(in_directory("1")), 0);
	gone();
}

/* A child whose parent goes on to write. */
static void left(void **state)
{
	void *at = NULL, *same;

	(void)state;
	assert_int_equal(make(&at), 0);
	assert_true(hk_shm_commit(at, READY));
	*(char *)at = 1;
	same = mmap(NULL, READY, PROT_READ | PROT_WRITE, MAP_SHARED,
		    open(in_directory("1"), O_RDWR), 0);
	assert_ptr_not_equal(same, MAP_FAILED);
	hk_shm_leave(at, LEN);
	assert_int_equal(*(char *)at, 0);
	((char *)at)[LEN - 1] = *(char *)at = 2;
	assert_int_equal(*(char *)same, 1);
	munmap(same, READY);
	munmap(at, LEN);
	assert_int_equal(unlink(in_directory("1")), 0);
	gone();
}

/* What somebody else may have put there. */
static void refused(void **state)
{
	char elsewhere[64];
	void *at;
	int fd;

	(void)state;
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(chmod(directory, 0770), 0);
	assert_int_equal(make(&at), -EPERM);
	assert_int_equal(chmod(directory, 0701), 0);
	assert_int_equal(make(&at), -EPERM);
	if (!geteuid()) {
		assert_int_equal(chmod(directory, 0700), 0);
		assert_int_equal(chown(directory, 1, 1), 0);
		assert_int_equal(make(&at), -EPERM);
	}
	gone();

	fd = open(directory, O_CREAT | O_EXCL, 0700);
	assert_return_code(fd, errno);
	close(fd);
	assert_int_equal(make(&at), -ENOTDIR);
	assert_int_equal(unlink(directory), 0);

	snprintf(elsewhere, sizeof(elsewhere), "/tmp/hakmem.test.%ld",
		 (long)getpid());
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	assert_int_equal(symlink(elsewhere, directory), 0);
	assert_int_equal(make(&at), -ENOTDIR);
	assert_int_equal(unlink(directory), 0);
	assert_int_equal(rmdir(elsewhere), 0);
}

static void not_on_a_disk(void **state)
{
	void *at;
	int err;

	(void)state;
	/* /proc is neither a disk nor for this. */
	err = hk_shm_make("/proc/self/fd", "1", LEN, &at);
	assert_true(err == -EPERM || err == -ENODEV);
}

/* The kernel would end the process by a signal for it. */
static void longer_than_allowed(void **state)
{
	struct rlimit limit, before;
	void *at;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = LEN - 1;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(make(&at), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(access(directory, F_OK), -1);
}

static unsigned int asked;

static bool is_b(const char *name, const void *start)
{
	char text[HK_SHM_START];

	asked++;
	memcpy(text, start, sizeof(text));
	return !strcmp(text, "b") && name[0] == 'f';
}

static void swept(void **state)
{
	const unsigned int files = 300;	/* more than are read at once */
	unsigned int there = 0;

	(void)state;
	assert_int_equal(mkdir(directory, 0700), 0);
	for (unsigned int i = 0; i < files; i++) {
		char name[32];
		int fd;

		snprintf(name, sizeof(name), "file-%u", i);
		fd = open(in_directory(name), O_CREAT | O_WRONLY, 0600);
		assert_return_code(fd, errno);
		assert_int_equal(write(fd, i % 2 ? "b" : "a", 1), 1);
		close(fd);
	}
	assert_int_equal(symlink("/etc/passwd", in_directory("link")), 0);
	hk_shm_sweep(directory, is_b);
	assert_int_equal(asked, files);
	for (unsigned int i = 0; i < files; i++) {
		char name[32];

		snprintf(name, sizeof(name), "file-%u", i);
		there += !access(in_directory(name), F_OK);
		assert_int_equal(unlink(in_directory(name)), i % 2 ? -1 : 0);
	}
	assert_int_equal(there, files / 2);
	assert_int_equal(unlink(in_directory("link")), 0);
	gone();
}

/* ---- the copy ---- */

static uint64_t total(const struct page *page, const char *name)
{
	const struct page_value *value = page_find(page, name);

	assert_non_null(value);
	return page_total(value);
}

static int remove_own(void)
{
	struct copy_told told = { .uid = geteuid(), .pid = getpid() };

	return copy_remove(&told);
}

/* Until it was brought up to date again; where there is none, for a moment. */
static void bring_up_to_date(void)
{
	uint64_t start = hk_os_clock_ms();
	uint32_t at = atomic_load(&hk_copy_at);

	do
		hk_copy_due();
	while (at ? atomic_load(&hk_copy_at) == at :
	       hk_os_clock_ms() - start < 300);
}

static void load_own(struct page *page, struct copy_told *told)
{
	const char *why = copy_load(page, getpid(), told);

	if (why)
		fail_msg("%s", why);
}

/* A heap of its own for each, as all are there at the same time. */
static void *allocates(void *arg)
{
	pthread_barrier_t *all = arg;

	hk_free(hk_malloc(100));
	pthread_barrier_wait(all);
	pthread_barrier_wait(all);
	return NULL;
}

/* Loads the copy while so many threads have heaps. */
static void load_among(unsigned int n, struct page *page,
		       struct copy_told *told)
{
	pthread_t *threads = calloc(n, sizeof(*threads));
	pthread_attr_t attr;
	pthread_barrier_t all;

	assert_non_null(threads);
	pthread_barrier_init(&all, NULL, n + 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, (size_t)256 << 10);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(pthread_create(&threads[i], &attr, allocates,
						&all), 0);
	pthread_barrier_wait(&all);
	bring_up_to_date();
	load_own(page, told);
	pthread_barrier_wait(&all);
	for (unsigned int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_attr_destroy(&attr);
	pthread_barrier_destroy(&all);
	free(threads);
}

static void copied(void **state)
{
	struct copy_told told;
	struct page page;

	(void)state;
	bring_up_to_date();
	load_own(&page, &told);
	assert_int_equal(told.pid, getpid());
	assert_int_equal(told.uid, geteuid());
	assert_int_equal(told.left_out, 0);
	assert_int_equal(page.pid, getpid());
	assert_int_equal(page.map, 0);
	assert_int_equal(page.table.at, 0);
	assert_int_equal(total(&page, "option_stats_shm"), 1);
	assert_int_equal(total(&page, "mmap_calls"),
			 atomic_load(&hk_os_counts.mmap));
	assert_true(total(&page, "class_size") > 0);
	page_free(&page);
}

static void of_threads(void **state)
{
	struct copy_told told;
	struct page page;

	(void)state;
	load_among(20, &page, &told);
	assert_true(page.heaps >= 20);
	assert_int_equal(told.left_out, 0);
	assert_true(total(&page, "refills") > 20);
	page_free(&page);
}

/* The list is whole nevertheless. */
static void more_than_it_holds(void **state)
{
	struct copy_told told;
	struct page page;

	(void)state;
	if (hk_tsan || unit_in_valgrind())
		skip();
	load_among(1200, &page, &told);
	assert_true(told.left_out > 0);
	assert_true(page.heaps > 900);
	assert_true(page.heaps + told.left_out >= 1200);
	page_free(&page);
}

/* Its own file, and its parent's stays as it is. */
static void of_a_child(void **state)
{
	struct copy_told told, before;
	struct page page;
	pid_t child;
	int status;

	(void)state;
	bring_up_to_date();
	load_own(&page, &before);
	page_free(&page);
	child = fork();
	if (!child) {
		bring_up_to_date();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* It was not taken away: it ended by _exit(). */
	assert_null(copy_load(&page, child, &told));
	assert_int_equal(told.pid, child);
	assert_int_equal(page.pid, child);
	page_free(&page);
	load_own(&page, &told);
	assert_int_equal(told.date_ns, before.date_ns);
	page_free(&page);
	told.pid = child;
	assert_int_equal(copy_remove(&told), 0);
}

/* It has its parent's file mapped, and no handler was called: nothing. */
static void of_a_raw_child(void **state)
{
	struct copy_told told, before;
	struct page page;
	pid_t child;
	int status;

	(void)state;
	bring_up_to_date();
	load_own(&page, &before);
	page_free(&page);
	child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!child) {
		bring_up_to_date();
		_exit(atomic_load(&hk_copy_at) != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_non_null(copy_load(&page, child, &told));
	load_own(&page, &told);
	assert_int_equal(told.date_ns, before.date_ns);
	page_free(&page);
}

/* In a signal's handler, perhaps: it need not be the last one. */
static void of_a_child_of_a_child(void **state)
{
	pid_t child;
	int status;

	(void)state;
	child = fork();
	if (!child) {
		pid_t grandchild = fork();

		if (!grandchild) {
			bring_up_to_date();
			_exit(remove_own() != 0);
		}
		waitpid(grandchild, &status, 0);
		hk_copy_end();
		_exit(status != 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void taken_away(void **state)
{
	struct page page;

	(void)state;
	bring_up_to_date();
	hk_copy_end();
	assert_non_null(copy_load(&page, getpid(), NULL));
	/* For good. */
	bring_up_to_date();
	assert_non_null(copy_load(&page, getpid(), NULL));
}

static int set_up(void **state)
{
	(void)state;
	hk_free(hk_malloc(1));
	unit_own_heaps();
	return 0;
}

/* As if the option had been set when the library's constructor ran. */
static void start(void)
{
	atomic_store(&hk_policy.value[HK_OPT_STATS_SHM], 1);
	hk_copy_start();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made),
		cmocka_unit_test(replaced),
		cmocka_unit_test(left),
		cmocka_unit_test(refused),
		cmocka_unit_test(not_on_a_disk),
		cmocka_unit_test(longer_than_allowed),
		cmocka_unit_test(swept),
		cmocka_unit_test_setup(copied, set_up),
		cmocka_unit_test_setup(of_threads, set_up),
		cmocka_unit_test_setup(more_than_it_holds, set_up),
		cmocka_unit_test_setup(of_a_child, set_up),
		cmocka_unit_test_setup(of_a_raw_child, set_up),
		cmocka_unit_test_setup(of_a_child_of_a_child, set_up),
		cmocka_unit_test_setup(taken_away, set_up),
	};

	alarm(300);
	snprintf(directory, sizeof(directory), "/dev/shm/hakmem.test.%ld",
		 (long)getpid());
	if (!has_shm()) {
		printf("skipped: no files can be made in /dev/shm\n");
		return 77;
	}
	start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
