/* report_chart.c - from samples to lines, from lines to SVG.
 *
 * The drawing is 480 by 200 units, so that its text has about the size of the page's where two charts stand
 * side by side or one fills a telephone. */
#include "cmd/report_chart.h"

#include <string.h>

#include "base/clock.h"

#define LEFT 66.0
#define RIGHT 468.0
#define TOP 18.0
#define BOTTOM 168.0
#define CPU_BINS 64
#define SPARK_MAX 40

/* --- reading -------------------------------------------------------------------------------------- */

static double number_at(const json_t *row, size_t index)
{
	const json_t *value = json_array_get(row, index);

	return json_is_integer(value) && json_integer_value(value) >= 0
		       ? (double)json_integer_value(value)
		       : -1;
}

static double number_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_integer(value) && json_integer_value(value) >= 0
		       ? (double)json_integer_value(value)
		       : -1;
}

static void add_point(struct chart_line *line, double t_ns, double value)
{
	if (value < 0 || line->count == CHART_POINTS_MAX)
		return;
	line->points[line->count++] = (struct chart_point){ t_ns, value };
	if (value > line->largest)
		line->largest = value;
}

/* The rate between two samples jumps where cpu time is counted in clock ticks: not finer than a bin. */
struct rate {
	double since_ns, cpu_ns, bin_ns;
};

static void add_rate(struct chart_line *line, struct rate *rate, double t_ns, double cpu_ns,
		     bool last)
{
	if (cpu_ns < rate->cpu_ns || t_ns <= rate->since_ns ||
	    (t_ns - rate->since_ns < rate->bin_ns && !last))
		return;
	add_point(line, t_ns, (cpu_ns - rate->cpu_ns) * 1000 / (t_ns - rate->since_ns));
	rate->since_ns = t_ns;
	rate->cpu_ns = cpu_ns;
}

static double last_time(const json_t *samples)
{
	double t_ns = 0;

	for (size_t i = 0; i < json_array_size(samples); i++)
		if (number_at(json_array_get(samples, i), 0) > t_ns)
			t_ns = number_at(json_array_get(samples, i), 0);
	return t_ns;
}

static void read_samples(const json_t *samples, struct chart *out)
{
	size_t count = json_array_size(samples);
	struct rate rate = { .bin_ns = last_time(samples) / CPU_BINS };
	double before_ns = -1;

	if (rate.bin_ns < 50.0 * NS_PER_MS)
		rate.bin_ns = 50.0 * NS_PER_MS;
	for (size_t i = 0; i < count; i++) {
		const json_t *row = json_array_get(samples, i);
		double t_ns = number_at(row, 0);

		if (t_ns <= before_ns)
			continue;
		before_ns = t_ns;
		add_point(&out->lines[CHART_MEMORY], t_ns, number_at(row, 1));
		add_rate(&out->lines[CHART_CPUS], &rate, t_ns, number_at(row, 2), i + 1 == count);
		add_point(&out->lines[CHART_PIDS], t_ns, number_at(row, 3));
	}
	out->end_ns = before_ns;
}

void chart_read(const json_t *record, struct chart *out)
{
	static const struct {
		const char *title, *limit;
		enum amount kind;
		bool steps;
	} rows[CHART_SERIES_COUNT] = {
		[CHART_MEMORY] = { "Memory", "memory", AMOUNT_BYTES, false },
		[CHART_CPUS] = { "Cpu", "cpus", AMOUNT_MILLICPUS, true },
		[CHART_PIDS] = { "Processes and threads", "pids", AMOUNT_COUNT, true },
	};
	const json_t *limits = json_object_get(record, "limits");
	const char *status = json_string_value(json_object_get(record, "status"));
	double wall_ns = number_of(json_object_get(record, "usage"), "wall_ns");

	*out = (struct chart){ .killed = status && strcmp(status, "killed") == 0 };
	for (unsigned i = 0; i < CHART_SERIES_COUNT; i++) {
		out->lines[i].title = rows[i].title;
		out->lines[i].kind = rows[i].kind;
		out->lines[i].steps = rows[i].steps;
		out->lines[i].limit = number_of(json_object_get(limits, rows[i].limit), "value");
	}
	read_samples(json_object_get(json_object_get(record, "timeline"), "samples"), out);
	/* A wall time that can't belong to these samples would press them into a corner. */
	if (wall_ns > out->end_ns && wall_ns < 2 * out->end_ns)
		out->end_ns = wall_ns;
	else
		out->killed = false;
}

