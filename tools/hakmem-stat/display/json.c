/* SPDX-License-Identifier: MIT */
/*
 * json.c - figures as one JSON object on one line, by json-c.
 *
 *   {"schema":1,
 *    "run":{"command":[...],"status":0,"loaded":"yes",...},
 *    "processes":[{"source":"build.log","line":12,"figures":{"alloc":9,...}}],
 *    "total":{"alloc":9,...}}
 *
 * "run" is there for the command of that name only.  Numbers beyond 2^63 are
 * written as strings.  Options are
 *
 *   {"schema":1,"file":"/etc/hakmem.conf",
 *    "options":[{"name":"wake","value":"32",...}]}
 *
 * with values as the library reads them.  A list of processes is
 *
 *   {"schema":1,"processes":[{"pid":4711,"user":"www",...}],"closed":0}
 *
 * with null for what is not known, and of one process
 *
 *   {"schema":1,"pid":4711,"sizes":[{"kind":"small","size_bytes":16,...}],
 *    "total":{"slabs":9,...}}
 *   {"schema":1,"pid":4711,"heaps":[{"heap":1,"state":"thread",...}],
 *    "total":{"slabs":9,...}}
 *   {"schema":1,"time":1793323456.5,
 *    "processes":[{"pid":4711,"faults_per_second":9.5,...}],"closed":0}
 *   {"schema":1,"pid":4711,"command":"web",
 *    "rows":[{"name":"live","bytes":9,"share":0.5,"estimated":false,
 *             "options":["empties"],"help":"..."},...],
 *    "total_bytes":18,"rss_bytes":18,
 *    "cgroup":{"path":"/web","anon_bytes":9,"pressure_some":0.0,...}}
 *
 * and what was found of a machine, a program or a process
 *
 *   {"schema":1,"kind":"process","about":"web","pid":4711,"problems":1,
 *    "findings":[{"severity":"problem","check":"loaded","found":"...",
 *                 "remedy":"..."},...]}
 *
 * with null for a remedy that is not needed; and the map of a heap is
 *
 *   {"schema":1,"pid":4711,"command":"web","unit_bytes":32768,
 *    "totals":{"small":{"bytes":9,...},...},"total":{"bytes":9,...},
 *    "parts":[{"kind":"small","start":"0x7f0000008000",...},...]}.
 *
 * configure defines HAVE_JSON_C where json-c is found: the conditionals of the
 * program are in this file and in pngfile.c.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "display/json.h"

#include "common/util.h"
#include "display/print.h"

#include <stdlib.h>
#include <string.h>

#if HAVE_JSON_C
#include <json.h>

const bool print_json_built = true;

static void add(struct json_object *to, const char *key,
		struct json_object *value)
{
	if (json_object_object_add(to, key, value))
		util_die(util_trouble, "out of memory");
}

static void add_text(struct json_object *to, const char *key,
		     const char *text)
{
	add(to, key, json_object_new_string(text));
}

static void add_number(struct json_object *to, const char *key, uint64_t n)
{
	char *text;

	if (n <= INT64_MAX) {
		add(to, key, json_object_new_int64((int64_t)n));
		return;
	}
	text = util_format("%llu", (unsigned long long)n);
	add_text(to, key, text);
	free(text);
}

static void add_decimal(struct json_object *to, const char *key, double n,
			int places)
{
	char *text = util_format("%.*f", places, n);

	add(to, key, json_object_new_double_s(n, text));
	free(text);
}

static void add_seconds(struct json_object *to, const char *key, double s)
{
	add_decimal(to, key, s, 6);
}

/* Prints it on standard output, and it is gone. */
static void put(struct json_object *object)
{
	printf("%s\n",
	       json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static struct json_object *run_object(const struct print_run *run)
{
	struct json_object *object = json_object_new_object();
	struct json_object *command = json_object_new_array();

	for (size_t i = 0; run->command[i]; i++)
		json_object_array_add(command,
				      json_object_new_string(run->command[i]));
	add(object, "command", command);
	add_number(object, "status", (uint64_t)run->status);
	if (run->signal)
		add_number(object, "signal", (uint64_t)run->signal);
	add_text(object, "loaded", run->loaded);
	add_text(object, "evidence", run->evidence);
	add(object, "forced_libc", json_object_new_boolean(run->forced_libc));
	add_seconds(object, "elapsed_seconds", run->elapsed);
	add_seconds(object, "user_seconds", run->user);
	add_seconds(object, "system_seconds", run->system);
	add_number(object, "peak_rss_bytes", run->peak_rss);
	return object;
}

static struct json_object *line_object(const struct osline *line)
{
	struct json_object *object = json_object_new_object();
	struct json_object *figures = json_object_new_object();

	add_text(object, "source", line->source);
	add_number(object, "line", line->line);
	for (size_t i = 0; i < line->count; i++) {
		const struct osline_value *value = &line->values[i];

		if (value->is_number)
			add_number(figures, value->key, value->number);
		else
			add_text(figures, value->key, value->text);
	}
	add(object, "figures", figures);
	return object;
}

static struct json_object *total_object(const struct oslines *lines)
{
	struct json_object *object = json_object_new_object();
	size_t count;
	struct osline_sum *sums = osline_sums(lines, &count);

	for (size_t i = 0; i < count; i++)
		if (sums[i].numbers)
			add_number(object, sums[i].key, sums[i].total);
	free(sums);
	return object;
}

static struct json_object *budget_object(const struct oslines *lines,
					 uint64_t operations)
{
	struct json_object *object = json_object_new_object();
	double each = print_per_operation(lines, operations);

	add_number(object, "operations", operations);
	add_number(object, "calls", osline_calls(lines));
	add(object, "calls_per_operation", json_object_new_double(each));
	add(object, "within_budget",
	    json_object_new_boolean(each <= PRINT_BUDGET));
	return object;
}

void print_json(FILE *out, const struct oslines *lines,
		const struct print_run *run, uint64_t operations)
{
	struct json_object *object = json_object_new_object();
	struct json_object *processes = json_object_new_array();

	add_number(object, "schema", 1);
	if (run)
		add(object, "run", run_object(run));
	for (size_t i = 0; i < lines->count; i++)
		json_object_array_add(processes, line_object(&lines->items[i]));
	add(object, "processes", processes);
	add(object, "total", total_object(lines));
	if (operations)
		add(object, "budget", budget_object(lines, operations));
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

/* Whether it was chosen is known of a process that starts now. */
static struct json_object *option_object(const struct option_row *row,
					 pid_t pid)
{
	struct json_object *object = json_object_new_object();
	struct json_object *presets = json_object_new_object();

	add_text(object, "name", row->name);
	add_text(object, "type", row->type);
	add_text(object, "unit", row->unit);
	add_text(object, "value", row->value);
	if (!pid)
		add(object, "chosen", json_object_new_boolean(row->chosen));
	add_text(presets, "balanced", row->preset[0]);
	add_text(presets, "speed-first", row->preset[1]);
	add_text(presets, "hardened", row->preset[2]);
	add(object, "presets", presets);
	add_text(object, "least", row->least);
	add_text(object, "most", row->most);
	add_text(object, "range", row->range);
	add(object, "changes", json_object_new_boolean(row->changes));
	add_text(object, "help", row->help);
	return object;
}

void print_options_json(FILE *out, const char *file, pid_t pid,
			const struct option_row *rows, size_t count)
{
	struct json_object *object = json_object_new_object();
	struct json_object *options = json_object_new_array();

	add_number(object, "schema", 1);
	if (pid)
		add_number(object, "pid", (uint64_t)pid);
	add_text(object, "file", file);
	for (size_t i = 0; i < count; i++)
		json_object_array_add(options, option_object(&rows[i], pid));
	add(object, "options", options);
	fprintf(out, "%s\n",
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

/* A text of a process, "" where it is not known. */
static void add_known_text(struct json_object *to, const char *key,
			   const char *text)
{
	if (*text)
		add_text(to, key, text);
	else
		add(to, key, NULL);
}

static struct json_object *listed_object(const struct listed *item)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "pid", (uint64_t)item->pid);
	add_text(object, "user", item->user);
	add_number(object, "uid", item->uid);
	if (item->left.date_ns)
		add(object, "rss_bytes", NULL);
	else
		add_number(object, "rss_bytes", item->rss);
	if (item->has_figures) {
		add_number(object, "used_bytes", item->used);
		add_number(object, "committed_bytes", item->committed);
	} else {
		add(object, "used_bytes", NULL);
		add(object, "committed_bytes", NULL);
	}
	add_known_text(object, "preset", item->preset);
	add_known_text(object, "unit", item->unit);
	add_known_text(object, "cgroup", item->cgroup);
	add_known_text(object, "library", item->library);
	add_text(object, "command", item->command);
	if (item->left.date_ns)
		add_number(object, "seen_ns", item->left.date_ns);
	return object;
}

void print_listed_json(const struct listing *listing)
{
	struct json_object *object = json_object_new_object();
	struct json_object *processes = json_object_new_array();

	add_number(object, "schema", 1);
	for (size_t i = 0; i < listing->count; i++)
		json_object_array_add(processes,
				      listed_object(&listing->items[i]));
	add(object, "processes", processes);
	add_number(object, "closed", listing->closed);
	put(object);
}

static struct json_object *sized_object(const struct sized *row)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "kind", sized_word(row->kind));
	for (int f = 0; f < FIGURES; f++) {
		enum sized_figure figure = (enum sized_figure)f;

		if (sized_has(row->kind, figure))
			add_number(object, sized_name(figure),
				   sized_value(row, figure));
		else
			add(object, sized_name(figure), NULL);
	}
	return object;
}

static void add_rate(struct json_object *to, const char *key, double rate)
{
	add(to, key, rate < 0 ? NULL : json_object_new_double(rate));
}

static struct json_object *watched_object(const struct watched_row *row)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "pid", (uint64_t)row->pid);
	add_text(object, "user", row->user);
	add_number(object, "rss_bytes", row->rss);
	if (row->has_figures) {
		add_number(object, "used_bytes", row->used);
		add_number(object, "committed_bytes", row->committed);
	} else {
		add(object, "used_bytes", NULL);
		add(object, "committed_bytes", NULL);
	}
	for (int r = 0; r < WATCHED_RATES; r++)
		add_rate(object, watched_rate_name((enum watched_rate)r),
			 row->rates[r]);
	add_known_text(object, "preset", row->preset);
	add_known_text(object, "unit", row->unit);
	add_text(object, "command", row->command);
	return object;
}

