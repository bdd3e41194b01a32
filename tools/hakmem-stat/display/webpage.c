/* SPDX-License-Identifier: MIT */
/*
 * webpage.c - see webpage.h: the page itself, what is drawn over time, and
 * the table of all figures.
 *
 * It has no script, and asks for nothing from anywhere.
 */
#define _GNU_SOURCE
#include "display/webpage.h"

#include "common/util.h"
#include "display/recorded.h"
#include "display/svg.h"
#include "figures/curves.h"

#include <hakmem.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEIGHT		240
#define SMALL_WIDTH	450
#define SMALL_HEIGHT	150
#define CURVES_MAX	8

/* ---- the style sheet ---- */

static const char style[] =
"body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;padding:16px;"
"max-width:920px;background:var(--back);color:var(--text)}\n"
"h1{font-size:22px;margin:8px 0 2px}\n"
"h2{font-size:17px;margin:28px 0 6px}\n"
"p{margin:2px 0 8px}\n"
".faint,.tick{color:var(--faint);fill:var(--faint)}\n"
".tick{font-size:12px}\n"
"svg{display:block;width:100%;height:auto}\n"
".grid{stroke:var(--grid);fill:none}\n"
".line{fill:none;stroke-width:1.6;stroke-linejoin:round;"
"stroke-linecap:round}\n"
".few{display:grid;grid-template-columns:1fr 1fr;gap:4px 20px}\n"
".few h3{font-size:14px;margin:8px 0 0;font-weight:600}\n"
".key{list-style:none;padding:0;margin:4px 0;display:flex;flex-wrap:wrap;"
"gap:2px 18px}\n"
".box{display:inline-block;width:11px;height:11px;margin-right:6px;"
"border-radius:2px;vertical-align:-1px}\n"
".wide{overflow-x:auto}\n"
"table{border-collapse:collapse;width:100%;margin-top:8px;font-variant-numeric:"
"tabular-nums}\n"
"th,td{text-align:right;padding:2px 8px;border-bottom:1px solid "
"var(--grid);white-space:nowrap;vertical-align:top}\n"
"th{color:var(--faint);font-weight:500}\n"
"th:first-child,td:first-child,td.help,th.help{text-align:left}\n"
"td.help{white-space:normal;color:var(--faint);font-size:13px}\n"
"summary{cursor:pointer;margin:28px 0 6px;font-size:17px;font-weight:700}\n"
"@media(max-width:640px){.few{grid-template-columns:1fr}}\n"
"@media print{details>*{display:block}}\n";

static void put_style(FILE *out)
{
	fputs("<style>\n:root{color-scheme:light dark;--back:#fff;"
	      "--text:#1b1b1b;--faint:#5f5f5f;--grid:#e2e2e2;", out);
	webpage_put_colors(out, false);
	fputs("}\n@media(prefers-color-scheme:dark){:root{--back:#15181c;"
	      "--text:#e6e6e6;--faint:#a2a7ad;--grid:#2d3238;", out);
	webpage_put_colors(out, true);
	fprintf(out, "}}\n%s</style>\n", style);
}

/* ---- cells of tables ---- */

void webpage_put_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	svg_escape(out, text);
	fputs("</td>", out);
}

void webpage_put_bytes(FILE *out, uint64_t bytes)
{
	char text[UTIL_BYTES_MAX];

	webpage_put_cell(out, util_bytes(text, bytes));
}

/* ---- over time ---- */

static double *seconds_of(const struct recording *r)
{
	double *seconds = util_resize(NULL, r->samples, sizeof(*seconds));

	for (size_t i = 0; i < r->samples; i++)
		seconds[i] = recording_since(r, r->elapsed_ns[i]);
	return seconds;
}

static double *values_of(const struct recording *r,
			 const struct series *series, bool rate)
{
	double *values = util_resize(NULL, r->samples, sizeof(*values));

	for (size_t i = 0; i < r->samples; i++)
		values[i] = !rate ? curves_value(series, i) :
			curves_rate(r, series, i ? i : 1);
	return values;
}

static void put_key(FILE *out, const struct svg_curve *curves, size_t count)
{
	fputs("<ul class=\"key\">", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "<li><span class=\"box\" style=\"background:"
			"var(--%s)\"></span>%s</li>", curves[i].class,
			curves[i].name);
	fputs("</ul>\n", out);
}

static void put_memory(FILE *out, const struct recording *r,
		       const double *seconds)
{
	static const char *const classes[] = { "c0", "c1", "c2", "c3" };
	struct svg_curve curves[CURVES_MAX];
	double *values[CURVES_MAX];
	struct svg_chart chart = {
		.label = "resident, committed, used and dirty bytes over time",
		.width = WEBPAGE_WIDTH, .height = HEIGHT, .seconds = seconds,
		.points = r->samples, .curves = curves, .bytes = true,
	};

	for (size_t i = 0; curves_gauges[i]; i++) {
		const struct series *s = recording_find(r, curves_gauges[i]);

		if (!s)
			continue;
		values[chart.count] = values_of(r, s, false);
		curves[chart.count] = (struct svg_curve){
			classes[i % 4], curves_gauges[i], values[chart.count]
		};
		chart.count++;
	}
	if (chart.count) {
		fputs("<h2>Memory</h2>\n", out);
		put_key(out, curves, chart.count);
		svg_chart_put(out, &chart);
	}
	for (size_t i = 0; i < chart.count; i++)
		free(values[i]);
}

