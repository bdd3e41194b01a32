/* SPDX-License-Identifier: MIT */
/*
 * explained_table.c - see explained_table.h.
 */
#define _GNU_SOURCE
#include "display/explained_table.h"

#include "common/util.h"
#include "display/print.h"

#include <inttypes.h>
#include <stdlib.h>

/* "one, two" in memory of the caller's. */
static char *option_list(const struct explained_text *text,
			 const char *between)
{
	char *list = util_copy("", 0);

	for (size_t i = 0; i < EXPLAINED_OPTIONS && text->options[i]; i++) {
		char *longer = util_format("%s%s%s", list, i ? between : "",
					   text->options[i]);

		free(list);
		list = longer;
	}
	return list;
}

/* ---- the table ---- */

static const char *signed_bytes(char text[UTIL_BYTES_MAX + 1], int64_t bytes)
{
	if (bytes >= 0)
		return util_bytes(text, (uint64_t)bytes);
	*text = '-';
	util_bytes(text + 1, (uint64_t)-bytes);
	return text;
}

static void table_row(FILE *out, const struct explained *explained,
		      enum explained_row row)
{
	struct explained_text text = explained_text(row);
	long share = explained_share(explained, row);
	char *options = option_list(&text, ", ");
	char bytes[UTIL_BYTES_MAX + 1];

	fprintf(out, "  %-11s %11s %5s%ld.%ld %%  %s\n", text.name,
		signed_bytes(bytes, explained->bytes[row]),
		share < 0 ? "-" : "", labs(share) / 10, labs(share) % 10,
		text.help);
	if (*options)
		fprintf(out, "  %36slowered by %s\n", "", options);
	free(options);
}

static void table_container(FILE *out, const struct container *container)
{
	char bytes[UTIL_BYTES_MAX];

	if (!container->has_anon && !container->has_pressure)
		return;
	fprintf(out, "\ncontrol group %s\n", container->path);
	if (container->has_anon)
		fprintf(out, "  %-11s %11s  anonymous memory of all its "
			"processes\n", "anon",
			util_bytes(bytes, container->anon));
	if (container->has_pressure)
		fprintf(out, "  %-11s %9.2f %%  of 10 s, some task waited for "
			"memory; %.2f %%: all did\n", "pressure",
			container->pressure.some, container->pressure.full);
}

void print_explained_table(FILE *out, const struct explained *explained)
{
	char bytes[UTIL_BYTES_MAX];

	fprintf(out, "%sprocess %ld, %s%s\n", util_bold(out),
		(long)explained->pid, explained->command, util_plain(out));
	for (int i = 0; i < EXPLAINED_ROWS; i++)
		table_row(out, explained, (enum explained_row)i);
	fprintf(out, "  %-11s %11s  100.0 %%  the rows above, and all "
		"mappings\n", "total", util_bytes(bytes, explained->total));
	fprintf(out, "  %-11s %11s           the kernel's own sum\n", "rss",
		util_bytes(bytes, explained->rss));
	table_container(out, &explained->container);
}

/* ---- CSV ---- */

static void csv_row(const struct explained *explained, enum explained_row row)
{
	struct explained_text text = explained_text(row);
	char *options = option_list(&text, " ");

	printf("row,%s,%" PRId64 ",%.3f,%s,", text.name, explained->bytes[row],
	       (double)explained_share(explained, row) / 1000, options);
	print_csv_field(stdout, text.help);
	putchar('\n');
	free(options);
}

static void csv_container(const struct container *container)
{
	if (container->has_anon) {
		printf("cgroup,anon,%" PRIu64 ",,,", container->anon);
		print_csv_field(stdout, container->path);
		putchar('\n');
	}
	if (container->has_pressure) {
		printf("cgroup,pressure_some,,%.4f,,\n",
		       container->pressure.some / 100);
		printf("cgroup,pressure_full,,%.4f,,\n",
		       container->pressure.full / 100);
	}
}

void print_explained_csv(const struct explained *explained)
{
	puts("kind,name,bytes,share,options,help");
	for (int i = 0; i < EXPLAINED_ROWS; i++)
		csv_row(explained, (enum explained_row)i);
	printf("sum,total,%" PRIu64 ",1.000,,\n", explained->total);
	printf("sum,rss,%" PRIu64 ",,,\n", explained->rss);
	csv_container(&explained->container);
}