void print_watched_json(const struct watched *watched, double now)
{
	struct json_object *object = json_object_new_object();
	struct json_object *processes = json_object_new_array();

	add_number(object, "schema", 1);
	add(object, "time", json_object_new_double(now));
	for (size_t i = 0; i < watched->shown_count; i++)
		json_object_array_add(processes,
				      watched_object(watched->shown[i]));
	add(object, "processes", processes);
	add_number(object, "closed", watched->closed);
	put(object);
}

void print_sizes_json(const struct sizes *sizes)
{
	struct json_object *object = json_object_new_object();
	struct json_object *rows = json_object_new_array();
	struct json_object *total = json_object_new_object();

	add_number(object, "schema", 1);
	add_number(object, "pid", (uint64_t)sizes->pid);
	for (size_t i = 0; i < sizes->count; i++)
		json_object_array_add(rows, sized_object(&sizes->rows[i]));
	add(object, "sizes", rows);
	for (int f = FIGURE_SIZE + 1; f < FIGURES; f++)
		add_number(total, sized_name((enum sized_figure)f),
			   sized_value(&sizes->total, (enum sized_figure)f));
	add(object, "total", total);
	put(object);
}

static void add_figures(struct json_object *to,
			const uint64_t figures[HEAPED_FIGURES])
{
	for (int f = 0; f < HEAPED_FIGURES; f++)
		add_number(to, heaped_name((enum heaped_figure)f), figures[f]);
}