static void put_rate(FILE *out, const struct recording *r,
		     const double *seconds, const struct series *series)
{
	double *values = values_of(r, series, true);
	struct svg_curve curve = { "c0", series->name, values };
	struct svg_chart chart = {
		.label = series->name, .width = SMALL_WIDTH,
		.height = SMALL_HEIGHT, .seconds = seconds,
		.points = r->samples, .curves = &curve, .count = 1,
	};

	fprintf(out, "<div><h3>%s</h3>\n", series->name);
	svg_chart_put(out, &chart);
	fputs("</div>\n", out);
	free(values);
}

static void put_rates(FILE *out, const struct recording *r,
		      const double *seconds)
{
	bool begun = false;

	for (size_t i = 0; curves_counters[i]; i++) {
		const struct series *s = recording_find(r, curves_counters[i]);

		if (!s)
			continue;
		fputs(begun ? "" : "<h2>Per second</h2>\n<div class=\"few\">\n",
		      out);
		begun = true;
		put_rate(out, r, seconds, s);
	}
	fputs(begun ? "</div>\n" : "", out);
}

static void put_charts(FILE *out, const struct recording *r)
{
	double *seconds = seconds_of(r);

	put_memory(out, r, seconds);
	put_rates(out, r, seconds);
	free(seconds);
}

/* ---- all figures ---- */

static void put_figure(FILE *out, const char *name, uint64_t value)
{
	char text[UTIL_BYTES_MAX];

	recorded_value_text(text, name, value);
	webpage_put_cell(out, text);
}

static void put_figure_rate(FILE *out, const char *name,
			    const struct recorded_span *span)
{
	char text[UTIL_BYTES_MAX];

	recorded_rate_text(text, name, span);
	webpage_put_cell(out, text);
}

static void put_figure_row(FILE *out, const struct recording *r,
			   const struct series *series)
{
	struct recorded_span span = recorded_span_of(r, series);

	fputs("<tr>", out);
	webpage_put_cell(out, series->name);
	put_figure(out, series->name, span.first);
	put_figure(out, series->name, span.last);
	if (series->is_counter) {
		fputs("<td></td><td></td>", out);
	} else {
		put_figure(out, series->name, span.least);
		put_figure(out, series->name, span.most);
	}
	put_figure_rate(out, series->name, &span);
	fputs("</tr>\n", out);
}

static void put_figures(FILE *out, const struct recording *r)
{
	fputs("<details><summary>All figures</summary>\n<div class=\"wide\">"
	      "<table>\n<tr><th>figure</th><th>first</th><th>last</th>"
	      "<th>least</th><th>most</th><th>per second</th></tr>\n", out);
	for (size_t i = 0; i < r->count; i++)
		put_figure_row(out, r, &r->series[i]);
	fputs("</table></div></details>\n", out);
}

/* ---- the page ---- */

static void put_date(FILE *out, uint64_t ns)
{
	time_t date = (time_t)(ns / 1000000000);
	struct tm parts;
	char text[64];

	if (ns && localtime_r(&date, &parts) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %z", &parts))
		svg_escape(out, text);
	else
		fputs("a time that is not known", out);
}

static void put_title(FILE *out, const struct recording *r)
{
	svg_escape(out, *r->command ? r->command : "a process");
	fprintf(out, ", process %" PRIu64, r->pid);
}

static void put_head(FILE *out, const struct recording *r)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	      "<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<title>", out);
	put_title(out, r);
	fputs("</title>\n", out);
	put_style(out);
	fputs("</head>\n<body>\n<h1>", out);
	put_title(out, r);
	fputs("</h1>\n<p class=\"faint\">", out);
	put_date(out, r->time_ns[0]);
	fputs(" to ", out);
	put_date(out, r->time_ns[r->samples - 1]);
	fprintf(out, ": %zu sample%s. Made by hakmem-stat "
		HAKMEM_VERSION_STRING ".</p>\n", r->samples,
		r->samples == 1 ? "" : "s");
}

void webpage_put(FILE *out, const struct recording *recording)
{
	size_t n = recording->moment_count;

	put_head(out, recording);
	if (recording->samples > 1)
		put_charts(out, recording);
	else
		fputs("<p class=\"faint\">One sample: there is nothing to "
		      "draw over time.</p>\n", out);
	if (n) {
		webpage_put_rows(out, recording);
		webpage_put_map(out, recording->moments[n - 1].map);
	} else {
		fputs("<p class=\"faint\">The recording does not have where "
		      "the resident memory was.</p>\n", out);
	}
	put_figures(out, recording);
	fputs("</body>\n</html>\n", out);
}
