/* keys.c - the table of keys, and finding rows in it also for those who mistype.
 *
 * Defaults are not here but in the preset `default` (profiles/default.json): the key reference prints
 * them from there.  Adding a key: one row here; a new type also needs a setter in profiles/set.c. */
#include "profiles/keys.h"

#include <string.h>

#include "profiles/policy.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define TIB (UINT64_C(1) << 40)
#define MS UINT64_C(1000000)
#define HOUR (UINT64_C(3600) * 1000 * MS)

#define FIELD(member) offsetof(struct policy, member)
#define LIMIT(id) FIELD(limits.value[LIMIT_##id])

_Static_assert(sizeof(enum net_mode) == sizeof(int), "CHOICE writes an int");
_Static_assert(sizeof(enum wanted) == sizeof(int), "CHOICE writes an int");
_Static_assert(sizeof(enum tty_mode) == sizeof(int), "CHOICE writes an int");

static const char *const words_on_pids[] = { "continue", "kill", NULL };
static const char *const words_on_violation[] = { "record", "kill", NULL };
static const char *const words_tty[] = { "auto", "yes", "no", NULL };
static const char *const words_net[] = { "none", "deny", "allow", "audit", NULL };
static const char *const words_wanted[] = { "required", "if-available", "off", NULL };

#define NONE KEY_NONE_LIFTS
#define MANY KEY_REPEATS
#define BARE KEY_NO_VALUE
#define CLI KEY_OPTION_ONLY
#define LATER KEY_LATER

/* One row is one key. */
/* clang-format off */
/* { group, name, letter, type,
 *   field, min, max, flags, kind, words,
 *   metavar, help } */
#define LIMITS KEY_GROUP_LIMITS
#define FILES KEY_GROUP_FILES
#define PROCESS KEY_GROUP_PROCESS
#define NETWORK KEY_GROUP_NETWORK
#define SECRETS KEY_GROUP_SECRETS
#define WALLS KEY_GROUP_WALLS
#define RESULT KEY_GROUP_RESULT
#define HOST KEY_GROUP_HOST

