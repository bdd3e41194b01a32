/* SPDX-License-Identifier: MIT */
/*
 * map.c - "hakmem-stat map": the heap of a process as a picture, unit after
 * unit, on a terminal, in a file, or as rows for programs.
 */
#define _GNU_SOURCE
#include "commands/commands.h"
#include "commands/look_arguments.h"
#include "commands/output.h"
#include "common/textfile.h"
#include "common/util.h"
#include "display/json.h"
#include "display/picture.h"
#include "display/pngfile.h"
#include "display/print.h"
#include "display/sheet.h"
#include "figures/charted.h"
#include "process/look.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define WIDTH		80	/* where nobody says how wide the output is */
#define WIDTH_MAX	4096
#define UNIT_LEAST	((uint64_t)32 << 10)
#define UNIT_MOST	((uint64_t)1 << 40)

struct arguments {
	enum chart_by by;
	uint64_t unit;		/* bytes of a cell; 0: as many as fit */
	const char *unit_word;	/* as it was given */
	const char *png;	/* a file; or NULL */
};

/* ---- the command line ---- */

static enum chart_by chart_named(const char *word)
{
	const char *nearest;

	for (int i = 0; chart_words[i]; i++)
		if (!strcmp(word, chart_words[i]))
			return (enum chart_by)i;
	nearest = util_nearest(word, chart_words);
	util_die(STATUS_USAGE, "map: --by=%s: state, fill, class, heap or "
		 "resident%s%s%s", word, nearest ? "; did you mean '" : "",
		 nearest ? nearest : "", nearest ? "'?" : "");
}

/* "64K", "2MiB": the shift that the end stands for; false: it is none. */
static bool suffix(const char *end, unsigned int *shift)
{
	static const char letters[] = "KMG";
	const char *letter = *end ? strchr(letters, *end & ~32) : NULL;

	*shift = letter ? 10 * (unsigned int)(letter - letters + 1) : 0;
	return !*end || (letter && (!end[1] || !strcmp(end + 1, "iB")));
}

static uint64_t unit_named(const char *word)
{
	unsigned int shift = 0;
	uint64_t unit = 0;
	char *end;

	if (*word >= '1' && *word <= '9') {
		unit = strtoull(word, &end, 10);
		if (!suffix(end, &shift) || unit > UNIT_MOST)
			unit = 0;
	}
	unit = unit <= UNIT_MOST >> shift ? unit << shift : 0;
	if (unit < UNIT_LEAST || unit > UNIT_MOST || unit & (unit - 1))
		util_die(STATUS_USAGE, "map: --unit=%s: a power of two from "
			 "32K to 1024G", word);
	return unit;
}

static void take(void *arg, int option)
{
	struct arguments *args = arg;

	if (option == 'b') {
		args->by = chart_named(optarg);
	} else if (option == 'u') {
		args->unit = unit_named(optarg);
		args->unit_word = optarg;
	} else {
		if (!*optarg)
			util_die(STATUS_USAGE, "map: --png=: which file?");
		args->png = optarg;
	}
}

static void check(const struct arguments *args, enum print_format format)
{
	if (args->png && !pngfile_built)
		util_die(STATUS_USAGE, "map: --png: this program was built "
			 "without libpng; install libpng-dev and build it "
			 "again");
	if (args->png && format != PRINT_TABLE)
		util_die(STATUS_USAGE, "map: --png is a format of its own: "
			 "leave --format out");
	if (format != PRINT_TABLE && args->unit)
		util_die(STATUS_USAGE, "map: --unit is for pictures: csv and "
			 "json have every unit");
}

/* ---- a chart ---- */

/* As it was asked for, if it has at most `most` cells then; or to `fit`. */
static void condense(struct chart *chart, const struct arguments *args,
		     size_t fit, size_t most)
{
	char bytes[UTIL_BYTES_MAX];

	if (!args->unit) {
		chart_fit(chart, fit);
		return;
	}
	while (chart->unit < args->unit)
		chart_halve(chart);
	chart_fit(chart, most);
	if (chart->unit > args->unit)
		util_die(STATUS_USAGE, "map: --unit=%s is too little for a "
			 "heap of this size: at least %s, or leave it out",
			 args->unit_word, util_bytes(bytes, chart->unit));
}

/* ---- on a terminal ---- */

static int output_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	int width = columns ? atoi(columns) : 0;

	if (width <= 0 && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		width = size.ws_col;
	if (width <= 0)
		width = WIDTH;
	return width < WIDTH_MAX ? width : WIDTH_MAX;
}

static void print_table(struct chart *chart, const struct mapped *mapped,
			const struct arguments *args)
{
	int width = output_width();

	condense(chart, args, sheet_signs(width) * SHEET_ROWS,
		 CHART_CELLS_MAX);
	sheet_print(stdout, chart, mapped, width, *util_bold(stdout));
}

