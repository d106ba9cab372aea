/* The key table itself, and what it offers to those who mistype. */
#include "profiles/keys.h"

#include "tests/unit/tap.h"

static void check_rows(void)
{
	for (size_t i = 0; i < key_count; i++) {
		const struct key *key = &keys[i];
		bool words = key->type == KEY_TYPE_CHOICE || key->type == KEY_TYPE_SWITCH ||
			     key->type == KEY_TYPE_NET;

		ok(key_find(key->name) == key, "%s is found, and is no name of another", key->name);
		ok(!key->letter || key_find_letter(key->letter) == key, "%s: letter", key->name);
		ok(words == (key->words != NULL), "%s: words where the type has some", key->name);
		ok((key->metavar == NULL) == ((key->flags & KEY_NO_VALUE) != 0),
		   "%s: a metavar where there is a value", key->name);
		ok(key->help[0] && key->help[strlen(key->help) - 1] != '.', "%s: help", key->name);
		ok(key->min <= key->max, "%s: range", key->name);
	}
}

static void check_groups(void)
{
	enum key_group group;

	for (unsigned i = 0; i < KEY_GROUP_COUNT; i++)
		ok(key_group_find(key_group_name((enum key_group)i), &group) && group == i,
		   "group %s is found", key_group_name((enum key_group)i));
	ok(!key_group_find("nothing", &group), "no group 'nothing'");
}

static void check_distance(void)
{
	is_int(key_distance("", ""), 0, "nothing and nothing");
	is_int(key_distance("memory", "memory"), 0, "same");
	is_int(key_distance("memroy", "memory"), 1, "swapped");
	is_int(key_distance("memor", "memory"), 1, "missing");
	is_int(key_distance("memoryy", "memory"), 1, "too much");
	is_int(key_distance("nemory", "memory"), 1, "other");
	is_int(key_distance("abc", ""), 3, "all missing");
	is_int(key_distance("a-very-long-word-that-no-option-of-ours-ever-has", "x"), 40,
	       "too long");
}

static void check_nearest(void)
{
	is_str(key_nearest("memroy", KEY_GROUP_COUNT), "memory", "a slip");
	is_str(key_nearest("mem", KEY_GROUP_COUNT), "memory", "a beginning");
	is_str(key_nearest("walltime", KEY_GROUP_COUNT), "wall-time", "a missing dash");
	is_str(key_nearest("pid", KEY_GROUP_LIMITS), "pids", "within a group");
	is_str(key_nearest("record", KEY_GROUP_LIMITS), NULL, "not from another group");
	is_str(key_nearest("xyzzy", KEY_GROUP_COUNT), NULL, "nothing near");
	for (size_t i = 0; i < key_count; i++) {
		const char *best = key_nearest(keys[i].name, KEY_GROUP_COUNT);

		ok(!(keys[i].flags & KEY_LATER) || !best || strcmp(best, keys[i].name) != 0,
		   "%s: what is refused is not offered", keys[i].name);
	}
	is_str(key_nearest("status-f", KEY_GROUP_RESULT), NULL,
	       "in a policy file, what only options can say is not offered");
	is_str(key_nearest("status-f", KEY_GROUP_COUNT), "status-fd", "as an option it is");
}

int main(void)
{
	check_rows();
	check_groups();
	check_distance();
	check_nearest();
	ok(!key_find_letter('\0'), "no letter is no key");
	return done();
}