const struct key keys[] = {
	{ LIMITS, "memory", 0, KEY_TYPE_SIZE, LIMIT(MEMORY), MIB, 64 * TIB, NONE, 0, NULL,
	  "SIZE", "memory of the whole tree, files on tmpfs included" },
	{ LIMITS, "cpus", 0, KEY_TYPE_CPUS, LIMIT(CPUS), 10, 4096000, NONE, 0, NULL,
	  "NUMBER", "share of cpus the whole tree may use at a time" },
	{ LIMITS, "cpu-time", 0, KEY_TYPE_DURATION, LIMIT(CPU_TIME), 10 * MS, 87600 * HOUR, NONE, 0, NULL,
	  "TIME", "cpu time of the whole tree" },
	{ LIMITS, "wall-time", 0, KEY_TYPE_DURATION, LIMIT(WALL_TIME), MS, 87600 * HOUR, NONE, 0, NULL,
	  "TIME", "deadline, counted from the start of the command" },
	{ LIMITS, "pids", 0, KEY_TYPE_COUNT_OF, LIMIT(PIDS), 1, 4194304, NONE, 0, NULL,
	  "NUMBER", "processes and threads at a time" },
	{ LIMITS, "disk", 0, KEY_TYPE_SIZE, LIMIT(DISK), 64 * KIB, 64 * TIB, NONE, 0, NULL,
	  "SIZE", "all writable space inside together, without --rw trees" },
	{ LIMITS, "output-max", 0, KEY_TYPE_SIZE, LIMIT(OUTPUT), 0, 64 * TIB, NONE, 0, NULL,
	  "SIZE", "bytes written to stdout and stderr together" },
	{ LIMITS, "fsize", 0, KEY_TYPE_SIZE, LIMIT(FSIZE), 1, 64 * TIB, NONE, 0, NULL,
	  "SIZE", "size of one file; as --disk if not given" },
	{ LIMITS, "rlimit", 0, KEY_TYPE_RLIMIT, 0, 0, 0, MANY, 0, NULL,
	  "NAME=VALUE", "a limit of setrlimit(2) per process, e.g. nofile=4096" },
	{ LIMITS, "on-pids", 0, KEY_TYPE_SWITCH, FIELD(kill_on_pids), 0, 0, 0, 0, words_on_pids,
	  "kill|continue", "what the first refused fork does" },

	{ FILES, "rootfs", 0, KEY_TYPE_HOST_PATH, FIELD(rootfs), 0, 0, 0, 0, NULL,
	  "DIR", "take the read-only tree from DIR, not from the host's /usr" },
	{ FILES, "ro", 0, KEY_TYPE_MOUNT, 0, 0, 0, MANY, FILE_RO, NULL,
	  "SRC[:DST]", "show SRC of the host read-only" },
	{ FILES, "ro-try", 0, KEY_TYPE_MOUNT, 0, 0, 0, MANY, FILE_RO_TRY, NULL,
	  "SRC[:DST]", "the same, skipped if SRC is missing" },
	{ FILES, "rw", 0, KEY_TYPE_MOUNT, 0, 0, 0, MANY, FILE_RW, NULL,
	  "SRC[:DST]", "show SRC of the host writable" },
	{ FILES, "tmpfs", 0, KEY_TYPE_PLACE, 0, 0, 0, MANY, FILE_TMPFS, NULL,
	  "DST", "an empty writable directory, counted by --disk" },
	{ FILES, "hide", 0, KEY_TYPE_PLACE, 0, 0, 0, MANY, FILE_HIDE, NULL,
	  "PATH", "cover a file or directory with nothing" },
	{ FILES, "chdir", 0, KEY_TYPE_INSIDE_PATH, FIELD(workdir), 0, 0, 0, 0, NULL,
	  "DIR", "directory the command starts in" },
	{ FILES, "hostname", 0, KEY_TYPE_HOSTNAME, FIELD(hostname), 0, 0, 0, 0, NULL,
	  "NAME", "host name inside" },

	{ PROCESS, "env", 'e', KEY_TYPE_ENV, 0, 0, 0, MANY, 0, NULL,
	  "VAR[=VALUE]", "set a variable; without VALUE the caller's, if it has one" },
	{ PROCESS, "env-file", 0, KEY_TYPE_ENV_FILE, 0, 0, 0, MANY, 0, NULL,
	  "FILE", "set the variables listed in FILE, one VAR[=VALUE] per line" },
	{ PROCESS, "keep-env", 0, KEY_TYPE_KEEP_ENV, 0, 0, 0, MANY, 0, NULL,
	  "NAME|PREFIX*", "pass the caller's variables of these names" },
	{ PROCESS, "user", 0, KEY_TYPE_USER, 0, 1, 4294967294, 0, 0, NULL,
	  "UID[:GID]", "user and group id inside" },
	{ PROCESS, "tty", 0, KEY_TYPE_CHOICE, FIELD(tty), 0, 0, 0, 0, words_tty,
	  "auto|yes|no", "private terminal; auto: if standard input and output are terminals" },
	{ PROCESS, "stdin", 0, KEY_TYPE_HOST_PATH, FIELD(stdin_path), 0, 0, 0, 0, NULL,
	  "FILE", "read standard input from FILE" },
	{ PROCESS, "stdout", 0, KEY_TYPE_HOST_PATH, FIELD(stdout_path), 0, 0, 0, 0, NULL,
	  "FILE", "write standard output to FILE" },
	{ PROCESS, "stderr", 0, KEY_TYPE_HOST_PATH, FIELD(stderr_path), 0, 0, 0, 0, NULL,
	  "FILE", "write standard error to FILE" },
	{ PROCESS, "stderr-to-stdout", 0, KEY_TYPE_FLAG, FIELD(stderr_to_stdout), 0, 0, BARE, 0, NULL,
	  NULL, "send standard error where standard output goes" },
	{ PROCESS, "strip-escapes", 0, KEY_TYPE_FLAG, FIELD(strip_escapes), 0, 0, BARE, 0, NULL,
	  NULL, "remove terminal control sequences from the output" },
	{ PROCESS, "pass-fd", 0, KEY_TYPE_PASS_FD, 0, 3, 1048575, MANY, 0, NULL,
	  "N", "hand the open descriptor N to the command" },
	{ PROCESS, "stop-timeout", 0, KEY_TYPE_DURATION, FIELD(stop_timeout_ns), 0, HOUR, 0, 0, NULL,
	  "TIME", "after a signal to stop: wait this long, then kill" },

	{ NETWORK, "net", 0, KEY_TYPE_NET, FIELD(net), 0, 0, 0, 0, words_net,
	  "none|deny|allow|audit", "network inside: loopback alone, nothing let out, what --allow names, "
	  "or all public hosts with a note of what --allow does not name; allow if --allow is given" },
	{ NETWORK, "allow", 0, KEY_TYPE_EGRESS, 0, 0, 0, MANY, 0, NULL,
	  "HOST[:PORTS][/udp]", "let connections to a name, *.name, address or prefix out; ports 443 and "
	  "80 if none are given" },
	{ NETWORK, "gate", 0, KEY_TYPE_FLAG, FIELD(gate), 0, 0, BARE, 0, NULL,
	  NULL, "kill the run when a connection is denied: exit status 1" },

	{ SECRETS, "secret", 0, KEY_TYPE_SECRET, 0, 3, 1048575, MANY, 0, NULL,
	  "NAME=SOURCE", "hand in a value as the file /run/secrets/NAME; SOURCE is file:PATH, fd:N or "
	  "cred:NAME (of systemd)" },

	{ WALLS, "seccomp", 0, KEY_TYPE_SECCOMP, FIELD(seccomp), 0, 0, 0, 0, NULL,
	  "PROFILE|FILE", "system call profile: default, strict, debug, or an OCI JSON file" },
	{ WALLS, "on-violation", 0, KEY_TYPE_SWITCH, FIELD(kill_on_violation), 0, 0, 0, 0,
	  words_on_violation, "record|kill", "what a forbidden system call does besides failing" },
	{ WALLS, "apparmor", 0, KEY_TYPE_CHOICE, FIELD(apparmor), 0, 0, 0, 0, words_wanted,
	  "required|if-available|off", "AppArmor deny profile" },
	{ WALLS, "landlock", 0, KEY_TYPE_CHOICE, FIELD(landlock), 0, 0, 0, 0, words_wanted,
	  "required|if-available|off", "second wall around the file tree" },
	{ WALLS, "require", 0, KEY_TYPE_WALLS, FIELD(walls_required), 0, 0, MANY, 0, NULL,
	  "WALL[,WALL]", "refuse to run without these walls" },
	{ WALLS, "allow-missing", 0, KEY_TYPE_WALLS, FIELD(walls_may_miss), 0, 0, MANY, 0, NULL,
	  "WALL[,WALL]", "run although this host can't put up these walls" },

	{ RESULT, "record", 0, KEY_TYPE_HOST_PATH, FIELD(record_path), 0, 0, 0, 0, NULL,
	  "FILE", "write the result as JSON; %j %t %a %A %h %p are replaced" },
	{ RESULT, "status-fd", 0, KEY_TYPE_FD, FIELD(status_fd), 1, 1048575, CLI, 0, NULL,
	  "N", "write JSON lines on descriptor N while the run goes on" },
	{ RESULT, "audit", 0, KEY_TYPE_HOST_PATH, FIELD(audit_path), 0, 0, 0, 0, NULL,
	  "FILE", "append what happens to a hash-chained log, which several runs may share" },
	{ RESULT, "meta", 0, KEY_TYPE_HOST_PATH, FIELD(meta_path), 0, 0, 0, 0, NULL,
	  "FILE", "write the result in the format of isolate(1); % as in --record" },
	{ RESULT, "label", 0, KEY_TYPE_LABEL, 0, 0, 0, MANY, 0, NULL,
	  "KEY=VALUE", "put a label into the record" },
	{ RESULT, "verbose", 'v', KEY_TYPE_LOUDER, FIELD(verbosity), 0, 0, BARE | CLI, 0, NULL,
	  NULL, "say on standard error how the run ended, and what to know about it" },
	{ RESULT, "quiet", 'q', KEY_TYPE_QUIETER, FIELD(verbosity), 0, 0, BARE | CLI, 0, NULL,
	  NULL, "say nothing about a killed run; refusals are still explained" },

	{ HOST, "cgroup-parent", 0, KEY_TYPE_TEXT, FIELD(cgroup_parent), 0, 0, 0, 0, NULL,
	  "PATH", "make the run's control group below PATH of the control group tree" },
};
/* clang-format on */

