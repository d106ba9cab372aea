/* The command line: where options end, what they mean, and what is said about a slip. */
#include "cmd/options.h"

#include <stdlib.h>

#include "tests/unit/tap.h"

#define ARGV(...) ((char **)(uintptr_t)(const char *[]){ __VA_ARGS__, NULL })

static struct options o;
static struct err e;

static bool parses(char **argv, const char *what)
{
	bool good;

	memset(&e, 0, sizeof(e));
	good = options_parse(argv, &o, &e) == 0;
	if (!ok(good, "%s", what))
		diag("%s", e.msg);
	return good;
}

static void refuses(char **argv, const char *message)
{
	memset(&e, 0, sizeof(e));
	if (!ok(options_parse(argv, &o, &e) == -1, "refused: %s", message))
		options_release(&o);
	ok(strstr(e.msg, message) != NULL, "%s", e.msg);
}

static void rest_is(const char *first, size_t count)
{
	is_str(o.rest[0], first, "the command");
	is_int(o.rest_count, count, "its words");
	options_release(&o);
}

static void check_ends(void)
{
	if (parses(ARGV("ls", "-l", "--memory"), "the first word ends the options"))
		rest_is("ls", 3);
	if (parses(ARGV("--memory", "64M", "--", "--pids"), "so does --"))
		rest_is("--pids", 1);
	if (parses(ARGV("--", "run"), "a command called run"))
		rest_is("run", 1);
	if (parses(ARGV("run", "explain"), "a command called explain"))
		rest_is("explain", 1);
	if (parses(ARGV("-", "x"), "a single dash is a word"))
		rest_is("-", 2);
	if (parses(ARGV("run", "--", "a", "--"), "only the first -- counts"))
		rest_is("a", 2);
	if (parses(ARGV("report", "a", "--format", "md", "--", "--b", "-"), "no command: any order"))
		rest_is("a", 3);
	is_str(o.format, "md", "and the options between count");
	if (parses(ARGV("report", "--format=md"), "and no words at all"))
		rest_is(NULL, 0);
	if (parses((char *[]){ NULL }, "nothing at all"))
		rest_is(NULL, 0);
	if (parses(ARGV("--memory", "1M", "run"), "a verb only as the first word"))
		rest_is("run", 1);
}

static void check_values(void)
{
	const uint64_t *limit = o.policy.limits.value;

	parses(ARGV("--memory=64M", "--pids", "5", "x"), "both spellings");
	ok(limit[LIMIT_MEMORY] == 64 << 20 && limit[LIMIT_PIDS] == 5, "both values");
	options_release(&o);
	parses(ARGV("--memory=64M", "--memory", "32M", "x"), "twice");
	ok(limit[LIMIT_MEMORY] == 32 << 20, "the last one wins");
	options_release(&o);
	parses(ARGV("--pids", "7", "--policy", "judge", "x"), "--policy behind an option");
	ok(limit[LIMIT_PIDS] == 7 && limit[LIMIT_MEMORY] == 256 << 20, "comes first all the same");
	options_release(&o);
	parses(ARGV("-e", "A=1", "-eB=2", "--env=C=3", "-v", "x"), "letters");
	is_str(o.policy.env[o.policy.env_count - 2].value, "2", "-eB=2");
	is_str(o.policy.env[o.policy.env_count - 1].value, "3", "--env=C=3");
	is_int(o.policy.verbosity, 1, "-v");
	options_release(&o);
	parses(ARGV("--ro", "/a", "--hide", "/a/b", "--rw", "/c", "x"), "files");
	ok(o.policy.file_count == 3 && o.policy.files[1].kind == FILE_HIDE, "keep their order");
	options_release(&o);
	parses(ARGV("--stderr-to-stdout", "x"), "a flag takes no word");
	ok(o.policy.stderr_to_stdout, "and is set");
	rest_is("x", 1);
}

static void words_are(const char *const *expected, size_t count)
{
	is_int(o.words.count, count, "as many words are handed on");
	for (size_t i = 0; i < count && i < o.words.count; i++)
		is_str(o.words.items[i], expected[i], "handed on as it stood");
	options_release(&o);
}

#define WORDS(...)            \
	(const char *const[]) \
	{                     \
		__VA_ARGS__   \
	}

static void check_handed_on(void)
{
	parses(ARGV("canary", "--memory=64M", "--json", "--policy", "judge", "-e", "A=--json", "-v"),
	       "the canary takes the options of a run");
	ok(o.json && o.rest_count == 0, "and its own");
	words_are(WORDS("--memory=64M", "--policy", "judge", "-e", "A=--json", "-v"), 6);
	parses(ARGV("canary", "-e", "A", "inside", "x"), "words behind them");
	rest_is("inside", 2);
	parses(ARGV("explain", "--memory", "1M", "x"), "who starts no runs of his own");
	words_are(NULL, 0);
	refuses(ARGV("canary", "--memory", "x"), "--memory: 'x'");
}

