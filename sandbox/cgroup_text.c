/* cgroup_text.c - parsers of /proc/self/cgroup, mountinfo and cgroup files.
 *
 * All input comes from the kernel, but path components are chosen by whoever made the directories,
 * so nothing is taken on trust: every length is checked, and what does not parse is left out (the
 * caller then finds a hierarchy without a mount, and says so). */
#include "sandbox/cgroup_text.h"

#include <string.h>

#include "base/text.h"

static const char *const controller_names[CONTROLLER_COUNT] = {
#define CGROUP_CONTROLLER_NAME(id, name) [CONTROLLER_##id] = name,
	CGROUP_CONTROLLER_TABLE(CGROUP_CONTROLLER_NAME)
#undef CGROUP_CONTROLLER_NAME
};

const char *controller_name(enum cgroup_controller id)
{
	return (unsigned)id < CONTROLLER_COUNT ? controller_names[id] : "?";
}

/* A part of a text that is not its own string. */
struct span {
	const char *at;
	size_t len;
};

/* Cut the part up to `end` off *rest; false when there is nothing left. */
static bool span_cut(struct span *rest, char end, struct span *out)
{
	const char *stop;

	if (rest->len == 0)
		return false;
	stop = memchr(rest->at, end, rest->len);
	out->at = rest->at;
	out->len = stop ? (size_t)(stop - rest->at) : rest->len;
	rest->at += out->len + (stop ? 1 : 0);
	rest->len -= out->len + (stop ? 1 : 0);
	return true;
}

static bool span_is(struct span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.at, word, s.len) == 0;
}

static bool span_copy(struct span s, char *out)
{
	if (s.len >= CGROUP_PATH_CAP || memchr(s.at, '\0', s.len))
		return false;
	memcpy(out, s.at, s.len);
	out[s.len] = '\0';
	return true;
}

/* mountinfo writes blank, tab, newline and backslash as \ooo. */
static bool span_copy_unescaped(struct span s, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		const char *p = s.at + i;
		char c = *p;

		if (c == '\\' && s.len - i > 3 && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' &&
		    p[2] <= '7' && p[3] >= '0' && p[3] <= '7') {
			c = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			i += 3;
		}
		if (c == '\0' || len + 1 >= CGROUP_PATH_CAP)
			return false;
		out[len++] = c;
	}
	out[len] = '\0';
	return true;
}

/* The set of our controllers among comma-separated words. */
static unsigned controllers_of(struct span list)
{
	struct span word;
	unsigned set = 0;

	while (span_cut(&list, ',', &word))
		for (unsigned id = 0; id < CONTROLLER_COUNT; id++)
			if (span_is(word, controller_names[id]))
				set |= CONTROLLER_BIT(id);
	return set;
}

/* One line of /proc/PID/cgroup: "ID:CONTROLLERS:PATH"; v2 is "0::PATH".  The path may hold colons. */
static bool proc_cgroup_line(struct span line, unsigned *out_controllers, bool *out_v2,
			     struct span *out_path)
{
	struct span id, list = { 0 };

	if (!span_cut(&line, ':', &id) || !span_cut(&line, ':', &list) || line.len == 0 ||
	    line.at[0] != '/')
		return false;
	*out_v2 = span_is(id, "0") && list.len == 0;
	*out_controllers = controllers_of(list);
	*out_path = line;
	return true;
}

void cgroup_text_layout(const char *proc_cgroup, struct cgroup_layout *out)
{
	struct span rest = { proc_cgroup, strlen(proc_cgroup) }, line, path;
	unsigned controllers;
	bool v2;

	memset(out, 0, sizeof(*out));
	while (span_cut(&rest, '\n', &line)) {
		struct cgroup_place *place = &out->v2;

		if (!proc_cgroup_line(line, &controllers, &v2, &path))
			continue;
		if (!v2) {
			if (controllers == 0 || out->v1_count == CONTROLLER_COUNT)
				continue;
			place = &out->v1[out->v1_count];
		}
		if (!span_copy(path, place->own))
			continue;
		place->controllers = controllers;
		if (v2)
			out->has_v2 = true;
		else
			out->v1_count++;
	}
}

/* Is path equal to or below root, and both inside our cgroup namespace?  The kernel writes cgroups
 * outside of it with leading "/..". */
static bool path_within(const char *path, const char *root)
{
	size_t len = strlen(root);

	if (text_starts(path, "/..") || text_starts(root, "/.."))
		return false;
	if (strcmp(root, "/") == 0)
		return true;
	return text_starts(path, root) && (path[len] == '/' || path[len] == '\0');
}

static void place_mount(struct cgroup_place *place, struct span root, struct span mount)
{
	char root_text[CGROUP_PATH_CAP], mount_text[CGROUP_PATH_CAP];

	if (place->mount[0] != '\0' || !span_copy_unescaped(root, root_text) ||
	    !span_copy_unescaped(mount, mount_text) || !path_within(place->own, root_text))
		return;
	memcpy(place->root, root_text, sizeof(root_text));
	memcpy(place->mount, mount_text, sizeof(mount_text));
}