const size_t key_count = sizeof(keys) / sizeof(keys[0]);

static const struct {
	const char *name, *title;
} groups[KEY_GROUP_COUNT] = {
#define KEY_GROUP_ROW(id, name, title) { name, title },
	KEY_GROUP_TABLE(KEY_GROUP_ROW)
#undef KEY_GROUP_ROW
};

static const char *const type_wants[KEY_TYPE_COUNT] = {
#define KEY_TYPE_ROW(id, wants) wants,
	KEY_TYPE_TABLE(KEY_TYPE_ROW)
#undef KEY_TYPE_ROW
};

const char *key_group_name(enum key_group group)
{
	return groups[group].name;
}

const char *key_group_title(enum key_group group)
{
	return groups[group].title;
}

bool key_group_find(const char *name, enum key_group *out_group)
{
	for (unsigned i = 0; i < KEY_GROUP_COUNT; i++) {
		if (strcmp(groups[i].name, name) == 0) {
			*out_group = (enum key_group)i;
			return true;
		}
	}
	return false;
}

const char *key_type_wants(enum key_type type)
{
	return type_wants[type];
}

const struct key *key_find(const char *name)
{
	for (size_t i = 0; i < key_count; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

const struct key *key_find_letter(char letter)
{
	for (size_t i = 0; i < key_count && letter; i++)
		if (keys[i].letter == letter)
			return &keys[i];
	return NULL;
}

#define WORD_MAX 40

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned key_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1], *before = rows[0], *above = rows[1], *row = rows[2];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return WORD_MAX;
	for (unsigned j = 0; j <= b_len; j++)
		before[j] = above[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *reuse = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned replaced = above[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = reuse;
	}
	return above[b_len];
}

void key_closer(const char *word, const char *candidate, const char **best, unsigned *best_distance)
{
	size_t len = strlen(word), other = strlen(candidate), shorter = len < other ? len : other;
	unsigned distance = key_distance(word, candidate);
	unsigned slip = shorter < 4 ? 1 : shorter < 8 ? 2 : 3;

	if (shorter >= 3 && strncmp(word, candidate, shorter) == 0)
		distance = least(distance, slip);
	if (distance <= slip && (!*best || distance < *best_distance)) {
		*best = candidate;
		*best_distance = distance;
	}
}

const char *key_nearest(const char *word, enum key_group group)
{
	const char *best = NULL;
	unsigned distance = 0;

	for (size_t i = 0; i < key_count; i++) {
		bool asked = group == KEY_GROUP_COUNT ||
			     (keys[i].group == group && !(keys[i].flags & KEY_OPTION_ONLY));

		if (asked && !(keys[i].flags & KEY_LATER))
			key_closer(word, keys[i].name, &best, &distance);
	}
	return best;
}
