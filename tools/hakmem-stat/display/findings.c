/* SPDX-License-Identifier: MIT */
/*
 * findings.c - see findings.h.
 */
#include "display/findings.h"

#include "common/util.h"
#include "process/proc.h"

#include <stdlib.h>
#include <string.h>

/* The table: where texts begin. */
#define CHECK_WIDTH	17

static const char *const words[FINDING_SEVERITIES] = {
	[FINDING_OK] = "ok", [FINDING_NOTE] = "note",
	[FINDING_PROBLEM] = "problem",
};

void findings_add(struct findings *findings, enum finding_severity severity,
		  const char *check, char *found, char *remedy)
{
	findings->items = util_resize(findings->items, findings->count + 1,
				      sizeof(*findings->items));
	findings->items[findings->count++] = (struct finding){
		.severity = severity, .check = check,
		.found = proc_printable(found),
		.remedy = proc_printable(remedy ? remedy : util_copy("", 0)),
	};
}

void findings_split(struct findings *findings, enum finding_severity severity,
		    const char *check, char *why, const char *otherwise)
{
	const char *at = strstr(why, "; ");
	char *found = util_copy(why, at ? (size_t)(at - why) : strlen(why));
	char *remedy = util_format("%s", at ? at + 2 : otherwise);

	free(why);
	findings_add(findings, severity, check, found, remedy);
}

const char *findings_word(enum finding_severity severity)
{
	return words[severity];
}

size_t findings_count(const struct findings *findings,
		      enum finding_severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->items[i].severity == severity;
	return count;
}

static void print_heading(const struct findings *findings)
{
	size_t problems = findings_count(findings, FINDING_PROBLEM);
	size_t notes = findings_count(findings, FINDING_NOTE);

	printf("%s", util_bold(stdout));
	if (findings->pid)
		printf("process %ld, %s", (long)findings->pid,
		       findings->about);
	else
		printf("%s", findings->about);
	printf(": %zu problem%s, %zu note%s%s\n", problems,
	       problems == 1 ? "" : "s", notes, notes == 1 ? "" : "s",
	       util_plain(stdout));
}

static void print_one(const struct finding *finding)
{
	bool bad = finding->severity == FINDING_PROBLEM;

	printf("  %s%-7s%s  %-*s %s\n", bad ? util_bold(stdout) : "",
	       words[finding->severity], bad ? util_plain(stdout) : "",
	       CHECK_WIDTH, finding->check, finding->found);
	if (*finding->remedy)
		printf("  %7s  %*s to do: %s\n", "", CHECK_WIDTH, "",
		       finding->remedy);
}

void findings_print(const struct findings *findings)
{
	print_heading(findings);
	for (int severity = FINDING_PROBLEM; severity >= 0; severity--)
		for (size_t i = 0; i < findings->count; i++)
			if ((int)findings->items[i].severity == severity)
				print_one(&findings->items[i]);
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].found);
		free(findings->items[i].remedy);
	}
	free(findings->items);
	free(findings->about);
	*findings = (struct findings){ 0 };
}
