/* SPDX-License-Identifier: MIT */
/*
 * record.c - "hakmem-stat record": the figures of a process over time, into a
 * file.  recording.h has what is in it.
 *
 * Each line is written by one call, so that a reader of the file, and whoever
 * ends this program, find whole lines.  Where the disk is full in the middle
 * of one, its part is taken back.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/moments.h"
#include "commands/output.h"
#include "common/ticker.h"
#include "common/util.h"
#include "figures/recording.h"
#include "figures/sample.h"
#include "process/look.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INTERVAL_USUAL	((uint64_t)1000000000)
#define MAP_USUAL	(60 * INTERVAL_USUAL)

struct record {
	pid_t pid;
	const char *name;	/* of the file, or "-" */
	bool force;		/* where there is one */
	struct ticker ticker;
	int fd;
	size_t most;		/* bytes that are written by one call */
	size_t samples;		/* whole ones that are in it */
	int status;		/* that the command exits with */
	uint64_t elapsed_ns;	/* from the first to the last one */
	struct moments moments;
};

/* ---- the file ---- */

static const char *name_of(const struct record *r)
{
	return strcmp(r->name, "-") ? r->name : "standard output";
}

static int open_named(const struct record *r)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
	int fd = open(r->name, flags | (r->force ? O_TRUNC : O_EXCL), 0666);

	if (fd < 0 && errno == EEXIST)
		util_die(STATUS_UNREADABLE, "%s: it exists; --force writes "
			 "over it", r->name);
	if (fd < 0)
		util_die(STATUS_UNREADABLE, "%s: %s", r->name,
			 strerror(errno));
	return fd;
}

static void open_file(struct record *r)
{
	struct stat status;

	r->fd = strcmp(r->name, "-") ? open_named(r) : STDOUT_FILENO;
	/* Of a pipe, as much as it takes once it takes anything. */
	r->most = !fstat(r->fd, &status) && S_ISREG(status.st_mode) ?
		SIZE_MAX : PIPE_BUF;
}

/* Says why not: `status` is an error of the system. */
static void tell_failure(const struct record *r, int status)
{
	util_say("%s: %s; %zu sample%s in it", name_of(r), strerror(status),
		 r->samples, r->samples == 1 ? " is" : "s are");
}

/* The last bytes go again; a pipe has no end that could be cut off. */
static void take_back(const struct record *r, size_t len)
{
	off_t end = lseek(r->fd, 0, SEEK_CUR);

	if (len && end > 0 && ftruncate(r->fd, end - (off_t)len))
		util_say("%s: its last line is not whole", name_of(r));
}

/*
 * Who reads a pipe may have stopped doing so, and the user must be able to end
 * this all the same.
 */
static bool put(struct record *r, const char *text)
{
	size_t len = strlen(text), done = 0;

	while (done < len) {
		size_t more = len - done < r->most ? len - done : r->most;
		ssize_t n;

		if (!ticker_may_write(&r->ticker, r->fd)) {
			if (done)
				util_say("%s: its last line is not whole",
					 name_of(r));
			r->status = STATUS_FINE;
			return false;
		}
		n = write(r->fd, text + done, more);
		if (n >= 0) {
			done += (size_t)n;
		} else if (errno != EINTR) {
			tell_failure(r, errno);
			take_back(r, done);
			r->status = STATUS_UNREADABLE;
			return false;
		}
	}
	return true;
}

/* On the disk; what is no file of a disk has no need of it. */
static bool finish_file(struct record *r)
{
	if (fsync(r->fd) && errno != EINVAL && errno != EROFS &&
	    errno != ENOTSUP) {
		tell_failure(r, errno);
		return false;
	}
	return true;
}

/* ---- samples ---- */

/* The head comes with the first one, so that no file has only a head. */
static bool put_sample(struct record *r, const struct sampler *sampler,
		       const struct sample *first, const struct sample *now)
{
	char *line = recording_line(first, now);
	char *text = line;
	bool ok;

	if (first == now) {
		char *head = recording_head(sampler, r->ticker.interval_ns,
					    first);

		text = util_format("%s%s", head, line);
		free(head);
		free(line);
	}
	ok = put(r, text);
	free(text);
	r->samples += ok;
	r->elapsed_ns = now->clock_ns - first->clock_ns;
	return ok;
}

/* ---- all lines ---- */

/* These return false where the recording is over, with r->status. */
static bool put_moment(struct record *r, const struct sampler *sampler)
{
	char *line;
	enum sampled there = moments_look(&r->moments, sampler, &line);
	bool ok = !line || put(r, line);

	free(line);
	if (there != SAMPLED)
		r->status = sampler_over(sampler, there);
	return ok && there == SAMPLED;
}

static bool put_all(struct record *r, const struct sampler *sampler,
		    const struct sample *first, const struct sample *now)
{
	if (!put_sample(r, sampler, first, now))
		return false;
	return !moments_due(&r->moments, r->elapsed_ns) ||
		put_moment(r, sampler);
}

