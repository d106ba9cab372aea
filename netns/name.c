/* name.c - canonical host names. */
#include <string.h>

#include "netns/name.h"

#define LABEL_MAX 63

static bool is_name_byte(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static char lower(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c;
}

bool name_canonical(const char *s, size_t len, char out[NAME_CAP])
{
	char name[NAME_CAP];
	size_t label = 0;

	if (len > 0 && s[len - 1] == '.')
		len--;
	if (len == 0 || len > NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		name[i] = lower(s[i]);
		if (name[i] == '.' ? label == 0 : !is_name_byte((unsigned char)name[i]))
			return false;
		label = name[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
	}
	if (label == 0)
		return false;
	name[len] = '\0';
	memcpy(out, name, len + 1);
	return true;
}

bool name_is_address(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot ? dot + 1 : name;

	if (last[0] == '0' && last[1] == 'x')
		return last[2 + strspn(last + 2, "0123456789abcdef")] == '\0';
	return last[strspn(last, "0123456789")] == '\0';
}

bool name_below(const char *name, const char *parent)
{
	size_t len = strlen(name), tail = strlen(parent);

	if (len < tail || strcmp(name + len - tail, parent) != 0)
		return false;
	return len == tail || name[len - tail - 1] == '.';
}
