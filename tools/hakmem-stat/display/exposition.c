/* SPDX-License-Identifier: MIT */
/*
 * exposition.c - see exposition.h.
 */
#include "display/exposition.h"

#include "common/util.h"

#include <stddef.h>

/* ---- texts ---- */

/* Of one byte, or of the two from U+0080 to U+009F. */
static bool is_control(const unsigned char *s, size_t len)
{
	if (len == 1)
		return s[0] < ' ' || s[0] == 0x7f;
	return len == 2 && s[0] == 0xc2 && s[1] < 0xa0;
}

static void put_text(FILE *out, const char *text, bool quoted)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t len = util_character((const char *)s);

		if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '\\' || (*s == '"' && quoted))
			fprintf(out, "\\%c", *s);
		else if (!len || is_control(s, len))
			fputs("\357\277\275", out);
		else
			fwrite(s, 1, len, out);
		s += len ? len : 1;
	}
}

void exposition_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	put_text(out, value, true);
	fputc('"', out);
}

/* ---- families ---- */

static void put_head(const struct exposition *to,
		     const struct exposition_family *family)
{
	bool counter = family->type == EXPOSITION_COUNTER;
	const char *suffix = counter && !to->openmetrics ? "_total" : "";

	fprintf(to->out, "# HELP %s%s ", family->name, suffix);
	put_text(to->out, family->help, to->openmetrics);
	fprintf(to->out, "\n# TYPE %s%s %s\n", family->name, suffix,
		counter ? "counter" : "gauge");
	if (to->openmetrics && *family->unit)
		fprintf(to->out, "# UNIT %s %s\n", family->name,
			family->unit);
}

void exposition_sample(struct exposition *to,
		       const struct exposition_family *family,
		       const char *labels, const char *more,
		       const char *value)
{
	if (to->begun != family)
		put_head(to, family);
	to->begun = family;
	fputs(family->name, to->out);
	if (family->type == EXPOSITION_COUNTER)
		fputs("_total", to->out);
	if (*labels || *more)
		fprintf(to->out, "{%s%s%s}", labels,
			*labels && *more ? "," : "", more);
	fprintf(to->out, " %s\n", value);
}

void exposition_end(struct exposition *to)
{
	if (to->openmetrics)
		fputs("# EOF\n", to->out);
}
