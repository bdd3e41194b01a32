/* SPDX-License-Identifier: MIT */
/*
 * json.h - figures as JSON, on standard output unless it is told: json.c has
 * what is in it.  Only for builds that have json-c: see print_json_built.
 */
#ifndef STAT_JSON_H
#define STAT_JSON_H

#include "display/findings.h"
#include "figures/explained.h"
#include "figures/heaped.h"
#include "figures/listed.h"
#include "figures/mapped.h"
#include "figures/options.h"
#include "figures/sized.h"
#include "figures/watched.h"

#include <stdio.h>

void print_findings_json(const struct findings *findings);
void print_explained_json(const struct explained *explained);
void print_heaps_json(const struct heaps *heaps);
void print_listed_json(const struct listing *listing);
void print_mapped_json(const struct mapped *mapped);
/* `pid` is 0 where the values are those of a process that starts now. */
void print_options_json(FILE *out, const char *file, pid_t pid,
			const struct option_row *rows, size_t count);
void print_sizes_json(const struct sizes *sizes);
void print_watched_json(const struct watched *watched, double now);

#endif /* STAT_JSON_H */