static struct json_object *heaped_object(const struct heaped *row)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "heap", row->id);
	add_text(object, "state", heaped_word(row->state));
	if (row->tid)
		add_number(object, "thread", (uint64_t)row->tid);
	else
		add(object, "thread", NULL);
	add_known_text(object, "name", row->name);
	add_figures(object, row->figures);
	return object;
}

void print_heaps_json(const struct heaps *heaps)
{
	struct json_object *object = json_object_new_object();
	struct json_object *rows = json_object_new_array();
	struct json_object *total = json_object_new_object();

	add_number(object, "schema", 1);
	add_number(object, "pid", (uint64_t)heaps->pid);
	for (size_t i = 0; i < heaps->count; i++)
		json_object_array_add(rows, heaped_object(&heaps->rows[i]));
	add(object, "heaps", rows);
	add_figures(total, heaps->total);
	add(object, "total", total);
	put(object);
}

static struct json_object *row_object(const struct explained *explained,
				      enum explained_row row)
{
	struct json_object *object = json_object_new_object();
	struct json_object *options = json_object_new_array();
	struct explained_text text = explained_text(row);

	add_text(object, "name", text.name);
	/* The one that may be negative; none is beyond 2^63. */
	add(object, "bytes", json_object_new_int64(explained->bytes[row]));
	add_decimal(object, "share",
		    (double)explained_share(explained, row) / 1000, 3);
	add(object, "estimated",
	    json_object_new_boolean(row == EXPLAINED_ROUNDING));
	for (size_t i = 0; i < EXPLAINED_OPTIONS && text.options[i]; i++)
		json_object_array_add(options,
			json_object_new_string(text.options[i]));
	add(object, "options", options);
	add_text(object, "help", text.help);
	return object;
}

