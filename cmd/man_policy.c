/* man_policy.c - --man=policy: the manual page enclave-run-policy(5). */
#include <string.h>

#include "cmd/man.h"
#include "profiles/load.h"
#include "profiles/presets.h"

static const char *const description[] = {
	"A policy is one JSON object. Its member schema is \"" LOAD_SCHEMA
	"\"; extends names the preset "
	"it builds on (default if it is missing); every other member is a group of keys. Every key is "
	"also an option of enclave-run(1), and options win.",
	"An unknown member, a value of the wrong kind, unit or range, and a member that stands twice are "
	"errors, which name the file, the line and the path of the key.",
	"Lists grow from preset to file to options; of single values the last one counts. The lists of "
	"the files group are applied in the order in which they stand in the file.",
	"A rule of allow is HOST[:PORTS][/udp]. HOST is a name, *.name (one or more labels before name, not "
	"name itself), an IPv4 address or a prefix such as 10.1.0.0/16. PORTS are numbers and ranges, "
	"443,8000-8010; without them 443 and 80. Addresses that are not public (private, loopback, "
	"link-local, metadata services...) are reached only by an address rule that is not wider than "
	"their range, also under a name that is allowed; an address of the host itself only by a rule that "
	"is that one address. Port 53 is the sandbox's own name server at every address: no rule leads past "
	"it. No rule denies, so their order does not matter.",
	"A rule of allow lifts the net of the preset default, or a deny said before it, to allow. Beside a "
	"net of none or deny in the same file, or after a none, it is an error; a none or deny said later "
	"(as option: --net none) drops the rules.",
	NULL,
};

static const char example[] =
	"{ \"schema\": \"" LOAD_SCHEMA "\", \"extends\": \"default\",\n"
	"  \"limits\": { \"memory\": \"512M\", \"pids\": 128, \"wall-time\": \"10m\",\n"
	"              \"rlimit\": { \"nofile\": 4096 } },\n"
	"  \"files\": { \"ro\": [\"/srv/data:/data\"], \"tmpfs\": [\"/work\"] },\n"
	"  \"process\": { \"env\": { \"CI\": \"1\" } },\n"
	"  \"network\": { \"net\": \"allow\", \"allow\": [\"*.example.org:443\",\n"
	"     { \"to\": \"10.1.0.0/16\", \"ports\": [5432, \"8000-8010\"], \"protocol\": \"tcp\" } ] },\n"
	"  \"walls\": { \"require\": [\"seccomp\", \"cgroup-memory\"] } }";

static void print_forms(FILE *out, const struct key *key)
{
	bool number = load_takes_number(key->type);

	if (key->flags & KEY_NO_VALUE) {
		fputs("true or false", out);
		return;
	}
	fputs(number ? "a string or a number" : "a string", out);
	if (key->flags & KEY_REPEATS)
		fputs(", or an array of them", out);
	if (load_takes_object(key->type))
		fputs(", or an object of names and values", out);
	if (load_takes_rule(key->type))
		fputs(", each as a string or as an object with the members to, ports and protocol",
		      out);
}

static void print_key(FILE *out, const struct pages *pages, const struct key *key)
{
	char value[80];

	fputs(".TP\n.B ", out);
	man_text(out, key->name);
	fputs("\n", out);
	man_text(out, key->help);
	fputs(". Wants ", out);
	print_forms(out, key);
	if (key->words) {
		fputs(":", out);
		for (size_t i = 0; key->words[i]; i++) {
			fputs(i == 0 ? " " : ", ", out);
			man_text(out, key->words[i]);
		}
	} else if (!(key->flags & KEY_NO_VALUE)) {
		fputs(": ", out);
		man_text(out, key_type_wants(key->type));
	}
	if (key->flags & KEY_NONE_LIFTS)
		fputs("; none lifts it", out);
	fputs(".\n", out);
	if (*pages_default(pages, key, value, sizeof(value))) {
		fputs("Default: ", out);
		man_text(out, value);
		fputs(".\n", out);
	}
}

static void print_groups(FILE *out, const struct pages *pages)
{
	for (unsigned group = 0; group < KEY_GROUP_COUNT; group++) {
		bool titled = false;

		for (size_t i = 0; i < key_count; i++) {
			const struct key *key = &keys[i];

			if (key->group != (enum key_group)group || !pages_shown(key) ||
			    key->flags & KEY_OPTION_ONLY)
				continue;
			if (!titled)
				fprintf(out, ".SS \"%s\"\n", key_group_name((enum key_group)group));
			titled = true;
			print_key(out, pages, key);
		}
	}
}

static void print_walls(FILE *out)
{
	fputs(".SH WALLS\nThe names that \\fBrequire\\fR and \\fBallow\\-missing\\fR take:\n", out);
	for (unsigned i = 0; i < WALL_COUNT; i++) {
		fputs(".TP\n.B ", out);
		man_text(out, wall_name((enum wall_id)i));
		fputc('\n', out);
		man_text(out, wall_meaning((enum wall_id)i));
		fputs(".\n", out);
	}
}

static void print_presets(FILE *out)
{
	fputs(".SH PRESETS\n", out);
	for (size_t i = 0; i < preset_count; i++) {
		fprintf(out, ".SS %s\n.nf\n", presets[i].name);
		man_text(out, presets[i].json);
		fputs("\n.fi\n", out);
	}
}

void man_policy_page(FILE *out, const void *arg)
{
	man_head(out, "ENCLAVE\\-RUN\\-POLICY", 5,
		 "enclave-run-policy - policy files of enclave-run");
	fputs(".SH DESCRIPTION\n", out);
	man_paragraphs(out, description);
	fputs(".SH GROUPS AND KEYS\n", out);
	print_groups(out, arg);
	print_walls(out);
	fputs(".SH EXAMPLE\n.nf\n", out);
	man_text(out, example);
	fputs("\n.fi\n", out);
	print_presets(out);
	fputs(".SH SEE ALSO\n.BR enclave\\-run (1)\n", out);
}