/* ID PARENT MAJOR:MINOR ROOT MOUNT OPTIONS [OPTIONAL...] - TYPE SOURCE SUPER_OPTIONS */
void cgroup_text_mount(const char *line, size_t len, struct cgroup_layout *layout)
{
	struct span rest = { line, len }, field[5] = { 0 }, word = { 0 }, type, source, options;
	unsigned controllers;

	for (size_t i = 0; i < 5; i++)
		if (!span_cut(&rest, ' ', &field[i]))
			return;
	while (!span_is(word, "-"))
		if (!span_cut(&rest, ' ', &word))
			return;
	if (!span_cut(&rest, ' ', &type) || !span_cut(&rest, ' ', &source))
		return;
	if (span_is(type, "cgroup2")) {
		if (layout->has_v2)
			place_mount(&layout->v2, field[3], field[4]);
		return;
	}
	if (!span_is(type, "cgroup") || !span_cut(&rest, ' ', &options))
		return;
	controllers = controllers_of(options);
	for (size_t i = 0; i < layout->v1_count; i++)
		if (layout->v1[i].controllers == controllers)
			place_mount(&layout->v1[i], field[3], field[4]);
}

enum cgroup_mode cgroup_text_mode(const struct cgroup_layout *layout)
{
	for (size_t i = 0; i < layout->v1_count; i++)
		if (layout->v1[i].controllers & ~CONTROLLER_BIT(CONTROLLER_CPUACCT))
			return CGROUP_V1;
	return layout->has_v2 ? CGROUP_V2 : CGROUP_NONE;
}

/* A relative path without empty, "." or ".." components; slashes around it are dropped. */
static bool parent_clean(const char *parent, struct span *out)
{
	struct span rest = { parent, strlen(parent) }, part;

	while (rest.len > 0 && rest.at[0] == '/') {
		rest.at++;
		rest.len--;
	}
	while (rest.len > 0 && rest.at[rest.len - 1] == '/')
		rest.len--;
	*out = rest;
	while (span_cut(&rest, '/', &part))
		if (part.len == 0 || span_is(part, ".") || span_is(part, ".."))
			return false;
	return out->len > 0;
}

bool cgroup_text_parent(const struct cgroup_place *place, const char *parent, char *out_dir,
			char *out_seen)
{
	struct text dir = { .at = out_dir, .cap = CGROUP_PATH_CAP };
	struct text seen = { .at = out_seen, .cap = CGROUP_PATH_CAP };
	const char *root = strcmp(place->root, "/") == 0 ? "" : place->root;
	struct span below;

	if (place->mount[0] == '\0')
		return false;
	text_str(&dir, place->mount);
	text_str(&seen, root);
	if (parent) {
		if (!parent_clean(parent, &below))
			return false;
		text_str(&dir, "/");
		text_str(&seen, "/");
	} else {
		below.at = place->own + strlen(root); /* cgroup_text_mount checked the prefix */
		below.len = strcmp(below.at, "/") == 0 ? 0 : strlen(below.at);
	}
	text_bytes(&dir, below.at, below.len);
	text_bytes(&seen, below.at, below.len);
	return !dir.cut && !seen.cut;
}

bool cgroup_text_in(const char *proc_cgroup, unsigned controllers, const char *seen)
{
	struct span rest = { proc_cgroup, strlen(proc_cgroup) }, line, path;
	size_t len = strlen(seen);
	unsigned found;
	bool v2;

	while (span_cut(&rest, '\n', &line)) {
		if (!proc_cgroup_line(line, &found, &v2, &path) || found != controllers ||
		    v2 != (controllers == 0))
			continue;
		return path.len >= len && memcmp(path.at, seen, len) == 0 &&
		       (path.len == len || path.at[len] == '/');
	}
	return false;
}

bool cgroup_text_counter(const char *text, const char *key, uint64_t *out_value)
{
	struct span rest = { text, strlen(text) }, line, word;

	while (span_cut(&rest, '\n', &line))
		if (span_cut(&line, ' ', &word) && span_is(word, key))
			return text_parse_u64(line.at, line.len, out_value);
	return false;
}

/* The index-th word of a text separated by blanks and newlines. */
static bool word_at(const char *text, unsigned index, struct span *out)
{
	const char *p = text;

	for (;; index--) {
		p += strspn(p, " \n");
		out->at = p;
		out->len = strcspn(p, " \n");
		if (index == 0 || out->len == 0)
			return out->len > 0;
		p += out->len;
	}
}

bool cgroup_text_limit(const char *text, unsigned index, uint64_t *out_value)
{
	struct span word;
	uint64_t value;

	if (!word_at(text, index, &word))
		return false;
	if (span_is(word, "max") || span_is(word, "-1"))
		value = LIMIT_NONE;
	else if (!text_parse_u64(word.at, word.len, &value))
		return false;
	*out_value = value > INT64_MAX / 2 ? LIMIT_NONE : value;
	return true;
}

bool cgroup_text_has_word(const char *text, const char *word)
{
	struct span found;

	for (unsigned i = 0; word_at(text, i, &found); i++)
		if (span_is(found, word))
			return true;
	return false;
}

bool cgroup_text_sole_pid(const char *procs, pid_t pid)
{
	struct span word;
	uint64_t value;

	return word_at(procs, 0, &word) && text_parse_u64(word.at, word.len, &value) &&
	       value == (uint64_t)pid && !word_at(procs, 1, &word);
}

static bool span_digits(struct span s)
{
	uint64_t value;

	return text_parse_u64(s.at, s.len, &value);
}

bool cgroup_text_is_run(const char *name)
{
	static const char prefix[] = "enclave-run-";
	struct span rest, numbers, part;
	unsigned count = 0;

	if (!text_starts(name, prefix))
		return false;
	rest.at = name + sizeof(prefix) - 1;
	rest.len = strlen(rest.at);
	if (!span_cut(&rest, '.', &numbers) ||
	    !(span_is(rest, "work") || span_is(rest, "gate") || span_is(rest, "self")))
		return false;
	while (span_cut(&numbers, '-', &part)) {
		if (!span_digits(part))
			return false;
		count++;
	}
	return count == 2 || count == 3;
}