static struct json_object *container_object(const struct container *container)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "path", container->path);
	if (container->has_anon)
		add_number(object, "anon_bytes", container->anon);
	else
		add(object, "anon_bytes", NULL);
	if (container->has_pressure) {
		add_decimal(object, "pressure_some",
			    container->pressure.some, 2);
		add_decimal(object, "pressure_full",
			    container->pressure.full, 2);
	} else {
		add(object, "pressure_some", NULL);
		add(object, "pressure_full", NULL);
	}
	return object;
}

void print_explained_json(const struct explained *explained)
{
	struct json_object *object = json_object_new_object();
	struct json_object *rows = json_object_new_array();

	add_number(object, "schema", 1);
	add_number(object, "pid", (uint64_t)explained->pid);
	add_text(object, "command", explained->command);
	for (int i = 0; i < EXPLAINED_ROWS; i++)
		json_object_array_add(rows, row_object(explained,
			(enum explained_row)i));
	add(object, "rows", rows);
	add_number(object, "total_bytes", explained->total);
	add_number(object, "rss_bytes", explained->rss);
	add(object, "cgroup", *explained->container.path ?
	    container_object(&explained->container) : NULL);
	put(object);
}

static struct json_object *finding_object(const struct finding *finding)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "severity", findings_word(finding->severity));
	add_text(object, "check", finding->check);
	add_text(object, "found", finding->found);
	add(object, "remedy", *finding->remedy ?
	    json_object_new_string(finding->remedy) : NULL);
	return object;
}

void print_findings_json(const struct findings *findings)
{
	struct json_object *object = json_object_new_object();
	struct json_object *items = json_object_new_array();

	add_number(object, "schema", 1);
	add_text(object, "kind", findings->kind);
	add_text(object, "about", findings->about);
	if (findings->pid)
		add_number(object, "pid", (uint64_t)findings->pid);
	add_number(object, "problems",
		   findings_count(findings, FINDING_PROBLEM));
	for (size_t i = 0; i < findings->count; i++)
		json_object_array_add(items,
				      finding_object(&findings->items[i]));
	add(object, "findings", items);
	put(object);
}

