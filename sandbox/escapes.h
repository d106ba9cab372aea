/* escapes.h - take terminal control sequences out of a stream of bytes, piece by piece.
 *
 * Pure.  What stays: printable ASCII, \n \r \t, UTF-8, and bytes from 0xA0 up that are no UTF-8 (text in
 * another encoding).  What goes: CSI, OSC, DCS, SOS, PM, APC and every other escape sequence, all other
 * control bytes, DEL, and the C1 controls both as bare bytes 0x80-0x9F and as UTF-8 (C2 80 .. C2 9F).
 * Whatever the input, a terminal in UTF-8 mode finds nothing to obey in the output but \n \r \t.
 * The result does not depend on where the stream is cut into pieces.  (ECMA-48 5th ed. 5.4, 8.3;
 * Unicode 15 table 3-7.) */
#ifndef SANDBOX_ESCAPES_H
#define SANDBOX_ESCAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*	GROUND --ESC--> ESCAPE --[--> CSI --final byte--> GROUND
 *	                ESCAPE --]--> OSC --BEL, newline, ST--> GROUND
 *	                ESCAPE --P X ^ _--> STRING --ST--> GROUND
 *	                ESCAPE --any other--> GROUND
 *	CAN and SUB end everything; ESC begins anew.  Transition -> function: the table in escapes.c. */
enum escapes_state {
	ESCAPES_GROUND, /* first, so that a zeroed struct is ready */
	ESCAPES_ESCAPE,
	ESCAPES_CSI,
	ESCAPES_OSC,
	ESCAPES_STRING,
	ESCAPES_STATE_COUNT
};

struct escapes {
	enum escapes_state state;
	uint8_t left;	   /* continuation bytes that the UTF-8 character still needs */
	uint8_t low, high; /* range of the next one */
	bool held;	   /* a 0xC2 that is not written yet: it may begin a C1 control */
};

/* escapes_strip() - write what stays of in[0..len) to out; returns how much that is, at most len + 1.
 * @out: room for len + 1 bytes; may overlap the input if it begins before it (out < in).
 * A character that is incomplete at the very end of a stream is lost. */
size_t escapes_strip(struct escapes *x, const char *in, size_t len, char *out);

/* escapes_present() - is there a byte that could begin a sequence or switch the character set?  Text in
 * UTF-8 may say yes without cause. */
bool escapes_present(const char *in, size_t len);

#endif
