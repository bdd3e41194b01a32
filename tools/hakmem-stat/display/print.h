/* SPDX-License-Identifier: MIT */
/*
 * print.h - figures as a table for people, or as JSON or CSV for programs.
 */
#ifndef STAT_PRINT_H
#define STAT_PRINT_H

#include "figures/osline.h"

#include <stdio.h>

enum print_format {
	PRINT_TABLE,
	PRINT_JSON,
	PRINT_CSV,
};

/* How "run" found the command: see run.c. */
struct print_run {
	char *const *command;
	int status;		/* exit status, 128 and more for a signal */
	int signal;		/* that ended it, or 0 */
	const char *loaded;	/* "yes" or "no" */
	const char *evidence;	/* a clause that says how this is known */
	bool forced_libc;	/* HAKMEM_FORCE_LIBC_ALLOC was set */
	double elapsed;		/* seconds */
	double user;
	double system;
	uint64_t peak_rss;	/* bytes */
};

/*
 * "table", "json" or "csv"; ends the program with util_trouble for any other
 * word, and for json where the program was built without it.
 */
enum print_format print_format_named(const char *name);

/* The same, for commands whose JSON takes no json-c. */
enum print_format print_format_plain(const char *name);

/*
 * Calls to the system for memory, by the operations of the program that made
 * them: what a program whose needs do not change may make.  From the ancestor.
 */
#define PRINT_BUDGET	1e-8

double print_per_operation(const struct oslines *lines, uint64_t operations);

/*
 * `run` is NULL where the lines come from files; `operations` is how many the
 * program did, 0 where nobody has said.
 */
void print_lines(FILE *out, enum print_format format,
		 const struct oslines *lines, const struct print_run *run,
		 uint64_t operations);

/* A field of CSV, quoted as RFC 4180 has it where that is needed. */
void print_csv_field(FILE *out, const char *text);

/* In json.c; print_json_built is false in a build without json-c. */
extern const bool print_json_built;
void print_json(FILE *out, const struct oslines *lines,
		const struct print_run *run, uint64_t operations);

#endif /* STAT_PRINT_H */
