/* SPDX-License-Identifier: MIT */
/*
 * The statistics page, read from another process while two threads there
 * work: no counter ever goes back, no figure is below zero, a child's page
 * has its own number, and in the end all is as hakmem_stats_get() has it.
 *
 * The reader is the parent, which may look into its child on every system
 * that lets anybody look into processes; 77 where that is forbidden.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "hakmem.h"
#include "process/page.h"
#include "process/process.h"

#define PLACES 300u
#define OPS 20000u

static void tell(int fd, const void *from, size_t len)
{
	CHECK_EQ(write(fd, from, len), len);
}

static void hear(int fd, void *to, size_t len)
{
	char *p = (char *)to;

	while (len) {
		ssize_t n = read(fd, p, len);

		CHECK(n > 0);
		p += n;
		len -= (size_t)n;
	}
}

/* ---- the process that is looked at ---- */

static _Atomic(void *) places[PLACES];
static _Atomic int stop;

/*
 * Puts blocks where the other thread takes and frees them: OPS at least, so
 * that every counter has moved however early the one who looks is done.
 */
static void *work(void *arg)
{
	uint64_t state = *(const uint64_t *)arg;

	for (size_t i = 0; i < OPS || !atomic_load(&stop); i++) {
		size_t max = random_below(&state, 50) ? 4000 : 300000;
		void *p = HIDE(malloc(random_size(&state, max)));

		CHECK(p != NULL);
		free(atomic_exchange(&places[random_below(&state, PLACES)],
			p));
		if (random_below(&state, 500) == 0)
			malloc_trim(0);
	}
	return NULL;
}

static void be_looked_at(int in, int out)
{
	static const uint64_t seeds[2] = { 3, 4 };
	struct hakmem_stats stats;
	pthread_t threads[2];
	char byte = 0;

	/* What was forked is looked at before it does anything. */
	tell(out, &byte, 1);
	hear(in, &byte, 1);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, work,
				 (void *)(uintptr_t)&seeds[i]),
			0);
	tell(out, &byte, 1);
	hear(in, &byte, 1);
	atomic_store(&stop, 1);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(hakmem_option_set("purge_age", "1234ms"), 0);
	CHECK_EQ(hakmem_option_set("dirty_budget", "25.5"), 0);
	CHECK_EQ(hakmem_option_set("empties", "5"), 0);
	CHECK_EQ(hakmem_stats_get(&stats, sizeof(stats)), 0);
	tell(out, &stats, sizeof(stats));
	hear(in, &byte, 1);
	_exit(0);
}

/* ---- the one who looks ---- */

static uint64_t address;

static struct page look(pid_t pid)
{
	struct page page;
	const char *why = page_load(&page, process_read, &pid, address);

	CHECK(why == NULL);
	CHECK_EQ(page.pid, pid);
	return page;
}

static void never_back(const struct page *was, const struct page *now)
{
	CHECK_EQ(was->count, now->count);
	CHECK(now->heaps >= was->heaps);
	for (size_t i = 0; i < now->count; i++) {
		const struct page_value *a = &was->values[i];
		const struct page_value *b = &now->values[i];

		CHECK_EQ(a->count, b->count);
		CHECK(b->count > 0 || b->index == 'u');
		for (size_t k = 0; k < b->count; k++) {
			CHECK_AT(b->elements[k] < (uint64_t)1 << 50, i);
			if (b->type == 'c')
				CHECK_AT(b->elements[k] >= a->elements[k], i);
		}
	}
}

static uint64_t sum(const struct page *page, const char *name)
{
	const struct page_value *value = page_find(page, name);
	uint64_t n = 0;

	CHECK(value != NULL && value->count > 0);
	for (size_t i = 0; i < value->count; i++)
		n += value->elements[i];
	return n;
}

/* What was chosen while the process ran, and what was not. */
static void options(const struct page *page)
{
	CHECK_EQ(sum(page, "option_purge_age"), 1234);
	CHECK_EQ(sum(page, "option_dirty_budget"), 255);
	CHECK_EQ(sum(page, "option_empties"), 5);
	CHECK_EQ(sum(page, "option_stats_page"), 1);
	CHECK_EQ(sum(page, "option_force_libc"), 0);
	CHECK(page_find(page, "option_stats_file") == NULL);
}

static void same(const struct page *page, const struct hakmem_stats *s)
{
	CHECK_EQ(page->heaps, s->heaps);
	CHECK_EQ(sum(page, "mmap_calls"), s->mmap_calls);
	CHECK_EQ(sum(page, "munmap_calls"), s->munmap_calls);
	CHECK_EQ(sum(page, "mremap_calls"), s->mremap_calls);
	CHECK_EQ(sum(page, "mprotect_calls"), s->mprotect_calls);
	CHECK_EQ(sum(page, "madvise_calls"), s->madvise_calls);
	CHECK_EQ(sum(page, "madvise_failures"), s->madvise_failures);
	CHECK_EQ(sum(page, "purged_bytes"), s->purged_bytes);
	CHECK_EQ(sum(page, "refills"), s->refills);
	CHECK_EQ(sum(page, "small_refills"), s->refills);
	CHECK_EQ(sum(page, "slabs_retired"), s->slabs_retired);
	CHECK_EQ(sum(page, "small_retired"), s->slabs_retired);
	CHECK_EQ(sum(page, "chains_sent"), s->remote_chains);
	CHECK_EQ(sum(page, "huge_bytes"), s->huge_bytes);
	CHECK_EQ(sum(page, "run_bytes"), s->run_bytes);
	CHECK_EQ(sum(page, "clean_bytes"), s->clean_bytes);
	CHECK_EQ(sum(page, "dirty_bytes"), s->dirty_bytes);
	CHECK_EQ(sum(page, "cached_run_bytes"), s->cached_run_bytes);
	CHECK(sum(page, "refills") > 0);
	CHECK(sum(page, "medium_refills") > 0);
	CHECK(sum(page, "slow_frees") > 0);
}

static void watch(pid_t pid, int in, int out)
{
	struct hakmem_stats stats;
	struct page was, now;
	char byte = 0;

	hear(in, &byte, 1);
	if (!process_read(&pid, (uintptr_t)&address, &was, sizeof(address)))
		CHECK_SKIP("a process may not look into its child here");
	CHECK(process_symbol(pid, "hakmem_stats_page", &address) == NULL);
	was = look(pid);
	tell(out, &byte, 1);
	hear(in, &byte, 1);
	for (size_t i = 0; i < check_count(200); i++) {
		now = look(pid);
		never_back(&was, &now);
		page_free(&was);
		was = now;
	}
	tell(out, &byte, 1);
	hear(in, &stats, sizeof(stats));
	now = look(pid);
	never_back(&was, &now);
	same(&now, &stats);
	options(&now);
	page_free(&was);
	page_free(&now);
	tell(out, &byte, 1);
}

int main(void)
{
	int to_child[2], from_child[2], status;
	uint64_t nowhere;
	pid_t pid;

	if (check_emulated())
		CHECK_SKIP("an emulator's memory is not its program's");
	CHECK(pipe(to_child) == 0 && pipe(from_child) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		close(to_child[1]);
		close(from_child[0]);
		be_looked_at(to_child[0], from_child[1]);
	}
	close(to_child[0]);
	close(from_child[1]);
	watch(pid, from_child[0], to_child[1]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);

	/* It is gone, and what is not exported is not found. */
	CHECK(process_symbol(pid, "hakmem_stats_page", &nowhere) != NULL);
	CHECK(process_symbol(getpid(), "hakmem_no_such_name", &nowhere) !=
		NULL);
	return 0;
}
