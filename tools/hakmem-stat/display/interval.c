/* SPDX-License-Identifier: MIT */
/*
 * interval.c - see interval.h.
 *
 * A row of the table has 76 columns.  Bytes are told as "26.5Mi", as free(1)
 * does, and counts as "12345" or "123k".
 */
#include "display/interval.h"

#include "common/util.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SUMMANDS	5

static const struct column {
	const char *heading;	/* of the table */
	const char *name;	/* of CSV and JSON */
	bool is_rate;		/* per second */
	bool is_bytes;
	const char *figures[SUMMANDS]; /* the sum of them */
} columns[] = {
	{ "rss", "rss_bytes", false, true, { "rss_bytes" } },
	{ "used", "used_bytes", false, true, { "used_bytes" } },
	{ "commit", "committed_bytes", false, true, { "committed_bytes" } },
	{ "dirty", "dirty_bytes", false, true, { "dirty_bytes" } },
	{ "refill", "refills_per_second", true, false, { "refills" } },
	{ "slow", "slow_calls_per_second", true, false,
	  { "slow_allocs", "slow_frees" } },
	{ "remote", "chains_sent_per_second", true, false,
	  { "chains_sent" } },
	{ "calls", "system_calls_per_second", true, false,
	  { "mmap_calls", "munmap_calls", "mremap_calls", "mprotect_calls",
	    "madvise_calls" } },
	{ "purged", "purged_bytes_per_second", true, true,
	  { "purged_bytes" } },
	{ "faults", "faults_per_second", true, false,
	  { "minor_faults", "major_faults" } },
	{ "waits", "lock_waits_per_second", true, false, { "lock_waits" } },
};

#define COLUMNS	(sizeof(columns) / sizeof(columns[0]))

/* Lines that a heading takes, and what stands over the columns. */
#define HEADING_LINES	2
#define HEADING \
	"---------- memory --------- " \
	"------------------ per second ------------------"

/* What a row tells. */
struct interval {
	uint64_t time_ns;	/* since 1970 */
	double seconds;		/* that it is of; 0: not known */
	struct {
		bool is_known;
		uint64_t number;
		double rate;
	} cells[COLUMNS];
};

/* ---- the numbers ---- */

/* The increase since `before`, or all of it; false where there is none. */
static bool sum(const struct column *column, const struct sample *before,
		const struct sample *now, uint64_t *n)
{
	bool found = false;

	*n = 0;
	for (size_t i = 0; i < SUMMANDS && column->figures[i]; i++) {
		const char *name = column->figures[i];
		const struct figure *new = figures_find(&now->figures, name);
		const struct figure *old = before ?
			figures_find(&before->figures, name) : NULL;

		if (!new)
			continue;
		found = true;
		*n += util_less(new->value, old ? old->value : 0);
	}
	return found;
}

static struct interval take(const struct sampler *sampler,
			   const struct sample *before,
			   const struct sample *now)
{
	struct interval row = { .time_ns = now->time_ns };
	uint64_t ns = before ? now->clock_ns - before->clock_ns :
		util_less(now->time_ns, sampler->start_ns);

	row.seconds = (double)ns / 1e9;
	for (size_t c = 0; c < COLUMNS; c++) {
		bool rate = columns[c].is_rate;
		uint64_t n;

		row.cells[c].is_known = sum(&columns[c], rate ? before : NULL,
					    now, &n) && (!rate || ns);
		row.cells[c].number = n;
		row.cells[c].rate = ns ? (double)n / row.seconds : 0;
	}
	return row;
}

/* ---- the table ---- */

/* Room for six letters, whatever the number is. */
typedef char cell[UTIL_BYTES_MAX];

/* In steps of `step`, from "KMGTPE" on; the first ones without a letter. */
static const char *cell_text(cell text, double n, double step, double most,
			     const char *none, const char *suffix)
{
	static const char letters[] = " KMGTPE";
	size_t letter = 0;

	while (n >= most && letters[letter + 1]) {
		n /= step;
		letter++;
		most = step - 0.5;
	}
	if (!letter)
		snprintf(text, sizeof(cell), "%.*f%s",
			 n > 0 && n < 9.95 && !*none ? 1 : 0, n, none);
	else
		snprintf(text, sizeof(cell), "%.*f%c%s", n < 99.95 ? 1 : 0, n,
			 letters[letter], suffix);
	return text;
}

static const char *bytes_text(cell text, double n)
{
	return cell_text(text, n, 1024, 1023.5, "B", "i");
}

static const char *count_text(cell text, double n)
{
	return cell_text(text, n, 1000, 99999.5, "", "");
}

static void print_heading(void)
{
	printf("%s%s\n", util_bold(stdout), HEADING);
	for (size_t c = 0; c < COLUMNS; c++)
		printf("%s%6s", c ? " " : "", columns[c].heading);
	printf("%s\n", util_plain(stdout));
}

/* Lines of the screen; 0: it is none. */
static unsigned int screen_lines(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_row;
}

static void print_table_row(const struct interval *row)
{
	static unsigned int printed;	/* rows behind the last heading */
	static bool begun;
	unsigned int lines = screen_lines();

	/* The line of the cursor is one, too. */
	if (!begun || (lines > HEADING_LINES + 2 &&
		       printed + HEADING_LINES + 1 >= lines)) {
		print_heading();
		begun = true;
		printed = 0;
	}
	printed++;
	for (size_t c = 0; c < COLUMNS; c++) {
		double n = columns[c].is_rate ? row->cells[c].rate :
			(double)row->cells[c].number;
		cell text = "-";

		if (row->cells[c].is_known && columns[c].is_bytes)
			bytes_text(text, n);
		else if (row->cells[c].is_known)
			count_text(text, n);
		printf("%s%6s", c ? " " : "", text);
	}
	putchar('\n');
}

/* ---- CSV and JSON ---- */

static void print_number(const struct interval *row, size_t c)
{
	if (columns[c].is_rate)
		printf("%.3f", row->cells[c].rate);
	else
		printf("%" PRIu64, row->cells[c].number);
}

static void print_time(const struct interval *row)
{
	printf("%" PRIu64 ".%03" PRIu64, row->time_ns / 1000000000,
	       row->time_ns / 1000000 % 1000);
}

static void print_csv_row(const struct interval *row)
{
	static bool begun;

	if (!begun) {
		fputs("time,seconds", stdout);
		for (size_t c = 0; c < COLUMNS; c++)
			printf(",%s", columns[c].name);
		putchar('\n');
		begun = true;
	}
	print_time(row);
	printf(",%.6f", row->seconds);
	for (size_t c = 0; c < COLUMNS; c++) {
		putchar(',');
		if (row->cells[c].is_known)
			print_number(row, c);
	}
	putchar('\n');
}

static void print_json_row(const struct interval *row, pid_t pid)
{
	printf("{\"schema\":1,\"pid\":%ld,\"time\":", (long)pid);
	print_time(row);
	printf(",\"seconds\":%.6f", row->seconds);
	for (size_t c = 0; c < COLUMNS; c++) {
		printf(",\"%s\":", columns[c].name);
		if (row->cells[c].is_known)
			print_number(row, c);
		else
			fputs("null", stdout);
	}
	puts("}");
}

void interval_row(enum print_format format, const struct sampler *sampler,
		 const struct sample *before, const struct sample *now)
{
	struct interval row = take(sampler, before, now);

	switch (format) {
	case PRINT_TABLE:
		print_table_row(&row);
		break;
	case PRINT_CSV:
		print_csv_row(&row);
		break;
	case PRINT_JSON:
		print_json_row(&row, sampler->pid);
		break;
	}
}
