/* report_html.c - a record as one static page: no script, nothing loaded, readable on a telephone, in the
 * dark and on paper.  Should an escape ever fail, the page's own policy still forbids scripts, frames
 * and everything from elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "cmd/escape.h"
#include "cmd/report_chart.h"
#include "cmd/report_model.h"

static const char style[] =
	":root{color-scheme:light dark;--back:#f6f7f9;--card:#fff;--text:#1c2128;--dim:#59636e;"
	"--line:#d8dee4;--good:#1a7f37;--bad:#c5221f;--wait:#8a5a00;--mark:#0b62c4;--code:#eef1f4}\n"
	"@media(prefers-color-scheme:dark){:root{--back:#0f1318;--card:#171c23;--text:#e4e9ef;"
	"--dim:#9aa5b1;--line:#303843;--good:#4cc268;--bad:#ff7b72;--wait:#e3b341;--mark:#6cb0ff;"
	"--code:#232a33}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--back);color:var(--text);"
	"font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}\n"
	"main{max-width:62rem;margin:0 auto;padding:1rem}\n"
	"header,section{background:var(--card);border:1px solid var(--line);border-radius:8px;"
	"padding:1rem 1.2rem;margin:0 0 1rem}\n"
	"header{border-left:6px solid var(--tone)}\n"
	".good{--tone:var(--good)}.bad{--tone:var(--bad)}.wait{--tone:var(--wait)}\n"
	"h1{margin:0;font-size:1.5rem;line-height:1.25;color:var(--tone);overflow-wrap:anywhere}\n"
	"h2{margin:0 0 .6rem;font-size:1.05rem}\n"
	"header p{margin:.35rem 0 0;overflow-wrap:anywhere}\n"
	".cause{font-size:1.1rem}.dim,th{color:var(--dim)}\n"
	"code,pre{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',"
	"monospace}\n"
	"pre{margin:.8rem 0 0;padding:.6rem .8rem;background:var(--code);border-radius:6px;"
	"white-space:pre-wrap;overflow-wrap:anywhere}\n"
	"table{border-collapse:collapse;width:100%}\n"
	"th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;"
	"border-top:1px solid var(--line);overflow-wrap:break-word;unicode-bidi:isolate}\n"
	"td:last-child{overflow-wrap:anywhere}th:last-child,td:last-child{padding-right:0}\n"
	".scroll{overflow-x:auto}\n"
	"thead th{border-top:0;font-weight:600;font-size:.85rem;white-space:nowrap}\n"
	"tbody th{font-weight:400;width:15rem}\n"
	".number{text-align:right;white-space:nowrap}\n"
	"thead th.number{padding-left:1rem}\n"
	".pairs .number{text-align:left}\n"
	".bar{display:inline-block;width:5rem;height:.55rem;margin-right:.5rem;border-radius:3px;"
	"background:var(--code);overflow:hidden;vertical-align:middle}\n"
	".bar i{display:block;height:100%;background:var(--mark)}.bar .full{background:var(--bad)}\n"
	".charts{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr))}\n"
	"figure{margin:0;min-width:0;max-width:32rem}figcaption{font-weight:600;font-size:.9rem}\n"
	"svg{display:block;width:100%;height:auto;font:11px system-ui,sans-serif}\n"
	"svg text{fill:var(--dim)}.right{text-anchor:end}.middle{text-anchor:middle}\n"
	".grid{stroke:var(--line);fill:none}.line{stroke:var(--mark);stroke-width:1.8;fill:none;"
	"stroke-linejoin:round}.area{fill:var(--mark);opacity:.14}\n"
	".limit{stroke:var(--bad);stroke-dasharray:6 4;fill:none;stroke-width:1.3}\n"
	"svg .limit-label{fill:var(--bad)}.end{stroke:var(--bad);fill:none;stroke-width:1.3}\n"
	"footer{color:var(--dim);font-size:.85rem;text-align:center}\n"
	"@media(max-width:40rem){main{padding:.5rem}header,section{padding:.8rem}"
	".bar{display:none}th,td{padding-right:.6rem}tbody th{width:auto}"
	"body{font-size:14px}code,pre{font-size:12px}.number,thead th{white-space:normal}"
	":is(#denials,#unruled,#failures) thead{display:none}"
	":is(#denials,#unruled,#failures) tr{display:block;border-top:1px solid var(--line);"
	"padding:.3rem 0}:is(#denials,#unruled,#failures) :is(th,td){display:inline-block;border:0;"
	"padding:0 .8rem 0 0}:is(#denials,#unruled,#failures) td:last-child{display:block}}\n"
	"@media print{body{background:#fff}header,section,figure,tr{break-inside:avoid}"
	"header,section{border-color:#999;padding:.5rem}main{max-width:none;padding:0}}\n";

static const char *word(const json_t *string)
{
	const char *s = json_string_value(string);

	return s ? s : "?";
}

static void put_page_head(FILE *out, const struct report *r)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
	      "<meta name=\"referrer\" content=\"no-referrer\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<title>enclave-run: ",
	      out);
	escape_html(out, word(r->verdict));
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
}

static void put_header(FILE *out, const struct report *r)
{
	static const struct {
		const char *class, *mark;
	} tones[] = {
		[TONE_GOOD] = { "good", "\u2713" },
		[TONE_BAD] = { "bad", "\u2717" },
		[TONE_WAIT] = { "wait", "\u2026" },
	};

	fprintf(out, "<header class=\"%s\">\n<h1>%s ", tones[r->tone].class, tones[r->tone].mark);
	escape_html(out, word(r->verdict));
	fputs("</h1>\n", out);
	if (r->cause) {
		fputs("<p class=\"cause\">", out);
		escape_html(out, word(r->cause));
		fputs("</p>\n", out);
	}
	if (r->ending) {
		fputs("<p class=\"dim\">", out);
		escape_html(out, word(r->ending));
		fputs("</p>\n", out);
	}
	if (r->command) {
		fputs("<pre>", out);
		escape_html(out, word(r->command));
		fputs("</pre>\n", out);
	}
	fputs("</header>\n", out);
}

static void put_charts(FILE *out, const struct report *r)
{
	struct chart chart;
	bool any = false;

	chart_read(r->record, &chart);
	for (unsigned i = 0; i < CHART_SERIES_COUNT; i++)
		any = any || chart_worth(&chart, (enum chart_series)i);
	if (!any)
		return;
	fputs("<section id=\"timeline\">\n<h2>Over time</h2>\n<div class=\"charts\">\n", out);
	for (unsigned i = 0; i < CHART_SERIES_COUNT; i++) {
		if (!chart_worth(&chart, (enum chart_series)i))
			continue;
		fprintf(out, "<figure><figcaption>%s</figcaption>\n", chart.lines[i].title);
		chart_svg(out, &chart, (enum chart_series)i);
		fputs("</figure>\n", out);
	}
	fputs("</div>\n</section>\n", out);
}

/* "17 %" with a bar of that length. */
static void put_share(FILE *out, const char *share)
{
	unsigned long percent = strncmp(share, "over", 4) == 0 ? 100 : strtoul(share, NULL, 10);

	if (*share)
		fprintf(out, "<span class=\"bar\"><i%s style=\"width:%lu%%\"></i></span>",
			percent >= 95 ? " class=\"full\"" : "", percent > 100 ? 100 : percent);
	escape_html(out, share);
}

