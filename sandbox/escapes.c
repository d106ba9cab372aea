/* escapes.c - the state machine behind --strip-escapes. */
#include "sandbox/escapes.h"

#include <string.h>

#define BEL 0x07
#define CAN 0x18
#define SUB 0x1a
#define ESC 0x1b
#define DEL 0x7f
#define C1_LEAD 0xc2 /* of U+0080..U+009F in UTF-8 */

static bool is_kept_control(uint8_t c)
{
	return c == '\n' || c == '\r' || c == '\t';
}

static bool is_plain(uint8_t c)
{
	return (c >= ' ' && c < DEL) || is_kept_control(c);
}

static bool is_c1(uint8_t c)
{
	return c >= 0x80 && c <= 0x9f;
}

/* What ESC and C1 have in common: ESC [ is CSI and so is 0x9B, 0x40 above it (ECMA-48 5.3). */
static enum escapes_state introduced_by(uint8_t final)
{
	switch (final) {
	case '[':
		return ESCAPES_CSI;
	case ']':
		return ESCAPES_OSC;
	case 'P': /* DCS */
	case 'X': /* SOS */
	case '^': /* PM */
	case '_': /* APC */
		return ESCAPES_STRING;
	default:
		return ESCAPES_GROUND;
	}
}

/* Begin a UTF-8 character; false if c can't be its first byte. */
static bool begin_character(struct escapes *x, uint8_t c)
{
	if (c < C1_LEAD || c > 0xf4)
		return false;
	x->left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	x->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	x->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	x->held = c == C1_LEAD;
	return true;
}

/* Is c the next byte of the character begun?  If not, that one is broken and over. */
static bool continue_character(struct escapes *x, uint8_t c)
{
	if (x->left == 0 || c < x->low || c > x->high) {
		x->left = 0;
		return false;
	}
	x->left--;
	x->low = 0x80;
	x->high = 0xbf;
	return true;
}

static void enter(struct escapes *x, enum escapes_state state)
{
	x->state = state;
	x->left = 0;
}

static size_t ground(struct escapes *x, uint8_t c, char *out)
{
	bool held = x->held, in_character = continue_character(x, c);
	size_t n = 0;

	x->held = false;
	if (held && in_character && is_c1(c)) {
		enter(x, introduced_by(c - 0x40));
		return 0;
	}
	if (held)
		out[n++] = (char)C1_LEAD;
	if (in_character) { /* NOLINT(bugprone-branch-clone): the first that fits */
		out[n++] = (char)c;
	} else if (c == ESC) {
		enter(x, ESCAPES_ESCAPE);
	} else if (is_c1(c)) {
		enter(x, introduced_by(c - 0x40));
	} else if (begin_character(x, c)) {
		if (!x->held)
			out[n++] = (char)c;
	} else if (is_plain(c) || c > DEL) {
		out[n++] = (char)c;
	}
	return n;
}

/* A terminal acts on control bytes inside a sequence as if they stood before it. */
static size_t control_inside(uint8_t c, char *out)
{
	if (!is_kept_control(c))
		return 0;
	out[0] = (char)c;
	return 1;
}

static size_t escape(struct escapes *x, uint8_t c, char *out)
{
	if (c < ' ')
		return control_inside(c, out);
	if (c >= 0x80) {
		enter(x, ESCAPES_GROUND);
		return ground(x, c, out);
	}
	if (c >= 0x30 && c != DEL) /* below: an intermediate byte, as in ESC ( B */
		enter(x, introduced_by(c));
	return 0;
}

static size_t csi(struct escapes *x, uint8_t c, char *out)
{
	if (c < ' ')
		return control_inside(c, out);
	if (c >= 0x80) {
		enter(x, ESCAPES_GROUND);
		return ground(x, c, out);
	}
	if (c >= 0x40 && c != DEL)
		enter(x, ESCAPES_GROUND);
	return 0;
}

/* Until the string terminator: ESC \ (where ESC has ended it already), 0x9C, or that in UTF-8. */
static size_t string(struct escapes *x, uint8_t c, char *out)
{
	bool held = x->held, in_character = continue_character(x, c);

	(void)out;
	x->held = false;
	if (c == 0x9c && (held || !in_character))
		enter(x, ESCAPES_GROUND);
	else if (!in_character)
		begin_character(x, c);
	return 0;
}

/* A newline is not part of an OSC: an unfinished one costs a line, not the rest of the output. */
static size_t osc(struct escapes *x, uint8_t c, char *out)
{
	if (c == BEL || c == '\n') {
		enter(x, ESCAPES_GROUND);
		return control_inside(c, out);
	}
	return string(x, c, out);
}

static size_t (*const steps[ESCAPES_STATE_COUNT])(struct escapes *, uint8_t, char *) = {
	[ESCAPES_GROUND] = ground, [ESCAPES_ESCAPE] = escape, [ESCAPES_CSI] = csi,
	[ESCAPES_OSC] = osc,	   [ESCAPES_STRING] = string,
};

static size_t step(struct escapes *x, uint8_t c, char *out)
{
	if (x->state == ESCAPES_GROUND)
		return ground(x, c, out);
	if (c == CAN || c == SUB || c == ESC) {
		x->held = false;
		enter(x, c == ESC ? ESCAPES_ESCAPE : ESCAPES_GROUND);
		return 0;
	}
	return steps[x->state](x, c, out);
}

size_t escapes_strip(struct escapes *x, const char *in, size_t len, char *out)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		/* Most of what comes: no state, no call. */
		while (x->state == ESCAPES_GROUND && x->left == 0 && i < len &&
		       is_plain((uint8_t)in[i]))
			out[used++] = in[i++];
		if (i < len)
			used += step(x, (uint8_t)in[i], out + used);
	}
	return used;
}

bool escapes_present(const char *in, size_t len)
{
	/* of C1: DCS, SOS, CSI, OSC, PM, APC; the strings swallow what follows until somebody ends them */
	static const char starts[] = { ESC,	   0x0e,       (char)0x90, (char)0x98,
				       (char)0x9b, (char)0x9d, (char)0x9e, (char)0x9f };

	for (size_t i = 0; i < sizeof(starts); i++)
		if (memchr(in, starts[i], len))
			return true;
	return false;
}