/* ---- the map, whose parts may be too many for an object in memory ---- */

static void add_map_sum(struct json_object *to, const struct mapped *mapped,
			const struct mapped_sum *sum)
{
	add_number(to, "bytes", sum->bytes);
	add_number(to, "live_bytes", sum->live);
	add_number(to, "resident_bytes", sum->resident);
	if (mapped->has_huge)
		add_number(to, "huge_page_bytes", sum->huge);
	else
		add(to, "huge_page_bytes", NULL);
}

/* Addresses as text: not all programs have 64 bits for a number. */
static void add_address(struct json_object *to, const char *key, uint64_t at)
{
	char *text = util_format("0x%llx", (unsigned long long)at);

	add_text(to, key, text);
	free(text);
}

static struct json_object *part_object(const struct mapped *mapped,
				       const struct mapped_part *part)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "kind", mapped_word(part->kind));
	add_address(object, "start", part->start);
	add_address(object, "end", part->end);
	if (part->block)
		add_number(object, "block_bytes", part->block);
	else
		add(object, "block_bytes", NULL);
	if (part->heap)
		add_number(object, "heap", mapped->heap_ids[part->heap - 1]);
	else
		add(object, "heap", NULL);
	add_number(object, "blocks_live", part->blocks_live);
	add_number(object, "blocks_free", part->blocks_free);
	add_map_sum(object, mapped, &part->sum);
	return object;
}

static struct json_object *map_object(const struct mapped *mapped)
{
	struct json_object *object = json_object_new_object();
	struct json_object *totals = json_object_new_object();
	struct json_object *total = json_object_new_object();

	add_number(object, "schema", 1);
	add_number(object, "pid", (uint64_t)mapped->pid);
	add_text(object, "command", mapped->command);
	add_number(object, "unit_bytes", mapped->unit);
	for (int i = 0; i < MAPPED_KINDS; i++) {
		struct json_object *kind = json_object_new_object();

		add_map_sum(kind, mapped, &mapped->totals[i]);
		add(totals, mapped_word((enum mapped_kind)i), kind);
	}
	add(object, "totals", totals);
	add_map_sum(total, mapped, &mapped->total);
	add(object, "total", total);
	return object;
}

static const char *plain(struct json_object *object)
{
	return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
}

void print_mapped_json(const struct mapped *mapped)
{
	struct json_object *object = map_object(mapped);
	const char *text = plain(object);

	/* The last brace comes when all parts are told. */
	printf("%.*s,\"parts\":[", (int)strlen(text) - 1, text);
	json_object_put(object);
	for (size_t i = 0; i < mapped->count; i++) {
		object = part_object(mapped, &mapped->parts[i]);
		printf("%s%s", i ? "," : "", plain(object));
		json_object_put(object);
	}
	puts("]}");
}

#else

const bool print_json_built = false;

/* Never called: print_format_named() refuses. */
void print_json(FILE *out, const struct oslines *lines,
		const struct print_run *run, uint64_t operations)
{
	(void)out;
	(void)lines;
	(void)run;
	(void)operations;
	abort();
}

void print_options_json(FILE *out, const char *file, pid_t pid,
			const struct option_row *rows, size_t count)
{
	(void)out;
	(void)file;
	(void)pid;
	(void)rows;
	(void)count;
	abort();
}

void print_listed_json(const struct listing *listing)
{
	(void)listing;
	abort();
}

void print_sizes_json(const struct sizes *sizes)
{
	(void)sizes;
	abort();
}

void print_watched_json(const struct watched *watched, double now)
{
	(void)watched;
	(void)now;
	abort();
}

void print_heaps_json(const struct heaps *heaps)
{
	(void)heaps;
	abort();
}

void print_explained_json(const struct explained *explained)
{
	(void)explained;
	abort();
}

void print_findings_json(const struct findings *findings)
{
	(void)findings;
	abort();
}

void print_mapped_json(const struct mapped *mapped)
{
	(void)mapped;
	abort();
}

#endif
