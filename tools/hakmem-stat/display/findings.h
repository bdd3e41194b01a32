/* SPDX-License-Identifier: MIT */
/*
 * findings.h - what "hakmem-stat doctor" found: one entry for each thing that
 * was looked at, with what to do about it.
 */
#ifndef STAT_FINDINGS_H
#define STAT_FINDINGS_H

#include <stddef.h>
#include <sys/types.h>

enum finding_severity {
	FINDING_OK,
	FINDING_NOTE,		/* may be as it is meant */
	FINDING_PROBLEM,
	FINDING_SEVERITIES
};

struct finding {
	enum finding_severity severity;
	const char *check;	/* a word: what was looked at */
	char *found;
	char *remedy;		/* or "" */
};

struct findings {
	const char *kind;	/* "machine", "process" or "program" */
	char *about;		/* its name */
	pid_t pid;		/* of a process */
	struct finding *items;
	size_t count;
};

/*
 * Adds one.  Both texts become the list's, and printable; the remedy may be
 * NULL where there is nothing to do.
 */
void findings_add(struct findings *findings, enum finding_severity severity,
		  const char *check, char *found, char *remedy);

/*
 * The same for a text that has its remedy behind a semicolon, as messages of
 * the tools do; `otherwise` is the remedy where it has none.
 */
void findings_split(struct findings *findings, enum finding_severity severity,
		    const char *check, char *why, const char *otherwise);

/* "ok", "note", "problem". */
const char *findings_word(enum finding_severity severity);

/* How many there are of a severity. */
size_t findings_count(const struct findings *findings,
		      enum finding_severity severity);

/* The worst first, else in their order. */
void findings_print(const struct findings *findings);

void findings_free(struct findings *findings);

#endif /* STAT_FINDINGS_H */
