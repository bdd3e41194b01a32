/* SPDX-License-Identifier: MIT */
/*
 * plot.c - "hakmem-stat plot FILE -o OUT": a recording as a picture, drawn by
 * gnuplot: memory above, what happened per second below.
 *
 * gnuplot gets a script with the numbers in it.  What is text in it, names of
 * files and of the program, stands in single quotes, in which nothing but the
 * quote itself means anything.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/output.h"
#include "common/util.h"
#include "figures/curves.h"
#include "figures/readings.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB	1048576.0

/* ---- the script ---- */

static void put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputc('\'', out);
		fputc((unsigned char)*text < ' ' ? '?' : *text, out);
	}
	fputc('\'', out);
}

/* A value of a panel; `rate`: per second, else in MiB. */
static double value_of(const struct recording *recording,
		       const struct series *series, size_t i, bool rate)
{
	return rate ? curves_rate(recording, series, i) :
		curves_value(series, i) / MIB;
}

/* A block of data; returns whether it has any. */
static bool put_data(FILE *out, const struct recording *recording,
		     const char *name, bool rate)
{
	const struct series *series = recording_find(recording, name);

	if (!series)
		return false;
	fprintf(out, "$%s << END\n", name);
	for (size_t i = rate; i < recording->samples; i++) {
		double value = value_of(recording, series, i, rate);

		if (!isnan(value))
			fprintf(out, "%.6f %.6f\n",
				(double)recording->elapsed_ns[i] / 1e9, value);
	}
	fputs("END\n", out);
	return true;
}

static void put_panel(FILE *out, const struct recording *recording,
		      const char *const *names, const char *axis, bool rate)
{
	bool has[8] = { false };
	const char *between = "plot ";

	for (size_t i = 0; names[i]; i++)
		has[i] = put_data(out, recording, names[i], rate);
	fprintf(out, "set ylabel '%s'\n", axis);
	for (size_t i = 0; names[i]; i++) {
		if (!has[i])
			continue;
		fprintf(out, "%s$%s using 1:2 with lines lw 1.5 title '%s'",
			between, names[i], names[i]);
		between = ", ";
	}
	fputc('\n', out);
}

/* In front of a path, so that none starts with what gnuplot takes for a
   command. */
static void put_path(FILE *out, const char *path)
{
	char *text = util_format("%s%s", *path == '/' ? "" : "./", path);

	put_quoted(out, text);
	free(text);
}

static void put_script(FILE *out, const struct recording *recording,
		       const char *to, const char *terminal)
{
	char *title = util_format("%s, process %llu", recording->command,
				  (unsigned long long)recording->pid);

	fprintf(out, "set terminal %s\nset output ", terminal);
	put_path(out, to);
	fputs("\nset multiplot layout 2,1 title ", out);
	put_quoted(out, title);
	fputs(" noenhanced\nset key outside top center horizontal "
	      "noenhanced\nset grid\nset yrange [0:*]\nset xrange [0:*]\n"
	      "set lmargin 12\nset xlabel 'seconds'\n", out);
	put_panel(out, recording, curves_gauges, "MiB", false);
	put_panel(out, recording, curves_counters, "per second", true);
	fputs("unset multiplot\nset output\n", out);
	free(title);
}

/* ---- gnuplot ---- */

/* gnuplot does not say when the disk is full. */
static bool is_whole(const char *path)
{
	FILE *in = fopen(path, "re");
	char end[13] = "";
	bool whole = in && !fseek(in, -12, SEEK_END) &&
		fread(end, 1, 12, in) == 12 &&
		(!memcmp(end + 4, "IEND", 4) || strstr(end, "</svg>"));

	if (in)
		fclose(in);
	return whole;
}

/* What was made to see whether it can be. */
static void remove_empty(const char *path)
{
	struct stat st;

	if (!lstat(path, &st) && S_ISREG(st.st_mode) && !st.st_size)
		unlink(path);
}

/* The shell says 127 where there is none. */
static int draw(const struct recording *recording, const char *to,
		const char *terminal)
{
	FILE *gnuplot = fopen(to, "ae");
	int status;

	/* gnuplot says at length what this says in a line. */
	if (!gnuplot)
		util_die(STATUS_UNREADABLE, "%s: %s", to, strerror(errno));
	fclose(gnuplot);
	/* One that is not there reads nothing. */
	signal(SIGPIPE, SIG_IGN);
	gnuplot = popen("command -v gnuplot >/dev/null || exit 127; "
			"exec gnuplot - >/dev/null 2>&1", "w");
	if (!gnuplot)
		util_die(STATUS_UNREADABLE, "gnuplot: %s", strerror(errno));
	put_script(gnuplot, recording, to, terminal);
	status = pclose(gnuplot);
	if (status == 0 && is_whole(to))
		return STATUS_FINE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_NOT_FOUND)
		util_say("gnuplot was not found: it draws the picture, and "
			 "has to be installed");
	else
		util_say("%s: gnuplot could not draw it", to);
	remove_empty(to);
	return STATUS_UNREADABLE;
}

/* ---- the command ---- */

static const char *terminal_of(const char *to)
{
	const char *end = strrchr(to, '.');

	if (end && !strcmp(end, ".svg"))
		return "svg size 900,700 background '#ffffff'";
	if (end && !strcmp(end, ".png"))
		return "pngcairo size 900,700";
	util_die(STATUS_USAGE, "plot: --output=%s: a name that ends in .svg "
		 "or .png", to);
}

static const char *read_arguments(int argc, char **argv, const char **to,
				  struct output *output)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	output_start(output);
	while ((option = getopt_long(argc, argv, "ho:", options, NULL)) >= 0) {
		if (option == 'o')
			*to = optarg;
		else if (!output_take(output, option))
			return NULL;
	}
	if (argc - optind != 1)
		util_die(STATUS_USAGE, "plot: which recording?  One file");
	if (!*to)
		util_die(STATUS_USAGE, "plot: into which file?  -o OUT.svg "
			 "or OUT.png");
	return argv[optind];
}

static int run(int argc, char **argv)
{
	struct readings readings = { 0 };
	const char *to = NULL, *terminal;
	struct output output;
	const char *name = read_arguments(argc, argv, &to, &output);
	int status;

	if (!name)
		return output.status;
	terminal = terminal_of(to);
	if (!readings_add(&readings, name))
		return STATUS_UNREADABLE;
	if (!readings.count || readings.recordings[0].samples < 2)
		util_die(STATUS_UNREADABLE, "%s: no recording with two "
			 "samples", readings_name(name));
	status = draw(&readings.recordings[0], to, terminal);
	readings_free(&readings);
	return status;
}

const struct command command_plot = {
	.name = "plot",
	.run = run,
	.usage = "FILE -o PICTURE",
	.summary = "a recording as a picture",
	.examples =
"  hakmem-stat plot web.rec -o web.svg    memory and events over time\n",
	.help =
"Draws a recording that hakmem-stat record made, by gnuplot, which has to be\n"
"installed: memory above, what happened per second below.  Exits with 3 where\n"
"the file cannot be read or the picture not be drawn.\n"
"  -o, --output=FILE    the picture; its name ends in .svg or .png\n"
"  -h, --help           this text\n",
};
