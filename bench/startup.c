/* SPDX-License-Identifier: MIT */
/*
 * startup - the same small command started many times.
 *
 * Under a preloaded library every process pays for loading it and for its
 * constructors and destructors: this is that price.  Each command inherits
 * the environment, LD_PRELOAD with it, and must end with status 0.
 */
#include "bench.h"
#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static void run(char **command)
{
	pid_t pid;
	int status;
	int err = posix_spawn(&pid, command[0], NULL, NULL, command, environ);

	if (err)
		die("%s: %s", command[0], strerror(err));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		die("%s ended with wait status %#x", command[0],
		    (unsigned)status);
}

int main(int argc, char **argv)
{
	char name[] = "/bin/true";
	char *plain[] = { name, NULL };
	char **command = argc > 2 ? argv + 2 : plain;
	uint64_t count;
	double start, seconds;

	arg_help(argc, argv, "[COUNT [COMMAND [ARGUMENT]...]]\n"
		 "  COUNT    times that the command is run (1000)\n"
		 "  COMMAND  with its path (/bin/true)");
	count = arg_number(argc, argv, 1, "COUNT", 1000, 1, UINT64_MAX);
	start = now();
	for (uint64_t i = 0; i < count; i++)
		run(command);
	seconds = now() - start;
	printf("startup: %.1f us/process, processes=%" PRIu64
	       " seconds=%.4f\n", seconds / (double)count * 1e6, count,
	       seconds);
	return 0;
}
