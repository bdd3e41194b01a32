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
#include "commands/output.h"
#include "common/ticker.h"
#include "common/util.h"
#include "figures/chart.h"
#include "figures/mapped.h"
#include "figures/moment.h"
#include "figures/recording.h"
#include "figures/sample.h"
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERVAL_USUAL	((uint64_t)1000000000)
#define MAP_USUAL	(60 * INTERVAL_USUAL)

struct record {
	pid_t pid;
	const char *name;	/* of the file, or "-" */
	bool force;		/* where there is one */
	struct ticker ticker;
	int fd;
	size_t samples;		/* whole ones that are in it */
	uint64_t map_ns;	/* from one moment to the next; 0: none */
	uint64_t map_at_ns;	/* when the next one is due, and */
	uint64_t elapsed_ns, time_ns; /* when the last sample was taken */
};

/* ---- the file ---- */

static const char *name_of(const struct record *r)
{
	return strcmp(r->name, "-") ? r->name : "standard output";
}

static void open_file(struct record *r)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;

	if (!strcmp(r->name, "-")) {
		r->fd = STDOUT_FILENO;
		return;
	}
	r->fd = open(r->name, flags | (r->force ? O_TRUNC : O_EXCL), 0666);
	if (r->fd < 0 && errno == EEXIST)
		util_die(STATUS_UNREADABLE, "%s: it exists; --force writes "
			 "over it", r->name);
	if (r->fd < 0)
		util_die(STATUS_UNREADABLE, "%s: %s", r->name,
			 strerror(errno));
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

static bool put(struct record *r, const char *text)
{
	size_t len = strlen(text), done = 0;

	while (done < len) {
		ssize_t n = write(r->fd, text + done, len - done);

		if (n >= 0) {
			done += (size_t)n;
		} else if (errno != EINTR) {
			tell_failure(r, errno);
			take_back(r, done);
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
	r->time_ns = now->time_ns;
	r->elapsed_ns = now->clock_ns - first->clock_ns;
	return ok;
}

/* ---- moments ---- */

static void begins(void *arg, const struct mapped *mapped)
{
	chart_start(arg, CHART_STATE, mapped->unit, mapped->heap_ids,
		    mapped->heaps);
}

static void add(void *arg, const struct mapped_part *part)
{
	chart_add(arg, part);
}

static const char *read_chart(struct chart *chart, pid_t pid)
{
	const struct mapped_reader reader = { begins, add, chart };
	struct mapped mapped;
	const char *why;

	*chart = (struct chart){ .count = 0 };
	why = mapped_read(&mapped, pid, &reader);
	if (why) {
		chart_free(chart);
		return why;
	}
	mapped_free(&mapped);
	chart_fit(chart, MOMENT_CELLS);
	return NULL;
}

/* A line for the caller to free, or NULL and why not. */
static char *look(const struct record *r, const char **why)
{
	struct explained explained;
	struct chart chart;
	char *line = NULL;

	*why = explained_read(&explained, r->pid);
	if (*why)
		return NULL;
	*why = read_chart(&chart, r->pid);
	if (!*why) {
		line = moment_line(r->time_ns, r->elapsed_ns, &explained,
				   &chart);
		chart_free(&chart);
	}
	explained_free(&explained);
	return line;
}

/* Where the memory is cannot always be told: the recording is without that. */
static bool put_moment(struct record *r)
{
	const char *why;
	char *line = look(r, &why);
	bool ok;

	if (!line) {
		util_say("process %ld: %s: no more heap maps", (long)r->pid,
			 why);
		r->map_ns = 0;
		return true;
	}
	ok = put(r, line);
	free(line);
	r->map_at_ns = r->elapsed_ns + r->map_ns;
	return ok;
}

/* ---- all lines ---- */

static bool put_all(struct record *r, const struct sampler *sampler,
		    const struct sample *first, const struct sample *now)
{
	if (!put_sample(r, sampler, first, now))
		return false;
	return !r->map_ns || r->elapsed_ns < r->map_at_ns || put_moment(r);
}

/* What was there at the end, unless that has just been told. */
static int finish(struct record *r)
{
	if (r->map_ns && r->map_at_ns < r->elapsed_ns + r->map_ns &&
	    !put_moment(r))
		return STATUS_UNREADABLE;
	return STATUS_FINE;
}

/* Takes samples after the first one; returns the exit status. */
static int go_on(struct record *r, struct sampler *sampler,
		 const struct sample *first)
{
	for (;;) {
		enum tick tick = ticker_wait(&r->ticker);
		enum sampled taken = SAMPLED_ENDED;
		struct sample now;
		bool ok;

		if (tick == TICK)
			taken = sampler_take(sampler, &now);
		else if (tick == TICK_NO_READER)
			return STATUS_FINE;
		else if (tick != TICK_ENDED)
			return finish(r);
		if (taken != SAMPLED)
			return sampler_over(sampler, taken);
		ok = put_all(r, sampler, first, &now);
		sample_free(&now);
		if (!ok)
			return STATUS_UNREADABLE;
	}
}

static int record(struct record *r)
{
	struct sampler sampler;
	struct sample first;
	enum sampled taken;
	int status;

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
	status = put_all(r, &sampler, &first, &first) ?
		go_on(r, &sampler, &first) : STATUS_UNREADABLE;
	if (!finish_file(r))
		status = STATUS_UNREADABLE;
	sample_free(&first);
	sampler_close(&sampler);
	ticker_stop(&r->ticker);
	return status;
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
			r->pid = process_number(optarg);
		} else if (option == 'o') {
			r->name = optarg;
		} else if (option == 'F') {
			r->force = true;
		} else if (option == 'm') {
			r->map_ns = map_interval(optarg);
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
			    .map_ns = MAP_USUAL };
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
"with 0.  Once in a minute, and at the start and the end, where its resident\n"
"memory is and the map of its heap are written as well.  The file has lines\n"
"of JSON, a head, then a sample or a map each; where it is cut off, what is\n"
"in front of that can be read.  Exits with 3 where the process cannot be\n"
"looked into, or the file not be written.\n"
"  -p, --pid=PID        the process\n"
"  -o, --output=FILE    where to\n"
"      --force          write over FILE where it exists\n"
"      --map=SECONDS    a map so often instead; 0: none\n"
"  -h, --help           this text\n",
};
