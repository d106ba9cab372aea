/* sniff.h - which name do the first bytes of a connection ask for?
 *
 * An allowed name says where a connection goes; on a shared address (CDN, load balancer) what is reached
 * is chosen by the SNI of a TLS ClientHello, or by the Host of an HTTP request.  So under a name rule they
 * must be the name that was asked for.  Under an address rule nobody needs to look.
 *
 * How to use it (the caller's side of the contract)
 *   - Dial the upstream and pass its bytes on to the workload at once: protocols in which the server
 *     speaks first (SSH, SMTP, FTP, MySQL) need no timer that way, and a server that has heard nothing
 *     can't have been told another name.
 *   - Hold the workload's bytes: append them to one buffer of SNIFF_MAX and call sniff_feed() with all of
 *     it after each read.  No byte goes upstream before a verdict.
 *   - SNIFF_MORE: read on.  End of file, or no verdict 10 s after the FIRST byte: refuse (sniff_matches()
 *     gives SNIFF_UNDECIDED).  Never take it for opaque then: "GE" and a pause would be a way around.
 *     Before the first byte nothing is held and no timer runs.
 *   - else: sniff_matches() against the name of the connection; OK: send the buffer, relay from now on
 *     without looking; not OK: reset, and record reason and name.
 *
 * What is looked for
 *   TLS	first byte 0x16, second 3: handshake messages are put together over records and segments (both
 *		may cut anywhere), then the SNI extension.  An encrypted ClientHello shows its outer name;
 *		`ech` tells that the extension is there (browsers send a dummy one: GREASE).
 *	A record that is not a handshake first (alert, change cipher spec) is malformed: some servers
 *		skip it and read on.  So is a ClientHello or an alert in a record of a version that does not
 *		exist (first byte 0x15 or 0x16, second below 16): some servers do not look at it.
 *	A ClientHello in the form of SSLv2 (0x80, length, 1) can't carry a name: TLS without name.
 *	A server may ask for a second hello (HelloRetryRequest, RFC 8446 4.1.4), and OpenSSL takes the name of
 *	that one.  So after the first nothing more goes out before the server's answer was looked at with
 *	sniff_answer(); if that is what it asks for, what follows is looked at with a new sniffer that has
 *	`retried` set: behind early data and change cipher spec a hello with the same name, or a fatal alert.
 *   HTTP	the first line, blank lines before it skipped, holds "HTTP/" in any case: the head must then
 *		follow the strict form of RFC 9112, so that no server can read another name in it than we:
 *		CRLF only, no folding, exactly one Host, no blank before a colon, no control bytes; in
 *		absolute form ("GET http://name/") and in CONNECT the target's name counts and Host must be
 *		equal.  "GET /x" without a version is HTTP/0.9: no name.  A method beside a byte that is a blank
 *		to servers in Python alone (form feed, U+00A0...) is malformed.
 *   HTTP/2 without TLS ("PRI * HTTP/2.0"): the name is in a compressed header: HTTP without name.
 *   else	opaque.
 *
 * Limits, stated in SECURITY.md: only the first request of a connection is seen; SNI says nothing about
 * the Host inside; STARTTLS and protocols unknown to us are not looked into; UDP (QUIC) isn't either.
 *
 * Pure: no I/O, no allocation.   Runs in: gateway, tests.
 * Sources: RFC 5246, 6066, 8446, 9112, 9460.   Fuzzed: tests/fuzz/fuzz_sniff.c. */
#ifndef NETNS_SNIFF_H
#define NETNS_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns/name.h"

#define SNIFF_MAX 32768 /* most bytes looked at: twice what common servers take as an HTTP head */
#define SNIFF_TIMEOUT_MS 10000 /* from the first byte to a verdict */

enum sniff_kind {
	SNIFF_MORE, /* no verdict yet */
	SNIFF_TLS,  /* name is the SNI */
	SNIFF_TLS_NO_NAME,
	SNIFF_HTTP,	    /* name is the Host */
	SNIFF_HTTP_NO_NAME, /* no Host, HTTP/0.9, HTTP/2 without TLS */
	SNIFF_OPAQUE,	    /* neither TLS nor HTTP */
	SNIFF_MALFORMED,    /* looks like one of them but is not well formed, or too long */
};

/* Starts zeroed. */
struct sniff {
	enum sniff_kind kind;
	bool is_tls;	     /* for MORE and MALFORMED: what it looked like */
	bool ech;	     /* TLS with the encrypted_client_hello extension */
	bool retried;	     /* set by the caller: these bytes follow a HelloRetryRequest */
	size_t hello_len;    /* SNIFF_TLS: bytes of the records up to the end of the hello */
	char name[NAME_CAP]; /* canonical; an address as text is possible; "" if none */
	struct {
		size_t scanned;	 /* bytes that need not be looked at again */
		size_t gathered; /* TLS: handshake bytes in the records so far */
		size_t first;	 /* TLS: where the records of the hello start */
		size_t needed;	 /* TLS: length of the ClientHello with its header, 0: not known */
		size_t line;	 /* HTTP: where the first line starts */
		int stage;	 /* HTTP: see netns/sniff_http.c */
		bool odd;	 /* HTTP: a blank stood first that is one to some servers only */
	} private;
};

/* sniff_feed() - look at all bytes of the connection so far.
 * @bytes: from the first byte on, the same as last time and perhaps more; at most SNIFF_MAX count.
 * A verdict other than SNIFF_MORE is final.  len == SNIFF_MAX always gives one. */
enum sniff_kind sniff_feed(struct sniff *sniff, const uint8_t *bytes, size_t len);

#define SNIFF_ANSWER_LEN 43 /* bytes of a server's first record that tell */

enum sniff_answer {
	SNIFF_ANSWER_MORE,  /* could become one */
	SNIFF_ANSWER_RETRY, /* HelloRetryRequest: another ClientHello is due */
	SNIFF_ANSWER_OTHER
};

/* sniff_answer() - what does the server answer to a ClientHello?  @bytes: its first */
enum sniff_answer sniff_answer(const uint8_t *bytes, size_t len);

/* X(identifier, word in logs) */
#define SNIFF_MATCH_TABLE(X)              \
	X(OK, "ok")                       \
	X(SNI_MISMATCH, "sni-mismatch")   \
	X(NO_SNI, "no-sni")               \
	X(HOST_MISMATCH, "host-mismatch") \
	X(NO_HOST, "no-host")             \
	X(BAD_TLS, "malformed-tls")       \
	X(BAD_HTTP, "malformed-http")     \
	X(UNDECIDED, "no-verdict")

enum sniff_match {
#define SNIFF_MATCH_ENUM(id, word) SNIFF_##id,
	SNIFF_MATCH_TABLE(SNIFF_MATCH_ENUM)
#undef SNIFF_MATCH_ENUM
		SNIFF_MATCH_COUNT
};

const char *sniff_match_word(enum sniff_match match);

/* sniff_matches() - may this connection, opened for `name` under a name rule, go on?
 * @name: canonical, the exact name that was asked for (not the pattern of the rule).
 *
 *	TLS or HTTP with that name	OK; the port in Host is not compared
 *	with another name		mismatch
 *	TLS without SNI			refused: everything that connects by name has sent one for years
 *					(openssl s_client since 1.1.1); without it the server chooses
 *	HTTP without Host		refused for the same reason (HTTP/1.0 clients send Host, too)
 *	opaque				OK on any port (SSH on 443 is common): bytes that are neither TLS nor
 *					HTTP can't choose among the names of a shared address
 *	malformed, no verdict yet	refused */
enum sniff_match sniff_matches(const struct sniff *sniff, const char *name);

#endif
