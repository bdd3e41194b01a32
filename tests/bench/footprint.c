/* SPDX-License-Identifier: MIT */
/*
 * footprint - a program of known size, for launch.test.
 *
 *	footprint HOW PAGES
 *
 * It touches so many pages of a mapping, and ends in the way that HOW says;
 * the cases are in the table at the end.  It is linked with no allocator.
 * The mapping takes no huge pages, so the number of pages is what it costs
 * on every machine.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t page;
static size_t pages;
static volatile sig_atomic_t signals;

/* What a case could not do; the numbers of launch are all above. */
enum { CANNOT = 9 };

static void check(int good, const char *what)
{
	if (!good) {
		perror(what);
		_exit(CANNOT);
	}
}

static char *touch(void)
{
	size_t bytes = pages * page;
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(p != MAP_FAILED, "mmap");
	madvise(p, bytes, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < bytes; i += page)
		p[i] = 1;
	return p;
}

static void plain(void)
{
	touch();
}

/* The peak lies before the end. */
static void shrink(void)
{
	check(!munmap(touch(), pages * page), "munmap");
}

static void wait_for(pid_t pid)
{
	int status;

	check(waitpid(pid, &status, 0) == pid, "waitpid");
	check(WIFEXITED(status) && !WEXITSTATUS(status), "the child");
}

/* The child is the larger one. */
static void child(void)
{
	pid_t pid = fork();

	check(pid >= 0, "fork");
	if (pid == 0) {
		touch();
		_exit(0);
	}
	wait_for(pid);
}

static pthread_t first_thread;

static void *last_thread(void *arg)
{
	check(!pthread_join(first_thread, NULL), "pthread_join");
	touch();
	return arg;
}

/* What counts happens when the main thread has gone. */
static void main_first(void)
{
	pthread_t thread;

	first_thread = pthread_self();
	check(!pthread_create(&thread, NULL, last_thread, NULL),
	      "pthread_create");
	pthread_exit(NULL);
}

static void *exit_from_here(void *arg)
{
	touch();
	exit(3);
	return arg;
}

/* Another thread ends the process; status 3. */
static void thread_exits(void)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, exit_from_here, NULL),
	      "pthread_create");
	for (;;)
		pause();
}

static void on_signal(int sig)
{
	signals += sig == SIGUSR1;
}

/* Signals arrive, and are not changed on their way; status 4. */
static void signalled(void)
{
	struct sigaction act;

	memset(&act, 0, sizeof(act));
	act.sa_handler = on_signal;
	check(!sigaction(SIGUSR1, &act, NULL), "sigaction");
	for (int i = 0; i < 100; i++)
		check(!raise(SIGUSR1), "raise");
	check(signals == 100, "signals were lost");
	touch();
	exit(4);
}

static void aborted(void)
{
	touch();
	abort();
}

static void killed(void)
{
	touch();
	kill(getpid(), SIGKILL);
}

/* The state of a process: a letter, as /proc tells it. */
static char state_of(pid_t pid)
{
	char path[64], text[512];
	char *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	check(f != NULL, path);
	p = fgets(text, sizeof(text), f);
	fclose(f);
	p = p ? strrchr(text, ')') : NULL;
	check(p != NULL, path);
	return p[2];
}

/*
 * It is stopped and goes on.  A tracer sees the signal first ("t", which may
 * still become "T"), so the other process asks again until it has seen the
 * process run on.
 */
static void stopped(void)
{
	pid_t self = getpid();
	pid_t pid = fork();

	check(pid >= 0, "fork");
	if (pid == 0) {
		check(!kill(self, SIGSTOP), "kill");
		while (state_of(self) != 'T' && state_of(self) != 't')
			usleep(1000);
		check(!kill(self, SIGCONT), "kill");
		_exit(0);
	}
	wait_for(pid);
	touch();
}

/* The image before exec() was larger: it does not count. */
static void replaced(void)
{
	char name[32];

	touch();
	snprintf(name, sizeof(name), "%zu", (size_t)1);
	execl("/proc/self/exe", "footprint", "plain", name, (char *)NULL);
	check(0, "execl");
}

/* Never ends. */
static void forever(void)
{
	for (;;)
		pause();
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{ "plain", plain }, { "shrink", shrink }, { "child", child },
	{ "main-first", main_first }, { "thread-exits", thread_exits },
	{ "signalled", signalled }, { "aborted", aborted },
	{ "killed", killed }, { "stopped", stopped },
	{ "replaced", replaced }, { "forever", forever },
};

int main(int argc, char **argv)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	pages = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(*cases); i++)
		if (!strcmp(argv[1], cases[i].name)) {
			cases[i].run();
			return 0;
		}
	fprintf(stderr, "usage: footprint HOW PAGES\n");
	return 2;
}