bool chart_worth(const struct chart *chart, enum chart_series series)
{
	const struct chart_line *line = &chart->lines[series];

	return line->count >= 2 && chart->end_ns > 0 &&
	       line->largest > (series == CHART_PIDS ? 1 : 0);
}

/* --- scales --------------------------------------------------------------------------------------- */

/* 1, 2 or 5 times a power of base 10, at least one fifth of value. */
static double nice_step(double value)
{
	double step = 1;

	while (step * 5 < value)
		step *= 10;
	if (step > 1 && step / 5 * 5 >= value)
		return step / 5;
	if (step > 1 && step / 2 * 5 >= value)
		return step / 2;
	return step;
}

static double value_step(enum amount kind, double top)
{
	double unit = 1;

	if (kind == AMOUNT_MILLICPUS)
		return top <= 1000 ? nice_step(top) : nice_step(top / 100) * 100;
	if (kind == AMOUNT_BYTES)
		while (unit * 1024 <= top)
			unit *= 1024;
	return nice_step(top / unit) * unit;
}

static double time_step(double end_ns)
{
	static const unsigned seconds[] = { 1,	 2,   5,    10,	  15,	30,    60,    120,   300,
					    600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400 };
	static const unsigned milliseconds[] = { 1, 10, 100 };

	for (unsigned power = 0; power < 3; power++)
		for (unsigned i = 0; i < 3; i++)
			if ((double)NS_PER_MS * milliseconds[power] * seconds[i] * 5 >= end_ns)
				return (double)NS_PER_MS * milliseconds[power] * seconds[i];
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		if (NS_PER_S * (double)seconds[i] * 5 >= end_ns)
			return NS_PER_S * (double)seconds[i];
	return nice_step(end_ns / NS_PER_S / 86400) * NS_PER_S * 86400;
}

struct scale {
	double end_ns, top;
};

static double x_of(const struct scale *s, double t_ns)
{
	return LEFT + (RIGHT - LEFT) * t_ns / s->end_ns;
}

static double y_of(const struct scale *s, double value)
{
	return BOTTOM - (BOTTOM - TOP) * value / s->top;
}

/* A limit far above everything would leave nothing to see of the line. */
static bool limit_fits(const struct chart_line *line)
{
	return line->limit >= 0 && line->limit <= 3 * line->largest;
}

static struct scale scale_of(const struct chart *chart, const struct chart_line *line)
{
	struct scale s = { chart->end_ns, line->largest };

	if (limit_fits(line) && line->limit > s.top)
		s.top = line->limit;
	if (s.top <= 0)
		s.top = 1;
	s.top *= 1.08;
	return s;
}

/* --- SVG ------------------------------------------------------------------------------------------ */

static void amount(FILE *out, enum amount kind, double value)
{
	char buf[64];
	struct text t = TEXT_ON(buf);

	/* below 2^63: both come from integers of JSON */
	report_amount(&t, kind, value < 9.2e18 ? (uint64_t)(value + 0.5) : INT64_MAX);
	fputs(buf, out);
}

static void grid(FILE *out, const struct scale *s, enum amount kind)
{
	double step = value_step(kind, s->top), time = time_step(s->end_ns);

	for (unsigned i = 0; i * step <= s->top; i++) {
		double v = i * step;

		fprintf(out,
			"<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>"
			"<text class=\"right\" x=\"%.1f\" y=\"%.1f\">",
			LEFT, y_of(s, v), RIGHT, LEFT - 6, y_of(s, v) + 4);
		amount(out, kind, v);
		fputs("</text>\n", out);
	}
	for (unsigned i = 0; i * time <= s->end_ns; i++) {
		double t = i * time;

		fprintf(out,
			"<path class=\"grid\" d=\"M%.1f %.1fv4\"/>"
			"<text class=\"middle\" x=\"%.1f\" y=\"%.1f\">",
			x_of(s, t), BOTTOM, x_of(s, t), BOTTOM + 18);
		amount(out, AMOUNT_NS, t);
		fputs("</text>\n", out);
	}
}