/* What there was at the end, unless that has just been told. */
static void finish(struct record *r, const struct sampler *sampler,
		   enum tick last)
{
	bool told = last == TICK_LAST && r->moments.taken_ns >= r->elapsed_ns;

	if (r->moments.every_ns && !told)
		put_moment(r, sampler);
}

/* Takes samples after the first one, until r->status is known. */
static void go_on(struct record *r, struct sampler *sampler,
		  const struct sample *first)
{
	for (bool ok = true; ok;) {
		enum tick tick = ticker_wait(&r->ticker);
		enum sampled taken = SAMPLED_ENDED;
		struct sample now;

		if (tick == TICK) {
			taken = sampler_take(sampler, &now);
		} else if (tick != TICK_ENDED) {
			if (tick != TICK_NO_READER)
				finish(r, sampler, tick);
			return;
		}
		if (taken != SAMPLED) {
			r->status = sampler_over(sampler, taken);
			return;
		}
		ok = put_all(r, sampler, first, &now);
		sample_free(&now);
	}
}

static int record(struct record *r)
{
	struct sampler sampler;
	struct sample first;
	enum sampled taken;

	sampler_open(&sampler, r->pid);
	taken = sampler_take(&sampler, &first);
	if (taken != SAMPLED) {
		sampler_over(&sampler, taken);
		return STATUS_UNREADABLE;
	}
	/* That may wait for who reads a pipe, and be interrupted. */
	open_file(r);
	ticker_start(&r->ticker, r->pid,
		     r->fd == STDOUT_FILENO ? r->fd : -1);
	r->moments.start_ns = first.clock_ns;
	r->moments.slack_ns = r->ticker.interval_ns / 2;
	if (put_all(r, &sampler, &first, &first))
		go_on(r, &sampler, &first);
	if (!finish_file(r))
		r->status = STATUS_UNREADABLE;
	sample_free(&first);
	sampler_close(&sampler);
	ticker_stop(&r->ticker);
	return r->status;
}

/* ---- the command ---- */

static uint64_t map_interval(const char *word)
{
	uint64_t ns;

	if (!strcmp(word, "0"))
		return 0;
	if (!ticker_seconds(word, &ns))
		util_die(STATUS_USAGE, "record: --map=%s: seconds, from 0.01 "
			 "to 1000000, or 0", word);
	return ns;
}

static bool read_arguments(int argc, char **argv, struct record *r,
			   int *status)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "output", required_argument, NULL, 'o' },
		{ "force", no_argument, NULL, 'F' },
		{ "map", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct output output;
	int option;

	output_start(&output);
	while ((option = getopt_long(argc, argv, "ho:p:", options,
				     NULL)) >= 0) {
		if (option == 'p') {
			r->pid = look_number(optarg);
		} else if (option == 'o') {
			r->name = optarg;
		} else if (option == 'F') {
			r->force = true;
		} else if (option == 'm') {
			r->moments.every_ns = map_interval(optarg);
		} else if (!output_take(&output, option)) {
			*status = output.status;
			return false;
		}
	}
	if (!r->pid)
		util_die(STATUS_USAGE, "record: which process?  -p PID");
	if (!r->name || !*r->name)
		util_die(STATUS_USAGE, "record: into which file?  -o FILE");
	ticker_arguments(&r->ticker, "record", argc - optind, argv + optind);
	return true;
}

static int run(int argc, char **argv)
{
	struct record r = { .ticker.interval_ns = INTERVAL_USUAL,
			    .moments.every_ns = MAP_USUAL };
	int status;

	if (!read_arguments(argc, argv, &r, &status))
		return status;
	/* A limit on the size of files is an error like others. */
	signal(SIGXFSZ, SIG_IGN);
	return record(&r);
}

const struct command command_record = {
	.name = "record",
	.run = run,
	.usage = "-p PID -o FILE [OPTION...] [INTERVAL [COUNT]]",
	.summary = "all figures of a running process over time, into a file",
	.examples =
"  hakmem-stat record -p 4711 -o web.rec 10   every 10 seconds, until it ends\n"
"  hakmem-stat report web.rec                 what is in it\n"
"  hakmem-stat report -f csv web.rec          the same for a spreadsheet\n",
	.help =
"Writes all figures of a running process into FILE, or to standard output for\n"
"'-', once in INTERVAL seconds, which may have a fraction and is 1 otherwise,\n"
"until there are COUNT samples, the process ends, or an interrupt: each exits\n"
"with 0.  At the start, once in a minute, and at the end unless the process\n"
"has ended, where its resident memory is and the map of its heap are written\n"
"as well.  The file has lines of JSON, a head, then a sample or a map each;\n"
"where it is cut off, what is in front of that can be read.  Exits with 3\n"
"where the process cannot be looked into, or the file not be written.\n"
"  -p, --pid=PID        the process\n"
"  -o, --output=FILE    where to\n"
"      --force          write over FILE where it exists\n"
"      --map=SECONDS    a map so often instead; 0: none\n"
"  -h, --help           this text\n",
};