static void check_errors(void)
{
	refuses(ARGV("--memroy", "1G", "x"), "unknown option '--memroy'; did you mean --memory?");
	refuses(ARGV("--memroy=1G", "x"), "unknown option '--memroy'; did you mean --memory?");
	refuses(ARGV("--mem", "1G", "x"), "did you mean --memory?");
	refuses(ARGV("--polciy", "x"), "did you mean --policy?");
	refuses(ARGV("--xyzzy"), "unknown option '--xyzzy'; see enclave-run --help");
	refuses(ARGV("-x"), "unknown option '-x'");
	refuses(ARGV("-vq", "x"), "-v takes no value: letters are not bundled");
	refuses(ARGV("--memory"), "--memory wants a value: SIZE");
	refuses(ARGV("--help=yes"), "--help takes no value");
	refuses(ARGV("--memory", "10s", "x"), "--memory: '10s' has an unknown unit");
	refuses(ARGV("-e", "=1", "x"), "-e: '=1'");
	refuses(ARGV("--policy", "nope", "x"), "--policy 'nope': neither a preset");
	refuses(ARGV("--json", "x"),
		"--json is an option of 'explain, summary, canary, audit verify' only");
	refuses(ARGV("report", "--memory", "1G", "x"), "--memory is no option of 'report'");
	refuses(ARGV("report", "x", "--memory", "1G"), "--memory is no option of 'report'");
	refuses(ARGV("report", "x", "--format"), "--format wants a value");
	refuses(ARGV("--a-name-that-is-longer-than-any-name-an-option-of-ours-will-ever-have-had"),
		"unknown option");
}

static void check_pages(void)
{
	static const char *const pages[] = { "--help", "-h",	       "--version",	   "--keys",
					     "--man",  "--man=policy", "--completion=bash" };

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		parses(ARGV(pages[i]), pages[i]);
		ok(options_page(&o), "%s asks for a page", pages[i]);
		options_release(&o);
	}
	parses(ARGV("--policy", "/nonexistent", "--help"), "a page needs no policy");
	options_release(&o);
	parses(ARGV("explain", "--json", "x"), "explain --json");
	ok(o.json && !options_page(&o), "is no page");
	is_str(o.verb->name, "explain", "its verb");
	options_release(&o);
}

static void check_verbs(void)
{
	size_t taken;

	for (size_t i = 0; i < verb_count; i++) {
		char name[40], *second = NULL;

		snprintf(name, sizeof(name), "%s", verbs[i].name);
		second = strchr(name, ' ');
		if (second)
			*second++ = '\0';
		ok(verb_find(ARGV(name, second, "x"), &taken) == &verbs[i], "verb %s",
		   verbs[i].name);
		is_int(taken, second ? 2 : 1, "its words");
	}
	is_str(verbs[0].name, "run", "the first verb is what runs without one");
	ok(!verb_find(ARGV("help-me"), &taken), "other words are commands");
	ok(!verb_find(ARGV("audit"), &taken), "half a verb is none");
	ok(!verb_find(ARGV("audit verify"), &taken), "nor is one word with a blank");
	refuses(ARGV("audit"), "'audit' alone is no verb");
	refuses(ARGV("audit", "verif"), "'audit' alone is no verb");
	refuses(ARGV("audit", "verify", "--head"), "--head wants a value");
	refuses(ARGV("audit", "show", "--head", "x"), "--head is an option of 'audit verify' only");
	refuses(ARGV("--head", "x"), "--head is an option of 'audit verify' only");
	refuses(ARGV("audit", "verify", "x", "--nope"), "unknown option");
	parses(ARGV("audit", "verify", "--head", "a", "FILE", "--head=b", "--json"),
	       "options anywhere");
	is_str(o.rest[0], "FILE", "the word");
	is_int(o.rest_count, 1, "no other");
	is_str(o.heads.items[1], "b", "the second head");
	ok(o.heads.count == 2 && o.json, "both heads");
	options_release(&o);
	parses(ARGV("audit", "show", "--", "--json", "-x"), "behind -- all are words");
	is_int(o.rest_count, 2, "two words");
	is_str(o.rest[1], "-x", "the second");
	options_release(&o);
}

int main(void)
{
	check_ends();
	check_values();
	check_handed_on();
	check_errors();
	check_pages();
	check_verbs();
	return done();
}