static void curve(FILE *out, const struct scale *s, const struct chart_line *line)
{
	double x = line->steps ? LEFT : x_of(s, line->points[0].t_ns), first_x = x;

	for (size_t i = 0; i < line->count; i++) {
		const struct chart_point *p = &line->points[i];

		if (line->steps) /* holds for the time before: first up, then along */
			fprintf(out, "%s%.1f %.1fH%.1f", i ? "L" : "M", x, y_of(s, p->value),
				x_of(s, p->t_ns));
		else
			fprintf(out, "%s%.1f %.1f", i ? "L" : "M", x_of(s, p->t_ns),
				y_of(s, p->value));
		x = x_of(s, p->t_ns);
	}
	fprintf(out, "\"/><path class=\"area\" d=\"M%.1f %.1f", first_x, BOTTOM);
	x = first_x;
	for (size_t i = 0; i < line->count; i++) {
		const struct chart_point *p = &line->points[i];

		fprintf(out, "L%.1f %.1f", line->steps ? x : x_of(s, p->t_ns), y_of(s, p->value));
		x = x_of(s, p->t_ns);
		if (line->steps)
			fprintf(out, "H%.1f", x);
	}
	fprintf(out, "V%.1fZ", BOTTOM);
}

static void limit(FILE *out, const struct scale *s, const struct chart_line *line)
{
	double y = y_of(s, line->limit);

	if (!limit_fits(line))
		return;
	fprintf(out,
		"<path class=\"limit\" d=\"M%.1f %.1fH%.1f\"/>"
		"<text class=\"right limit-label\" x=\"%.1f\" y=\"%.1f\">limit ",
		LEFT, y, RIGHT, RIGHT - 4, y - 5);
	amount(out, line->kind, line->limit);
	fputs("</text>\n", out);
}

static void describe(FILE *out, const struct chart *chart, const struct chart_line *line)
{
	fprintf(out, "%s over ", line->title);
	amount(out, AMOUNT_NS, chart->end_ns);
	fputs(": at most ", out);
	amount(out, line->kind, line->largest);
	if (line->limit >= 0) {
		fputs(", limit ", out);
		amount(out, line->kind, line->limit);
	}
}

void chart_svg(FILE *out, const struct chart *chart, enum chart_series series)
{
	const struct chart_line *line = &chart->lines[series];
	struct scale s = scale_of(chart, line);

	if (!chart_worth(chart, series))
		return;
	fputs("<svg viewBox=\"0 0 480 200\" role=\"img\"><title>", out);
	describe(out, chart, line);
	fputs("</title>\n", out);
	grid(out, &s, line->kind);
	fputs("<path class=\"line\" d=\"", out);
	curve(out, &s, line);
	fputs("\"/>\n", out);
	limit(out, &s, line);
	if (chart->killed)
		fprintf(out, "<path class=\"end\" d=\"M%.1f %.1fV%.1f\"/>\n",
			x_of(&s, chart->end_ns), TOP, BOTTOM);
	fputs("</svg>\n", out);
}

void chart_spark(FILE *out, const struct chart *chart, enum chart_series series)
{
	static const char *const blocks[] = { "\u2581", "\u2582", "\u2583", "\u2584",
					      "\u2585", "\u2586", "\u2587", "\u2588" };
	const struct chart_line *line = &chart->lines[series];
	size_t width = line->count < SPARK_MAX ? line->count : SPARK_MAX;

	if (!chart_worth(chart, series))
		return;
	for (size_t i = 0; i < width; i++) {
		double top = 0;

		for (size_t j = i * line->count / width; j < (i + 1) * line->count / width; j++)
			if (line->points[j].value > top)
				top = line->points[j].value;
		fputs(blocks[(size_t)(top * 7.999 / line->largest)], out);
	}
}
