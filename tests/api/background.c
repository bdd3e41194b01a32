/* SPDX-License-Identifier: MIT */
/*
 * With the option background_thread memory goes back to the system while the
 * program calls nothing; forks, exits and a main thread that ends first go
 * on as without it.  The program starts itself again with the variable set.
 *
 * Nothing is asked to happen within a time: the test waits until it has, and
 * what never happens ends it after some minutes.
 */
#define _GNU_SOURCE 1
#include "lib/blocks.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>

#include "hakmem.h"

#define BLOCKS 3000

static void *blocks[BLOCKS];

static void get(struct hakmem_stats *stats)
{
	CHECK_EQ(hakmem_stats_get(stats, sizeof(*stats)), 0);
}

/*
 * Some MiB of all kinds, and none again.  Returns how much was resident
 * before the first was freed.
 */
static size_t burst(void)
{
	uint64_t seed = 3;
	size_t full;

	for (size_t i = 0; i < BLOCKS; i++) {
		size_t size = random_size(&seed, 900 * KIB);

		blocks[i] = HIDE(malloc(size));
		CHECK(blocks[i] != NULL);
		memset(blocks[i], 1, size);
	}
	full = resident_bytes();
	for (size_t i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	return full;
}

/*
 * As much as lies idle after a burst for certain: too little for the frees
 * to give it back themselves.
 */
#define IDLE (2 * MIB)

static void burst_is_given_back(void)
{
	struct hakmem_stats before, now;
	size_t full;

	get(&before);
	full = burst();
	do {
		usleep(5000);
		get(&now);
	} while (now.purged_bytes < before.purged_bytes + IDLE);
	while (full && resident_bytes() > full - IDLE)
		usleep(5000);
}

/* ---- what the system sees ---- */

/* Reads a file of a task of this process into `text`. */
static bool task_file(const char *task, const char *name, char *text,
	size_t size)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%s/%s", task, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, size - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return n > 0;
}

/* The thread: how many there are, and that no signal reaches them. */
static size_t ours(void)
{
	DIR *tasks = opendir("/proc/self/task");
	char text[4096];
	struct dirent *entry;
	size_t n = 0;

	CHECK(tasks != NULL);
	while ((entry = readdir(tasks))) {
		const char *mask;

		if (entry->d_name[0] == '.' ||
			!task_file(entry->d_name, "comm", text, sizeof(text)) ||
			strcmp(text, "hakmem-purge\n") ||
			!task_file(entry->d_name, "status", text,
				sizeof(text)))
			continue;
		n++;
		mask = strstr(text, "SigBlk:");
		CHECK(mask != NULL);
		/* All but KILL, STOP and the C library's own two. */
		CHECK_EQ(strtoull(mask + 7, NULL, 16) | 0x1800401ull << 8 |
			0x180000000ull, UINT64_MAX);
	}
	closedir(tasks);
	return n;
}

/* It is started by the first slow path, and names itself a little later. */
static void wait_for_thread(void)
{
	while (!check_emulated() && ours() != 1)
		usleep(5000);
}

/* ---- ends ---- */

static void child_ends(pid_t pid)
{
	int status;

	CHECK(pid > 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void forks(void)
{
	size_t rounds = check_count(12);

	for (size_t i = 0; i < rounds; i++) {
		pid_t pid;

		burst();
		pid = fork();
		if (pid == 0) {
			alarm(300);
			if (!check_emulated())
				CHECK_EQ(proc_number("/proc/self/status",
						 "Threads:"), 1);
			if (i % 4 == 0)
				burst_is_given_back();
			else
				burst();
			wait_for_thread();
			exit(0);
		}
		child_ends(pid);
	}
}

static void *last(void *arg)
{
	pthread_t *main_thread = arg;

	CHECK_EQ(pthread_join(*main_thread, NULL), 0);
	burst();
	return NULL;
}

/* The process ends, with 0, when its last thread does: not ours. */
static void main_thread_first(bool other)
{
	pid_t pid = fork();

	if (pid == 0) {
		static pthread_t self, thread;

		alarm(300);
		self = pthread_self();
		burst();
		if (other)
			CHECK_EQ(pthread_create(&thread, NULL, last, &self),
				0);
		pthread_exit(NULL);
	}
	child_ends(pid);
}

int main(int argc, char **argv)
{
	static char again[] = "again";
	char *arguments[] = { argv[0], again, NULL };

	alarm(300);
	if (argc == 1) {
		CHECK_EQ(setenv("HAKMEM_CONF", "background_thread=1,guard=0",
				 1),
			0);
		execv(argv[0], arguments);
		CHECK_ERROR("cannot start itself again");
	}
	burst_is_given_back();
	wait_for_thread();
	forks();
	main_thread_first(false);
	main_thread_first(true);
	return 0;
}
