/* event.c - words of the event tables, and what the supervisor believes of an event. */
#include "netns/event.h"

#include <string.h>

static const char *const kind_words[] = {
#define X(id, word) word,
	NET_EVENT_KINDS(X)
#undef X
};

static const char *const protocol_words[] = {
#define X(id, word) word,
	NET_PROTOCOLS(X)
#undef X
};

static const char *const cause_words[] = {
#define X(id, class, word, meaning) word,
	NET_CAUSES(X)
#undef X
};

static const char *const cause_meanings[] = {
#define X(id, class, word, meaning) meaning,
	NET_CAUSES(X)
#undef X
};

static const uint8_t cause_classes[] = {
#define X(id, class, word, meaning) NET_CLASS_##class,
	NET_CAUSES(X)
#undef X
};

static const char *const end_words[] = {
#define X(id, word) word,
	NET_ENDS(X)
#undef X
};

static const char *word_of(const char *const *words, size_t count, unsigned index)
{
	return index < count ? words[index] : "?";
}

const char *net_event_word(enum net_event_kind kind)
{
	return word_of(kind_words, NET_EVENT_COUNT, kind);
}

const char *net_protocol_word(enum net_protocol protocol)
{
	return word_of(protocol_words, NET_PROTOCOL_COUNT, protocol);
}

const char *net_cause_word(enum net_cause cause)
{
	return word_of(cause_words, NET_CAUSE_COUNT, cause);
}

const char *net_cause_meaning(enum net_cause cause)
{
	return word_of(cause_meanings, NET_CAUSE_COUNT, cause);
}

enum net_cause_class net_cause_class(enum net_cause cause)
{
	return cause < NET_CAUSE_COUNT ? cause_classes[cause] : NET_CLASS_NONE;
}

const char *net_end_word(enum net_end end)
{
	return word_of(end_words, NET_END_COUNT, end);
}

static bool name_byte(char c, const char *more)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-_.\\", c) ||
	       strchr(more, c);
}

/* Bytes of names as the gateway writes them, of which none means anything to a shell that the hints in the
 * record are pasted into; and zero bytes from the terminator to the end of the array. */
static bool string_valid(const char *s, size_t cap, const char *more)
{
	size_t len = strnlen(s, cap);

	if (len == cap)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!name_byte(s[i], more))
			return false;
	for (size_t i = len; i < cap; i++)
		if (s[i] != '\0')
			return false;
	return true;
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* Unused bytes are zero, so that two equal addresses are equal byte by byte. */
static bool address_valid(const struct addr *a)
{
	switch (a->family) {
	case ADDR_NONE:
		return all_zero(a->bytes, 16);
	case ADDR_V4:
		return all_zero(a->bytes + 4, 12);
	case ADDR_V6:
		return true;
	default:
		return false;
	}
}

/* What has to hold of every flow, whatever the event. */
static bool flow_valid(const struct net_flow *f)
{
	return f->protocol < NET_PROTOCOL_COUNT && f->cause < NET_CAUSE_COUNT &&
	       f->end < NET_END_COUNT && f->would_deny <= 1 && f->never < ADDR_NEVER_COUNT &&
	       f->rule >= NET_NO_RULE && f->errnum >= 0 && f->errnum < 4096 && f->count > 0 &&
	       f->time_ns > 0 && all_zero(f->reserved, sizeof(f->reserved)) &&
	       address_valid(&f->address) && string_valid(f->name, sizeof(f->name), "") &&
	       string_valid(f->presented, sizeof(f->presented), "[]:") &&
	       (f->dns_type == 0 || f->protocol == NET_PROTOCOL_DNS) &&
	       (f->ip_protocol == 0 || f->protocol == NET_PROTOCOL_OTHER);
}

/* Something that was dialled: TCP or UDP, a number, an address. */
static bool dialled_valid(const struct net_flow *f)
{
	return (f->protocol == NET_PROTOCOL_TCP || f->protocol == NET_PROTOCOL_UDP) && f->id > 0 &&
	       f->count == 1 && f->address.family != ADDR_NONE && f->cause == NET_CAUSE_NONE;
}

static bool denied_valid(const struct net_flow *f)
{
	return f->protocol != NET_PROTOCOL_ANY && f->id == 0 &&
	       net_cause_class(f->cause) == NET_CLASS_DENIAL && f->end == NET_END_NONE &&
	       f->bytes_in == 0 && f->bytes_out == 0 &&
	       (f->name[0] != '\0' || f->address.family != ADDR_NONE ||
		f->protocol == NET_PROTOCOL_DNS);
}

static bool unreached_valid(const struct net_flow *f)
{
	return (f->protocol == NET_PROTOCOL_TCP || f->protocol == NET_PROTOCOL_UDP) && f->id == 0 &&
	       f->count == 1 && net_cause_class(f->cause) == NET_CLASS_FAILURE &&
	       f->end == NET_END_NONE;
}

static bool totals_valid(const struct net_totals *t)
{
	return t->final <= 1 && t->reserved == 0 && t->closed <= t->allowed &&
	       t->log_lost <= t->unlisted && t->open_now <= t->open_peak;
}

bool net_event_valid(const void *bytes, size_t len)
{
	struct net_event event;

	if (len != sizeof(event))
		return false;
	memcpy(&event, bytes, sizeof(event)); /* alignment of the caller's buffer is unknown */
	if (event.magic != NET_EVENT_MAGIC)
		return false;
	switch (event.kind) {
	case NET_EVENT_READY:
		return true;
	case NET_EVENT_ALLOWED:
		return flow_valid(&event.flow) && dialled_valid(&event.flow) &&
		       event.flow.end == NET_END_NONE;
	case NET_EVENT_CLOSED:
		return flow_valid(&event.flow) && dialled_valid(&event.flow) &&
		       event.flow.end != NET_END_NONE;
	case NET_EVENT_DENIED:
		return flow_valid(&event.flow) && denied_valid(&event.flow);
	case NET_EVENT_UNREACHED:
		return flow_valid(&event.flow) && unreached_valid(&event.flow);
	case NET_EVENT_LIMITED:
		return flow_valid(&event.flow) &&
		       net_cause_class(event.flow.cause) == NET_CLASS_BOUND;
	case NET_EVENT_TOTALS:
		return totals_valid(&event.totals);
	case NET_EVENT_FAILED:
		return err_sanitize(&event.err);
	default:
		return false;
	}
}