static void put_cell(FILE *out, const struct report_table *table, size_t column, const char *s)
{
	bool foreign = (table->foreign & 1u << column) != 0;
	const char *tag = column == 0 && table->heads[1] ? "th" : "td";

	fprintf(out, "<%s%s>%s", tag, table->numbers & 1u << column ? " class=\"number\"" : "",
		foreign && *s ? "<code>" : "");
	if (strcmp(table->heads[column], "Share") == 0)
		put_share(out, s);
	else
		escape_html(out, s);
	fprintf(out, "%s</%s>", foreign && *s ? "</code>" : "", tag);
}

static void put_heads(FILE *out, const struct report_table *table)
{
	fputs("<thead><tr>", out);
	for (size_t i = 0; i < REPORT_COLUMNS_MAX && table->heads[i]; i++)
		fprintf(out, "<th%s>%s</th>", table->numbers & 1u << i ? " class=\"number\"" : "",
			table->heads[i]);
	fputs("</tr></thead>\n", out);
}

static void put_table(FILE *out, const struct report_table *table)
{
	if (json_array_size(table->rows) == 0)
		return;
	fprintf(out, "<section id=\"%s\">\n<h2>%s</h2>\n<div class=\"scroll\"><table%s>\n",
		table->id, table->title, *table->heads[0] ? "" : " class=\"pairs\"");
	if (*table->heads[0] && table->heads[1])
		put_heads(out, table);
	fputs("<tbody>\n", out);
	for (size_t i = 0; i < json_array_size(table->rows); i++) {
		fputs("<tr>", out);
		for (size_t j = 0; j < REPORT_COLUMNS_MAX && table->heads[j]; j++)
			put_cell(out, table, j,
				 word(json_array_get(json_array_get(table->rows, i), j)));
		fputs("</tr>\n", out);
	}
	fputs("</tbody>\n</table></div>\n", out);
	if (table->left_out)
		fprintf(out, "<p class=\"dim\">and %zu more</p>\n", table->left_out);
	fputs("</section>\n", out);
}

void report_html(FILE *out, const struct report *r)
{
	put_page_head(out, r);
	put_header(out, r);
	for (unsigned i = 0; i < TABLE_COUNT; i++) {
		put_table(out, &r->tables[i]);
		if (i == TABLE_RESOURCES)
			put_charts(out, r);
	}
	fputs("<footer>Made from a record of enclave-run; everything that came from the run is shown, "
	      "nothing of it acts.</footer>\n</main>\n</body>\n</html>\n",
	      out);
}