/* ---- in a file ---- */

static void now(char *text, size_t size)
{
	time_t date = time(NULL);
	struct tm parts;

	if (!localtime_r(&date, &parts) ||
	    !strftime(text, size, "%Y-%m-%d %H:%M:%S %z", &parts))
		*text = '\0';
}

static void write_png(struct chart *chart, const struct mapped *mapped,
		      const struct arguments *args)
{
	char *title = util_format("%s, process %ld: the heap by %s",
				  mapped->command, (long)mapped->pid,
				  chart_words[chart->by]);
	struct canvas canvas;
	char when[64], *bytes;
	size_t len;
	int status;

	condense(chart, args, PICTURE_CELLS, PICTURE_CELLS_MAX);
	now(when, sizeof(when));
	picture_draw(&canvas, chart, mapped, title, when);
	bytes = pngfile_make(&canvas, title, &len);
	status = textfile_save(args->png, bytes, len);
	free(bytes);
	canvas_free(&canvas);
	free(title);
	if (status)
		util_die(STATUS_UNREADABLE, "%s: %s", args->png,
			 strerror(-status));
}

static void draw(const struct arguments *args, pid_t pid)
{
	struct mapped mapped;
	struct chart chart;

	look_require(pid, charted_read(&chart, args->by, &mapped, pid));
	if (args->png)
		write_png(&chart, &mapped, args);
	else
		print_table(&chart, &mapped, args);
	chart_free(&chart);
	mapped_free(&mapped);
}

/* ---- for programs ---- */

static void csv_part(const struct mapped *mapped,
		     const struct mapped_part *part)
{
	printf("%s,0x%" PRIx64 ",0x%" PRIx64 ",", mapped_word(part->kind),
	       part->start, part->end);
	if (part->block)
		printf("%" PRIu64, part->block);
	putchar(',');
	if (part->heap)
		printf("%" PRIu64, mapped->heap_ids[part->heap - 1]);
	printf(",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
	       ",", part->blocks_live, part->blocks_free, part->sum.bytes,
	       part->sum.live, part->sum.resident);
	if (mapped->has_huge)
		printf("%" PRIu64, part->sum.huge);
	putchar('\n');
}

static void print_csv(const struct mapped *mapped)
{
	puts("kind,start,end,block_bytes,heap,blocks_live,blocks_free,bytes,"
	     "live_bytes,resident_bytes,huge_page_bytes");
	for (size_t i = 0; i < mapped->count; i++)
		csv_part(mapped, &mapped->parts[i]);
}

static void list(enum print_format format, pid_t pid)
{
	const struct mapped_reader reader = { NULL, NULL, NULL };
	struct mapped mapped;

	look_require(pid, mapped_read(&mapped, pid, &reader));
	if (format == PRINT_JSON)
		print_mapped_json(&mapped);
	else
		print_csv(&mapped);
	mapped_free(&mapped);
}

/* ---- the command ---- */

static int run(int argc, char **argv)
{
	static const struct option own[] = {
		{ "by", required_argument, NULL, 'b' },
		{ "unit", required_argument, NULL, 'u' },
		{ "png", required_argument, NULL, 'g' },
		{ NULL, 0, NULL, 0 },
	};
	struct arguments args = { .by = CHART_STATE };
	struct look_arguments look = { .command = "map", .own = own,
				       .take = take, .arg = &args };
	enum print_format format;

	if (!look_arguments(argc, argv, &look))
		return look.output.status;
	format = print_format_named(look.output.format);
	check(&args, format);
	if (format == PRINT_TABLE)
		draw(&args, look.pid);
	else
		list(format, look.pid);
	return STATUS_FINE;
}

const struct command command_map = {
	.name = "map",
	.run = run,
	.usage = "-p PID [OPTION...]",
	.summary = "the heap of a process as a picture",
	.examples =
"  hakmem-stat map -p 4711                what lies where in its heap\n"
"  hakmem-stat map -p 4711 --png heap.png the same as a picture in a file\n",
	.help =
"Shows the arena of a running process, a sign for each unit of 32 KiB or for\n"
"several, by what it is: slabs of small and medium blocks and how full they\n"
"are, large blocks, what is kept, dirty or clean.  Below it stand the bytes\n"
"of each kind, what of them is in live blocks, and resident.  Exits with 3\n"
"where the process cannot be looked into, or the file not be written.\n"
"  -p, --pid=PID        the process\n"
"      --by=WHAT        state (the default), fill, class, heap or resident\n"
"      --unit=SIZE      bytes of a sign, 32K or more; as needed otherwise\n"
"      --png=FILE       a picture into FILE, and nothing on standard output\n"
OUTPUT_HELP,
};
